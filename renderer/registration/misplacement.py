"""Tells whether a UDP lies beside its drawing at all."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt

from renderer.types import SheetView

DRAWN_ALPHA = 127  # pixels more opaque than this show the figure
LEAST_PX = 1.5  # silhouettes drawn of the same shape differ by half a pixel
MOST_BEYOND = 0.02  # of a silhouette may lie farther off: hair that one of them lost
LEAST_FIGURE = 64  # pixels


def is_misplaced(view: SheetView) -> bool:
    """Tell whether the silhouettes of a drawing and its UDP differ, or the UDP has holes.

    A view without drawing or UDP has nothing to compare and is in place.
    """
    drawn = np.asarray(view.image[..., 3] > DRAWN_ALPHA)
    occupied = np.asarray(view.udp[..., 3] > 0.5)
    if min(int(drawn.sum()), int(occupied.sum())) < LEAST_FIGURE:
        return False
    pairs = ((_rim(drawn), _rim(occupied)), (_rim(occupied), _rim(drawn)))
    return any(_share_beyond(one, other) > MOST_BEYOND for one, other in pairs)


def _rim(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask's outermost pixels; those at the picture's border are none."""
    return np.asarray(mask & ~binary_erosion(mask, np.ones((3, 3)), border_value=1))


def _share_beyond(rim: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return which share of a rim is far from another."""
    if not rim.any():
        return 0.0
    if not other.any():
        return 1.0
    return float(np.mean(distance_transform_edt(~other)[rim] > LEAST_PX))
