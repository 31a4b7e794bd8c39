"""Poses in which a rig shows, for its sheet, what the canonical A-pose hides."""

import math
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from types import MappingProxyType

import numpy as np

from udp_live.linalg import quat_conjugate, quat_from_axis_angle, quat_multiply
from udp_live.rig.landmarks import canonical_pose
from udp_live.rig.rig import Float, Rig
from udp_live.rig.skinning import posed_joints
from udp_live.types import RigPose

RAISED_ARM_RAD = math.radians(75)  # above the A-pose: shows armpits and flanks
HAIR_LIFT_RAD = math.radians(65)
FOREARM_UP_RAD = math.radians(90 + 35)  # the A-pose's arms point 35 degrees down
PALM_TURN_RAD = math.radians(45)  # in the forearm, and as much again in the wrist
SIDES = (("left", 1.0), ("right", -1.0))
Y_AXIS, Z_AXIS = (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


class SheetPose(Enum):
    """How the figure stands in a view."""

    A_POSE = "canonical A-pose"
    ARMS_RAISED = "arms above the shoulders: armpits, flanks"
    HAIR_LIFTED = "hair swung out from the head: temples, ears, forehead, collar"
    PALMS_SHOWN = "forearms up, palms forward: both faces of the hands"


def sheet_pose(rig: Rig, kind: SheetPose) -> RigPose:
    """Return the rig in one of the poses of a sheet, with a neutral face."""
    return POSES[kind](rig)


def raised_pose(rig: Rig) -> RigPose:
    """Return the canonical A-pose with both arms raised above the shoulders."""
    pose = canonical_pose(rig)
    rotations = pose.bone_rotations.copy()
    for side, sign in SIDES:
        bone = rig.skeleton.humanoid.get(f"{side}UpperArm")
        if bone is not None:
            turn = quat_from_axis_angle(Z_AXIS, sign * RAISED_ARM_RAD)
            rotations[bone] = quat_multiply(turn, rotations[bone])
    return replace(pose, bone_rotations=rotations.astype(np.float32))


def lifted_hair(rig: Rig) -> RigPose:
    """Return the canonical A-pose with every spring chain on the head swung outwards and up."""
    pose = canonical_pose(rig)
    skeleton = rig.skeleton
    head = skeleton.humanoid.get("head")
    if head is None:
        return pose
    rotations = pose.bone_rotations.copy()
    for root in {chain.bones[0] for chain in rig.springs}:
        outward = skeleton.rest_positions[root] - skeleton.rest_positions[head]
        outward = outward * np.array((1.0, 0.0, 1.0))
        length = float(np.linalg.norm(outward))
        if _hangs_from(rig, root, head) and length > 1e-4:
            axis = np.cross((0.0, -1.0, 0.0), outward / length)
            turn = quat_from_axis_angle(axis, HAIR_LIFT_RAD)
            rotations[root] = quat_multiply(turn, rotations[root])
    return replace(pose, bone_rotations=rotations.astype(np.float32))


def shown_palms(rig: Rig) -> RigPose:
    """Return the canonical A-pose with both forearms upright and the palms forward."""
    pose = canonical_pose(rig)
    for side, sign in SIDES:
        palm_turn = quat_from_axis_angle(Y_AXIS, -sign * PALM_TURN_RAD)
        upright = quat_from_axis_angle(Z_AXIS, sign * FOREARM_UP_RAD)
        pose = _turned(rig, pose, f"{side}LowerArm", quat_multiply(palm_turn, upright))
        pose = _turned(rig, pose, f"{side}Hand", palm_turn)
    return pose


def _turned(rig: Rig, pose: RigPose, name: str, turn: Float) -> RigPose:
    """Return the pose with a bone and all below it turned about the world's axes."""
    bone = rig.skeleton.humanoid.get(name)
    if bone is None:
        return pose
    parent = posed_joints(rig.skeleton, pose).rotations[rig.skeleton.parents[bone]]
    rotations = pose.bone_rotations.copy()
    local_turn = quat_multiply(quat_multiply(quat_conjugate(parent), turn), parent)
    rotations[bone] = quat_multiply(local_turn, rotations[bone])
    return replace(pose, bone_rotations=rotations.astype(np.float32))


def _hangs_from(rig: Rig, bone: int, ancestor: int) -> bool:
    while bone >= 0 and bone != ancestor:
        bone = int(rig.skeleton.parents[bone])
    return bone == ancestor


POSES: MappingProxyType[SheetPose, Callable[[Rig], RigPose]] = MappingProxyType(
    {
        SheetPose.A_POSE: canonical_pose,
        SheetPose.ARMS_RAISED: raised_pose,
        SheetPose.HAIR_LIFTED: lifted_hair,
        SheetPose.PALMS_SHOWN: shown_palms,
    }
)
