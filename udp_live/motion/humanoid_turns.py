"""Tells the motion of any humanoid skeleton in the terms of a ``MotionClip``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import quat_conjugate, quat_multiply
from udp_live.rig.humanoid import HUMANOID_PARENTS, humanoid_parent
from udp_live.rig.reference_poses import t_pose_from_rest
from udp_live.rig.rig import Skeleton


def humanoid_turns(
    skeleton: Skeleton, world: NDArray[Any]
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Tell world rotations relative to the T-pose and to the humanoid parent.

    Args:
        skeleton: Whose rest pose may be any.
        world: ``[T, J, 4]`` turns of each bone from rest, world axes.

    Returns:
        B humanoid bone names, and ``[T, B, 4]`` float32 rotations as in ``MotionClip``.
    """
    humanoid = skeleton.humanoid
    turned = quat_multiply(world, quat_conjugate(t_pose_from_rest(skeleton)))
    bones = tuple(bone for bone in HUMANOID_PARENTS if bone in humanoid)
    rotations = []
    for bone in bones:
        parent = humanoid_parent(bone, humanoid)
        local = turned[:, humanoid[bone]]
        if parent is not None:
            local = quat_multiply(quat_conjugate(turned[:, humanoid[parent]]), local)
        rotations.append(local)
    return bones, np.stack(rotations, axis=1).astype(np.float32)
