"""Poses that mean the same on every rig: the canonical A-pose and the T-pose of VRM."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import (
    quat_between,
    quat_conjugate,
    quat_identity,
    quat_multiply,
    vec_normalize,
)
from udp_live.rig.expressions import rest_pose
from udp_live.rig.humanoid import A_POSE, T_POSE, PointedBone
from udp_live.rig.rig import Rig, Skeleton
from udp_live.rig.skinning import posed_joints
from udp_live.types import RigPose

Float = NDArray[np.float32]

# A rest arm or leg this close to the T-pose counts as its author's idea of one.
T_POSE_TOLERANCE_COSINE = np.cos(np.radians(15.0))
FEET = ("leftFoot", "rightFoot")
_MIRROR = np.array((-1.0, 1.0, 1.0), np.float32)
_IDENTITY = np.array((0.0, 0.0, 0.0, 1.0), np.float32)


def canonical_pose(rig: Rig) -> RigPose:
    """Return the pose that brings the rig to the canonical A-pose.

    Upper arms point 35 degrees below the horizontal in the frontal plane, forearms and hands in
    line with them, legs straight down, feet level as at rest, everything else at rest. Arms that
    rest in any other pose are turned the shortest way.
    """
    world = _pointing_rotations(rig.skeleton, A_POSE, keep_cosine=2.0)
    return replace(rest_pose(rig), bone_rotations=_local_rotations(rig.skeleton, world))


def t_pose(rig: Rig) -> RigPose:
    """Return the pose that brings the rig to the T-pose in which VRM motion is told.

    It is the rest pose for VRM avatars and others that rest in a T-pose.
    """
    return replace(rest_pose(rig), bone_rotations=_t_pose_rotations(rig.skeleton))


def t_pose_from_rest(skeleton: Skeleton) -> Float:
    """Return the turn of each bone from rest to the T-pose, ``[J, 4]`` float32, world axes."""
    return _accumulated(skeleton, _t_pose_rotations(skeleton))


def rest_from_t_pose(rig: Rig, rotations: Float) -> Float:
    """Turn rotations relative to the T-pose into rotations relative to the rig's rest.

    Args:
        rig: Any rig.
        rotations: ``[J, 4]`` float32 xyzw, world-aligned local axes, relative to the T-pose.

    Returns:
        ``[J, 4]`` float32, relative to rest, as ``RigPose.bone_rotations``.
    """
    to_t_pose = _t_pose_rotations(rig.skeleton)
    if np.all(to_t_pose == _IDENTITY):
        return rotations
    world = _accumulated(rig.skeleton, to_t_pose)
    parents = rig.skeleton.parents
    above = np.where((parents >= 0)[:, None], world[parents], _IDENTITY)
    turned = quat_multiply(quat_conjugate(above), quat_multiply(rotations, world))
    return np.asarray(vec_normalize(turned), np.float32)


def _t_pose_rotations(skeleton: Skeleton) -> Float:
    """Return the ``[J, 4]`` local rotations of the T-pose."""
    world = _pointing_rotations(skeleton, T_POSE, keep_cosine=T_POSE_TOLERANCE_COSINE)
    return _local_rotations(skeleton, world)


def _accumulated(skeleton: Skeleton, local: Float) -> Float:
    """Return the ``[J, 4]`` world rotations of local ones."""
    nothing = np.zeros(0, np.float32)
    pose = RigPose(local, np.zeros(3, np.float32), nothing, np.zeros(2, np.float32))
    return posed_joints(skeleton, pose).rotations


def _pointing_rotations(
    skeleton: Skeleton, table: Sequence[PointedBone], *, keep_cosine: float
) -> dict[int, Float]:
    """Return the world rotation of each bone that must point somewhere.

    Bones whose direction already has a cosine above ``keep_cosine`` keep their rest rotation.
    """
    humanoid, rest = skeleton.humanoid, skeleton.rest_positions
    rows = [
        (humanoid[side + row.bone], humanoid[side + row.target], row.direction * mirror)
        for side, mirror in (("left", np.float32(1.0)), ("right", _MIRROR))
        for row in table
        if side + row.bone in humanoid and side + row.target in humanoid
    ]
    bones, targets = [row[0] for row in rows], [row[1] for row in rows]
    start = vec_normalize(rest[targets] - rest[bones])
    end = np.array([row[2] for row in rows], np.float32).reshape(-1, 3)
    turns = quat_between(start, end).astype(np.float32)
    turns[np.sum(start * end, axis=1) > keep_cosine] = _IDENTITY
    world = dict(zip(bones, turns, strict=True))
    # Feet stay level when the leg above them is turned.
    world.update((humanoid[foot], _IDENTITY) for foot in FEET if foot in humanoid)
    return world


def _local_rotations(skeleton: Skeleton, world: dict[int, Float]) -> Float:
    """Return ``[J, 4]`` local rotations; bones without a world rotation follow their parent."""
    local = quat_identity(skeleton.bone_count)
    for bone, turn in world.items():
        parent = int(skeleton.parents[bone])
        while parent >= 0 and parent not in world:
            parent = int(skeleton.parents[parent])
        above = world[parent] if parent >= 0 else _IDENTITY
        local[bone] = quat_multiply(quat_conjugate(above), turn)
    return local
