"""Errors of the outline: how well two masks cover each other, how far their edges lie apart."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from renderer.metrics.colour_error import Picture

Mask = NDArray[np.bool_]


def alpha_iou(truth: Picture, painted: Picture) -> float:
    """Return the intersection over the union of two alphas, in [0, 1]; 1 where both are empty.

    Coverage counts, not a threshold: the least alpha of each pixel over the greatest, so that
    smooth edges are better than hard ones.

    Args:
        truth: ``[H, W, 4]`` uint8 RGBA.
        painted: ``[H, W, 4]`` uint8 RGBA.
    """
    greatest = float(np.maximum(truth[..., 3], painted[..., 3]).sum(dtype=np.float64))
    least = float(np.minimum(truth[..., 3], painted[..., 3]).sum(dtype=np.float64))
    return least / greatest if greatest > 0 else 1.0


def boundary_error_px(truth: Picture, painted: Picture) -> float:
    """Return how far the outlines lie apart: the mean distance to the other one, both ways.

    The outline is where alpha crosses one half; the picture's border is none.

    Args:
        truth: ``[H, W, 4]`` uint8 RGBA.
        painted: ``[H, W, 4]`` uint8 RGBA.

    Returns:
        Pixels; 0 without any outline, the picture's diagonal where only one picture has one.
    """
    first, second = outline(truth[..., 3] > 127), outline(painted[..., 3] > 127)
    if not first.any() and not second.any():
        return 0.0
    if not first.any() or not second.any():
        return math.hypot(*first.shape)
    there, back = distance_transform_edt(~second)[first], distance_transform_edt(~first)[second]
    return float(there.mean() + back.mean()) / 2


def outline(mask: Mask) -> Mask:
    """Return the pixels of a mask that have a neighbour beside, above or below outside of it."""
    padded = np.pad(mask, 1, mode="edge")
    core = padded[1:-1, :-2] & padded[1:-1, 2:] & padded[:-2, 1:-1] & padded[2:, 1:-1]
    return np.asarray(mask & ~core)
