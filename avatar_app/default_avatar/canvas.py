"""A canvas for painting textures with smooth edges, in the unit squares of UV boxes."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from avatar_app.default_avatar.lofting import Box
from avatar_app.default_avatar.palette import Color

OVERSAMPLING = 3
FRACTION_BITS = 4  # OpenCV takes sub-pixel points as fixed-point numbers


def mixed(one: Color, other: Color, share: float) -> Color:
    """Return a colour between two: ``share`` 0 is ``one``, 1 is ``other``."""
    mix = [round(a + (b - a) * share) for a, b in zip(one, other, strict=True)]
    return mix[0], mix[1], mix[2]


def shaded(color: Color, shade: Sequence[float]) -> Color:
    """Return a colour times a shadow multiplier."""
    r, g, b = (round(c * s) for c, s in zip(color, shade, strict=True))
    return r, g, b


class Canvas:
    """Paint shapes given in the unit square of a box of the picture, v downwards."""

    def __init__(self, size: tuple[int, int], color: Color) -> None:
        width, height = size
        self._size = size
        self._pixels = np.empty((height * OVERSAMPLING, width * OVERSAMPLING, 3), np.uint8)
        self._pixels[:] = color

    def _to_pixels(self, box: Box, points: ArrayLike) -> NDArray[np.int32]:
        low, high = np.array(box[:2]), np.array(box[2:])
        size = np.array(self._size) * OVERSAMPLING
        pixels = (low + np.asarray(points, np.float64) * (high - low)) * size - 0.5
        fixed: NDArray[np.int32] = np.round(pixels * (1 << FRACTION_BITS)).astype(np.int32)
        return fixed

    def polygon(self, box: Box, points: ArrayLike, color: Color) -> None:
        """Fill a closed outline ``[N, 2]``."""
        cv2.fillPoly(self._pixels, [self._to_pixels(box, points)], color, shift=FRACTION_BITS)

    def band(self, box: Box, inner: Box, color: Color) -> None:
        """Fill a rectangle (left, top, right, bottom) of the box."""
        left, top, right, bottom = inner
        corners = ((left, top), (right, top), (right, bottom), (left, bottom))
        self.polygon(box, corners, color)

    def line(self, box: Box, points: ArrayLike, color: Color, *, width_px: float) -> None:
        """Draw an open polyline ``[N, 2]``."""
        thickness = max(1, round(width_px * OVERSAMPLING))
        pixels = [self._to_pixels(box, points)]
        cv2.polylines(self._pixels, pixels, False, color, thickness, cv2.LINE_8, FRACTION_BITS)

    def wedge(
        self, box: Box, start: ArrayLike, end: ArrayLike, color: Color, *, width: float
    ) -> None:
        """Paint a fold: a slim drop, ``width`` wide at ``start``, that ends in a point."""
        a, b = np.asarray(start, np.float64), np.asarray(end, np.float64)
        t = np.linspace(0.0, 1.0, 12)
        half = 0.5 * width * np.sqrt(1.0 - t) * (1.0 - 0.35 * t)
        along = b - a
        across = np.array((-along[1], along[0])) / max(float(np.hypot(*along)), 1e-9)
        bow = 0.10 * np.sin(np.pi * t)[:, None] * across * float(np.hypot(*along))
        middle = a + t[:, None] * along + bow
        outline = np.concatenate(
            [middle + half[:, None] * across, (middle - half[:, None] * across)[::-1]]
        )
        self.polygon(box, outline, color)

    def disc(self, box: Box, centre: ArrayLike, radii: ArrayLike, color: Color) -> None:
        """Fill an ellipse."""
        angle = np.linspace(0.0, 2.0 * np.pi, 49)[:-1]
        ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.asarray(radii)
        self.polygon(box, np.asarray(centre) + ring, color)

    def image(self) -> NDArray[np.uint8]:
        """Return the picture: ``[H, W, 4]`` uint8 opaque RGBA."""
        small = cv2.resize(self._pixels, self._size, interpolation=cv2.INTER_AREA)
        opaque = np.full((*small.shape[:2], 1), 255, np.uint8)
        return np.concatenate([small, opaque], axis=2)


def paint_slice(
    canvas: Canvas,
    box: Box,
    centre: ArrayLike,
    radii: ArrayLike,
    colors: tuple[Color, Color, Color],
) -> None:
    """Paint a slice of yuzu: rind, pith and eight segments.

    Args:
        canvas: Where.
        box: UV box of the cloth.
        centre: ``[2]`` in the unit square of the box.
        radii: ``[2]`` in the unit square of the box.
        colors: Rind, pith, flesh.
    """
    middle, size = np.asarray(centre, np.float64), np.asarray(radii, np.float64)
    rind, pith, flesh = colors
    canvas.disc(box, middle, size, rind)
    canvas.disc(box, middle, size * 0.86, pith)
    for k in range(8):
        spread = np.linspace(-0.30, 0.30, 7) + (k + 0.5) * np.pi / 4.0
        arc = np.stack([np.cos(spread), np.sin(spread)], axis=1) * 0.76
        root = np.array((np.cos(spread[3]), np.sin(spread[3]))) * 0.16
        canvas.polygon(box, middle + np.concatenate([[root], arc]) * size, flesh)
