"""Painted textures of skin, eyes, lashes and mouth."""

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar import eye_shape, mouth_shape, palette
from avatar_app.default_avatar.brows import BROW_UV
from avatar_app.default_avatar.eyes import IRIS_MATERIAL, WHITE_MATERIAL
from avatar_app.default_avatar.face import SKIN_MATERIAL, TEXTURE_SIZE_M, TEXTURE_TOP_Y, skin_uv
from avatar_app.default_avatar.lashes import LASH_MATERIAL
from avatar_app.default_avatar.mouth import LINE_UV, MOUTH_MATERIAL, TEETH_UV, TONGUE_UV
from avatar_app.default_avatar.painting import (
    Canvas,
    blend,
    coordinates,
    edge,
    ellipse,
    fill,
    finish,
    ramp,
    stroke,
)
from udp_live.rig.rig import Material

Image = NDArray[np.uint8]


def _front_plane(canvas: Canvas) -> tuple[Canvas, Canvas]:
    """Front-view x and y in metres at each pixel of the skin texture."""
    u, v = coordinates(canvas)
    return (u - 0.5) * TEXTURE_SIZE_M, TEXTURE_TOP_Y - v * TEXTURE_SIZE_M


def paint_skin(size: int = 1024) -> Image:
    """Paint the face: blush, warm eyelids, nose and the shade under the lip."""
    canvas = fill(size, size, palette.SKIN)
    x, y = _front_plane(canvas)
    away = np.abs(x)
    eye = ellipse(away - eye_shape.CENTRE[0], y - eye_shape.CENTRE[1], 0.030, 0.028)
    blend(canvas, (255, 196, 178), 0.34 * np.clip(1.35 - eye, 0, 1))
    blush = ellipse(away - 0.0525, y - 1.3305, 0.0185, 0.0098)
    blend(canvas, palette.BLUSH, 0.50 * np.exp(-(blush**2) * 1.6))
    for offset in (-0.0062, 0.0, 0.0062):
        _blush_dash(canvas, offset)
    fringe = 1.4235 + 0.0045 * np.sin(x * 155 + 0.8) + 0.0025 * np.sin(x * 340)
    blend(canvas, canvas * palette.SKIN_SHADE, 0.8 * edge((fringe - y) / 0.003, 1.0))
    _nose(canvas, x, y)
    lip = ellipse(x, y - (mouth_shape.CENTRE[1] - 0.0068), 0.0062, 0.0014)
    blend(canvas, (240, 168, 152), 0.55 * edge(lip - 1, 0.9))
    return finish(canvas)


def _blush_dash(canvas: Canvas, offset: float) -> None:
    """Draw one slanted blush dash on each cheek."""
    for side in (1.0, -1.0):
        centre = np.array([side * (0.0535 + offset), 1.3300])
        half = np.array([0.0012, 0.0026])
        path = skin_uv(np.stack([centre - half, centre + half]))
        line = stroke(canvas, path, np.full(2, 0.0034))
        blend(canvas, (240, 124, 116), 0.55 * line)


def _nose(canvas: Canvas, x: Canvas, y: Canvas) -> None:
    """Draw the nose: a small soft shadow beneath and a touch of light on the tip."""
    shadow = ellipse(x + 0.0002, y - 1.3240, 0.0029, 0.0011)
    blend(canvas, (226, 138, 122), 0.80 * edge(shadow - 1, 0.7))
    light = ellipse(x, y - 1.3302, 0.0016, 0.0020)
    blend(canvas, (255, 250, 244), 0.9 * edge(light - 1, 0.8))


def paint_white(size: int = 256) -> Image:
    """Paint the eye white with the soft shadow of the upper lid."""
    canvas = fill(size, size, (253, 250, 248))
    _, v = coordinates(canvas)
    blend(canvas, (196, 188, 214), np.clip((0.40 - v) / 0.16, 0, 1))
    return finish(canvas)


def paint_iris(size: int = 512) -> Image:
    """Paint iris, pupil and highlights on a unit disc."""
    canvas = fill(size, size, (255, 214, 64))
    u, v = coordinates(canvas)
    x, y = u * 2 - 1, v * 2 - 1
    radius = np.hypot(x, y)
    stops: list[tuple[float, palette.Color]] = [
        (-1.0, (92, 40, 10)), (-0.45, (150, 72, 12)), (0.05, (226, 142, 24)),
        (0.45, (255, 200, 48)), (1.0, (255, 236, 120)),
    ]  # fmt: skip
    canvas[:] = ramp(y, stops)
    soft = 6.0 / size
    angle = np.arctan2(y, x)
    streak = 0.5 + 0.5 * np.cos(angle * 22 + 1.3 * np.sin(angle * 5))
    band = np.clip((radius - 0.36) / 0.2, 0, 1) * np.clip((0.9 - radius) / 0.15, 0, 1)
    blend(canvas, (255, 240, 150), 0.30 * streak * band * np.clip(y + 0.35, 0, 1))
    glow = ellipse(x, y - 0.52, 0.66, 0.34)
    blend(canvas, (255, 250, 190), 0.75 * edge(glow - 1, 0.5))
    ring = edge(0.885 - radius, 0.09)
    blend(canvas, ramp(y, [(-1, (60, 24, 12)), (0.4, (128, 62, 10)), (1, (176, 98, 16))]), ring)
    pupil = ellipse(x, y + 0.02, 0.30, 0.34)
    blend(canvas, (74, 30, 14), edge(pupil - 1, 0.12))
    shade = edge(y + 0.58 + 0.10 * x**2, 0.35)
    blend(canvas, (58, 24, 22), 0.72 * shade)
    big = ellipse(x + 0.36, y + 0.40, 0.23, 0.27)
    blend(canvas, (255, 255, 255), edge(big - 1, soft * 8))
    small = ellipse(x - 0.40, y - 0.36, 0.12, 0.13)
    blend(canvas, (255, 255, 255), 0.95 * edge(small - 1, soft * 12))
    return finish(canvas)


def paint_lash(width: int = 64, height: int = 512) -> Image:
    """Paint bands of colour for lashes, crease, lower lash and brow, from top to bottom."""
    canvas = fill(width, height, palette.LASH)
    _, v = coordinates(canvas)
    canvas[:] = ramp(v, [(0.05, palette.LASH), (0.34, palette.LASH), (0.48, (92, 44, 42))])
    blend(canvas, (186, 112, 104), (v > 0.56).astype(float))
    blend(canvas, (112, 66, 70), (v > 0.78).astype(float))
    blend(canvas, palette.HAIR_DARK, (v > (0.86 + BROW_UV[1]) / 2).astype(float))
    return finish(canvas)


def paint_mouth(size: int = 256) -> Image:
    """Paint the inside of the mouth, tongue, teeth and the colour of the lip line."""
    canvas = fill(size, size, palette.LINE)
    u, v = coordinates(canvas)
    inside = ramp(v, [(0.0, (104, 26, 36)), (0.25, (134, 36, 44)), (0.6, (176, 62, 62))])
    blend(canvas, inside, (v < 0.61).astype(float))
    middle_u = (TONGUE_UV[0] + TONGUE_UV[2]) / 2
    tongue = ramp(v, [(TONGUE_UV[1], (240, 136, 130)), (TONGUE_UV[3], (224, 104, 104))])
    blend(canvas, tongue, ((v >= 0.61) & (u < 0.5)).astype(float))
    groove = np.abs(u - middle_u) / 0.02 + np.clip(0.70 - v, 0, 1) * 40
    blend(canvas, (206, 88, 92), 0.7 * edge(groove - 1, 0.8))
    blend(canvas, (255, 252, 248), ((v >= 0.61) & (v < 0.84) & (u >= 0.5)).astype(float))
    shadow = np.clip((TEETH_UV[1] + 0.04 - v) / 0.05, 0, 1) * (v >= 0.61) * (u >= 0.5)
    blend(canvas, (226, 212, 216), 0.6 * shadow)
    blend(canvas, palette.LINE, ((v > LINE_UV[1] - 0.06) & (u >= 0.5)).astype(float))
    return finish(canvas)


def face_materials() -> dict[str, Material]:
    """Materials of skin, eyes, lashes and mouth by name."""
    skin = Material(SKIN_MATERIAL, image=paint_skin(), shade_color=palette.SKIN_SHADE)
    flat = [
        Material(name, image=image, lit=False, inked=False, double_sided=name == LASH_MATERIAL)
        for name, image in (
            (WHITE_MATERIAL, paint_white()),
            (IRIS_MATERIAL, paint_iris()),
            (LASH_MATERIAL, paint_lash()),
            (MOUTH_MATERIAL, paint_mouth()),
        )
    ]
    return {material.name: material for material in [skin, *flat]}
