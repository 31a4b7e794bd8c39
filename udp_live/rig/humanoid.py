"""The VRM humanoid: bone names, their parents, and the canonical A-pose."""

import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

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

# Canonical A-pose: (bone, the bone it points at, world direction for the avatar's left side).
# Parents come first. Bones that are not named here, and feet, keep their rest orientation.
_ARM = np.array((math.cos(A_POSE_ARM_RAD), -math.sin(A_POSE_ARM_RAD), 0.0), np.float32)
_DOWN = np.array((0.0, -1.0, 0.0), np.float32)
A_POSE = (
    ("UpperArm", "LowerArm", _ARM),
    ("LowerArm", "Hand", _ARM),
    ("Hand", "MiddleProximal", _ARM),
    ("UpperLeg", "LowerLeg", _DOWN),
    ("LowerLeg", "Foot", _DOWN),
)
