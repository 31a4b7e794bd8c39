"""Paints skin, top, skirt, socks and shoes, and lists the materials of the body."""

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar.body import TOP_BOX
from avatar_app.default_avatar.canvas import Canvas, mixed, paint_slice, shaded
from avatar_app.default_avatar.hands import FINGER_BOX, PALM_BOX
from avatar_app.default_avatar.hoodie_textures import (
    GREEN,
    NAVY,
    WHITE,
    YELLOW,
    YELLOW_DEEP,
    paint_hoodie,
    paint_lining,
)
from avatar_app.default_avatar.legs import SOCK_BOX, THIGH_BOX
from avatar_app.default_avatar.palette import BLUSH, SKIN, SKIN_SHADE, Color
from avatar_app.default_avatar.shoes import SOLE_BOX, TAB_BOX, UPPER_BOX
from avatar_app.default_avatar.skirt import (
    BAND_Y,
    PLEAT_COLUMNS,
    PLEATS,
    RINGS,
    SKIRT_BOX,
    SKIRT_INSIDE_BOX,
)
from udp_live.rig.rig import Material

NAVY_FOLD: Color = (25, 41, 62)
NAVY_LIGHT: Color = (48, 76, 102)
SHOE: Color = (250, 243, 230)
SHOE_SEAM: Color = (205, 184, 170)
NECK_BOX = (0.0, 0.0, 0.5, 0.5)


def _skirt(canvas: Canvas) -> None:
    bottom, top = RINGS[0][0], RINGS[-1][0]

    def v(y: float) -> float:
        return (top - y) / (top - bottom)

    canvas.band(SKIRT_BOX, (0.0, v(0.672), 1.0, v(0.650)), WHITE)
    canvas.band(SKIRT_BOX, (0.0, v(0.643), 1.0, v(0.637)), YELLOW)
    columns = PLEATS * PLEAT_COLUMNS
    for pleat in range(PLEATS):
        edge = (pleat * PLEAT_COLUMNS + 2) / columns
        width = 1.0 / columns
        # the return under the next pleat lies in shadow, stripes included
        for low, high, color in (
            (v(BAND_Y), v(0.672), NAVY_FOLD), (v(0.672), v(0.650), (196, 184, 190)),
            (v(0.650), v(0.643), NAVY_FOLD), (v(0.643), v(0.637), YELLOW_DEEP),
            (v(0.637), 1.0, NAVY_FOLD),
        ):  # fmt: skip
            spread = [0.25 + 0.75 * t for t in (low, high)]
            outline = [(edge, low), (edge + width * spread[0], low)]
            outline += [(edge + width * spread[1], high), (edge, high)]
            canvas.polygon(SKIRT_BOX, outline, color)
        ridge = [(edge - 0.0016, v(BAND_Y)), (edge - 0.0016, v(0.674))]
        canvas.line(SKIRT_BOX, ridge, NAVY_LIGHT, width_px=1.6)
    canvas.line(SKIRT_BOX, [(0.0, v(BAND_Y)), (1.0, v(BAND_Y))], NAVY_FOLD, width_px=3.0)
    canvas.band(SKIRT_INSIDE_BOX, (-0.02, -0.02, 1.02, 1.02), (20, 34, 54))


def _top(canvas: Canvas) -> None:
    # v runs over 0.26 m of height, u over 0.60 m of girth; the front is in the middle
    canvas.band(TOP_BOX, (0.0, 0.0, 1.0, 0.030), YELLOW)
    paint_slice(
        canvas, TOP_BOX, (0.5, 0.325), (0.021 / 0.60, 0.027 / 0.265), (YELLOW, WHITE, YELLOW)
    )
    for u, start, end in ((0.41, 0.40, 0.62), (0.59, 0.40, 0.62), (0.46, 0.95, 0.72)):
        canvas.wedge(TOP_BOX, (u, start), (u + (u - 0.5) * 0.2, end), NAVY_FOLD, width=0.010)


def _socks(canvas: Canvas) -> None:
    length = 0.436  # of the sock and its turned-in edge

    def v(y: float) -> float:
        return (0.522 + 0.006 - y) / length

    canvas.band(SOCK_BOX, (0.0, 0.0, 1.0, v(0.5185)), NAVY_LIGHT)
    canvas.band(SOCK_BOX, (0.0, v(0.506), 1.0, v(0.495)), WHITE)
    canvas.band(SOCK_BOX, (0.0, v(0.487), 1.0, v(0.478)), WHITE)
    for u, y, rise in ((0.06, 0.425, 0.012), (0.94, 0.425, 0.012), (0.10, 0.440, 0.0)):
        end = (0.20 if u < 0.5 else 0.80, v(y + rise))
        canvas.wedge(SOCK_BOX, (u, v(y)), end, NAVY_FOLD, width=0.02)
    for u, y in ((0.40, 0.132), (0.60, 0.122), (0.52, 0.145)):
        canvas.wedge(SOCK_BOX, (u, v(y)), (u + 0.16, v(y + 0.006)), NAVY_FOLD, width=0.016)


def _paint_cloth() -> NDArray[np.uint8]:
    canvas = Canvas((1024, 1024), NAVY)
    _top(canvas)
    _skirt(canvas)
    _socks(canvas)
    return canvas.image()


def _paint_skin() -> NDArray[np.uint8]:
    canvas = Canvas((512, 512), SKIN)
    shade = shaded(SKIN, SKIN_SHADE)

    def v(y: float) -> float:
        return (1.280 - y) / 0.140

    # the chin's shadow on the throat, then the collarbones
    u = np.linspace(0.0, 1.0, 65)
    edge = 1.232 - 0.036 * np.exp(-(((u - 0.5) / 0.15) ** 2))
    throat = [(0.0, 0.0), (1.0, 0.0), *((x, v(y)) for x, y in zip(u[::-1], edge, strict=True))]
    canvas.polygon(NECK_BOX, throat, shade)
    for sign in (-1.0, 1.0):
        start, end = (0.5 + sign * 0.035, v(1.171)), (0.5 + sign * 0.15, v(1.186))
        canvas.wedge(NECK_BOX, start, end, shade, width=0.035)
    # a choker with a leaf
    canvas.band(NECK_BOX, (0.0, v(1.2365), 1.0, v(1.2265)), NAVY)
    canvas.line(NECK_BOX, [(0.0, v(1.2315)), (1.0, v(1.2315))], YELLOW, width_px=2.0)
    canvas.polygon(
        NECK_BOX, [(0.5, v(1.229)), (0.524, v(1.220)), (0.5, v(1.209)), (0.476, v(1.220))], GREEN
    )
    # the skirt's shadow on the thighs: v spans 0.490 to 0.800 m
    hem = [
        (u, (0.800 - 0.596 - 0.004 * np.cos(4.0 * np.pi * u)) / 0.31) for u in np.linspace(0, 1, 33)
    ]
    canvas.polygon(THIGH_BOX, [(0.0, 0.0), (1.0, 0.0), *reversed(hem)], shade)
    for start, end in (((0.03, 0.18), (0.31, 0.52)), ((0.06, 0.14), (0.40, 0.20))):
        canvas.wedge(PALM_BOX, end, start, mixed(SKIN, shade, 0.5), width=0.022)
    for k in range(8):
        tint = mixed(SKIN, BLUSH, 0.26 * (1.0 - k / 8.0))
        canvas.band(
            FINGER_BOX, (-0.1, 0.05 * k - (0.1 if k == 0 else 0.0), 1.1, 0.05 * (k + 1)), tint
        )
    return canvas.image()


def _paint_shoes() -> NDArray[np.uint8]:
    canvas = Canvas((512, 512), SHOE)
    box = UPPER_BOX
    # heel counter, tongue, laces, side stripes, collar
    for left, right in ((0.0, 0.10), (0.90, 1.0)):
        canvas.band(box, (left, 0.30, right, 1.0), GREEN)
    canvas.polygon(box, [(0.43, 0.86), (0.57, 0.86), (0.60, 0.22), (0.40, 0.22)], WHITE)
    for k in range(4):
        v = 0.36 + 0.13 * k
        canvas.line(box, [(0.425, v), (0.575, v + 0.03)], YELLOW, width_px=7.0)
    for sign in (-1.0, 1.0):
        canvas.line(
            box, [(0.5 + sign * 0.085, 0.25), (0.5 + sign * 0.075, 0.88)], SHOE_SEAM, width_px=2.0
        )
        for shift in (0.0, 0.05):
            stripe = [(0.5 + sign * (0.17 + shift), 0.40), (0.5 + sign * (0.24 + shift), 0.95)]
            canvas.line(box, stripe, NAVY if shift else YELLOW, width_px=9.0)
    cap = [(u, 0.90 - 0.10 * np.cos((u - 0.5) * 9.0)) for u in np.linspace(0.36, 0.64, 15)]
    canvas.line(box, cap, SHOE_SEAM, width_px=2.0)
    canvas.band(box, (0.0, -0.05, 1.0, 0.17), NAVY)
    canvas.band(SOLE_BOX, (-0.02, -0.05, 1.02, 1.1), YELLOW)
    canvas.line(SOLE_BOX, [(0.0, 0.34), (1.0, 0.34)], YELLOW_DEEP, width_px=3.0)
    canvas.band(SOLE_BOX, (-0.02, 0.62, 1.02, 1.1), YELLOW_DEEP)
    canvas.band(TAB_BOX, (-0.1, -0.1, 1.1, 1.1), GREEN)
    return canvas.image()


def body_materials() -> dict[str, Material]:
    """Return the materials of everything from the neck down, by name."""
    skin = _paint_skin()
    materials = (
        Material("Skin", image=skin, shade_color=SKIN_SHADE),
        # palms face down at rest; a deep shadow would blacken every wave
        Material("HandSkin", image=skin, shade_color=(0.97, 0.87, 0.85)),
        Material("Hoodie", image=paint_hoodie(), shade_color=(0.91, 0.84, 0.86)),
        Material("Lining", image=paint_lining(), shade_color=(0.92, 0.78, 0.66)),
        Material("Cloth", image=_paint_cloth(), shade_color=(0.72, 0.72, 0.86)),
        Material("Shoes", image=_paint_shoes(), shade_color=(0.86, 0.79, 0.83)),
    )
    return {material.name: material for material in materials}
