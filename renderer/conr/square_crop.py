"""The square that CoNR cuts a figure out of a drawing with, there and back.

The square is centred on the figure's bounding box, as wide as its longer side, without a margin;
what of it lies beyond the drawing is empty. This is what the published networks saw.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Places = NDArray[np.float64]

BAND_ROWS = 128  # of the drawing that are put back at once, so that large ones need little memory
SAME_SURFACE = 8.0  # typical steps within which neighbours belong to one surface
CLEAR_MASK = 0.5  # of a detected pixel that may lend its landmark to a neighbour's


@dataclass(frozen=True, slots=True)
class SquareCrop:
    """A square of a drawing, in its pixels; it may reach beyond the borders."""

    left: int
    top: int
    side: int

    def cut(self, image: NDArray[Any], size: int) -> NDArray[Any]:
        """Return the square's content, scaled to ``[size, size, C]``.

        Args:
            image: ``[H, W, C]`` uint8 or float32, premultiplied where it has alpha.
            size: Wanted side, pixels.
        """
        height, width = image.shape[:2]
        square = np.zeros((self.side, self.side, image.shape[2]), image.dtype)
        rows, columns = self._overlap(height, self.top), self._overlap(width, self.left)
        square[
            rows.start - self.top : rows.stop - self.top,
            columns.start - self.left : columns.stop - self.left,
        ] = image[rows, columns]
        return _resized(square, size)

    def put_back(self, square: Float, size: tuple[int, int]) -> Float:
        """Lay a detected UDP of the square onto the drawing's canvas.

        The mask is interpolated. A landmark is interpolated within the surface of the nearest
        detected pixel only, since between two surfaces the mean of their landmarks lies on
        neither.

        Args:
            square: ``[S, S, 4]`` float32 landmark and mask.
            size: (width, height) of the drawing.

        Returns:
            ``[H, W, 4]`` float32, 0 outside the square.
        """
        canvas = np.zeros((size[1], size[0], 4), np.float32)
        rows, columns = self._overlap(size[1], self.top), self._overlap(size[0], self.left)
        mask = _resized(np.ascontiguousarray(square[..., 3:]), self.side)
        canvas[rows, columns, 3] = mask[
            rows.start - self.top : rows.stop - self.top,
            columns.start - self.left : columns.stop - self.left,
            0,
        ]
        limit = _surface_limit(square)
        is_plain = _plain_quads(square, limit)
        scale = square.shape[0] / self.side
        across = (np.arange(columns.start, columns.stop) - self.left + 0.5) * scale - 0.5
        for start in range(rows.start, rows.stop, BAND_ROWS):
            band = slice(start, min(start + BAND_ROWS, rows.stop))
            down = (np.arange(band.start, band.stop) - self.top + 0.5) * scale - 0.5
            landmarks = _interpolate(square, down, across)
            quads = np.ix_(*(_split(place, len(is_plain))[0] for place in (down, across)))
            mixed = (~is_plain[quads] & (canvas[band, columns, 3] > 0)).nonzero()
            landmarks[mixed] = _sample_surfaces(square, down[mixed[0]], across[mixed[1]], limit)
            canvas[band, columns, :3] = landmarks
        return canvas

    def _overlap(self, length: int, start: int) -> slice:
        """Return what of the square lies on the drawing along one axis."""
        return slice(max(start, 0), min(start + self.side, length))


def crop_around(figure: NDArray[np.bool_]) -> SquareCrop | None:
    """Return the square around a figure, ``[H, W]`` bool; None when there is none."""
    across, down = np.flatnonzero(figure.any(axis=0)), np.flatnonzero(figure.any(axis=1))
    if not len(across):
        return None
    left, right, top, bottom = (
        int(side) for side in (across[0], across[-1] + 1, down[0], down[-1] + 1)
    )
    side = max(right - left, bottom - top)
    return SquareCrop(round((left + right - side) / 2), round((top + bottom - side) / 2), side)


def _resized(square: NDArray[Any], size: int) -> NDArray[Any]:
    kind = cv2.INTER_AREA if size < square.shape[0] else cv2.INTER_LINEAR
    resized = cv2.resize(square, (size, size), interpolation=kind)
    return np.asarray(resized).reshape(size, size, square.shape[2])


def _surface_limit(square: Float) -> float:
    """Return the squared distance of landmarks beyond which neighbours are two surfaces."""
    clear = square[..., 3] >= CLEAR_MASK
    steps = []
    for axis in (0, 1):
        both = np.logical_and(*_pair(clear, axis))
        ahead, here = _pair(square[..., :3], axis)
        steps.append(np.square(ahead - here).sum(axis=-1)[both])
    lengths = np.concatenate(steps)
    return SAME_SURFACE**2 * float(np.median(lengths)) if len(lengths) else 0.0


def _pair(array: NDArray[Any], axis: int) -> tuple[NDArray[Any], NDArray[Any]]:
    return (array[1:], array[:-1]) if axis == 0 else (array[:, 1:], array[:, :-1])


def _plain_quads(square: Float, limit: float) -> NDArray[np.bool_]:
    """Mark the 2x2 neighbourhoods that lie inside one surface, ``[S - 1, S - 1]``."""
    height, width = square.shape[0] - 1, square.shape[1] - 1
    corners = [square[y : y + height, x : x + width] for y in (0, 1) for x in (0, 1)]
    plain = np.ones((height, width), np.bool_)
    for number, corner in enumerate(corners):
        plain &= corner[..., 3] >= CLEAR_MASK
        for other in corners[number + 1 :]:
            plain &= np.square(corner[..., :3] - other[..., :3]).sum(axis=-1) <= limit
    return plain


def _interpolate(square: Float, down: Places, across: Places) -> Float:
    """Interpolate landmarks at rows ``down`` and columns ``across``, ``[R, C, 3]``."""
    last = square.shape[0] - 1
    (row, below), (column, beside) = _split(down, last), _split(across, last)
    share = below.astype(np.float32)[:, None, None]
    lines = square[row, :, :3] * (1 - share) + square[row + 1, :, :3] * share
    share = beside.astype(np.float32)[:, None]
    return np.asarray(lines[:, column] * (1 - share) + lines[:, column + 1] * share)


def _sample_surfaces(square: Float, down: Places, across: Places, limit: float) -> Float:
    """Interpolate landmarks at N places, each within the surface that is nearest, ``[N, 3]``."""
    last = square.shape[0] - 1
    (row, below), (column, beside) = _split(down, last), _split(across, last)
    nearest = square[row + (below > 0.5), column + (beside > 0.5), :3]
    total, weight = np.zeros_like(nearest), np.zeros(len(nearest), np.float32)
    for dy, share_down in ((0, 1 - below), (1, below)):
        for dx, share_across in ((0, 1 - beside), (1, beside)):
            corner = square[row + dy, column + dx]
            same = np.square(corner[:, :3] - nearest).sum(axis=-1) <= limit
            same &= corner[:, 3] >= CLEAR_MASK
            share = (share_down * share_across * same).astype(np.float32)
            total += corner[:, :3] * share[:, None]
            weight += share
    found = weight[:, None] > 1e-3
    return np.where(found, total / np.maximum(weight, 1e-3)[:, None], nearest)


def _split(place: Places, last: int) -> tuple[NDArray[np.int64], Places]:
    """Split places between pixels 0 to ``last`` into a pixel and the way to the next one."""
    inside = np.clip(place, 0, last)
    pixel = np.minimum(inside.astype(np.int64), last - 1)
    return pixel, inside - pixel
