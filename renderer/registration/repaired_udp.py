"""A UDP moved onto its drawing, and its holes closed."""

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.guided.surface import JUMP_STEPS, smooth_landmarks, square_length, typical_step

Float = NDArray[np.float32]

INVERSE_STEPS = 8
COARSER = 4  # fields are so smooth that every fourth pixel tells them


def moved_udp(udp: NDArray[np.float16] | Float, displacement_px: Float) -> Float:
    """Return the UDP whose landmarks lie where the displacement says.

    Args:
        udp: ``[H, W, 4]``.
        displacement_px: ``[H, W, 2]`` float32 (x, y) from each pixel of ``udp``.

    Returns:
        ``[H, W, 4]`` float32; landmarks are mixed only within a surface.
    """
    source = _inverse(displacement_px)
    landmark = np.clip(udp[..., :3].transpose(2, 0, 1).astype(np.float32, order="C"), 0, 1)
    occupied = udp[..., 3] > 0.5
    landmark = smooth_landmarks(landmark, occupied)
    return _sampled(landmark, occupied, source)


def _inverse(displacement: Float) -> Float:
    """Return from where each pixel comes, ``[H, W, 2]`` pixels, by fixed-point iteration."""
    height, width = displacement.shape[:2]
    size = (max(width // COARSER, 1), max(height // COARSER, 1))
    scale = np.array((width, height), np.float32) / np.array(size, np.float32)
    coarse = cv2.resize(displacement, size, interpolation=cv2.INTER_AREA) / scale
    x, y = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    back = -coarse
    for _ in range(INVERSE_STEPS):
        back = -cv2.remap(
            coarse,
            x + back[..., 0],
            y + back[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
    source = cv2.resize(back * scale, (width, height), interpolation=cv2.INTER_CUBIC)
    source[..., 0] += np.arange(width, dtype=np.float32)
    source[..., 1] += np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(source, np.float32)


def _sampled(landmark: Float, occupied: NDArray[np.bool_], source: Float) -> Float:
    """Mix the up to four neighbours that belong to the nearest one's surface."""
    height, width = occupied.shape
    jump = (JUMP_STEPS * typical_step(landmark, occupied)) ** 2
    nearest_x, nearest_y = np.rint(source[..., 0]).astype(int), np.rint(source[..., 1]).astype(int)
    inside = (nearest_x >= 0) & (nearest_x < width) & (nearest_y >= 0) & (nearest_y < height)
    nearest_x, nearest_y = np.clip(nearest_x, 0, width - 1), np.clip(nearest_y, 0, height - 1)
    inside &= occupied[nearest_y, nearest_x]
    rows, columns = np.nonzero(inside)
    place = source[rows, columns]
    anchor = landmark[:, nearest_y[rows, columns], nearest_x[rows, columns]]
    first = np.floor(place).astype(int)
    part = place - first
    total, weight = np.zeros_like(anchor), np.zeros(len(rows), np.float32)
    for dy in (0, 1):
        for dx in (0, 1):
            x = np.clip(first[:, 0] + dx, 0, width - 1)
            y = np.clip(first[:, 1] + dy, 0, height - 1)
            tap = landmark[:, y, x]
            share = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
            share = share * (occupied[y, x] & (square_length(tap - anchor) < jump))
            total += tap * share
            weight += share
    moved = np.zeros((height, width, 4), np.float32)
    known = weight > 1e-3
    mixed = np.where(known, total / np.maximum(weight, 1e-3), anchor)
    moved[rows, columns, :3] = mixed.T
    moved[rows, columns, 3] = 1
    return moved
