"""One fixed square of a canvas for a whole sequence: cut out, and put back.

CoNR's networks were trained on figures that fill the square. A crop for each frame alone would do
that best, but the figure would change its scale with every pose, and swim.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from udp_live.types import UdpMap

MARGIN = 0.02  # of the figure's longer side, on each side
SMALLEST_SIDE_PX = 8
SURFACE_STEP = 0.01  # landmark units over half a pixel; where it is larger, another surface begins

Image = NDArray[np.uint8]
Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class UdpCrop:
    """A square that may stand out over the canvas.

    Attributes:
        left: First column, pixels; negative outside.
        top: First row, pixels; negative outside.
        side: Pixels.
    """

    left: int
    top: int
    side: int

    def cut(self, udp_map: UdpMap, size: int) -> UdpMap:
        """Cut the square out and scale it.

        Occupancy is averaged over each new pixel. A mixture of landmarks would name a place on
        neither surface, so each pixel takes the one nearest to its centre that belongs to the
        figure.

        Args:
            udp_map: The whole canvas.
            size: Side of the new map, pixels.
        """
        xyzv = self._square(udp_map.xyzv)
        figure = xyzv[..., 3] > 0.0
        if not figure.any():
            return UdpMap(np.zeros((size, size, 4), np.float32))
        method = cv2.INTER_AREA if size < self.side else cv2.INTER_LINEAR
        occupancy = cv2.resize(xyzv[..., 3], (size, size), interpolation=method)
        filled = xyzv[..., :3].reshape(-1, 3)[_nearest_inside(figure)]
        centres = (((np.arange(size) + 0.5) * self.side) / size).astype(np.intp)
        landmarks = filled[np.ix_(centres, centres)]
        if size > self.side:
            landmarks = _smooth_steps(filled, landmarks)
        landmarks = landmarks * (occupancy > 0.0)[..., None]
        return UdpMap(np.dstack([landmarks, occupancy]).astype(np.float32))

    def put_back(self, picture: Image, canvas_size: tuple[int, int]) -> Image:
        """Lay a picture of the square onto an empty canvas.

        Args:
            picture: ``[N, N, 4]`` premultiplied RGBA; scaled to the square.
            canvas_size: ``(width, height)``, pixels.

        Returns:
            ``[H, W, 4]`` premultiplied RGBA.
        """
        scaled = _scale_premultiplied(picture, self.side)
        width, height = canvas_size
        canvas = np.zeros((height, width, 4), np.uint8)
        rows, columns = self._overlap(width, height)
        canvas[rows, columns] = scaled[
            rows.start - self.top : rows.stop - self.top,
            columns.start - self.left : columns.stop - self.left,
        ]
        return canvas

    def _square(self, xyzv: Float) -> Float:
        height, width = xyzv.shape[:2]
        square = np.zeros((self.side, self.side, 4), np.float32)
        rows, columns = self._overlap(width, height)
        square[
            rows.start - self.top : rows.stop - self.top,
            columns.start - self.left : columns.stop - self.left,
        ] = xyzv[rows, columns]
        return square

    def _overlap(self, width: int, height: int) -> tuple[slice, slice]:
        rows = slice(max(self.top, 0), min(self.top + self.side, height))
        columns = slice(max(self.left, 0), min(self.left + self.side, width))
        return rows, columns


def square_around(box: tuple[int, int, int, int]) -> UdpCrop:
    """Return the square about a figure's box with a little room around it.

    Args:
        box: ``(left, top, right, bottom)`` pixels, right and bottom excluded.
    """
    left, top, right, bottom = box
    longer = max(right - left, bottom - top)
    side = max(longer + 2 * round(MARGIN * longer), SMALLEST_SIDE_PX)
    return UdpCrop((left + right - side) // 2, (top + bottom - side) // 2, side)


def _nearest_inside(figure: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return for each pixel the flat index of the nearest pixel of the figure, which has some."""
    outside = np.where(figure, 0, 255).astype(np.uint8)
    _, labels = cv2.distanceTransformWithLabels(
        outside, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.flatnonzero(figure)
    place_of_label = np.zeros(int(labels.max()) + 1, np.intp)
    place_of_label[labels.ravel()[places]] = places
    nearest: NDArray[np.intp] = place_of_label[labels]
    return nearest


def _smooth_steps(filled: Float, nearest: Float) -> Float:
    """Soften the steps of an enlarged map on each surface, but not from one surface to another.

    Args:
        filled: ``[side, side, 3]`` landmarks.
        nearest: ``[size, size, 3]``, the same enlarged.
    """
    size = nearest.shape[:2]
    smooth = cv2.resize(filled, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    is_one_surface = np.abs(smooth - nearest).max(axis=2, keepdims=True) < SURFACE_STEP
    softened: Float = np.where(is_one_surface, smooth, nearest).astype(np.float32)
    return softened


def _scale_premultiplied(picture: Image, side: int) -> Image:
    """Scale to ``[side, side, 4]``, rounded, colours never above alpha."""
    if picture.shape[0] == side:
        return picture
    method = cv2.INTER_AREA if side < picture.shape[0] else cv2.INTER_CUBIC
    scaled = cv2.resize(picture, (side, side), interpolation=method)
    return np.minimum(scaled, scaled[..., 3:]).astype(np.uint8, copy=False)
