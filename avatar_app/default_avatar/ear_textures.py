"""Painted textures of the fox ears and of everything citrus: band, ties, clip."""

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar import palette
from avatar_app.default_avatar.ears import CLIP_MATERIAL, EAR_MATERIAL
from avatar_app.default_avatar.painting import blend, coordinates, edge, fill, finish
from udp_live.rig.rig import Material

SEGMENTS = 9


def paint_ear(size: int = 512) -> NDArray[np.uint8]:
    """Paint cream fur with a yellow inside that fades towards the base."""
    canvas = fill(size, size, palette.CREAM)
    u, v = coordinates(canvas)
    across = np.abs(u - 0.5)
    half = 0.172 * np.sqrt(np.clip((v - 0.20) / 0.45, 0, 1))
    cover = edge(across - half, 0.012)
    blend(canvas, palette.YUZU, cover)
    blend(canvas, palette.YUZU_DEEP, 0.55 * cover * np.clip((v - 0.35) / 0.5, 0, 1))
    blend(canvas, (255, 226, 150), 0.9 * edge(v - 0.10, 0.10))
    return finish(canvas)


def paint_clip(size: int = 512) -> NDArray[np.uint8]:
    """Paint the yuzu slice right of a margin of plain band colour with leaf green below."""
    canvas = fill(size, size, palette.YUZU)
    u, v = coordinates(canvas)
    x, y = (u - 0.56) / 0.44, (v - 0.5) / 0.5
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    is_slice = u > 0.12
    blend(canvas, palette.YUZU_DEEP, np.where(is_slice, edge(0.95 - radius, 0.03), 0.0))
    blend(canvas, (255, 252, 232), edge(radius - 0.84, 0.03) * is_slice)
    phase = np.abs(np.mod(angle / (2 * np.pi) * SEGMENTS, 1.0) - 0.5)
    gap = (0.5 - phase) * 2 * np.pi / SEGMENTS * radius
    flesh = np.maximum.reduce([radius - 0.75, 0.10 - radius, 0.030 - gap])
    blend(canvas, (255, 206, 40), edge(flesh, 0.03) * is_slice)
    blend(canvas, (255, 232, 120), 0.7 * edge(flesh + 0.05, 0.06) * (radius > 0.45) * is_slice)
    leaf = (u <= 0.12) & (v > 0.9)
    blend(canvas, palette.LEAF, leaf.astype(float))
    return finish(canvas)


def ear_materials() -> dict[str, Material]:
    """Materials of ears and clip by name."""
    ear = Material(EAR_MATERIAL, image=paint_ear(), shade_color=palette.CREAM_SHADE)
    clip = Material(CLIP_MATERIAL, image=paint_clip(), shade_color=palette.CREAM_SHADE)
    return {ear.name: ear, clip.name: clip}
