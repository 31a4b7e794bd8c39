"""A flat hand brought into depth: the palm as a plane seen from afar, then finger by finger."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from udp_live.motion.openpose.depth_signs import steadiest_choices
from udp_live.motion.openpose.time_filters import running_median, smooth

Double = NDArray[np.float64]

# A flat adult hand, metres: across from the little finger to the index finger, along from the
# wrist to the fingers (own estimate from anthropometric means).
PALM_POINTS = (0, 5, 9, 13, 17)
PALM = np.array([(0.0, 0.0), (0.025, 0.090), (0.004, 0.091), (-0.016, 0.085), (-0.034, 0.076)])
THUMB_ROOT = (0.024, 0.024)
FINGER_LENGTHS = {
    1: (0.044, 0.033, 0.027),
    5: (0.043, 0.025, 0.021),
    9: (0.048, 0.029, 0.022),
    13: (0.044, 0.027, 0.022),
    17: (0.034, 0.021, 0.020),
}
# Bends of the joints that cost nothing, degrees, from the hand's back to the palm.
BENDS = np.radians([(-12.0, 90.0), (0.0, 105.0), (0.0, 75.0)])
# A relaxed thumb's bones in the palm's axes: across, along, out of the palm.
THUMB_WAYS = np.array([(0.62, 0.70, 0.35), (0.45, 0.86, 0.25), (0.35, 0.91, 0.22)])
SIDEWAYS_COST, UNEVEN_COST, THUMB_COST = 0.3, 0.08, 0.25
WRIST_COST = 0.5
# Lengths up to this share of the full one count as full; noise makes bones look shorter.
PALM_SLACK, FINGER_SLACK = 0.95, 0.90
# People's fingers differ by this much from the adult's; learned from where they look longest.
LEAST_SHARE, MOST_SHARE, FULL_PERCENTILE, LEAST_FRAMES = 0.75, 1.2, 85.0, 15
SCALE_S, SCALE_SMOOTH_S = 0.7, 0.2
WAYS = np.array(list(product((1.0, -1.0), repeat=3)))  # [8, 3] signs of a finger's three bones


def lift_hand(places: Double, forearm: Double, sign: float, fps: float) -> Double:
    """Give each of a hand's keypoints its depth.

    Args:
        places: ``[T, 21, 2]`` float64, x right and y up, pixels.
        forearm: ``[T, 3]`` float64 unit vectors from elbow to wrist; zeros where unknown.
        sign: +1 for a left hand, -1 for a right one.
        fps: Frames per second.

    Returns:
        ``[T, 21, 3]`` float64, metres from the wrist, +X right, +Y up, +Z to the webcam.
    """
    flat, palms = _fit_palms(places, fps)
    fingers = [_lift_fingers(flat, palm, sign) for palm in palms]
    along = np.stack([palm[:, :, 1] for palm in palms], axis=1)  # [T, 2, 3]
    across = np.stack([palm[:, :, 0] for palm in palms], axis=1)
    costs = np.stack([cost for _, cost in fingers], axis=1)
    costs = costs + WRIST_COST * (1.0 - np.einsum("tsc,tc->ts", along, forearm))
    choice = steadiest_choices(costs, np.stack([along, across], axis=2))
    both = np.stack([points for points, _ in fingers], axis=1)
    return np.asarray(both[np.arange(len(both)), choice])


def _fit_palms(places: Double, fps: float) -> tuple[Double, tuple[Double, Double]]:
    """Fit the flat palm by an affine map; its depth is known up to a reflection.

    Returns:
        ``[T, 21, 2]`` metres from the wrist, and both ``[T, 3, 3]`` rotations whose columns are
        across, along and their cross product.
    """
    model = PALM - PALM.mean(axis=0)
    seen = places[:, PALM_POINTS]
    centred = seen - seen.mean(axis=1, keepdims=True)
    affine = np.einsum("tnc,nk->tck", centred, model) @ np.linalg.inv(model.T @ model)
    left, stretch, right = np.linalg.svd(affine)
    # A plane keeps its length along the axis about which it is tilted: that is the scale.
    scale = running_median(stretch[:, 0], round(SCALE_S * fps))
    scale = np.maximum(smooth(scale, SCALE_SMOOTH_S * fps), 1e-3)
    shares = np.clip(stretch / scale[:, None] / PALM_SLACK, 0.0, 1.0)
    shares[:, 0] = 1.0
    plane = left * shares[:, None, :] @ right
    depth = np.sqrt(1.0 - shares[:, 1] ** 2)[:, None] * right[:, 1]
    palms = []
    for way in (1.0, -1.0):
        columns = np.concatenate([plane, way * depth[:, None, :]], axis=1)  # [T, 3, 2]
        normal = np.cross(columns[:, :, 0], columns[:, :, 1])
        palms.append(np.concatenate([columns, normal[:, :, None]], axis=2))
    flat = (places - places[:, :1]) / scale[:, None, None]
    return flat, (palms[0], palms[1])


def _lift_fingers(flat: Double, palm: Double, sign: float) -> tuple[Double, Double]:
    """Return ``[T, 21, 3]`` points and ``[T]`` the cost of bends that no hand makes."""
    points = np.zeros((*flat.shape[:2], 3))
    points[:, :, :2] = flat
    points[:, PALM_POINTS, 2] = np.einsum("tk,nk->tn", palm[:, 2, :2], PALM)
    points[:, 1, 2] = palm[:, 2, :2] @ np.array(THUMB_ROOT)
    cost = np.zeros(len(flat))
    frames = np.arange(len(flat))
    for first, lengths in FINGER_LENGTHS.items():
        bones = _bones(flat[:, first : first + 4], lengths)  # [T, 8, 3, 3]
        unit = bones / np.maximum(np.linalg.norm(bones, axis=-1, keepdims=True), 1e-9)
        in_palm = np.einsum("tck,tsbc->tsbk", palm, unit)
        # The back of a left hand is across x along; the palm is opposite.
        in_palm[..., 2] *= -sign
        costs = _thumb_cost(in_palm) if first == 1 else _bend_cost(in_palm)
        best = costs.argmin(axis=1)
        cost += costs[frames, best]
        depths = np.cumsum(bones[frames, best, :, 2], axis=1)
        points[:, first + 1 : first + 4, 2] = points[:, first, 2, None] + depths
    return points, cost


def _bones(flat: Double, adult: tuple[float, float, float]) -> Double:
    """Return three bones in eight ways, ``[T, 8, 3, 3]``."""
    steps = np.diff(flat, axis=1)  # [T, 3, 2]
    seen = np.linalg.norm(steps, axis=2)
    lengths = np.array(adult)
    if len(seen) >= LEAST_FRAMES:
        longest = np.percentile(seen, FULL_PERCENTILE, axis=0)
        lengths = np.clip(longest, *(share * lengths for share in (LEAST_SHARE, MOST_SHARE)))
    depth = np.sqrt(np.maximum((lengths * FINGER_SLACK) ** 2 - seen**2, 0.0))
    bones = np.zeros((len(flat), len(WAYS), 3, 3))
    bones[..., :2] = steps[:, None]
    bones[..., 2] = depth[:, None] * WAYS[None]
    return bones


def _bend_cost(in_palm: Double) -> Double:
    """Return ``[T, 8]``: how far bends are out of range, uneven or sideways."""
    angles = np.arctan2(in_palm[..., 2], in_palm[..., 1])  # [T, 8, 3] to the palm positive
    first = angles[..., :1]
    # A finger rolls up to three quarters of a turn; only its steps have to be small.
    steps = np.mod(np.diff(angles, axis=2) + 0.6 * np.pi, 2.0 * np.pi) - 0.6 * np.pi
    bends = np.concatenate([first, steps], axis=2)
    out = np.maximum(BENDS[:, 0] - bends, 0.0) + np.maximum(bends - BENDS[:, 1], 0.0)
    uneven = np.abs(bends[..., 1] - 1.3 * bends[..., 2])
    sideways = np.abs(in_palm[..., 0]).sum(axis=2)
    total = (out**2).sum(axis=2) + UNEVEN_COST * uneven + SIDEWAYS_COST * sideways**2
    return np.asarray(total)


def _thumb_cost(in_palm: Double) -> Double:
    ways = THUMB_WAYS / np.linalg.norm(THUMB_WAYS, axis=1, keepdims=True)
    return np.asarray(THUMB_COST * (1.0 - np.einsum("tsbk,bk->tsb", in_palm, ways)).sum(axis=2))
