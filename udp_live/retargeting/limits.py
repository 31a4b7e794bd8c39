"""How far joints go: cones for what swings, ranges for what twists."""

import math

from udp_live.retargeting.quaternion import (
    Quat,
    Vec,
    about,
    angle_of,
    from_rotation_vector,
    inverse,
    multiply,
    part_of,
    to_rotation_vector,
    twist_angle,
    unit,
)

HEAD_MAX = (math.radians(60.0), math.radians(80.0), math.radians(50.0))  # pitch, yaw, roll
WRIST_SWING_MAX = math.radians(75.0)
FOREARM_TWIST_MAX = math.radians(110.0)
FOOT_SWING_MAX = math.radians(50.0)


def clamp(value: float, low: float, high: float) -> float:
    """Keep a number within a range."""
    return min(max(value, low), high)


def smoothstep(value: float, low: float, high: float) -> float:
    """Rise from 0 at ``low`` to 1 at ``high`` without a kink."""
    t = clamp((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def limit_angle(q: Quat, largest: float) -> Quat:
    """Shorten a rotation to at most ``largest`` radians about the same axis."""
    angle = angle_of(q)
    return q if angle <= largest else part_of(q, largest / angle)


def limit_per_axis(q: Quat, largest: Vec) -> Quat:
    """Keep each component of the rotation vector within plus or minus ``largest``."""
    x, y, z = to_rotation_vector(q)
    clamped = (
        clamp(x, -largest[0], largest[0]),
        clamp(y, -largest[1], largest[1]),
        clamp(z, -largest[2], largest[2]),
    )
    return q if clamped == (x, y, z) else from_rotation_vector(clamped)


def split_twist(q: Quat, axis: Vec) -> tuple[Quat, float]:
    """Split into ``swing * twist``; returns the swing and the twist's angle about ``axis``."""
    angle = twist_angle(q, axis)
    return unit(multiply(q, inverse(about(axis, angle)))), angle
