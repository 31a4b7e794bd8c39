"""Paints the jacket: seams, folds, ribs, zip and the slice of yuzu on the back."""

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar.canvas import Canvas, mixed, paint_slice
from avatar_app.default_avatar.hood import EAR_BOX, HOOD_BOX, LINED, PROFILE, STRING_BOX
from avatar_app.default_avatar.hoodie import (
    COLUMNS,
    CUFF_BOX,
    HEM_TOP_Y,
    HOLE_COLUMNS,
    HOLE_ROWS,
    LINING_BOX,
    SLEEVE_BOX,
    TRUNK_BOX,
    TRUNK_RINGS,
)
from avatar_app.default_avatar.lofting import circle, superellipse
from avatar_app.default_avatar.palette import Color
from avatar_app.default_avatar.tail import TAIL_BOX

CLOTH: Color = (248, 239, 222)
FOLD: Color = (232, 212, 196)
SEAM: Color = (206, 180, 164)
YELLOW: Color = (248, 203, 48)
YELLOW_DEEP: Color = (226, 160, 36)
GREEN: Color = (106, 168, 79)
NAVY: Color = (34, 56, 79)
WHITE: Color = (255, 252, 243)

BOTTOM_Y, TOP_Y = TRUNK_RINGS[0][0], TRUNK_RINGS[-1][0]
ROUND_M = 0.86  # length of the trunk's cloth from zip to zip
SEAM_EXPONENT = 5.0
SLEEVE_START_X, SLEEVE_END_X = 0.118, 0.467


def _v(y: float) -> float:
    """Return the trunk's texture row of a height."""
    return (TOP_Y - y) / (TOP_Y - BOTTOM_Y)


def _along(x: float) -> float:
    """Return the sleeve's texture row of a place along the arm."""
    return 1.0 - (x - SLEEVE_START_X) / (SLEEVE_END_X - SLEEVE_START_X)


def _trunk_folds(canvas: Canvas) -> None:
    for u in (0.07, 0.12, 0.165, 0.21, 0.27, 0.33, 0.375, 0.43, 0.47):
        length = 0.030 + 0.020 * np.sin(40.0 * u)
        for place in (u, 1.0 - u):
            lean = 0.010 * np.sin(70.0 * u) * (1.0 if place == u else -1.0)
            start, end = (place, _v(HEM_TOP_Y)), (place + lean, _v(HEM_TOP_Y + length))
            canvas.wedge(TRUNK_BOX, start, end, FOLD, width=0.014)
    for front, lift in ((0.110, 1.076), (0.118, 1.050), (0.355, 1.078), (0.345, 1.052)):
        inner = front + (0.035 if front < 0.2 else -0.035)
        for sign, offset in ((1.0, 0.0), (-1.0, 1.0)):
            start = (offset + sign * (inner + 0.01), _v(lift + 0.016))
            end = (offset + sign * (front - 0.02 if front < 0.2 else front + 0.02), _v(lift))
            canvas.wedge(TRUNK_BOX, start, end, FOLD, width=0.016)


def _trunk_seams(canvas: Canvas) -> None:
    heights = [_v(TRUNK_RINGS[row][0]) for row in HOLE_ROWS]
    for offset, sign in ((0.0, 1.0), (1.0, -1.0)):
        left, right = (offset + sign * column / COLUMNS for column in HOLE_COLUMNS)
        # the sleeve is set in along a rounded line through the corners of its square hole
        cosine, sine = superellipse(circle(48), SEAM_EXPONENT)
        grow = 0.5 * 2.0 ** (1.0 / SEAM_EXPONENT)
        u = 0.5 * (left + right) + grow * (right - left) * cosine
        v = 0.5 * (heights[0] + heights[1]) + grow * (heights[1] - heights[0]) * sine
        canvas.line(TRUNK_BOX, np.stack([u, v], axis=1), SEAM, width_px=1.8)
        # the pocket's welt
        welt = [(offset + sign * u, _v(y)) for u, y in ((0.052, 0.972), (0.088, 1.022))]
        canvas.line(TRUNK_BOX, welt, YELLOW, width_px=9.0)
        canvas.line(TRUNK_BOX, np.add(welt, (sign * 0.006, 0.0)), SEAM, width_px=1.6)
        # the zip
        edge = sorted((offset, offset + sign * 0.017))
        canvas.band(TRUNK_BOX, (edge[0], 0.0, edge[1], 1.0), YELLOW)
        tape = offset + sign * 0.019
        canvas.line(TRUNK_BOX, [(tape, 0.0), (tape, 1.0)], SEAM, width_px=1.8)
        teeth = offset + sign * 0.005
        canvas.line(TRUNK_BOX, [(teeth, 0.0), (teeth, 1.0)], YELLOW_DEEP, width_px=2.0)


def _trunk(canvas: Canvas) -> None:
    _trunk_folds(canvas)
    canvas.line(TRUNK_BOX, [(0.36, _v(1.19)), (0.64, _v(1.19))], SEAM, width_px=1.6)
    radii = np.array((0.050 / ROUND_M, 0.050 / (TOP_Y - BOTTOM_Y)))
    middle = np.array((0.5, _v(1.020)))
    paint_slice(canvas, TRUNK_BOX, middle, radii, (YELLOW, WHITE, YELLOW))
    leaf = np.array([(0.0, -1.0), (0.35, -1.55), (1.0, -1.62), (0.75, -1.15), (0.15, -0.95)])
    canvas.polygon(TRUNK_BOX, middle + leaf * radii * 0.9, GREEN)
    canvas.band(TRUNK_BOX, (0.0, _v(HEM_TOP_Y), 1.0, 1.0), YELLOW)
    for u in np.linspace(0.0, 1.0, 97):
        canvas.line(TRUNK_BOX, [(u, _v(HEM_TOP_Y - 0.003)), (u, 1.0)], YELLOW_DEEP, width_px=1.6)
    canvas.line(TRUNK_BOX, [(0.0, _v(HEM_TOP_Y)), (1.0, _v(HEM_TOP_Y))], YELLOW_DEEP, width_px=2.0)
    _trunk_seams(canvas)


def _sleeve(canvas: Canvas) -> None:
    for k in range(11):
        u = (k + 0.5) / 11.0
        reach = 0.412 + 0.012 * np.sin(9.0 * k)
        start, end = (u, _along(SLEEVE_END_X)), (u + 0.02 * np.sin(5.0 * k), _along(reach))
        canvas.wedge(SLEEVE_BOX, start, end, FOLD, width=0.036)
    # the crook of the elbow and below the arm
    for u, x, du, dx in (
        (0.90, 0.286, -0.20, 0.016), (0.93, 0.312, -0.24, -0.004), (0.90, 0.338, -0.17, -0.018),
        (0.05, 0.190, 0.16, 0.030), (0.97, 0.185, -0.18, 0.028), (0.10, 0.300, 0.14, 0.010),
    ):  # fmt: skip
        canvas.wedge(SLEEVE_BOX, (u, _along(x)), (u + du, _along(x + dx)), FOLD, width=0.020)
    canvas.band(SLEEVE_BOX, (0.0, _along(0.386), 1.0, _along(0.368)), YELLOW)
    canvas.band(SLEEVE_BOX, (0.0, _along(0.395), 1.0, _along(0.391)), GREEN)
    canvas.line(SLEEVE_BOX, [(0.0, 0.006), (1.0, 0.006)], SEAM, width_px=2.0)


def _hood(canvas: Canvas) -> None:
    last = len(PROFILE) - 1
    canvas.band(HOOD_BOX, (0.0, 0.0, LINED / last, 1.0), YELLOW)
    canvas.band(HOOD_BOX, (5.0 / last, 0.04, 7.6 / last, 0.96), YELLOW_DEEP)
    edge = (LINED + 0.9) / last
    canvas.line(HOOD_BOX, [(edge, 0.0), (edge, 1.0)], SEAM, width_px=1.6)
    canvas.line(HOOD_BOX, [(LINED / last, 0.5), (1.0, 0.5)], SEAM, width_px=1.0)
    for v, reach in ((0.32, 0.80), (0.40, 0.74), (0.60, 0.74), (0.68, 0.80)):
        canvas.wedge(HOOD_BOX, (0.92, v), (reach - 0.06, v + (v - 0.5) * 0.2), FOLD, width=0.022)


def _ear(canvas: Canvas) -> None:
    """Paint the inside yellow, with a rim of cream all round."""
    v = np.linspace(0.14, 0.70, 25)
    share = (v - v[0]) / (v[-1] - v[0])
    half = 0.185 * np.sqrt(np.clip(share / 0.5, 0.0, 1.0)) * np.sqrt(1.0 - share**6)
    for edge, sign in ((0.0, 1.0), (1.0, -1.0)):
        outline = np.stack([edge + sign * half, v], axis=1)
        canvas.polygon(EAR_BOX, [(edge, v[0]), *outline, (edge, v[-1])], YELLOW)


def _tail(canvas: Canvas) -> None:
    canvas.band(TAIL_BOX, (0.0, 0.0, 1.0, 0.24), YELLOW)
    teeth = 9
    for k in range(teeth):
        low, high = k / teeth, (k + 1) / teeth
        drop = 0.40 if k % 2 else 0.34
        canvas.polygon(TAIL_BOX, [(low, 0.23), (high, 0.23), (0.5 * (low + high), drop)], YELLOW)
        canvas.wedge(
            TAIL_BOX, (low, 0.62 + 0.10 * (k % 3)), (low + 0.03, 0.50 + 0.10 * (k % 3)), FOLD,
            width=0.030,
        )  # fmt: skip


def paint_hoodie() -> NDArray[np.uint8]:
    """Return the jacket's picture: ``[1024, 1024, 4]`` uint8."""
    canvas = Canvas((1024, 1024), CLOTH)
    _trunk(canvas)
    _sleeve(canvas)
    _hood(canvas)
    _ear(canvas)
    canvas.band(STRING_BOX, (0.0, 0.0, 1.0, 0.81), YELLOW)
    canvas.band(STRING_BOX, (0.0, 0.81, 1.0, 1.0), GREEN)
    _tail(canvas)
    return canvas.image()


def paint_lining() -> NDArray[np.uint8]:
    """Return the picture of lining and ribbed cuffs: ``[256, 512, 4]`` uint8."""
    canvas = Canvas((512, 256), YELLOW)
    inside = mixed(YELLOW, YELLOW_DEEP, 0.35)
    canvas.band(LINING_BOX, (0.0, 0.0, 1.0, 1.0), inside)
    for u in np.linspace(0.0, 1.0, 25):
        canvas.line(CUFF_BOX, [(u, 0.45), (u, 1.0)], YELLOW_DEEP, width_px=3.0)
    canvas.band(CUFF_BOX, (0.0, 0.0, 1.0, 0.34), inside)
    return canvas.image()
