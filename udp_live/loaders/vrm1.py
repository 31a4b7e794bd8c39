"""The VRM 1.0 extensions of a glTF file: humanoid, expressions, lookAt, springBone, meta."""

import math

from udp_live.loaders.gltf_file import GltfFile, Json, number
from udp_live.loaders.rig_controls import (
    ColliderSource,
    ExpressionSource,
    RigControls,
    SpringSource,
    Vector,
)
from udp_live.rig.humanoid import HUMANOID_PARENTS
from udp_live.rig.rig import LookAt, LookAtRange, Override


def read_vrm1(gltf: GltfFile, vrm: dict[str, Json]) -> RigControls:
    """Read ``VRMC_vrm`` and ``VRMC_springBone``."""
    meta = vrm.get("meta", {})
    bones = vrm.get("humanoid", {}).get("humanBones", {})
    springs = gltf.extension("VRMC_springBone") or {}
    return RigControls(
        humanoid={name: bone["node"] for name, bone in bones.items() if name in HUMANOID_PARENTS},
        expressions=_expressions(vrm.get("expressions", {})),
        look_at=_look_at(vrm.get("lookAt")),
        springs=_springs(springs),
        colliders=tuple(_collider(collider) for collider in springs.get("colliders", [])),
        name=str(meta.get("name", "")),
        licence=str(meta.get("otherLicenseUrl") or meta.get("licenseUrl", "")),
        author=", ".join(str(author) for author in meta.get("authors", [])),
    )


def _expressions(source: dict[str, Json]) -> tuple[ExpressionSource, ...]:
    named = {**source.get("custom", {}), **source.get("preset", {})}
    return tuple(
        ExpressionSource(
            name=name,
            binds=tuple(
                (bind["node"], bind["index"], number(bind.get("weight", 1.0)))
                for bind in expression.get("morphTargetBinds", [])
            ),
            is_binary=bool(expression.get("isBinary", False)),
            override_blink=Override(expression.get("overrideBlink", "none")),
            override_look_at=Override(expression.get("overrideLookAt", "none")),
            override_mouth=Override(expression.get("overrideMouth", "none")),
        )
        for name, expression in named.items()
    )


def _look_at(source: dict[str, Json] | None) -> LookAt | None:
    if source is None:
        return None
    kind = str(source.get("type", "bone"))
    return LookAt(
        kind=kind,
        offset_from_head=vector(source.get("offsetFromHeadBone", (0.0, 0.06, 0.0))),
        inner=_range(source.get("rangeMapHorizontalInner", {}), kind),
        outer=_range(source.get("rangeMapHorizontalOuter", {}), kind),
        down=_range(source.get("rangeMapVerticalDown", {}), kind),
        up=_range(source.get("rangeMapVerticalUp", {}), kind),
    )


def _range(source: dict[str, Json], kind: str) -> LookAtRange:
    default = 10.0 if kind == "bone" else 1.0
    output = number(source.get("outputScale", default))
    return LookAtRange(
        input_max_rad=math.radians(number(source.get("inputMaxValue", 90.0))),
        output=math.radians(output) if kind == "bone" else min(output, 1.0),
    )


def _collider(source: dict[str, Json]) -> ColliderSource:
    shape = source["shape"]
    solid = shape.get("capsule") or shape.get("sphere") or {}
    offset = vector(solid.get("offset", (0.0, 0.0, 0.0)))
    tail = vector(solid.get("tail", offset))
    return ColliderSource(source["node"], offset, tail, number(solid.get("radius", 0.0)))


def _springs(source: dict[str, Json]) -> tuple[SpringSource, ...]:
    groups = source.get("colliderGroups", [])
    return tuple(
        _spring(
            spring["joints"],
            tuple(
                dict.fromkeys(
                    collider
                    for group in spring.get("colliderGroups", [])
                    for collider in groups[group]["colliders"]
                )
            ),
        )
        for spring in source.get("springs", [])
        if len(spring.get("joints", [])) >= 2
    )


def _spring(joints: list[dict[str, Json]], colliders: tuple[int, ...]) -> SpringSource:
    return SpringSource(
        nodes=tuple(joint["node"] for joint in joints),
        hit_radii=tuple(number(joint.get("hitRadius", 0.0)) for joint in joints),
        stiffness=tuple(number(joint.get("stiffness", 1.0)) for joint in joints),
        gravity_power=tuple(number(joint.get("gravityPower", 0.0)) for joint in joints),
        drag=tuple(number(joint.get("dragForce", 0.5)) for joint in joints),
        gravity_direction=vector(joints[0].get("gravityDir", (0.0, -1.0, 0.0))),
        colliders=colliders,
    )


def vector(values: Json) -> Vector:
    """Read three numbers."""
    x, y, z = values
    return number(x), number(y), number(z)
