"""The head's smooth skin surface as a function of azimuth and row, eyes and mouth not yet cut."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline
from scipy.spatial import cKDTree

Double = NDArray[np.float64]

# Meridians: azimuth in degrees (0 front, 90 her left) -> (distance from the vertical axis, height)
# in millimetres, from the crown down the face and round the jaw to the middle of the neck. A row
# means the same place on every meridian: crown, hairline, brow, eye, cheek, mouth, jaw, underside.
MERIDIANS_MM = {
    0: [
        (0, 1512), (42, 1503), (66, 1484), (81.5, 1452), (88, 1415), (86.8, 1375), (86.5, 1345),
        (87, 1324), (86.6, 1307), (84.6, 1290), (81, 1279), (68, 1271), (23.2, 1280), (1, 1292),
    ],
    30: [
        (0, 1512), (43, 1503), (69, 1484), (84.5, 1452), (91, 1415), (89.6, 1375), (90.8, 1345),
        (90.6, 1326), (87.5, 1309), (80.5, 1295), (70, 1284), (58, 1279), (24.4, 1280), (1, 1292),
    ],
    60: [
        (0, 1512), (45, 1503), (71, 1484), (87, 1452), (91.5, 1415), (89.5, 1375), (87.8, 1348),
        (84.5, 1331), (79, 1316.5), (71.5, 1305), (61.5, 1297.5), (50, 1294), (29.4, 1280),
        (1, 1292),
    ],
    90: [
        (0, 1512), (46, 1503), (73, 1484), (88, 1452), (91.5, 1415), (88.5, 1380), (83, 1357),
        (77, 1343), (70, 1332), (63, 1324), (55, 1319), (43, 1308), (34.2, 1279.5), (1, 1292),
    ],
    130: [
        (0, 1512), (47, 1503), (76, 1484), (92, 1452), (96, 1415), (91, 1383), (80, 1362),
        (70, 1350), (62, 1341), (54, 1333), (47, 1327), (43, 1310), (39.6, 1279), (1, 1292),
    ],
    180: [
        (0, 1512), (48, 1503), (79, 1484), (96, 1452), (100, 1415), (95, 1385), (84, 1365),
        (74, 1352), (65, 1342), (58, 1333), (52, 1325), (46, 1308), (41.6, 1279), (1, 1292),
    ],
}  # fmt: skip
ROWS = 14

# Soft bumps along +z on both sides: (x, y, radius x, radius up, radius down, height) in mm.
BUMPS_MM = (
    (0.0, 1328.0, 4.4, 9.5, 3.6, 7.4),  # nose
    (40.0, 1364.0, 19.0, 16.0, 14.0, -2.4),  # eye sockets
    (45.0, 1329.0, 15.0, 11.0, 12.0, 1.2),  # cheeks
    (0.0, 1306.5, 9.0, 4.0, 3.0, 0.9),  # upper lip
    (0.0, 1298.5, 7.0, 3.0, 3.5, 0.8),  # lower lip
)


@cache
def _splines() -> tuple[RectBivariateSpline, RectBivariateSpline]:
    """Fit radius and height over (azimuth, row), continued past the back so that it closes."""
    one_side = np.array(list(MERIDIANS_MM))
    values = np.array(list(MERIDIANS_MM.values())) / 1000.0
    order = [*range(len(one_side) - 1, 0, -1), *range(len(one_side))]
    degrees = np.concatenate([-one_side[:0:-1], one_side])
    knots = np.concatenate([degrees[:-1] - 360, degrees, degrees[1:] + 360])
    table = values[[*order[:-1], *order, *order[1:]]]
    rows = np.arange(ROWS)
    azimuth = np.deg2rad(knots)
    return (
        RectBivariateSpline(azimuth, rows, table[:, :, 0]),
        RectBivariateSpline(azimuth, rows, table[:, :, 1]),
    )


def bump(x: Double, y: Double) -> Double:
    """Height of nose, cheeks, lips and eye sockets over the plain skull at front (x, y), metres."""
    total = np.zeros(np.broadcast(x, y).shape)
    for centre_x, centre_y, wide, up, down, height in np.asarray(BUMPS_MM) / 1000.0:
        dy = y - centre_y
        vertical = (dy / np.where(dy > 0, up, down)) ** 2
        centres = (centre_x,) if centre_x == 0 else (-centre_x, centre_x)
        for cx in centres:
            total += height * np.exp(-(((x - cx) / wide) ** 2) - vertical)
    return total


def skull_point(azimuth: Double, row: Double, *, bumps: bool = True) -> Double:
    """Return the skin's surface point.

    Args:
        azimuth: Radians about +Y, 0 at the front, positive to her left; any shape.
        row: 0 at the crown to 13 inside the neck; same shape.
        bumps: Add nose, cheeks, lips and eye sockets (front half only).

    Returns:
        ``[..., 3]`` float64, metres.
    """
    radius_of, height_of = _splines()
    radius, y = radius_of.ev(azimuth, row), height_of.ev(azimuth, row)
    x, z = radius * np.sin(azimuth), radius * np.cos(azimuth)
    if bumps:
        z = z + bump(x, y) * np.clip(z / 0.03, 0.0, 1.0)
    return np.stack([x, y, z], axis=-1)


def skull_normal(azimuth: Double, row: Double) -> Double:
    """Return outward unit normals ``[..., 3]`` of the skin without its bumps."""
    step = 1e-3
    row = np.clip(row, 0.05, ROWS - 1.05)
    down = skull_point(azimuth, row + step, bumps=False) - skull_point(
        azimuth, row - step, bumps=False
    )
    left = skull_point(azimuth + step, row, bumps=False) - skull_point(
        azimuth - step, row, bumps=False
    )
    normal = np.cross(down, left)
    unit: Double = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
    return unit


@cache
def _seeds() -> tuple[cKDTree, Double]:
    azimuth, row = np.meshgrid(np.linspace(-1.35, 1.35, 90), np.linspace(1.0, 10.2, 140))
    pairs = np.stack([azimuth.ravel(), row.ravel()], axis=-1)
    points = skull_point(pairs[:, 0], pairs[:, 1], bumps=False)
    return cKDTree(points[:, :2]), pairs


def front_coordinates(points: Double) -> Double:
    """Find (azimuth, row) of the face surface that lies behind front-view points.

    Args:
        points: ``[N, 2]`` x and y in metres, within the face.

    Returns:
        ``[N, 2]`` azimuth in radians and row.
    """
    tree, pairs = _seeds()
    found: Double = pairs[tree.query(points)[1]].copy()
    step = 1e-4
    for _ in range(8):
        here = skull_point(found[:, 0], found[:, 1], bumps=False)[:, :2]
        by_azimuth = skull_point(found[:, 0] + step, found[:, 1], bumps=False)[:, :2] - here
        by_row = skull_point(found[:, 0], found[:, 1] + step, bumps=False)[:, :2] - here
        jacobian = np.stack([by_azimuth, by_row], axis=-1) / step
        found += np.clip(np.linalg.solve(jacobian, (points - here)[..., None])[..., 0], -0.2, 0.2)
    return found


def front_point(points: Double, lift: Double | float = 0.0) -> Double:
    """Lift front-view points ``[..., 2]`` onto the face, ``lift`` metres in front of it (+z)."""
    flat = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    pairs = front_coordinates(flat)
    surface = skull_point(pairs[:, 0], pairs[:, 1])
    surface = surface.reshape(*np.shape(points)[:-1], 3)
    surface[..., 2] += lift
    return surface


def row_at_height(azimuth: Double, y: Double) -> Double:
    """Find the row whose height is ``y`` on a meridian, from the crown down to the jaw."""
    rows = np.linspace(0.0, 10.0, 201)
    heights = skull_point(np.repeat(azimuth[:, None], 201, 1), np.repeat(rows[None], len(y), 0))
    return np.array(
        [np.interp(-wanted, -line[:, 1], rows) for wanted, line in zip(y, heights, strict=True)]
    )


def art_normals(positions: Double) -> Double:
    """Bend surface normals towards a ball, so that toon light falls on the face as if drawn."""
    centre = np.array([0.0, 1.375, -0.055])
    ball = (positions - centre) * np.array([1.0, 0.75, 1.0])
    unit: Double = ball / np.linalg.norm(ball, axis=-1, keepdims=True)
    return unit
