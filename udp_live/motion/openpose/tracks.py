"""Keypoints over time: gaps bridged, spikes taken out."""

import numpy as np
from numpy.typing import NDArray

from udp_live.motion.openpose.keypoints import FACE, SEEN_ABOVE
from udp_live.motion.openpose.time_filters import running_median, smooth

Double = NDArray[np.float64]
Float = NDArray[np.float32]

BRIDGE_S = 0.2  # a keypoint that is lost for no longer counts as seen all the while
# Faces are small, so their keypoints shake more beside what they move.
BODY_SMOOTH_S, FACE_SMOOTH_S = 0.02, 0.03
# OpenPose is careful: a keypoint of confidence 0.4 is as good as seen.
SURE = 0.4


def steady_tracks(points: Float, fps: float) -> tuple[Double, Double]:
    """Make a continuous path of each keypoint.

    Args:
        points: ``[T, 137, 3]`` float32: x, y, confidence.
        fps: Frames per second.

    Returns:
        ``[T, 137, 2]`` float64 places, x right and **y up**, pixels, held or interpolated where
        nothing was seen and zero for a keypoint that never was; ``[T, 137]`` float64 visibility in
        [0, 1], 0 in long gaps.
    """
    frames, count = points.shape[:2]
    places, seen = np.zeros((frames, count, 2)), np.zeros((frames, count))
    times = np.arange(frames)
    for column in range(count):
        is_seen = points[:, column, 2] > SEEN_ABOVE
        found = times[is_seen]
        if len(found) == 0:
            continue
        for axis in (0, 1):
            places[:, column, axis] = np.interp(times, found, points[is_seen, column, axis])
        sure = np.clip(points[is_seen, column, 2] / SURE, 0.0, 1.0)
        seen[:, column] = np.where(
            _gap_lengths(times, found) <= BRIDGE_S * fps, np.interp(times, found, sure), 0.0
        )
    places[:, :, 1] *= -1.0
    places = running_median(places, 3)
    steady = smooth(places, BODY_SMOOTH_S * fps)
    steady[:, FACE] = smooth(places[:, FACE], FACE_SMOOTH_S * fps)
    return steady, seen


def _gap_lengths(times: NDArray[np.int_], found: NDArray[np.int_]) -> NDArray[np.int_]:
    """Return for each moment how many frames lie without a find around it; 0 at a find."""
    after = np.searchsorted(found, times)
    following = np.where(after < len(found), found[np.minimum(after, len(found) - 1)], 1 << 30)
    before = np.searchsorted(found, times, side="right") - 1
    previous = np.where(before >= 0, found[np.maximum(before, 0)], -(1 << 30))
    return np.asarray(np.maximum(following - previous - 1, 0))
