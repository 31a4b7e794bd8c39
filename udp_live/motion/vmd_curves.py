"""Samples the keys of a VMD motion at every frame."""

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import quat_slerp
from udp_live.motion.vmd_file import BoneKeys

BISECTIONS = 18  # leaves an error of 4e-6 of the way between two keys


def sampled_bone(
    keys: BoneKeys, frame_count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``[T, 3]`` positions and ``[T, 4]`` rotations, held before and after the keys."""
    before, after, share = _spans(keys.frames, frame_count)
    curves = keys.curves[after]
    positions = np.empty((frame_count, 3))
    for axis in range(3):
        moved = eased(curves[:, axis], share)
        start, end = keys.positions[before, axis], keys.positions[after, axis]
        positions[:, axis] = start + (end - start) * moved
    turned = eased(curves[:, 3], share)
    return positions, quat_slerp(keys.rotations[before], keys.rotations[after], turned)


def sampled_morph(
    frames: NDArray[np.int64], weights: NDArray[np.float64], frame_count: int
) -> NDArray[np.float32]:
    """Return ``[T]`` weights in [0, 1], straight between the keys."""
    sampled = np.interp(np.arange(frame_count), frames, weights)
    return np.clip(sampled, 0.0, 1.0).astype(np.float32)


def eased(curves: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far along the value is at a share of the time between two keys.

    Args:
        curves: ``[T, 4]`` inner points (ax, ay, bx, by) of a Bezier curve from (0, 0) to (1, 1).
        share: ``[T]`` of the time, in [0, 1].
    """
    ax, ay, bx, by = curves.T
    bent = np.flatnonzero((np.abs(ax - ay) > 1e-9) | (np.abs(bx - by) > 1e-9))
    result = share.copy()
    low, high = np.zeros(len(bent)), np.ones(len(bent))
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        is_early = _bezier(ax[bent], bx[bent], middle) < share[bent]
        low, high = np.where(is_early, middle, low), np.where(is_early, high, middle)
    result[bent] = _bezier(ay[bent], by[bent], 0.5 * (low + high))
    return result


def _bezier(
    first: NDArray[np.float64], second: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Evaluate one coordinate of the curves."""
    rest = 1.0 - at
    value: NDArray[np.float64] = at * (3.0 * rest * (rest * first + at * second) + at * at)
    return value


def _spans(
    frames: NDArray[np.int64], frame_count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the keys before and after each frame and the share of the time between them."""
    wanted = np.arange(frame_count)
    after = np.clip(np.searchsorted(frames, wanted, side="left"), 0, len(frames) - 1)
    before = np.clip(np.searchsorted(frames, wanted, side="right") - 1, 0, len(frames) - 1)
    gap = np.maximum(frames[after] - frames[before], 1)
    return before, after, np.clip((wanted - frames[before]) / gap, 0.0, 1.0)
