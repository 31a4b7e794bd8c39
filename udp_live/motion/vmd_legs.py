"""Bends legs so that feet reach their IK goals, in closed form.

MMD turns thigh and knee little by little (CCD) until the ankle reaches the goal; the knee bends
about its x axis alone. Here the knee's angle follows from the goal's distance, and the thigh turns
the shortest way from where its keys and the hips hold it, which is what CCD comes to.
"""

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import (
    quat_between,
    quat_from_axis_angle,
    quat_multiply,
    quat_rotate,
    vec_normalize,
)

Float = NDArray[np.float64]
X_AXIS = (1.0, 0.0, 0.0)


def bent_leg(
    hip: Float, start: Float, goal: Float, thigh: Float, shin: Float
) -> tuple[Float, Float, Float]:
    """Return the leg that reaches a goal, or stretches towards it.

    Args:
        hip: ``[T, 3]`` where the leg begins.
        start: ``[T, 4]`` world rotation of the thigh by its keys.
        goal: ``[T, 3]`` where the ankle should be.
        thigh: ``[3]`` from hip to knee at rest, hanging down.
        shin: ``[3]`` from knee to ankle at rest.

    Returns:
        ``[T, 4]`` world rotations of thigh and shin, ``[T, 3]`` position of the ankle.
    """
    towards = goal - hip
    bend = quat_from_axis_angle(X_AXIS, _knee_angle(np.linalg.norm(towards, axis=1), thigh, shin))
    reach = quat_rotate(start, thigh + quat_rotate(bend, shin[None]))
    is_far = np.linalg.norm(towards, axis=1, keepdims=True) > 1e-6
    aim = np.where(is_far, towards, reach)
    upper = quat_multiply(quat_between(vec_normalize(reach), vec_normalize(aim)), start)
    lower = quat_multiply(upper, bend)
    return upper, lower, hip + quat_rotate(upper, thigh[None]) + quat_rotate(lower, shin[None])


def _knee_angle(distance: Float, thigh: Float, shin: Float) -> Float:
    """Return the angles about +x, shin backwards, that bring the ankle so far from the hip."""
    # |thigh + turned shin|^2 = distance^2 is a cosine of the angle plus constants.
    level = 0.5 * (distance**2 - thigh @ thigh - shin @ shin) - thigh[0] * shin[0]
    along = thigh[1] * shin[1] + thigh[2] * shin[2]
    across = thigh[2] * shin[1] - thigh[1] * shin[2]
    cosine = np.clip(level / np.hypot(along, across), -1.0, 1.0)
    angle: Float = np.arctan2(across, along) + np.arccos(cosine)
    return np.maximum(angle, 0.0)


def pointed_foot(ankle: Float, held: Float, toe_goal: Float, toe: Float) -> Float:
    """Return ``[T, 4]`` world rotations of a foot.

    Args:
        ankle: ``[T, 3]``.
        held: ``[T, 4]`` world rotation of the foot's IK goal.
        toe_goal: ``[T, 3]`` where the toes should be.
        toe: ``[3]`` from ankle to toes at rest.
    """
    now = quat_rotate(held, toe[None])
    wanted = toe_goal - ankle
    is_far = np.linalg.norm(wanted, axis=1, keepdims=True) > 1e-6
    turn = quat_between(vec_normalize(now), vec_normalize(np.where(is_far, wanted, now)))
    return quat_multiply(turn, held)
