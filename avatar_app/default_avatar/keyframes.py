"""Eased keyframes: scalar channels, poses that blend, and what repeats without a seam."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from avatar_app.default_avatar.lofting import curve
from avatar_app.default_avatar.surfaces import Double, smoothstep
from udp_live.linalg import quat_multiply, quat_slerp, vec_normalize

Key = tuple[float, float]
Quaternions = NDArray[np.float64]
NO_TURN = np.array((0.0, 0.0, 0.0, 1.0))


def channel(keys: Sequence[Key], times: Double) -> Double:
    """Read ``(second, value)`` keys at ``times``: eased in and out of every extreme."""
    return curve(keys, times)


def axis_turn(axis: str, degrees: Double | float) -> Quaternions:
    """Return rotations ``[..., 4]`` about x, y or z."""
    half = 0.5 * np.radians(np.asarray(degrees, np.float64))
    turn = np.zeros((*half.shape, 4))
    turn[..., "xyz".index(axis)] = np.sin(half)
    turn[..., 3] = np.cos(half)
    return turn


def turned(*steps: tuple[str, Double | float]) -> Quaternions:
    """Return the rotation that makes the steps ``(axis, degrees)`` one after another."""
    total = NO_TURN
    for axis, degrees in steps:
        step, total = np.broadcast_arrays(axis_turn(axis, degrees), total)
        total = quat_multiply(step, total)
    return np.asarray(total)


def mirrored_turn(turn: Quaternions) -> Quaternions:
    """Reflect rotations left to right."""
    return np.asarray(turn * np.array((1.0, -1.0, -1.0, 1.0)))


def blend_poses(
    keys: Sequence[tuple[float, str]], poses: Mapping[str, Mapping[str, Quaternions]], times: Double
) -> dict[str, Quaternions]:
    """Move from pose to pose along the shortest arcs, resting at none longer than its keys say.

    Args:
        keys: ``(second, name of a pose)``; the same name twice holds it.
        poses: Rotation per bone ``[4]``, alike bones in every pose.
        times: ``[T]`` seconds.

    Returns:
        Bone to ``[T, 4]`` rotations.
    """
    starts = np.array([time for time, _ in keys])
    index = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(keys) - 2)
    span = np.maximum(starts[index + 1] - starts[index], 1e-6)
    share = smoothstep(0.0, 1.0, (times - starts[index]) / span)
    moved = {}
    for bone in poses[keys[0][1]]:
        key_turns = np.array([poses[name][bone] for _, name in keys])
        moved[bone] = quat_slerp(key_turns[index], key_turns[index + 1], share)
    return moved


def softened(turns: Quaternions, frames: float, *, late: int = 0) -> Quaternions:
    """Round off ``[T, 4]`` rotations that repeat, and let them follow ``late`` frames behind.

    The last frame must equal the first; it does so afterwards as well.
    """
    steady = turns[:-1].copy()
    for k in range(1, len(steady)):
        if np.dot(steady[k], steady[k - 1]) < 0.0:
            steady[k] = -steady[k]
    # a full turn ends in the negative of its first quaternion: it repeats after two rounds
    sign = np.sign(np.dot(steady[-1], steady[0]))
    doubled = np.concatenate([steady, sign * steady])
    smooth = gaussian_filter1d(doubled, frames, axis=0, mode="wrap")[: len(steady)]
    smooth = vec_normalize(np.roll(smooth, late, axis=0))
    return np.concatenate([smooth, smooth[:1]])


def softened_channel(values: Double, frames: float) -> Double:
    """Round off ``[T]`` values that repeat; the last frame equals the first."""
    smooth = gaussian_filter1d(values[:-1], frames, mode="wrap")
    return np.concatenate([smooth, smooth[:1]])
