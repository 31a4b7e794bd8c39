"""The primitives of a glTF mesh as plain arrays in the mesh's own space."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import vec_cross, vec_normalize
from udp_live.loaders.gltf_accessor import read_accessor, read_floats
from udp_live.loaders.gltf_file import GltfFile, Json
from udp_live.loaders.gltf_materials import TextureSlot, base_texture_slot

Float = NDArray[np.float32]

TRIANGLES, TRIANGLE_STRIP, TRIANGLE_FAN = 4, 5, 6
MAX_INFLUENCES = 4


@dataclass(frozen=True, slots=True)
class VertexBlock:
    """Vertices that one or more primitives index, and those primitives.

    Attributes:
        positions, normals: ``[V, 3]`` float32, mesh space.
        uvs: ``[V, 2]`` float32 of the base colour texture.
        joints: ``[V, 4]`` indices into the skin's joints, or None for a rigid mesh.
        weights: ``[V, 4]`` float32, rows sum to 1, or None.
        targets: Position and normal offsets ``[V, 3]`` of each morph target.
        primitives: Material index and ``[T, 3]`` triangles into this block.
    """

    positions: Float = field(repr=False)
    normals: Float = field(repr=False)
    uvs: Float = field(repr=False)
    joints: NDArray[np.int64] | None = field(repr=False)
    weights: Float | None = field(repr=False)
    targets: tuple[tuple[Float, Float], ...] = field(repr=False)
    primitives: tuple[tuple[int | None, NDArray[np.int64]], ...] = field(repr=False)


def read_blocks(gltf: GltfFile, mesh_index: Json) -> list[VertexBlock]:
    """Read a mesh; primitives that share their vertex data share a block.

    Points and lines are left out.
    """
    groups: dict[str, list[dict[str, Json]]] = {}
    for primitive in gltf.item("meshes", mesh_index).get("primitives", []):
        if primitive.get("mode", TRIANGLES) in (TRIANGLES, TRIANGLE_STRIP, TRIANGLE_FAN):
            slot = base_texture_slot(gltf, primitive.get("material"))
            addressing = replace(slot, texture=None)
            key = (sorted(primitive["attributes"].items()), primitive.get("targets"), addressing)
            groups.setdefault(repr(key), []).append(primitive)
    return [_read_block(gltf, group) for group in groups.values()]


def _read_block(gltf: GltfFile, group: list[dict[str, Json]]) -> VertexBlock:
    attributes = group[0]["attributes"]
    if "POSITION" not in attributes:
        raise gltf.error("a mesh has no vertex positions")
    positions = read_floats(gltf, attributes["POSITION"], 3)
    count = len(positions)
    primitives = tuple(
        (primitive.get("material"), _triangles(gltf, primitive, count)) for primitive in group
    )
    if "NORMAL" in attributes:
        normals = _checked(gltf, read_floats(gltf, attributes["NORMAL"], 3), count)
    else:
        triangles = np.concatenate([triangles for _, triangles in primitives])
        normals = smooth_normals(positions, triangles)
    joints, weights = _influences(gltf, attributes, count)
    return VertexBlock(
        positions=positions,
        normals=normals,
        uvs=_uvs(gltf, attributes, base_texture_slot(gltf, group[0].get("material")), count),
        joints=joints,
        weights=weights,
        targets=tuple(
            (_offsets(gltf, target, "POSITION", count), _offsets(gltf, target, "NORMAL", count))
            for target in group[0].get("targets", [])
        ),
        primitives=primitives,
    )


def _triangles(gltf: GltfFile, primitive: dict[str, Json], count: int) -> NDArray[np.int64]:
    """Return ``[T, 3]`` vertex indices, strips and fans unrolled."""
    if "indices" in primitive:
        indices = read_accessor(gltf, primitive["indices"])[:, 0].astype(np.int64)
    else:
        indices = np.arange(count)
    if len(indices) and not 0 <= indices.min() <= indices.max() < count:
        raise gltf.error(f"a triangle uses vertex {indices.max()} of {count}")
    mode = primitive.get("mode", TRIANGLES)
    if mode == TRIANGLES:
        return indices[: len(indices) // 3 * 3].reshape(-1, 3)
    second, third = indices[1:-1], indices[2:]
    if mode == TRIANGLE_FAN:
        return np.stack((np.full(len(third), indices[0]), second, third), axis=-1)
    strip = np.stack((indices[:-2], second, third), axis=-1)
    strip[1::2] = strip[1::2, ::-1]
    unrolled: NDArray[np.int64] = strip
    return unrolled


def smooth_normals(positions: Float, triangles: NDArray[Any]) -> Float:
    """Return area-weighted vertex normals ``[V, 3]``, up for vertices without a triangle."""
    corners = positions[triangles]
    faces = vec_cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sums = np.zeros_like(positions)
    for corner in range(3):
        np.add.at(sums, triangles[:, corner], faces)
    sums[np.all(sums == 0.0, axis=1)] = (0.0, 1.0, 0.0)
    # Tiny triangles have tiny sums: scale before the unit length is taken.
    scaled = sums / np.max(np.abs(sums), axis=1, keepdims=True)
    return np.asarray(vec_normalize(scaled), np.float32)


def _uvs(gltf: GltfFile, attributes: dict[str, Json], slot: TextureSlot, count: int) -> Float:
    accessor = attributes.get(f"TEXCOORD_{slot.uv_set}", attributes.get("TEXCOORD_0"))
    if accessor is None:
        return np.zeros((count, 2), np.float32)
    return slot.apply(_checked(gltf, read_floats(gltf, accessor, 2), count))


def _influences(
    gltf: GltfFile, attributes: dict[str, Json], count: int
) -> tuple[NDArray[np.int64] | None, Float | None]:
    """Return the four strongest joints and weights of each vertex."""
    joint_sets: list[NDArray[np.int64]] = []
    weight_sets: list[Float] = []
    while f"JOINTS_{len(joint_sets)}" in attributes:
        number = len(joint_sets)
        joints = read_accessor(gltf, attributes[f"JOINTS_{number}"])
        joint_sets.append(_checked(gltf, joints.astype(np.int64), count))
        weights = read_floats(gltf, attributes[f"WEIGHTS_{number}"], 4)
        weight_sets.append(_checked(gltf, weights, count))
    if not joint_sets:
        return None, None
    joints = np.concatenate(joint_sets, axis=1)
    weights = np.maximum(np.concatenate(weight_sets, axis=1), 0.0)
    if joints.shape != weights.shape:
        raise gltf.error("joints and weights of a mesh differ in number")
    strongest = np.argsort(-weights, axis=1, kind="stable")[:, :MAX_INFLUENCES]
    joints = np.take_along_axis(joints, strongest, axis=1)
    weights = np.take_along_axis(weights, strongest, axis=1)
    weights[weights.sum(axis=1) <= 0.0, 0] = 1.0
    return joints, (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _offsets(gltf: GltfFile, target: dict[str, Json], name: str, count: int) -> Float:
    if name not in target:
        return np.zeros((count, 3), np.float32)
    return _checked(gltf, read_floats(gltf, target[name], 3), count)


def _checked(gltf: GltfFile, values: NDArray[Any], count: int) -> NDArray[Any]:
    if len(values) != count:
        raise gltf.error(f"a vertex attribute has {len(values)} entries for {count} vertices")
    return values
