"""The ink rule: where outlines lie in a UDP map. The numpy twin of ``shaders/ink_*.glsl``.

The rule needs landmark and occupancy alone, so that the toon pass, which knows the mesh, and a
decoder, which does not, put the same line in the same place.

1. A *step* is the distance between the landmarks of two neighbouring pixels (left and right, or
   above and below) that are both occupied.
2. A step is a *jump* as far as it exceeds what the surface beside it predicts::

       strength = clip((step - predicted - JUMP_LOW) / (JUMP_HIGH - JUMP_LOW), 0, 1)
       predicted = SLOPE_FACTOR * min(step before, step after)

   where the steps before and after are the next ones on the same row or column; one that the
   silhouette or the picture's border cuts off does not count, and without both nothing is
   predicted. A smooth surface, however steep, has neighbouring steps of similar size and gets no
   line; a surface in front of another does. Weak jumps get thin lines, so lines taper off where
   a lock of hair joins the rest.
3. Each pixel has a *reach*: ``width_px + 1`` where nothing is drawn, ``width_px / 2`` times the
   greatest strength among its four steps elsewhere. Hence a line has its whole width inside the
   silhouette, and half of it on either side of a jump, because landmarks do not say which side
   is nearer.
4. Ink of an occupied pixel = ``clip(max over all pixels q of (reach(q) - |p - q|), 0, 1)``, with
   distances between pixel centres. The picture's border is no silhouette.

Ink multiplies the colour of the surface under it by the tint.
"""

import math

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

JUMP_LOW = 0.003  # landmark units; for an adult about 6 mm
JUMP_HIGH = 0.010  # a jump of full line width
SLOPE_FACTOR = 2.5  # a sphere's steps grow at most 2.42-fold from pixel to pixel towards its rim


def ink_mask(xyzv: Float, width_px: float) -> Float:
    """Return how much ink covers each pixel.

    Args:
        xyzv: ``[H, W, 4]`` float32 UDP map: landmark, occupancy.
        width_px: Line width in pixels; 0 draws none.

    Returns:
        ``[H, W]`` float32 in [0, 1], 0 where the map is empty.
    """
    occupied = xyzv[..., 3] > 0.5
    if width_px <= 0:
        return np.zeros(occupied.shape, np.float32)
    across = _pixel_strength(xyzv[..., :3], occupied)
    down = _pixel_strength(xyzv[..., :3].swapaxes(0, 1), occupied.T).T
    reach = np.where(occupied, 0.5 * width_px * np.maximum(across, down), width_px + 1.0)
    ink = np.clip(_spread(reach.astype(np.float32), width_px + 1.0), 0.0, 1.0)
    return np.where(occupied, ink, np.float32(0.0))


def _pixel_strength(landmarks: Float, occupied: NDArray[np.bool_]) -> Float:
    """Return ``[H, W]``, the stronger of each pixel's jumps to its left and right."""
    both = occupied[:, :-1] & occupied[:, 1:]
    steps = np.linalg.norm(np.diff(landmarks, axis=1), axis=-1)
    padded = np.pad(np.where(both, steps, np.inf), ((0, 0), (1, 1)), constant_values=np.inf)
    beside = np.minimum(padded[:, :-2], padded[:, 2:])
    predicted = SLOPE_FACTOR * np.where(np.isinf(beside), 0.0, beside)
    strength = np.clip((steps - predicted - JUMP_LOW) / (JUMP_HIGH - JUMP_LOW), 0.0, 1.0)
    padded = np.pad(strength * both, ((0, 0), (1, 1)))
    return np.maximum(padded[:, :-1], padded[:, 1:])


def _spread(reach: Float, farthest: float) -> Float:
    """Return at each pixel the most that any pixel's reach exceeds its distance."""
    radius = math.ceil(farthest) - 1
    height, width = reach.shape
    padded = np.pad(reach, radius)
    spread = reach
    for y in range(-radius, radius + 1):
        for x in range(-radius, radius + 1):
            distance = math.hypot(x, y)
            if 0.0 < distance < farthest:
                shifted = padded[radius + y :, radius + x :][:height, :width]
                spread = np.maximum(spread, shifted - np.float32(distance))
    return spread
