"""The VRM humanoid: bone names, their parents, and the canonical A-pose."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FINGERS = ("Index", "Middle", "Ring", "Little")


def _limb_parents(side: str) -> dict[str, str]:
    """Return the parents of one side's arm, leg, eye and fingers."""
    parents = {
        f"{side}Eye": "head",
        f"{side}UpperLeg": "hips",
        f"{side}LowerLeg": f"{side}UpperLeg",
        f"{side}Foot": f"{side}LowerLeg",
        f"{side}Toes": f"{side}Foot",
        f"{side}Shoulder": "upperChest",
        f"{side}UpperArm": f"{side}Shoulder",
        f"{side}LowerArm": f"{side}UpperArm",
        f"{side}Hand": f"{side}LowerArm",
        f"{side}ThumbMetacarpal": f"{side}Hand",
        f"{side}ThumbProximal": f"{side}ThumbMetacarpal",
        f"{side}ThumbDistal": f"{side}ThumbProximal",
    }
    for finger in FINGERS:
        parents[f"{side}{finger}Proximal"] = f"{side}Hand"
        parents[f"{side}{finger}Intermediate"] = f"{side}{finger}Proximal"
        parents[f"{side}{finger}Distal"] = f"{side}{finger}Intermediate"
    return parents


# VRM 1.0 bone name -> parent, parents first. An optional parent that a rig lacks is skipped.
HUMANOID_PARENTS: Mapping[str, str | None] = MappingProxyType(
    {
        "hips": None,
        "spine": "hips",
        "chest": "spine",
        "upperChest": "chest",
        "neck": "upperChest",
        "head": "neck",
        "jaw": "head",
        **_limb_parents("left"),
        **_limb_parents("right"),
    }
)

REQUIRED_BONES = (
    "hips",
    "spine",
    "head",
    *(
        f"{side}{bone}"
        for side in ("left", "right")
        for bone in ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")
    ),
)

# VRM 0.x counts the thumb's joints one bone further out.
VRM0_BONE_RENAMES: Mapping[str, str] = MappingProxyType(
    {
        f"{side}Thumb{old}": f"{side}Thumb{new}"
        for side in ("left", "right")
        for old, new in (("Proximal", "Metacarpal"), ("Intermediate", "Proximal"))
    }
)


def humanoid_parent(bone: str, present: Mapping[str, int]) -> str | None:
    """Return the nearest humanoid ancestor of ``bone`` that the rig has."""
    parent = HUMANOID_PARENTS[bone]
    while parent is not None and parent not in present:
        parent = HUMANOID_PARENTS[parent]
    return parent


A_POSE_ARM_RAD = math.radians(35.0)  # below the horizontal, in the frontal plane


class PointedBone(NamedTuple):
    """A bone that points at another one in a reference pose.

    Attributes:
        bone, target: Humanoid bone names without their side.
        direction: ``[3]`` float32, world direction on the avatar's left side.
    """

    bone: str
    target: str
    direction: NDArray[np.float32]


def _reference_pose(arm: tuple[float, float, float]) -> tuple[PointedBone, ...]:
    """Return the pose with straight arms along ``arm`` and straight legs; parents come first."""
    along, down = np.array(arm, np.float32), np.array((0.0, -1.0, 0.0), np.float32)
    return (
        PointedBone("UpperArm", "LowerArm", along),
        PointedBone("LowerArm", "Hand", along),
        PointedBone("Hand", "MiddleProximal", along),
        PointedBone("UpperLeg", "LowerLeg", down),
        PointedBone("LowerLeg", "Foot", down),
    )


# Canonical A-pose of the landmarks. What is not named here keeps its rest orientation.
A_POSE = _reference_pose((math.cos(A_POSE_ARM_RAD), -math.sin(A_POSE_ARM_RAD), 0.0))
# The pose in which VRM motion is told.
T_POSE = _reference_pose((1.0, 0.0, 0.0))
