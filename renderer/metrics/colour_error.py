"""Errors of colour: in the figure, where either picture has one, over the entire picture.

Everywhere ``truth`` is ``[H, W, 4]`` uint8 straight RGBA, ``painted`` of the same size
premultiplied RGBA. The figure is where the true alpha exceeds one half.
"""

import math

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

GREY = 128.0  # background under which pictures are compared


def figure_mask(truth: Picture) -> NDArray[np.bool_]:
    """Return where the figure is, ``[H, W]``."""
    return np.asarray(truth[..., 3] > 127)


def figure_psnr(truth: Picture, painted: Picture) -> float:
    """Return the PSNR of straight colours in the figure, dB; infinite where equal or empty."""
    difference = _figure_difference(truth, painted)
    return _psnr(float(np.mean(difference**2)) if difference.size else 0.0)


def figure_l1(truth: Picture, painted: Picture) -> float:
    """Return the mean absolute difference of straight colours in the figure, in [0, 1]."""
    difference = _figure_difference(truth, painted)
    return float(np.mean(np.abs(difference))) / 255 if difference.size else 0.0


def image_l1(truth: Picture, painted: Picture) -> float:
    """Return the mean absolute difference over grey, in [0, 1]."""
    return float(np.mean(np.abs(_difference_over_grey(truth, painted)))) / 255


def union_psnr(truth: Picture, painted: Picture) -> float:
    """Return the PSNR over grey wherever either picture shows anything, dB.

    Wrong outlines count here. Infinite where the pictures are equal or both empty.
    """
    shown = (truth[..., 3] > 0) | (painted[..., 3] > 0)
    difference = _difference_over_grey(truth, painted)[shown]
    return _psnr(float(np.mean(difference**2)) if difference.size else 0.0)


def over_grey(picture: Picture, *, premultiplied: bool) -> NDArray[np.float64]:
    """Return an RGBA picture over the grey background, ``[H, W, 3]`` in [0, 255]."""
    alpha = picture[..., 3:] / 255.0
    colour = picture[..., :3] * (1.0 if premultiplied else alpha)
    return np.asarray(colour + GREY * (1 - alpha), np.float64)


def _figure_difference(truth: Picture, painted: Picture) -> NDArray[np.float64]:
    """Return the differences of straight colours in the figure, ``[N, 3]``."""
    inside = figure_mask(truth)
    alpha = np.maximum(painted[inside][:, 3:].astype(np.float64), 1)
    straight = np.minimum(painted[inside][:, :3] * 255.0 / alpha, 255)
    return np.asarray(straight - truth[inside][:, :3], np.float64)


def _difference_over_grey(truth: Picture, painted: Picture) -> NDArray[np.float64]:
    return over_grey(painted, premultiplied=True) - over_grey(truth, premultiplied=False)


def _psnr(square_error: float) -> float:
    return math.inf if square_error == 0 else 10 * math.log10(255.0**2 / square_error)
