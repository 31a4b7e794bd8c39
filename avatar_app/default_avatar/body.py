"""The trunk under the jacket: neck and collarbones, the fitted top, the pelvis."""

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
from avatar_app.default_avatar.surfaces import Double
from avatar_app.default_avatar.weight_fields import legs, neck, torso_and_arms

TOP_BOX: Box = (0.0, 0.0, 1.0, 0.40)
SHORTS_BOX: Box = (0.80, 0.90, 0.98, 0.98)

TOP_HEM_Y = 0.928  # tucked into the skirt
TOP_NECKLINE_Y = 1.160  # in front; it climbs towards the back

# y, half width, front depth, back depth, centre z
TRUNK_SHAPE = (
    (0.745, 0.112, 0.070, 0.082, -0.006),
    (0.790, 0.128, 0.078, 0.090, -0.006),
    (0.830, 0.131, 0.078, 0.088, -0.004),
    (0.880, 0.116, 0.072, 0.074, -0.002),
    (0.930, 0.097, 0.066, 0.064, -0.002),
    (0.970, 0.090, 0.064, 0.060, -0.002),
    (1.010, 0.093, 0.067, 0.064, -0.006),
    (1.060, 0.103, 0.074, 0.070, -0.010),
    (1.100, 0.109, 0.074, 0.073, -0.012),
    (1.135, 0.106, 0.066, 0.071, -0.014),
    (1.160, 0.098, 0.054, 0.065, -0.016),
    (1.178, 0.082, 0.044, 0.058, -0.018),
    (1.192, 0.060, 0.036, 0.048, -0.019),
    (1.204, 0.043, 0.032, 0.040, -0.018),
    (1.218, 0.035, 0.030, 0.034, -0.016),
    (1.245, 0.032, 0.029, 0.032, -0.012),
    (1.300, 0.034, 0.031, 0.032, -0.008),
)


def trunk_surface(height: Double, angle: Double, offset: float = 0.0) -> Double:
    """Return points ``[..., 3]`` of the bare trunk, ``offset`` metres outside of it.

    ``angle`` 0 is in front, pi/2 at her left.
    """
    rows = np.array(TRUNK_SHAPE)
    width, front, back, centre = (
        curve(list(zip(rows[:, 0], rows[:, k], strict=True)), height) for k in range(1, 5)
    )
    cosine, sine = superellipse(angle, 2.2)
    x = (width + offset) * sine
    bust = 0.023 * np.exp(-(((np.abs(x) - 0.043) / 0.032) ** 2) - ((height - 1.072) / 0.034) ** 2)
    z = centre + (np.where(cosine > 0, front, back) + offset) * cosine
    return np.stack(np.broadcast_arrays(x, height, z + bust * (cosine > 0.1)), axis=-1)


def _neck() -> Part:
    angle = circle(22, np.pi)[None, :]
    rows = np.array((1.140, 1.156, 1.168, 1.178, 1.187, 1.195, 1.204, 1.218, 1.240, 1.280))[:, None]
    height = rows - 0.012 * np.cos(angle) * np.clip((1.23 - rows) / 0.04, 0.0, 1.0)
    points = trunk_surface(height, np.broadcast_to(angle, height.shape))
    uvs = unit_uvs(rows[:, 0], angle[0])
    return bound("neck", "Skin", loft(points, placed(uvs, (0.0, 0.0, 0.5, 0.5))), neck)


def _top() -> Part:
    angle = circle(22, np.pi)[None, :]
    share = np.append(np.linspace(0.0, 1.0, 11), 1.0)[:, None]
    neckline = TOP_NECKLINE_Y + 0.030 * (0.5 - 0.5 * np.cos(angle)) ** 0.8
    height = TOP_HEM_Y + (neckline - TOP_HEM_Y) * share
    # the last row turns in, so that the top's edge has a thickness
    offset = np.where(np.arange(len(share)) < len(share) - 1, 0.004, -0.001)[:, None]
    angles = np.broadcast_to(angle, height.shape)
    points = np.where(
        offset[..., None] > 0,
        trunk_surface(height, angles, 0.004),
        trunk_surface(height, angles, -0.001),
    )
    uvs = unit_uvs(share[:, 0], angle[0])
    return bound("top", "Cloth", loft(points, placed(uvs, TOP_BOX)), torso_and_arms)


def _pelvis() -> Part:
    angle = circle(20)[None, :]
    rows = np.array((0.748, 0.768, 0.800, 0.850, 0.930))[:, None]
    points = trunk_surface(np.broadcast_to(rows, (len(rows), angle.shape[1])), angle, 0.002)
    floor = np.broadcast_to(np.array((0.0, 0.742, -0.006)), (1, angle.shape[1], 3))
    uvs = unit_uvs(np.arange(len(rows) + 1), angle[0])
    cloth = loft(np.concatenate([floor, points]), placed(uvs, SHORTS_BOX))
    return bound("shorts", "Cloth", cloth, legs)


def body_parts() -> list[Part]:
    """Model neck, top and pelvis."""
    return [_neck(), _top(), _pelvis()]
