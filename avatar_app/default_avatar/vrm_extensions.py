"""The VRM 1.0 extensions of a rig as JSON: humanoid, expressions, lookAt, spring bones, meta."""

import math

import numpy as np
from numpy.typing import ArrayLike

from avatar_app.default_avatar.glb_buffer import Json
from udp_live.rig.rig import Expression, LookAt, LookAtRange, Override, Rig, SpringChain

PRESETS = frozenset(
    (
        *("happy", "angry", "sad", "relaxed", "surprised", "neutral"),
        *("aa", "ih", "ou", "ee", "oh", "blink", "blinkLeft", "blinkRight"),
        *("lookUp", "lookDown", "lookLeft", "lookRight"),
    )
)
VRM_LICENCE_URL = "https://vrm.dev/licenses/1.0/"


def describe_vrm(rig: Rig) -> Json:
    """Return ``VRMC_vrm``; the mesh that expressions move is the node after the bones."""
    expressions = [(e.name, _expression(e, rig.skeleton.bone_count)) for e in rig.expressions]
    vrm: Json = {
        "specVersion": "1.0",
        "meta": {
            "name": rig.name,
            "version": "1",
            "authors": [rig.author],
            "copyrightInformation": f"{rig.author}, {rig.licence}",
            "licenseUrl": VRM_LICENCE_URL,
            "otherLicenseUrl": rig.licence,
            "avatarPermission": "everyone",
            "commercialUsage": "corporation",
            "creditNotation": "required",
            "allowRedistribution": True,
            "modification": "allowModificationRedistribution",
        },
        "humanoid": {
            "humanBones": {name: {"node": node} for name, node in rig.skeleton.humanoid.items()}
        },
        "expressions": {
            "preset": {name: body for name, body in expressions if name in PRESETS},
            "custom": {name: body for name, body in expressions if name not in PRESETS},
        },
    }
    if rig.look_at is not None:
        vrm["lookAt"] = _look_at(rig.look_at)
    return vrm


def _expression(expression: Expression, mesh_node: int) -> Json:
    body: Json = {
        "morphTargetBinds": [
            {"node": mesh_node, "index": morph, "weight": weight}
            for morph, weight in expression.morphs
        ]
    }
    if expression.is_binary:
        body["isBinary"] = True
    for key, override in (
        ("overrideBlink", expression.override_blink),
        ("overrideLookAt", expression.override_look_at),
        ("overrideMouth", expression.override_mouth),
    ):
        if override is not Override.NONE:
            body[key] = override.value
    return body


def _look_at(look_at: LookAt) -> Json:
    def described(limits: LookAtRange) -> Json:
        is_bone = look_at.kind == "bone"
        return {
            "inputMaxValue": math.degrees(limits.input_max_rad),
            "outputScale": math.degrees(limits.output) if is_bone else limits.output,
        }

    return {
        "type": look_at.kind,
        "offsetFromHeadBone": numbers(look_at.offset_from_head),
        "rangeMapHorizontalInner": described(look_at.inner),
        "rangeMapHorizontalOuter": described(look_at.outer),
        "rangeMapVerticalDown": described(look_at.down),
        "rangeMapVerticalUp": described(look_at.up),
    }


def describe_springs(rig: Rig) -> Json:
    """Return ``VRMC_springBone``; springs that meet the same colliders share a group."""
    sets = list(dict.fromkeys(spring.colliders for spring in rig.springs if spring.colliders))
    return {
        "specVersion": "1.0",
        "colliders": [
            {
                "node": collider.bone,
                "shape": {
                    "capsule": {
                        "offset": numbers(collider.offset),
                        "radius": collider.radius,
                        "tail": numbers(collider.tail),
                    }
                }
                if collider.tail != collider.offset
                else {"sphere": {"offset": numbers(collider.offset), "radius": collider.radius}},
            }
            for collider in rig.colliders
        ],
        "colliderGroups": [{"colliders": list(members)} for members in sets],
        "springs": [
            {
                "name": rig.skeleton.names[spring.bones[0]],
                "joints": _joints(spring),
                "colliderGroups": [sets.index(spring.colliders)] if spring.colliders else [],
            }
            for spring in rig.springs
        ],
    }


def _joints(spring: SpringChain) -> list[Json]:
    return [
        {
            "node": bone,
            "hitRadius": spring.hit_radii[k],
            "stiffness": spring.stiffness[k],
            "gravityPower": spring.gravity_power[k],
            "gravityDir": list(spring.gravity_direction),
            "dragForce": spring.drag[k],
        }
        for k, bone in enumerate(spring.bones)
    ]


def numbers(values: ArrayLike) -> list[float]:
    """Return values as JSON takes them, without the noise of float32."""
    return [round(float(value), 7) for value in np.asarray(values, np.float64)]
