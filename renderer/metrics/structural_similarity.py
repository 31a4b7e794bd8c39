"""Structural similarity (Wang, Bovik, Sheikh, Simoncelli: Image quality assessment, TIP 2004)."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from renderer.metrics.colour_error import Picture, figure_mask, over_grey

Float = NDArray[np.float64]

WINDOW, SIGMA = 11, 1.5  # of the paper
STEADY_MEAN, STEADY_VARIANCE = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # C1, C2 of the paper


def figure_ssim(truth: Picture, painted: Picture) -> float:
    """Return the mean similarity over grey in the figure, at most 1; 1 where it is empty.

    Args:
        truth: ``[H, W, 4]`` uint8 straight RGBA.
        painted: ``[H, W, 4]`` uint8 premultiplied RGBA.
    """
    inside = figure_mask(truth)
    if not inside.any():
        return 1.0
    pictures = over_grey(truth, premultiplied=False), over_grey(painted, premultiplied=True)
    return float(np.mean(ssim_map(*pictures)[inside]))


def ssim_map(first: Float, second: Float) -> Float:
    """Return the similarity about each pixel, the mean of the channels'.

    Beyond their borders the pictures are mirrored.

    Args:
        first: ``[H, W, C]`` float64 in [0, 255].
        second: Of the same shape.

    Returns:
        ``[H, W]`` float64, at most 1.
    """
    mean1, mean2 = _smooth(first), _smooth(second)
    variance1 = _smooth(first**2) - mean1**2
    variance2 = _smooth(second**2) - mean2**2
    covariance = _smooth(first * second) - mean1 * mean2
    light = (2 * mean1 * mean2 + STEADY_MEAN) / (mean1**2 + mean2**2 + STEADY_MEAN)
    structure = (2 * covariance + STEADY_VARIANCE) / (variance1 + variance2 + STEADY_VARIANCE)
    return np.asarray(np.mean(light * structure, axis=-1), np.float64)


def gaussian_window() -> Float:
    """Return the window's weights along one axis, ``[WINDOW]``, sum 1."""
    steps = np.arange(WINDOW) - WINDOW // 2
    weights = np.exp(-0.5 * (steps / SIGMA) ** 2)
    return np.asarray(weights / weights.sum(), np.float64)


def _smooth(picture: Float) -> Float:
    window = gaussian_window()
    rows = correlate1d(picture, window, axis=0, mode="reflect")
    return np.asarray(correlate1d(rows, window, axis=1, mode="reflect"), np.float64)
