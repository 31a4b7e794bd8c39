"""Chunky sneakers: cream uppers on yellow soles, with a green tab at the heel."""

import numpy as np

from avatar_app.default_avatar.lofting import (
    Box,
    bound,
    circle,
    curve,
    loft,
    placed,
    superellipse,
    unit_uvs,
)
from avatar_app.default_avatar.part import Part
from avatar_app.default_avatar.surfaces import Double, Surface, merge, mirrored
from avatar_app.default_avatar.weight_fields import legs

UPPER_BOX: Box = (0.0, 0.0, 1.0, 0.62)
SOLE_BOX: Box = (0.0, 0.64, 1.0, 0.84)
TAB_BOX: Box = (0.0, 0.86, 0.2, 1.0)

FOOT_X = 0.078
SIDES = 22

# y, half width, heel z, toe z, how boxy
UPPER_RINGS = (
    (0.038, 0.0430, -0.073, 0.143, 2.7),
    (0.052, 0.0450, -0.074, 0.145, 2.7),
    (0.066, 0.0445, -0.073, 0.138, 2.6),
    (0.079, 0.0430, -0.071, 0.118, 2.5),
    (0.091, 0.0415, -0.069, 0.086, 2.3),
    (0.102, 0.0405, -0.067, 0.058, 2.2),
    (0.114, 0.0410, -0.067, 0.041, 2.1),
    (0.126, 0.0440, -0.070, 0.034, 2.0),
    (0.134, 0.0450, -0.070, 0.032, 2.0),
    (0.137, 0.0420, -0.067, 0.029, 2.0),
    (0.132, 0.0380, -0.062, 0.024, 2.0),
    (0.112, 0.0320, -0.054, 0.016, 2.0),
)
SOLE_RINGS = (
    (0.000, 0.0390, -0.066, 0.132, 2.9),
    (0.005, 0.0460, -0.077, 0.149, 2.9),
    (0.020, 0.0500, -0.082, 0.155, 2.9),
    (0.036, 0.0490, -0.080, 0.153, 2.9),
    (0.042, 0.0455, -0.076, 0.148, 2.8),
    (0.044, 0.0400, -0.070, 0.140, 2.7),
)


def _rings(table: tuple[tuple[float, ...], ...]) -> Double:
    y, width, heel, toe, box = (column[:, None] for column in np.array(table).T)
    angle = circle(SIDES, np.pi)[None, :]
    cosine, sine = superellipse(angle, box)
    forward = 0.5 * (heel + toe) + 0.5 * (toe - heel) * cosine
    # the heel is narrower than the ball, and the ball turns a little outwards
    along = np.clip((forward + 0.07) / 0.2, 0.0, 1.0)
    taper = curve(((0.0, 0.86), (0.65, 1.06), (1.0, 0.98)), along)
    x = FOOT_X + width * taper * sine + 0.006 * along
    # the toe springs off the ground
    spring = 0.010 * np.clip((forward - 0.07) / 0.08, 0.0, 1.0) ** 2
    return np.stack(np.broadcast_arrays(x, y + spring, forward), axis=-1)


def _lofted(table: tuple[tuple[float, ...], ...], box: Box, *, floor: bool = False) -> Surface:
    points = _rings(table)
    if floor:
        middle = np.broadcast_to(points[:1].mean(axis=1, keepdims=True), points[:1].shape)
        points = np.concatenate([middle, points])
    length = np.linalg.norm(np.diff(points[:, SIDES // 4], axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(length)])
    return loft(points, placed(unit_uvs(along, circle(SIDES)), box))


def _tab() -> Surface:
    """Return the pull tab: a small loop that stands off behind the heel."""
    angle = circle(6)
    rows = np.array((0.096, 0.108, 0.124, 0.142, 0.147))[:, None]
    thick = np.array((0.002, 0.004, 0.004, 0.004, 0.001))[:, None]
    z = -0.070 - 0.003 * np.sin(np.linspace(0.0, np.pi, 5))[:, None]
    x = FOOT_X + 0.009 * np.sin(angle) + 0.0 * rows
    return loft(
        np.stack(np.broadcast_arrays(x, rows, z + thick * np.cos(angle)), axis=-1),
        placed(unit_uvs(rows[:, 0], angle), TAB_BOX),
    )


def shoe_parts() -> list[Part]:
    """Model both shoes."""
    sole = _lofted(SOLE_RINGS, SOLE_BOX, floor=True)
    shoe = merge([_lofted(UPPER_RINGS, UPPER_BOX), sole, _tab()])
    return [bound("shoes", "Shoes", merge([shoe, mirrored(shoe)]), legs)]
