"""Turns the nodes of a file into the bones of a rig, with what hangs on them."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from udp_live.loaders.gltf_file import GltfFile
from udp_live.loaders.gltf_nodes import NodeTree
from udp_live.loaders.rig_controls import RigControls, SpringSource, Vector
from udp_live.rig.humanoid import humanoid_parent
from udp_live.rig.rig import LookAt, Skeleton, SpringChain, SpringCollider

BARE_END_M = 0.07  # how far VRM 0.x extends a spring's last bone


class SkeletonBuilder:
    """Chooses the nodes that become bones, and numbers them.

    Attributes:
        bones: Bone index of each chosen node.
    """

    def __init__(
        self, gltf: GltfFile, tree: NodeTree, controls: RigControls, mesh_bones: set[int]
    ) -> None:
        self._gltf = gltf
        self._tree = tree
        self._controls = controls
        wanted = mesh_bones | set(controls.humanoid.values())
        wanted.update(node for spring in controls.springs for node in spring.nodes)
        wanted.update(collider.node for collider in controls.colliders)
        for node in wanted:
            gltf.item("nodes", node)
        nodes = tree.with_ancestors(wanted)
        self._parents = {node: tree.parents[node] for node in nodes}
        self._adopt_stray_limbs()
        self._nodes = self._parents_first(nodes)
        self.bones = {node: index for index, node in enumerate(self._nodes)}
        # A spring whose last node has no child gets an extra bone behind all others; chains that
        # overlap share it.
        tips = dict.fromkeys(spring.nodes[-1] for spring in controls.springs if not spring.has_end)
        self._ends = {node: len(self._nodes) + index for index, node in enumerate(tips)}

    def skeleton(self) -> Skeleton:
        """Return the bones at rest."""
        positions = self._tree.world[self._nodes][:, :3, 3]
        ends = [self._bare_end(node) for node in self._ends]
        parents = [self.bones.get(self._parents[node], -1) for node in self._nodes]
        return Skeleton(
            names=self._names(),
            parents=np.array(parents + [self.bones[node] for node in self._ends], np.int32),
            rest_positions=np.concatenate((positions, np.reshape(ends, (-1, 3)))).astype(
                np.float32
            ),
            humanoid={name: self.bones[node] for name, node in self._controls.humanoid.items()},
        )

    def springs(self) -> tuple[SpringChain, ...]:
        """Return the spring chains; each ends in a bare bone."""
        return tuple(self._spring(spring) for spring in self._controls.springs)

    def colliders(self) -> tuple[SpringCollider, ...]:
        """Return the spring colliders with offsets turned to world axes."""
        return tuple(
            SpringCollider(
                bone=self.bones[source.node],
                offset=self._world_vector(source.node, source.offset),
                tail=self._world_vector(source.node, source.tail),
                radius=source.radius * self._scale(source.node),
            )
            for source in self._controls.colliders
        )

    def look_at(self) -> LookAt | None:
        """Return the gaze settings with the eye level turned to world axes."""
        look_at = self._controls.look_at
        if look_at is None:
            return None
        head = self._controls.humanoid["head"]
        offset = self._world_vector(head, look_at.offset_from_head)
        return replace(look_at, offset_from_head=offset)

    def _adopt_stray_limbs(self) -> None:
        """Hang humanoid bones below their humanoid parents.

        Rigs made for inverse kinematics leave feet or hands at the root.
        """
        humanoid = self._controls.humanoid
        for bone, node in humanoid.items():
            parent = humanoid_parent(bone, humanoid)
            if parent is None or humanoid[parent] in self._path_up(node):
                continue
            if node in self._path_up(humanoid[parent]):
                raise self._gltf.error(f"humanoid bone {bone} is above its parent {parent}")
            self._parents[node] = humanoid[parent]

    def _parents_first(self, nodes: list[int]) -> list[int]:
        return sorted(nodes, key=lambda node: len(self._path_up(node)))

    def _path_up(self, node: int) -> list[int]:
        path = []
        while node >= 0:
            path.append(node)
            node = self._parents[node]
        return path

    def _names(self) -> tuple[str, ...]:
        """Return unique bone names."""
        names: list[str] = []
        for node in self._nodes:
            name = str(self._gltf.item("nodes", node).get("name") or f"node {node}")
            names.append(name if name not in names else f"{name} ({node})")
        return (*names, *(f"{names[self.bones[node]]} end" for node in self._ends))

    def _spring(self, source: SpringSource) -> SpringChain:
        bones = tuple(self.bones[node] for node in source.nodes)
        extra = 0
        if not source.has_end:
            bones, extra = (*bones, self._ends[source.nodes[-1]]), 1
        return SpringChain(
            bones=bones,
            hit_radii=source.hit_radii + source.hit_radii[-1:] * extra,
            stiffness=source.stiffness + source.stiffness[-1:] * extra,
            gravity_power=source.gravity_power + source.gravity_power[-1:] * extra,
            drag=source.drag + source.drag[-1:] * extra,
            gravity_direction=source.gravity_direction,
            colliders=self._checked_colliders(source.colliders),
        )

    def _checked_colliders(self, colliders: tuple[int, ...]) -> tuple[int, ...]:
        count = len(self._controls.colliders)
        for index in colliders:
            if not isinstance(index, int) or not 0 <= index < count:
                raise self._gltf.error(f"a spring refers to collider {index!r} of {count}")
        return colliders

    def _bare_end(self, node: int) -> NDArray[np.float64]:
        """Return where a spring's missing last bone lies: straight on from its tip."""
        tip = self._tree.world[node][:3, 3]
        parent = self._parents[node]
        along = tip - self._tree.world[parent][:3, 3] if parent >= 0 else np.zeros(3)
        length = float(np.linalg.norm(along))
        direction = along / length if length > 1e-6 else np.array((0.0, -1.0, 0.0))
        end: NDArray[np.float64] = tip + BARE_END_M * direction
        return end

    def _world_vector(self, node: int, vector: Vector) -> Vector:
        x, y, z = self._tree.world[node][:3, :3] @ np.array(vector)
        return float(x), float(y), float(z)

    def _scale(self, node: int) -> float:
        """Return the largest scale of a node's axes."""
        return float(np.linalg.norm(self._tree.world[node][:3, :3], axis=0).max())
