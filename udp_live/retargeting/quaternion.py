"""Rotations of single bones as plain tuples.

A rig pose needs a few hundred quaternion products with a branch here and there; on single
quaternions plain floats are about fifteen times faster than small arrays.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vec = tuple[float, float, float]
Quat = tuple[float, float, float, float]

IDENTITY: Quat = (0.0, 0.0, 0.0, 1.0)
X_AXIS: Vec = (1.0, 0.0, 0.0)
Y_AXIS: Vec = (0.0, 1.0, 0.0)
Z_AXIS: Vec = (0.0, 0.0, 1.0)
TINY = 1e-9


def to_vec(values: Sequence[float] | NDArray[np.floating[Any]]) -> Vec:
    """Copy three numbers."""
    return (float(values[0]), float(values[1]), float(values[2]))


def add(a: Vec, b: Vec) -> Vec:
    """Return a + b."""
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


def subtract(a: Vec, b: Vec) -> Vec:
    """Return a - b."""
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])


def scale(a: Vec, factor: float) -> Vec:
    """Return a times a number."""
    return (a[0] * factor, a[1] * factor, a[2] * factor)


def middle(a: Vec, b: Vec) -> Vec:
    """Return the point between a and b."""
    return (0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1]), 0.5 * (a[2] + b[2]))


def dot(a: Vec, b: Vec) -> float:
    """Return the scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vec, b: Vec) -> Vec:
    """Return the vector product."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def length(a: Vec) -> float:
    """Return the Euclidean length."""
    return math.sqrt(dot(a, a))


def normalize(a: Vec, fallback: Vec = X_AXIS) -> Vec:
    """Scale to unit length; ``fallback`` replaces a vector without direction."""
    size = length(a)
    return fallback if size < TINY else scale(a, 1.0 / size)


def perpendicular_part(a: Vec, axis: Vec) -> Vec:
    """Remove from ``a`` what lies along the unit vector ``axis``."""
    return subtract(a, scale(axis, dot(a, axis)))


def multiply(a: Quat, b: Quat) -> Quat:
    """Return the rotation that applies ``b`` first, then ``a``."""
    ax, ay, az, aw = a
    bx, by, bz, bw = b
    return (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def inverse(q: Quat) -> Quat:
    """Return the opposite rotation of a unit quaternion."""
    return (-q[0], -q[1], -q[2], q[3])


def unit(q: Quat) -> Quat:
    """Scale to unit length with a non-negative real part."""
    size = math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    if size < TINY:
        return IDENTITY
    factor = (1.0 if q[3] >= 0.0 else -1.0) / size
    return (q[0] * factor, q[1] * factor, q[2] * factor, q[3] * factor)


def rotate(q: Quat, v: Vec) -> Vec:
    """Turn a vector."""
    axis = (q[0], q[1], q[2])
    twice = scale(cross(axis, v), 2.0)
    return add(add(v, scale(twice, q[3])), cross(axis, twice))


def about(axis: Vec, angle: float) -> Quat:
    """Return the rotation by ``angle`` radians about a unit axis."""
    sine = math.sin(0.5 * angle)
    return (axis[0] * sine, axis[1] * sine, axis[2] * sine, math.cos(0.5 * angle))


def from_rotation_vector(v: Vec) -> Quat:
    """Return the rotation about ``v`` by its length in radians."""
    angle = length(v)
    return IDENTITY if angle < TINY else about(scale(v, 1.0 / angle), angle)


def to_rotation_vector(q: Quat) -> Vec:
    """Return axis times angle, at most pi long."""
    x, y, z, w = unit(q)
    sine = math.sqrt(x * x + y * y + z * z)
    factor = 2.0 if sine < TINY else 2.0 * math.atan2(sine, w) / sine
    return (x * factor, y * factor, z * factor)


def angle_of(q: Quat) -> float:
    """Return the angle of a rotation in [0, pi]."""
    return 2.0 * math.atan2(math.sqrt(q[0] ** 2 + q[1] ** 2 + q[2] ** 2), abs(q[3]))


def between(start: Vec, end: Vec) -> Quat:
    """Return the shortest rotation from one unit vector to another."""
    axis, cosine = cross(start, end), dot(start, end)
    if cosine < -1.0 + 1e-6:
        aside = cross(start, X_AXIS if abs(start[0]) < 0.9 else Y_AXIS)
        return about(normalize(aside), math.pi)
    return unit((axis[0], axis[1], axis[2], 1.0 + cosine))


def between_frames(start: tuple[Vec, Vec], end: tuple[Vec, Vec]) -> Quat:
    """Return the rotation that turns one pair of directions into another.

    The first direction of a pair is met exactly, the second as well as that allows.
    """
    swing = between(start[0], end[0])
    have = perpendicular_part(rotate(swing, start[1]), end[0])
    want = perpendicular_part(end[1], end[0])
    if length(have) < TINY or length(want) < TINY:
        return swing
    twist = math.atan2(dot(end[0], cross(have, want)), dot(have, want))
    return unit(multiply(about(end[0], twist), swing))


def twist_angle(q: Quat, axis: Vec) -> float:
    """Return how far ``q`` turns about a unit axis, radians in (-pi, pi]."""
    along = q[0] * axis[0] + q[1] * axis[1] + q[2] * axis[2]
    angle = 2.0 * math.atan2(along, q[3])
    return math.remainder(angle, 2.0 * math.pi)


def slerp(a: Quat, b: Quat, amount: float) -> Quat:
    """Turn from ``a`` to ``b`` along the shorter arc."""
    if amount <= 0.0:
        return a
    if amount >= 1.0:
        return b
    step = to_rotation_vector(multiply(inverse(a), b))
    return unit(multiply(a, from_rotation_vector(scale(step, amount))))


def part_of(q: Quat, share: float) -> Quat:
    """Return the same rotation by a share of its angle."""
    return from_rotation_vector(scale(to_rotation_vector(q), share))


def from_matrix(matrix: NDArray[np.floating[Any]]) -> Quat:
    """Return the rotation of an orthonormal ``[3, 3]`` (or larger) matrix."""
    m = [[float(matrix[i, j]) for j in range(3)] for i in range(3)]
    trace = m[0][0] + m[1][1] + m[2][2]
    if trace > 0.0:
        return unit(
            (m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1], 1.0 + trace),
        )
    i = max(range(3), key=lambda k: m[k][k])
    j, k = (i + 1) % 3, (i + 2) % 3
    parts = [0.0, 0.0, 0.0]
    parts[i] = 1.0 + m[i][i] - m[j][j] - m[k][k]
    parts[j] = m[j][i] + m[i][j]
    parts[k] = m[k][i] + m[i][k]
    return unit((parts[0], parts[1], parts[2], m[k][j] - m[j][k]))
