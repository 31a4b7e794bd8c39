"""How large a person is in the pictures, and how long their bones are."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from udp_live.motion.openpose.keypoints import SIDED
from udp_live.motion.openpose.time_filters import running_maximum, smooth

Double = NDArray[np.float64]

# An average adult between OpenPose's joints, metres (own estimate from anthropometric means).
ADULT_M = {
    "trunk": 0.50,
    "shoulders": 0.35,
    "hips": 0.19,
    "upper_arm": 0.28,
    "forearm": 0.25,
    "thigh": 0.42,
    "shin": 0.41,
}
# People differ by this much; a clip in which a bone is never seen at full length, by more.
LEAST_SHARE, MOST_SHARE = 0.82, 1.15
FULL_PERCENTILE = 92.0
LEAST_FRAMES = 8
SEEN = 0.5
# What comes towards the webcam looks larger than it is, and arms come nearest.
TRUST = {"trunk": 1.0, "shoulders": 1.0, "upper_arm": 0.88, "forearm": 0.85} | {
    "thigh": 0.94,
    "shin": 0.96,
}
FACE_TRUST = 0.97
ENVELOPE_S, SMOOTH_S = 0.6, 0.3
LEAST_PIXELS_PER_M = 1.0

BONES = {
    "upper_arm": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"),
    "thigh": ("hip", "knee"),
    "shin": ("knee", "ankle"),
}


@dataclass(frozen=True, slots=True)
class BodySize:
    """A person's size.

    Attributes:
        pixels_per_m: ``[T]`` float64, at the person's distance in each frame.
        trunk_m, shoulders_m, hips_m, upper_arm_m, forearm_m, thigh_m, shin_m: Metres.
    """

    pixels_per_m: Double = field(repr=False)
    trunk_m: float
    shoulders_m: float
    hips_m: float
    upper_arm_m: float
    forearm_m: float
    thigh_m: float
    shin_m: float


def measure_body(places: Double, seen: Double, face_scale: Double, fps: float) -> BodySize:
    """Measure a person over a whole clip.

    Args:
        places: ``[T, 25, 2]`` float64 pixels.
        seen: ``[T, 25]`` float64 visibility.
        face_scale: ``[T]`` float64 pixels per metre by the face, 0 where unknown.
        fps: Frames per second.
    """
    lengths = _lengths(places, seen)
    scale = _scale(lengths, face_scale, fps)
    metres = {name: _full_length(lengths[name], scale, name) for name in ADULT_M}
    return BodySize(scale, **{f"{name}_m": length for name, length in metres.items()})


def _lengths(places: Double, seen: Double) -> dict[str, Double]:
    """Return each bone's length in pixels, ``[T, sides]``, zero where it is not seen."""

    def apart(pairs: list[tuple[int, int]]) -> Double:
        columns = []
        for start, end in pairs:
            is_seen = np.minimum(seen[:, start], seen[:, end]) > SEEN
            length = np.linalg.norm(places[:, end] - places[:, start], axis=1)
            columns.append(np.where(is_seen, length, 0.0))
        return np.stack(columns, axis=1)

    left, right = SIDED["left"], SIDED["right"]
    lengths = {
        name: apart([(side[start], side[end]) for side in (left, right)])
        for name, (start, end) in BONES.items()
    }
    lengths["shoulders"] = apart([(left["shoulder"], right["shoulder"])])
    lengths["hips"] = apart([(left["hip"], right["hip"])])
    # The middle of a twisted trunk keeps its length better than its sides.
    trunk = apart([(side["shoulder"], side["hip"]) for side in (left, right)])
    lengths["trunk"] = np.where(trunk.min(axis=1) > 0.0, trunk.mean(axis=1), 0.0)[:, None]
    return lengths


def _scale(lengths: dict[str, Double], face_scale: Double, fps: float) -> Double:
    """Return pixels per metre: at least what makes the longest bone as long as it is."""
    found = [FACE_TRUST * face_scale]
    found += [TRUST[name] * lengths[name].max(axis=1) / ADULT_M[name] for name in TRUST]
    scale = np.max(found, axis=0)
    known = scale > 0.0
    if not known.any():
        return np.full(len(scale), 100.0)
    times = np.arange(len(scale))
    scale = np.interp(times, times[known], scale[known])
    scale = running_maximum(scale, round(ENVELOPE_S * fps))
    return np.maximum(smooth(scale, SMOOTH_S * fps), LEAST_PIXELS_PER_M)


def _full_length(length: Double, scale: Double, name: str) -> float:
    """Return a bone's length where it is seen at its longest."""
    shares = (length / scale[:, None])[length > 0.0] / ADULT_M[name]
    if len(shares) < LEAST_FRAMES:
        return ADULT_M[name]
    share = float(np.clip(np.percentile(shares, FULL_PERCENTILE), LEAST_SHARE, MOST_SHARE))
    return share * ADULT_M[name]
