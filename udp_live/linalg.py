"""Vectors and quaternions as pure functions over numpy arrays.

Quaternions are xyzw and unit length. Functions are batched over leading axes and keep the
floating dtype of their inputs.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# float32 or float64, out as in; a TypeVar would have to be threaded through every caller
FloatArray = NDArray[Any]

TINY = 1e-9  # below this a length counts as zero


def vec_normalize(vectors: FloatArray) -> FloatArray:
    """Scale ``[..., N]`` vectors to unit length; zero vectors stay zero."""
    lengths = np.sqrt(np.sum(vectors * vectors, axis=-1, keepdims=True))
    scaled: FloatArray = vectors / np.maximum(lengths, TINY)
    return scaled


def vec_cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the cross product of ``[..., 3]`` vectors, several times faster than np.cross."""
    x = a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1]
    out = np.empty((*x.shape, 3), x.dtype)
    out[..., 0] = x
    out[..., 1] = a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2]
    out[..., 2] = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return out


def quat_identity(count: int) -> NDArray[np.float32]:
    """Return ``[count, 4]`` float32 quaternions that rotate nothing."""
    quats = np.zeros((count, 4), np.float32)
    quats[:, 3] = 1.0
    return quats


def quat_conjugate(quats: FloatArray) -> FloatArray:
    """Return the inverse rotations of unit quaternions ``[..., 4]``."""
    flipped: FloatArray = quats * np.array((-1.0, -1.0, -1.0, 1.0), quats.dtype)
    return flipped


def quat_multiply(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return ``a * b``: the rotation that applies ``b`` first, then ``a``."""
    ax, ay, az, aw = (a[..., i] for i in range(4))
    bx, by, bz, bw = (b[..., i] for i in range(4))
    x = aw * bx + ax * bw + ay * bz - az * by
    out = np.empty((*x.shape, 4), x.dtype)
    out[..., 0] = x
    out[..., 1] = aw * by - ax * bz + ay * bw + az * bx
    out[..., 2] = aw * bz + ax * by - ay * bx + az * bw
    out[..., 3] = aw * bw - ax * bx - ay * by - az * bz
    return out


def quat_rotate(quats: FloatArray, vectors: FloatArray) -> FloatArray:
    """Rotate ``[..., 3]`` vectors by ``[..., 4]`` unit quaternions."""
    axis = quats[..., :3]
    twice = 2.0 * vec_cross(axis, vectors)
    rotated: FloatArray = vectors + quats[..., 3:] * twice + vec_cross(axis, twice)
    return rotated


def quat_from_axis_angle(axis: ArrayLike, angle: ArrayLike) -> FloatArray:
    """Return the rotation by ``angle`` radians ``[...]`` about the unit ``axis`` ``[..., 3]``."""
    return quat_from_rotation_vector(np.asarray(axis) * np.asarray(angle)[..., None])


def quat_from_rotation_vector(vectors: FloatArray) -> FloatArray:
    """Return the rotations about ``[..., 3]`` axes by their lengths in radians."""
    angles = np.sqrt(np.sum(vectors * vectors, axis=-1, keepdims=True))
    # sin(angle / 2) / angle, finite at zero
    scale = 0.5 * np.sinc(angles / (2.0 * np.pi))
    return np.concatenate((vectors * scale, np.cos(0.5 * angles)), axis=-1)


def quat_to_rotation_vector(quats: FloatArray) -> FloatArray:
    """Return ``[..., 3]`` axes times angles in [0, pi] of unit quaternions."""
    short = np.where(quats[..., 3:] < 0.0, -quats, quats)
    sines = np.sqrt(np.sum(short[..., :3] ** 2, axis=-1, keepdims=True))
    angles = 2.0 * np.arctan2(sines, short[..., 3:])
    per_sine = np.where(sines > TINY, angles / np.maximum(sines, TINY), 2.0)
    vectors: FloatArray = short[..., :3] * per_sine
    return vectors


def quat_between(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the shortest rotations that turn unit vectors ``start`` into ``end``.

    Opposite vectors turn about an arbitrary axis perpendicular to ``start``.
    """
    start, end = np.broadcast_arrays(start, end)
    cosine = np.sum(start * end, axis=-1, keepdims=True)
    quats = np.concatenate((vec_cross(start, end), 1.0 + cosine), axis=-1)
    least = np.eye(3, dtype=quats.dtype)[np.argmin(np.abs(start), axis=-1)]
    half_turn = np.concatenate((vec_cross(start, least), np.zeros_like(cosine)), axis=-1)
    return vec_normalize(np.where(cosine < -1.0 + 1e-6, half_turn, quats))


def quat_slerp(a: FloatArray, b: FloatArray, amount: ArrayLike) -> FloatArray:
    """Turn from ``a`` to ``b`` along the shorter arc; ``amount`` 0 is ``a``, 1 is ``b``."""
    step = quat_to_rotation_vector(quat_multiply(quat_conjugate(a), b))
    part = quat_from_rotation_vector(step * np.asarray(amount, step.dtype)[..., None])
    return vec_normalize(quat_multiply(a, part))


def quat_from_matrix(matrices: FloatArray) -> FloatArray:
    """Return the rotations of orthonormal ``[..., 3, 3]`` (or larger) matrices."""
    m = matrices[..., :3, :3]
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    # Four times the outer product of the quaternion with itself; its largest row is the safest.
    outer = np.empty((*m.shape[:-2], 4, 4), m.dtype)
    outer[..., 0, 0] = 1.0 + xx - yy - zz
    outer[..., 1, 1] = 1.0 - xx + yy - zz
    outer[..., 2, 2] = 1.0 - xx - yy + zz
    outer[..., 3, 3] = 1.0 + xx + yy + zz
    for i, j in ((0, 1), (0, 2), (1, 2)):
        outer[..., i, j] = outer[..., j, i] = m[..., i, j] + m[..., j, i]
    for k, (i, j) in enumerate(((2, 1), (0, 2), (1, 0))):
        outer[..., 3, k] = outer[..., k, 3] = m[..., i, j] - m[..., j, i]
    best = np.argmax(np.diagonal(outer, axis1=-2, axis2=-1), axis=-1)
    return vec_normalize(np.take_along_axis(outer, best[..., None, None], axis=-2)[..., 0, :])


def quat_to_matrix(quats: FloatArray) -> FloatArray:
    """Return the ``[..., 3, 3]`` rotation matrices of unit quaternions ``[..., 4]``."""
    x, y, z, w = (quats[..., i] for i in range(4))
    out = np.empty((*quats.shape[:-1], 3, 3), quats.dtype)
    out[..., 0, 0] = 1.0 - 2.0 * (y * y + z * z)
    out[..., 0, 1] = 2.0 * (x * y - z * w)
    out[..., 0, 2] = 2.0 * (x * z + y * w)
    out[..., 1, 0] = 2.0 * (x * y + z * w)
    out[..., 1, 1] = 1.0 - 2.0 * (x * x + z * z)
    out[..., 1, 2] = 2.0 * (y * z - x * w)
    out[..., 2, 0] = 2.0 * (x * z - y * w)
    out[..., 2, 1] = 2.0 * (y * z + x * w)
    out[..., 2, 2] = 1.0 - 2.0 * (x * x + y * y)
    return out
