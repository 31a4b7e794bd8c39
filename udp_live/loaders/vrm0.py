"""The VRM 0.x extension of a glTF file, told in VRM 1.0 terms.

Vectors in the extension come from Unity's left-handed space: their z is the glTF's -z.
"""

import math

from udp_live.loaders.gltf_file import GltfFile, Json, number
from udp_live.loaders.rig_controls import (
    ColliderSource,
    ExpressionSource,
    RigControls,
    SpringSource,
    Vector,
)
from udp_live.rig.humanoid import HUMANOID_PARENTS, VRM0_BONE_RENAMES
from udp_live.rig.rig import LookAt, LookAtRange

PRESET_RENAMES = {
    "a": "aa",
    "i": "ih",
    "u": "ou",
    "e": "ee",
    "o": "oh",
    "joy": "happy",
    "sorrow": "sad",
    "fun": "relaxed",
    "blink_l": "blinkLeft",
    "blink_r": "blinkRight",
    "lookup": "lookUp",
    "lookdown": "lookDown",
    "lookleft": "lookLeft",
    "lookright": "lookRight",
}


def read_vrm0(gltf: GltfFile, vrm: dict[str, Json]) -> RigControls:
    """Read the ``VRM`` extension."""
    meta = vrm.get("meta", {})
    colliders, groups = _colliders(vrm.get("secondaryAnimation", {}))
    return RigControls(
        humanoid=_humanoid(vrm.get("humanoid", {})),
        expressions=_expressions(gltf, vrm.get("blendShapeMaster", {})),
        look_at=_look_at(vrm.get("firstPerson")),
        springs=_springs(gltf, vrm.get("secondaryAnimation", {}), groups),
        colliders=colliders,
        name=str(meta.get("title", "")),
        licence=str(meta.get("otherLicenseUrl") or meta.get("licenseName", "")),
        author=str(meta.get("author", "")),
        turned=True,
    )


def _humanoid(source: dict[str, Json]) -> dict[str, int]:
    renamed = {
        VRM0_BONE_RENAMES.get(bone["bone"], bone["bone"]): bone["node"]
        for bone in source.get("humanBones", [])
    }
    return {name: node for name, node in renamed.items() if name in HUMANOID_PARENTS}


def _expressions(gltf: GltfFile, source: dict[str, Json]) -> tuple[ExpressionSource, ...]:
    expressions: dict[str, ExpressionSource] = {}
    for group in source.get("blendShapeGroups", []):
        preset = str(group.get("presetName") or "unknown").lower()
        name = str(group.get("name", "")) if preset == "unknown" else preset
        name = PRESET_RENAMES.get(name, name)
        binds = tuple(
            (node, bind["index"], number(bind.get("weight", 100.0)) / 100.0)
            for bind in group.get("binds", [])
            for node in _nodes_of_mesh(gltf, bind["mesh"])
        )
        expressions.setdefault(
            name, ExpressionSource(name, binds, is_binary=bool(group.get("isBinary", False)))
        )
    return tuple(expressions.values())


def _nodes_of_mesh(gltf: GltfFile, mesh: int) -> list[int]:
    return [index for index, node in enumerate(gltf.items("nodes")) if node.get("mesh") == mesh]


def _look_at(source: dict[str, Json] | None) -> LookAt | None:
    if source is None:
        return None
    kind = "expression" if source.get("lookAtTypeName") == "BlendShape" else "bone"
    return LookAt(
        kind=kind,
        offset_from_head=_vector(source.get("firstPersonBoneOffset", {})),
        inner=_range(source.get("lookAtHorizontalInner", {}), kind),
        outer=_range(source.get("lookAtHorizontalOuter", {}), kind),
        down=_range(source.get("lookAtVerticalDown", {}), kind),
        up=_range(source.get("lookAtVerticalUp", {}), kind),
    )


def _range(source: dict[str, Json], kind: str) -> LookAtRange:
    default = 10.0 if kind == "bone" else 1.0
    output = number(source.get("yRange", default))
    return LookAtRange(
        input_max_rad=math.radians(number(source.get("xRange", 90.0))),
        output=math.radians(output) if kind == "bone" else min(output, 1.0),
    )


def _colliders(source: dict[str, Json]) -> tuple[tuple[ColliderSource, ...], list[list[int]]]:
    """Return all colliders, and for each collider group the indices of its colliders."""
    colliders: list[ColliderSource] = []
    groups: list[list[int]] = []
    for group in source.get("colliderGroups", []):
        members = group.get("colliders", [])
        groups.append(list(range(len(colliders), len(colliders) + len(members))))
        for member in members:
            offset = _vector(member.get("offset", {}))
            radius = number(member.get("radius", 0.0))
            colliders.append(ColliderSource(group["node"], offset, offset, radius))
    return tuple(colliders), groups


def _springs(
    gltf: GltfFile, source: dict[str, Json], collider_groups: list[list[int]]
) -> tuple[SpringSource, ...]:
    """Return a chain for each root bone, and another wherever a chain forks."""
    springs: list[SpringSource] = []
    for group in source.get("boneGroups", []):
        colliders = tuple(
            dict.fromkeys(c for g in group.get("colliderGroups", []) for c in collider_groups[g])
        )
        for root in group.get("bones", []):
            springs.extend(_spring(group, chain, colliders) for chain in _chains_below(gltf, root))
    return tuple(springs)


def _chains_below(gltf: GltfFile, root: int) -> list[tuple[int, ...]]:
    """Split the tree below ``root`` into chains that follow the first child."""
    chains: list[tuple[int, ...]] = []
    roots, seen = [root], set[int]()
    for start in roots:  # grows while it is read
        chain: list[int] = []
        node: int | None = start
        while node is not None and node not in seen:
            seen.add(node)
            chain.append(node)
            children = gltf.item("nodes", node).get("children", [])
            node = children[0] if children else None
            roots.extend(children[1:])
        if chain:
            chains.append(tuple(chain))
    return chains


def _spring(
    group: dict[str, Json], nodes: tuple[int, ...], colliders: tuple[int, ...]
) -> SpringSource:
    count = len(nodes)
    return SpringSource(
        nodes=nodes,
        hit_radii=(number(group.get("hitRadius", 0.02)),) * count,
        stiffness=(number(group.get("stiffiness", 1.0)),) * count,  # spelt so in the format
        gravity_power=(number(group.get("gravityPower", 0.0)),) * count,
        drag=(number(group.get("dragForce", 0.4)),) * count,
        gravity_direction=_vector(group.get("gravityDir", {"y": -1.0})),
        colliders=colliders,
        has_end=False,
    )


def _vector(source: dict[str, Json]) -> Vector:
    x, y, z = (number(source.get(axis, 0.0)) for axis in "xyz")
    return x, y, -z
