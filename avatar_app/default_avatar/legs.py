"""Thighs, knees and calves: bare skin above, over-knee socks below."""

import numpy as np

from avatar_app.default_avatar.lofting import Box, bound, circle, curve, loft, placed, unit_uvs
from avatar_app.default_avatar.part import Part
from avatar_app.default_avatar.surfaces import Double, merge, mirrored
from avatar_app.default_avatar.weight_fields import legs

SOCK_BOX: Box = (0.0, 0.74, 0.58, 0.99)
THIGH_BOX: Box = (0.55, 0.0, 1.0, 0.5)

SOCK_TOP_Y = 0.522
SIDES = 14

# y, centre x, centre z, half width, front depth, back depth
LEG_SHAPE = (
    (0.060, 0.075, -0.018, 0.031, 0.034, 0.032),
    (0.095, 0.075, -0.018, 0.029, 0.031, 0.031),
    (0.130, 0.075, -0.014, 0.029, 0.030, 0.032),
    (0.190, 0.075, -0.010, 0.034, 0.034, 0.040),
    (0.260, 0.075, -0.008, 0.041, 0.038, 0.050),
    (0.320, 0.075, -0.006, 0.044, 0.040, 0.053),
    (0.380, 0.074, -0.002, 0.042, 0.042, 0.047),
    (0.430, 0.074, 0.002, 0.042, 0.047, 0.041),
    (0.460, 0.074, 0.004, 0.044, 0.049, 0.042),
    (0.510, 0.073, 0.003, 0.049, 0.050, 0.048),
    (0.570, 0.073, 0.001, 0.056, 0.055, 0.056),
    (0.640, 0.072, -0.001, 0.062, 0.061, 0.064),
    (0.710, 0.070, -0.003, 0.066, 0.066, 0.072),
    (0.770, 0.067, -0.004, 0.068, 0.068, 0.078),
    (0.800, 0.065, -0.004, 0.064, 0.066, 0.076),
)


def leg_surface(height: Double, offset: Double | float = 0.0) -> Double:
    """Return ``[R, SIDES + 1, 3]`` points of the left leg at ``[R]`` heights."""
    rows = np.array(LEG_SHAPE)
    centre_x, centre_z, width, front, back = (
        curve(list(zip(rows[:, 0], rows[:, k], strict=True)), height)[:, None] for k in range(1, 6)
    )
    angle = circle(SIDES, np.pi)[None, :]
    grow = np.asarray(offset, np.float64).reshape(-1, 1)
    x = centre_x + (width + grow) * np.sin(angle)
    z = centre_z + (np.where(np.cos(angle) > 0, front, back) + grow) * np.cos(angle)
    return np.stack(np.broadcast_arrays(x, height[:, None], z), axis=-1)


def _thigh() -> Part:
    heights = np.array((0.490, 0.515, 0.535, 0.560, 0.600, 0.650, 0.710, 0.760, 0.800))
    # the sock's edge presses in, the flesh above swells
    swell = 0.003 * np.exp(-(((heights - 0.548) / 0.018) ** 2))
    angle = circle(SIDES)
    uvs = placed(unit_uvs(heights, angle), THIGH_BOX)
    surface = loft(leg_surface(heights, swell), uvs)
    return bound("thighs", "Skin", merge([surface, mirrored(surface)]), legs)


def _socks() -> Part:
    heights = np.array(
        (0.092, 0.104, 0.118, 0.142, 0.190, 0.245, 0.300, 0.350, 0.395, 0.425, 0.450, 0.485,
         SOCK_TOP_Y - 0.002, SOCK_TOP_Y, SOCK_TOP_Y - 0.004)
    )  # fmt: skip
    offset = np.full(len(heights), 0.0030)
    offset[-4:] = (0.0042, 0.0042, 0.0030, -0.0010)
    # wrinkles gather over the shoe
    offset[1:4] += (0.002, 0.000, 0.0015)
    length = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(heights)))])
    uvs = placed(unit_uvs(length, circle(SIDES)), SOCK_BOX)
    surface = loft(leg_surface(heights, offset), uvs)
    return bound("socks", "Cloth", merge([surface, mirrored(surface)]), legs)


def leg_parts() -> list[Part]:
    """Model both legs."""
    return [_thigh(), _socks()]
