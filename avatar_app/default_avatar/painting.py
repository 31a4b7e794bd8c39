"""Brushes for painted textures: float RGB canvases in [0, 1], row 0 on top."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar.palette import Color

Canvas = NDArray[np.float64]


def fill(width: int, height: int, color: Color) -> Canvas:
    """Make a canvas ``[height, width, 3]`` of one colour."""
    return np.broadcast_to(np.array(color) / 255.0, (height, width, 3)).copy()


def coordinates(canvas: Canvas) -> tuple[Canvas, Canvas]:
    """Return u and v of the pixel centres, both ``[H, W]`` in (0, 1)."""
    height, width = canvas.shape[:2]
    v, u = np.meshgrid(
        (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width, indexing="ij"
    )
    return u, v


def ramp(value: Canvas, stops: Sequence[tuple[float, Color]]) -> Canvas:
    """Colour values ``[...]`` by linear interpolation between (place, colour) stops."""
    places = [place for place, _ in stops]
    channels = [np.interp(value, places, [c[k] / 255.0 for _, c in stops]) for k in range(3)]
    return np.stack(channels, axis=-1)


def blend(canvas: Canvas, color: Color | Canvas, cover: Canvas) -> None:
    """Paint over a canvas in place; ``cover`` is ``[H, W]`` in [0, 1]."""
    paint = np.asarray(color, dtype=np.float64)
    if paint.ndim == 1:
        paint = paint / 255.0
    canvas += (paint - canvas) * np.clip(cover, 0.0, 1.0)[..., None]


def ellipse(x: Canvas, y: Canvas, wide: float, high: float) -> Canvas:
    """Return the distance from the centre in radii of an upright ellipse: 1 on its outline."""
    radii: Canvas = np.hypot(x / wide, y / high)
    return radii


def edge(distance: Canvas, softness: float) -> Canvas:
    """Cover 1 where ``distance`` is negative, 0 where positive, with a ramp ``softness`` wide."""
    cover: Canvas = np.clip(0.5 - distance / softness, 0.0, 1.0)
    return cover


def stroke(canvas: Canvas, path: NDArray[np.float64], widths: NDArray[np.float64]) -> Canvas:
    """Cover of a tapered line.

    Args:
        canvas: Gives the size.
        path: ``[N, 2]`` u and v.
        widths: ``[N]`` in units of the canvas height.

    Returns:
        ``[H, W]`` antialiased cover.
    """
    height, width = canvas.shape[:2]
    scale = 4
    mask = np.zeros((height * scale, width * scale), dtype=np.uint8)
    pixels = np.round(path * (width * scale, height * scale)).astype(int).tolist()
    thickness = np.maximum(1, np.round(widths * height * scale)).astype(int).tolist()
    for start, end, wide in zip(pixels[:-1], pixels[1:], thickness[:-1], strict=True):
        cv2.line(mask, start, end, (255.0,), wide, cv2.LINE_AA)
    small = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    return small.astype(np.float64) / 255.0


def finish(canvas: Canvas) -> NDArray[np.uint8]:
    """Turn a canvas into an opaque ``[H, W, 4]`` uint8 image."""
    rgb = np.round(np.clip(canvas, 0.0, 1.0) * 255.0).astype(np.uint8)
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, dtype=np.uint8)])
