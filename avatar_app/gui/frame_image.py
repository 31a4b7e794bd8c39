"""Arrays as Qt images: what the engine paints, ready for a QPainter."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage


def image_of_avatar(premultiplied: NDArray[np.uint8]) -> QImage:
    """View a painted avatar as a QImage.

    Args:
        premultiplied: ``[H, W, 4]`` uint8 sRGB premultiplied RGBA, row 0 on top. *The array is
            not copied when its rows are contiguous: keep it, and do not write to it, while the
            image lives.*
    """
    return _view(premultiplied, 4, QImage.Format.Format_RGBA8888_Premultiplied)


def image_of_webcam(image: NDArray[np.uint8]) -> QImage:
    """Copy a webcam picture, ``[H, W, 3]`` uint8 sRGB RGB, into a QImage of its own."""
    return _view(image, 3, QImage.Format.Format_RGB888).copy()


def _view(image: NDArray[np.uint8], channels: int, pixel_format: QImage.Format) -> QImage:
    if image.ndim != 3 or image.shape[2] != channels:
        raise ValueError(f"unexpected image shape: {image.shape} != (H, W, {channels})")
    if image.dtype != np.uint8:
        raise TypeError(f"unexpected image dtype: {image.dtype} != uint8")
    rows = np.ascontiguousarray(image)
    height, width = rows.shape[:2]
    view = QImage(rows.data, width, height, rows.strides[0], pixel_format)
    return view if rows is image else view.copy()
