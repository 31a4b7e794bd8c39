"""All meshes of a glTF scene baked into one rest-pose mesh."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import vec_normalize
from udp_live.loaders.gltf_accessor import read_floats
from udp_live.loaders.gltf_file import GltfFile, Json
from udp_live.loaders.gltf_nodes import NodeTree
from udp_live.loaders.gltf_primitives import VertexBlock, read_blocks
from udp_live.rig.rig import Mesh, MeshPart, MorphTarget

Float = NDArray[np.float32]
MorphKey = tuple[int, int]  # node, morph target of its mesh

MAX_VERTICES = 3_000_000


@dataclass(frozen=True, slots=True)
class BakedMesh:
    """A merged mesh and what its numbers mean in the file.

    Attributes:
        mesh: In world space; ``MeshPart.material`` indexes ``materials``.
        materials: Indices into the file's materials; None is the default material.
        morphs: Index into ``Mesh.morph_targets`` by node and target number.
    """

    mesh: Mesh
    materials: list[int | None]
    morphs: Mapping[MorphKey, int] = field(repr=False)


def mesh_nodes(gltf: GltfFile, tree: NodeTree) -> list[int]:
    """Return the nodes of the scene that carry a mesh."""
    return [node for node in sorted(tree.in_scene) if "mesh" in gltf.item("nodes", node)]


def bone_nodes(gltf: GltfFile, tree: NodeTree) -> set[int]:
    """Return the nodes that the scene's meshes hang on: skin joints, nodes of rigid meshes."""
    bones: set[int] = set()
    for node in mesh_nodes(gltf, tree):
        skin = gltf.item("nodes", node).get("skin")
        bones.update([node] if skin is None else _skin_joints(gltf, skin))
    return bones


class MeshBaker:
    """Collects vertex blocks into one mesh in world space and rest pose."""

    def __init__(self, gltf: GltfFile, tree: NodeTree, bones: Mapping[int, int]) -> None:
        self._gltf = gltf
        self._tree = tree
        self._bones = bones
        self._arrays: dict[str, list[NDArray[Any]]] = {
            name: [] for name in ("positions", "normals", "uvs", "joints", "weights", "triangles")
        }
        self._vertex_count = 0
        self._triangle_count = 0
        self._parts: list[MeshPart] = []
        self._materials: list[int | None] = []
        self._morphs: dict[MorphKey, list[tuple[int, Float, Float]]] = {}

    def add_node(self, node: int) -> None:
        """Bake the mesh of ``node``."""
        source = self._gltf.item("nodes", node)
        name = str(source.get("name", f"mesh {node}"))
        for block in read_blocks(self._gltf, source["mesh"]):
            self._vertex_count += len(block.positions)
            if self._vertex_count > MAX_VERTICES:
                raise self._gltf.error(f"has more than {MAX_VERTICES} vertices")
            self._add_block(node, name, block, source.get("skin"))

    def finish(self, wanted_morphs: set[MorphKey]) -> BakedMesh:
        """Merge everything that was added, with the morph targets that are ``wanted``.

        Raises:
            RigFormatError: There are no triangles.
        """
        if not self._triangle_count:
            raise self._gltf.error("contains no triangles")
        keys = sorted(wanted_morphs & self._morphs.keys())
        merged = {name: np.concatenate(arrays) for name, arrays in self._arrays.items()}
        mesh = Mesh(
            **merged,
            parts=tuple(self._parts),
            morph_targets=tuple(_sparse(key, self._morphs[key]) for key in keys),
        )
        return BakedMesh(mesh, self._materials, {key: i for i, key in enumerate(keys)})

    def _add_block(self, node: int, name: str, block: VertexBlock, skin: Json) -> None:
        """Transform a block to world space and append it."""
        joints, weights, matrices = self._binding(node, block, skin)
        blended = np.zeros((len(block.positions), 3, 4))
        for slot in range(4):
            blended += weights[:, slot, None, None] * matrices[joints[:, slot], :3]
        first = self._vertex_count - len(block.positions)
        linear = blended[:, :, :3]
        positions = np.einsum("vij,vj->vi", linear, block.positions) + blended[:, :, 3]
        bones = np.array(self._bone_of_joint(node, skin), np.uint16)
        rows = {
            "positions": positions.astype(np.float32),
            "normals": _turned_normals(linear, block.normals),
            "uvs": block.uvs,
            "joints": bones[joints],
            "weights": weights,
        }
        for key, row in rows.items():
            self._arrays[key].append(row)
        mirrored = np.linalg.det(linear).mean() < 0.0 if len(linear) else False
        for material, triangles in block.primitives:
            corners = triangles[:, ::-1] if mirrored else triangles
            self._add_part(name, material, (corners + first).astype(np.uint32))
        for number, (moved, tilted) in enumerate(block.targets):
            offsets = np.einsum("vij,vj->vi", linear, moved).astype(np.float32)
            tilts = np.einsum("vij,vj->vi", linear, tilted).astype(np.float32)
            self._morphs.setdefault((node, number), []).append((first, offsets, tilts))

    def _add_part(self, name: str, material: int | None, triangles: NDArray[np.uint32]) -> None:
        if material not in self._materials:
            self._materials.append(material)
        slot = self._materials.index(material)
        self._parts.append(MeshPart(name, self._triangle_count, len(triangles), slot))
        self._arrays["triangles"].append(triangles)
        self._triangle_count += len(triangles)

    def _binding(
        self, node: int, block: VertexBlock, skin: Json
    ) -> tuple[NDArray[np.int64], Float, NDArray[np.float64]]:
        """Return joints, weights and the matrices from mesh to world in the rest pose."""
        if skin is None or block.joints is None or block.weights is None:
            count = len(block.positions)
            weights = np.zeros((count, 4), np.float32)
            weights[:, 0] = 1.0
            return np.zeros((count, 4), np.int64), weights, self._tree.world[node][None]
        matrices = self._skin_matrices(skin)
        # An unused slot may name any joint; a used one must exist.
        joints = np.where(block.weights > 0.0, block.joints, 0)
        if len(joints) and int(joints.max()) >= len(matrices):
            raise self._gltf.error(f"a vertex uses joint {joints.max()} of {len(matrices)}")
        return joints, block.weights, matrices

    def _bone_of_joint(self, node: int, skin: Json) -> list[int]:
        """Return the bone of each joint that ``_binding`` may name."""
        if skin is None:
            return [self._bones[node]]
        return [self._bones[joint] for joint in _skin_joints(self._gltf, skin)]

    def _skin_matrices(self, skin: Json) -> NDArray[np.float64]:
        """Return ``[joints, 4, 4]`` world from mesh."""
        joints = _skin_joints(self._gltf, skin)
        world: NDArray[np.float64] = self._tree.world[joints]
        inverse_bind = self._gltf.item("skins", skin).get("inverseBindMatrices")
        if inverse_bind is None:
            return world
        columns = read_floats(self._gltf, inverse_bind, 16).reshape(-1, 4, 4)
        if len(columns) < len(joints):
            raise self._gltf.error(f"a skin has {len(columns)} matrices for {len(joints)} joints")
        from_mesh = columns[: len(joints)].transpose(0, 2, 1).astype(np.float64)
        return np.asarray(world @ from_mesh, np.float64)


def _skin_joints(gltf: GltfFile, skin: Json) -> list[int]:
    joints = gltf.item("skins", skin).get("joints", [])
    for joint in joints:
        gltf.item("nodes", joint)
    if not joints:
        raise gltf.error("a skin has no joints")
    return list(joints)


def _turned_normals(linear: NDArray[np.float64], normals: Float) -> Float:
    """Turn normals by the inverse transpose, written with cofactors so that zero scale works."""
    cofactors = np.stack(
        [np.cross(linear[:, (i + 1) % 3], linear[:, (i + 2) % 3]) for i in range(3)], axis=1
    )
    signs = np.where(np.linalg.det(linear) < 0.0, -1.0, 1.0)[:, None]
    turned = np.einsum("vij,vj->vi", cofactors, normals) * signs
    largest = np.maximum(np.max(np.abs(turned), axis=1, keepdims=True), 1e-30)
    return np.asarray(vec_normalize(turned / largest), np.float32)


def _sparse(key: MorphKey, blocks: list[tuple[int, Float, Float]]) -> MorphTarget:
    """Keep the vertices that a morph target moves."""
    vertices, positions, normals = [], [], []
    for first, offsets, tilts in blocks:
        moved = np.flatnonzero(np.any(offsets != 0.0, axis=1) | np.any(tilts != 0.0, axis=1))
        vertices.append(moved + first)
        positions.append(offsets[moved])
        normals.append(tilts[moved])
    return MorphTarget(
        name=f"{key[0]}.{key[1]}",
        vertices=np.concatenate(vertices).astype(np.uint32),
        position_offsets=np.concatenate(positions),
        normal_offsets=np.concatenate(normals),
    )
