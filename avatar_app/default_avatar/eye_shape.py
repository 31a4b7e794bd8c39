"""Outlines of Yuzu's left eye as drawn from the front: opening, lids when closed, lash path."""

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar.surfaces import sample_spline, smoothstep

Double = NDArray[np.float64]

CENTRE = np.array([0.0418, 1.362])
COLUMNS = 17  # samples along each lid, corners included
WIDEN_M = 0.0018  # how far the upper edge rises when surprised

# Millimetres from CENTRE, inner corner first; x grows towards her left (outwards).
UPPER_MM = (
    (-22.8, -6.0), (-20.6, 6.0), (-13.6, 16.2), (-3.4, 21.0), (8.0, 20.8), (18.0, 16.0),
    (24.2, 8.4), (26.4, -1.6),
)  # fmt: skip
LOWER_MM = (
    (-22.8, -6.0), (-19.2, -14.6), (-11.0, -20.2), (1.6, -22.2), (14.0, -19.4), (22.4, -11.4),
    (26.4, -1.6),
)  # fmt: skip
CLOSED_MM = {
    "blink": ((-22.8, -8.0), (-14.0, -13.8), (1.0, -16.8), (15.6, -13.6), (26.4, -6.4)),
    "happy": ((-22.8, -10.0), (-14.2, 0.0), (1.0, 5.0), (15.6, -0.4), (26.4, -10.5)),
}
# How far the upper lid comes down per expression: share of its way at the inner corner, in the
# middle and at the outer corner. Small shares, because a blink comes on top of them.
LID_SHARES: dict[str, tuple[float, float, float]] = {
    "blink": (1.0, 1.0, 1.0),
    "happy": (1.0, 1.0, 1.0),
    "angry": (0.24, 0.08, 0.0),
    "sad": (0.0, 0.07, 0.24),
    "relaxed": (0.12, 0.15, 0.15),
}


def _curve(points_mm: tuple[tuple[float, float], ...], count: int) -> Double:
    curve: Double = CENTRE + sample_spline(np.array(points_mm) / 1000.0, count)
    return curve


def upper_edge(count: int = COLUMNS) -> Double:
    """Upper edge of the opening, ``[count, 2]`` front-view metres from inner to outer corner."""
    return _curve(UPPER_MM, count)


def lower_edge(count: int = COLUMNS) -> Double:
    """Lower edge of the opening, ``[count, 2]`` from inner to outer corner."""
    return _curve(LOWER_MM, count)


def closed_edge(shape: str, count: int = COLUMNS) -> Double:
    """Line where the lids meet for ``blink`` or ``happy``, ``[count, 2]``."""
    return _curve(CLOSED_MM[shape], count)


def opening(count: int = COLUMNS) -> Double:
    """Closed outline of the opening: the upper edge, then back along the lower one."""
    return np.concatenate([upper_edge(count), lower_edge(count)[-2:0:-1]])


def widened(distance: float, count: int = COLUMNS) -> Double:
    """Outline of the opening pushed outwards by ``distance`` metres."""
    outline = opening(count)
    along = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    outward = np.stack([-along[:, 1], along[:, 0]], axis=1)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    grown: Double = outline + distance * outward
    return grown


def lowered(amount: Double | float, shape: str = "blink", count: int = COLUMNS) -> Double:
    """Upper lid edge when lowered by ``amount`` (0 open, 1 closed), constant or per column."""
    share = np.broadcast_to(np.asarray(amount, dtype=np.float64), (count,))[:, None]
    return (1 - share) * upper_edge(count) + share * closed_edge(shape, count)


def shares_along(shares: tuple[float, float, float], count: int) -> Double:
    """Spread a lid's shares at inner corner, middle and outer corner over its columns."""
    return np.interp(np.linspace(0, 1, count), [0.0, 0.5, 1.0], shares)


def widening(points: Double) -> Double:
    """How points ``[N, 2]`` on the upper edge of the opening rise when surprised, ``[N, 2]``."""
    arch = smoothstep(-0.006, 0.012, points[:, 1] - CENTRE[1])
    return np.stack([np.zeros_like(arch), arch * WIDEN_M], axis=-1)
