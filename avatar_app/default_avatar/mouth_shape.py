"""Outlines of Yuzu's mouth as drawn from the front: closed, and one shape per expression."""

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar.surfaces import sample_spline

Double = NDArray[np.float64]

CENTRE = np.array([0.0, 1.3030])
COLUMNS = 21  # samples along each lip, corners included
REST_GAP = 0.0002  # lips closed, but no two edges in the same place

# Right half in millimetres from CENTRE, from the middle to the corner: upper lip, lower lip.
Half = tuple[tuple[float, float], ...]
REST: Half = ((0.0, -1.1), (3.4, -0.85), (7.0, 0.15), (10.0, 1.7))
SHAPES_MM: dict[str, tuple[Half, Half]] = {
    "aa": (
        ((0.0, 3.1), (5.8, 3.5), (10.5, 3.3), (13.1, 0.8)),
        ((0.0, -17.9), (5.9, -16.1), (11.0, -8.4), (13.1, 0.8)),
    ),
    "ih": (
        ((0.0, 0.8), (5.4, 1.2), (10.2, 1.8), (13.2, 1.4)),
        ((0.0, -6.7), (5.8, -6.0), (10.6, -2.9), (13.2, 1.4)),
    ),
    "ou": (
        ((0.0, 2.4), (2.4, 2.0), (4.4, 0.4), (5.2, -2.0)),
        ((0.0, -6.8), (2.4, -6.2), (4.4, -4.8), (5.2, -2.0)),
    ),
    "ee": (
        ((0.0, 1.9), (5.8, 2.3), (10.8, 3.0), (14.2, 2.2)),
        ((0.0, -7.9), (6.2, -7.4), (11.8, -4.6), (14.2, 2.2)),
    ),
    "oh": (
        ((0.0, 4.2), (4.5, 3.6), (7.8, 0.2), (8.8, -4.2)),
        ((0.0, -14.8), (4.5, -13.5), (7.8, -9.5), (8.8, -4.2)),
    ),
    "smile": (
        ((0.0, -1.7), (4.2, -1.3), (8.2, 0.4), (11.6, 3.0)),
        ((0.0, -1.7), (4.2, -1.3), (8.2, 0.4), (11.6, 3.0)),
    ),
    "happy": (
        ((0.0, -0.7), (5.5, -0.2), (10.6, 1.4), (14.4, 3.6)),
        ((0.0, -10.3), (5.8, -8.9), (11.3, -3.6), (14.4, 3.6)),
    ),
    "angry": (
        ((0.0, 0.6), (3.0, 0.4), (6.0, -0.6), (8.6, -2.0)),
        ((0.0, 0.6), (3.0, 0.4), (6.0, -0.6), (8.6, -2.0)),
    ),
    "sad": (
        ((0.0, 0.3), (2.8, 0.1), (5.4, -0.8), (7.6, -1.9)),
        ((0.0, 0.3), (2.8, 0.1), (5.4, -0.8), (7.6, -1.9)),
    ),
    "relaxed": (
        ((0.0, -1.3), (3.6, -1.0), (7.0, 0.1), (9.8, 1.9)),
        ((0.0, -1.3), (3.6, -1.0), (7.0, 0.1), (9.8, 1.9)),
    ),
    "surprised": (
        ((0.0, 2.4), (3.0, 1.9), (5.2, 0.0), (6.0, -2.8)),
        ((0.0, -9.0), (3.0, -8.2), (5.2, -6.0), (6.0, -2.8)),
    ),
}
# How far the chin drops with the shape, metres.
JAW_DROP = {"aa": 0.0065, "oh": 0.0050, "ee": 0.0015, "ih": 0.001, "ou": 0.001, "happy": 0.0025}


def _mirrored(half: Half, count: int) -> Double:
    """Sample a symmetric lip from her right corner to her left one."""
    right = np.array(half) / 1000.0
    both = np.concatenate([right[:0:-1] * (-1.0, 1.0), right])
    return CENTRE + sample_spline(both, count)


def rest_lips(count: int = COLUMNS) -> tuple[Double, Double]:
    """Upper and lower lip of the closed mouth, ``[count, 2]`` each, from her right to her left."""
    line = _mirrored(REST, count)
    gap = np.array([0.0, REST_GAP]) * np.sin(np.linspace(0, np.pi, count))[:, None]
    return line + gap, line - gap


def lips(shape: str, count: int = COLUMNS) -> tuple[Double, Double]:
    """Upper and lower lip of an expression at full weight, like ``rest_lips``."""
    upper, lower = SHAPES_MM[shape]
    gap = np.array([0.0, REST_GAP]) * np.sin(np.linspace(0, np.pi, count))[:, None]
    return _mirrored(upper, count) + gap, _mirrored(lower, count) - gap
