"""The node tree of a glTF file in world space."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import quat_to_matrix, vec_normalize
from udp_live.loaders.gltf_file import GltfFile, Json

MAX_NODES = 20_000


@dataclass(frozen=True, slots=True)
class NodeTree:
    """All nodes of a file.

    Attributes:
        parents: Parent of each node, -1 for roots.
        order: All nodes, parents first.
        world: ``[N, 4, 4]`` float64, world from node.
        in_scene: Nodes that the default scene shows.
    """

    parents: tuple[int, ...]
    order: tuple[int, ...]
    world: NDArray[np.float64] = field(repr=False)
    in_scene: frozenset[int] = field(repr=False)

    def with_ancestors(self, nodes: set[int]) -> list[int]:
        """Return ``nodes`` and everything above them, parents first."""
        wanted: set[int] = set()
        for node in nodes:
            current = node
            while current >= 0 and current not in wanted:
                wanted.add(current)
                current = self.parents[current]
        return [node for node in self.order if node in wanted]


def read_nodes(gltf: GltfFile) -> NodeTree:
    """Resolve parents and world matrices.

    Raises:
        RigFormatError: The nodes form a loop, or a node has two parents.
    """
    count = len(gltf.items("nodes"))
    if not 0 < count <= MAX_NODES:
        raise gltf.error(f"has {count} nodes, expected 1 to {MAX_NODES}")
    nodes = [gltf.item("nodes", index) for index in range(count)]
    parents = _parents(gltf, nodes)
    order = _parents_first(gltf, nodes, parents)
    world = np.empty((count, 4, 4))
    for index in order:
        local = _local_matrix(gltf, nodes[index])
        world[index] = local if parents[index] < 0 else world[parents[index]] @ local
    if not np.isfinite(world).all():
        raise gltf.error("a node has a transform that is not a number")
    return NodeTree(tuple(parents), tuple(order), world, _scene_nodes(gltf, nodes, parents))


def _parents(gltf: GltfFile, nodes: list[dict[str, Json]]) -> list[int]:
    parents = [-1] * len(nodes)
    for index, node in enumerate(nodes):
        for child in node.get("children", []):
            gltf.item("nodes", child)
            if parents[child] >= 0 or child == index:
                raise gltf.error(f"node {child} has two parents")
            parents[child] = index
    return parents


def _parents_first(gltf: GltfFile, nodes: list[dict[str, Json]], parents: list[int]) -> list[int]:
    order = [index for index, parent in enumerate(parents) if parent < 0]
    for index in order:  # grows while it is read: breadth first
        order.extend(nodes[index].get("children", []))
    if len(order) != len(nodes):
        raise gltf.error("the nodes form a loop")
    return order


def _scene_nodes(
    gltf: GltfFile, nodes: list[dict[str, Json]], parents: list[int]
) -> frozenset[int]:
    """Return the nodes below the default scene's roots; all nodes when there is no scene."""
    if not gltf.items("scenes"):
        return frozenset(range(len(nodes)))
    shown = list(gltf.item("scenes", gltf.document.get("scene", 0)).get("nodes", []))
    for index in shown:
        gltf.item("nodes", index)
    seen = set(shown)
    for index in shown:
        children = [child for child in nodes[index].get("children", []) if child not in seen]
        seen.update(children)
        shown.extend(children)
    return frozenset(seen)


def _local_matrix(gltf: GltfFile, node: dict[str, Json]) -> NDArray[np.float64]:
    """Return ``parent_from_node``, ``[4, 4]``."""
    if "matrix" in node:
        return _numbers(gltf, node["matrix"], 16).reshape(4, 4).T
    rotation = vec_normalize(_numbers(gltf, node.get("rotation", (0, 0, 0, 1)), 4))
    matrix = np.eye(4)
    scale = _numbers(gltf, node.get("scale", (1, 1, 1)), 3)
    matrix[:3, :3] = quat_to_matrix(rotation) * scale
    matrix[:3, 3] = _numbers(gltf, node.get("translation", (0, 0, 0)), 3)
    return matrix


def _numbers(gltf: GltfFile, values: Any, count: int) -> NDArray[np.float64]:
    numbers = np.asarray(values, np.float64)
    if numbers.shape != (count,):
        raise gltf.error(f"a node's transform has {numbers.size} numbers, expected {count}")
    return numbers
