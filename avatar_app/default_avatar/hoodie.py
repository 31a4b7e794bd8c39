"""The cropped, oversized hoodie jacket: trunk with armholes, wide sleeves, cuffs and lining."""

import numpy as np

from avatar_app.default_avatar.lofting import (
    Box,
    bound,
    circle,
    curve,
    inner_shell,
    loft,
    placed,
    superellipse,
    unit_uvs,
    welded,
)
from avatar_app.default_avatar.part import Part
from avatar_app.default_avatar.surfaces import Double, Surface, merge, mirrored
from avatar_app.default_avatar.weight_fields import torso_and_arms

TRUNK_BOX: Box = (0.0, 0.0, 1.0, 0.42)
SLEEVE_BOX: Box = (0.0, 0.43, 0.49, 0.78)
CUFF_BOX: Box = (0.0, 0.62, 1.0, 1.0)
LINING_BOX: Box = (0.0, 0.0, 1.0, 0.6)

COLUMNS = 32
# y, half width, front depth, back depth, half of the open zip
TRUNK_RINGS = (
    (0.922, 0.119, 0.094, 0.090, 0.040),
    (0.936, 0.123, 0.098, 0.094, 0.041),
    (0.949, 0.122, 0.098, 0.093, 0.042),
    (0.957, 0.136, 0.110, 0.104, 0.043),
    (0.982, 0.148, 0.118, 0.112, 0.045),
    (1.025, 0.150, 0.120, 0.111, 0.047),
    (1.065, 0.148, 0.121, 0.107, 0.049),
    (1.098, 0.145, 0.116, 0.102, 0.051),
    (1.124, 0.141, 0.107, 0.096, 0.052),
    (1.148, 0.136, 0.096, 0.090, 0.053),
    (1.172, 0.129, 0.083, 0.084, 0.053),
    (1.194, 0.116, 0.069, 0.078, 0.052),
    (1.207, 0.097, 0.058, 0.071, 0.049),
    (1.216, 0.078, 0.050, 0.065, 0.044),
    (1.222, 0.062, 0.045, 0.060, 0.038),
)
HEM_TOP_Y = 0.952
TRUNK_Z = -0.012
FRONT_DIP = 0.040  # how much lower the neckline is in front
HOLE_ROWS = (7, 11)
HOLE_COLUMNS = (4, 10)  # the left armhole; the right one mirrors it

# x, height radius, depth radius, centre y, centre z
SLEEVE_RINGS = (
    (0.152, 0.052, 0.057, 1.152, -0.013),
    (0.172, 0.053, 0.056, 1.156, -0.014),
    (0.196, 0.054, 0.056, 1.160, -0.015),
    (0.224, 0.056, 0.056, 1.164, -0.016),
    (0.252, 0.057, 0.057, 1.167, -0.017),
    (0.278, 0.058, 0.058, 1.169, -0.018),
    (0.302, 0.059, 0.059, 1.170, -0.018),
    (0.326, 0.061, 0.060, 1.170, -0.018),
    (0.352, 0.064, 0.062, 1.169, -0.017),
    (0.382, 0.068, 0.066, 1.168, -0.016),
    (0.412, 0.071, 0.068, 1.166, -0.015),
    (0.438, 0.070, 0.067, 1.167, -0.013),
    (0.454, 0.061, 0.059, 1.169, -0.012),
    (0.463, 0.050, 0.049, 1.171, -0.011),
    (0.466, 0.040, 0.040, 1.172, -0.010),
    (0.465, 0.029, 0.029, 1.172, -0.010),
)
# x, radius: up the ribbed cuff, round its edge and back inside to close on the wrist
CUFF_RINGS = (
    (0.458, 0.0350),
    (0.471, 0.0380),
    (0.484, 0.038),
    (0.502, 0.036),
    (0.505, 0.034),
    (0.503, 0.031),
    (0.486, 0.030),
    (0.478, 0.015),
)


def trunk_points() -> Double:
    """Return the trunk's ``[R, C, 3]`` grid from hem to neckline, open at the zip."""
    y, width, front, back, gap = (column[:, None] for column in np.array(TRUNK_RINGS).T)
    exponent = 2.35
    start = np.arcsin((gap / width) ** (exponent / 2.0))
    t = np.linspace(0.0, 1.0, COLUMNS + 1)[None, :]
    angle = start + t * 2.0 * (np.pi - start)
    cosine, sine = superellipse(angle, exponent)
    # cloth gathers above the hem band
    gather = 0.004 * np.exp(-(((y - 0.966) / 0.018) ** 2)) * np.cos(13.0 * angle)
    x = (width + gather) * sine
    z = TRUNK_Z + (np.where(cosine > 0, front, back) + gather) * cosine
    frontness = np.clip(cosine, 0.0, 1.0)
    rise = np.clip((y - 1.15) / 0.072, 0.0, 1.0)
    height = y - FRONT_DIP * frontness * rise + 0.0 * angle
    # the hem hangs a little lower behind
    height = height - 0.010 * np.clip(-cosine, 0.0, 1.0) * (1.0 - np.clip((y - 0.92) / 0.1, 0, 1))
    return np.stack(np.broadcast_arrays(x, height, z), axis=-1)


def _trunk_uvs() -> Double:
    rows = np.array(TRUNK_RINGS)[:, 0]
    return placed(unit_uvs(rows, np.arange(COLUMNS + 1)), TRUNK_BOX)


def _hole_border(points: Double) -> Double:
    """Return the armhole's ``[K + 1, 3]`` border: from below, behind, above, in front, below."""
    low, high = HOLE_ROWS
    front, back = HOLE_COLUMNS
    middle = (front + back) // 2
    ring = [(low, c) for c in range(middle, back)]
    ring += [(r, back) for r in range(low, high)]
    ring += [(high, c) for c in range(back, front, -1)]
    ring += [(r, front) for r in range(high, low, -1)]
    ring += [(low, c) for c in range(front, middle + 1)]
    return np.array([points[r, c] for r, c in ring])


def _tube(rings: Double, angles: Double) -> Double:
    """Return points of a tube along +x; ``rings`` are x, height, depth, centre y, centre z."""
    x, tall, deep, centre_y, centre_z = (column[:, None] for column in rings.T)
    y = centre_y - tall * np.cos(angles)
    z = centre_z - deep * np.sin(angles)
    return np.stack(np.broadcast_arrays(x, y, z), axis=-1)


def _sleeve_points(border: Double) -> Double:
    """Return the left sleeve's grid; its first ring is the armhole's border."""
    rings = np.array(SLEEVE_RINGS)
    uniform = circle(len(border) - 1)
    _, tall, deep, centre_y, centre_z = rings[0]
    found = np.arctan2((centre_z - border[:, 2]) / deep, (centre_y - border[:, 1]) / tall)
    found = np.unwrap(found)
    found += np.linspace(-found[0], 2.0 * np.pi - found[-1], len(found))
    even = np.clip(np.arange(len(rings)) / 4.0, 0.0, 1.0)[:, None]
    angles = found + (uniform - found) * even
    # gathers before the cuff, and two soft folds in the crook of the elbow
    x = rings[:, :1]
    ripple = 0.05 * np.exp(-(((x - 0.452) / 0.016) ** 2)) * np.cos(7.0 * angles)
    crook = np.clip(-np.sin(angles), 0.0, 1.0) ** 2
    fold = 0.05 * crook * np.cos((x - 0.302) * 150.0) * np.exp(-(((x - 0.302) / 0.05) ** 2))
    scale = 1.0 + ripple + fold
    points = _tube(rings, angles)
    axis = np.concatenate([rings[:, :1], rings[:, 3:]], axis=1)[:, None, :]
    points = axis + (points - axis) * scale[..., None]
    bridge = border + 0.45 * (points[0] - border)
    return np.concatenate([border[None], bridge[None], points])


def _sleeve() -> Surface:
    points = _sleeve_points(_hole_border(trunk_points()))
    along = np.concatenate([[0.118, 0.135], np.array(SLEEVE_RINGS)[:, 0]])
    uvs = unit_uvs(along, np.arange(points.shape[1]))
    return loft(points, placed(uvs, SLEEVE_BOX))


def _trunk() -> Surface:
    keep = np.ones((len(TRUNK_RINGS) - 1, COLUMNS), bool)
    rows, columns = slice(*HOLE_ROWS), slice(*HOLE_COLUMNS)
    keep[rows, columns] = False
    keep[rows, COLUMNS - HOLE_COLUMNS[1] : COLUMNS - HOLE_COLUMNS[0]] = False
    return loft(trunk_points(), _trunk_uvs(), keep=keep)


def _shell() -> Surface:
    """Return trunk and sleeves as one welded cloth."""
    sleeve = _sleeve()
    return welded(_trunk(), sleeve, mirrored(sleeve))


def _lining() -> Surface:
    """Return the inside of the trunk, armholes closed, and the rim that joins it to the outside."""
    points = trunk_points()
    rows = np.array(TRUNK_RINGS)[:, 0]
    uvs = placed(unit_uvs(rows, np.arange(COLUMNS + 1)), LINING_BOX)
    outside = loft(points, uvs)
    inside = inner_shell(outside, 0.006)
    inner = inside.positions.reshape(points.shape).astype(np.float64)
    rims = []
    # up her left edge would turn the rim inside out: it runs down
    for side in (
        (slice(None, None, -1), slice(0, 1)),
        (slice(0, 1), slice(None)),
        (slice(None), slice(-1, None)),
    ):
        edge = [grid[side].reshape(-1, grid.shape[2]) for grid in (inner, points, uvs)]
        rims.append(loft(np.stack(edge[:2]), np.stack([edge[2], edge[2]])))
    return merge([inside, *rims])


def _cuff() -> Surface:
    x, radius = np.array(CUFF_RINGS).T
    middle_y = curve(((0.458, 1.171), (0.505, 1.172)), x)
    centre_z = curve(((0.458, -0.011), (0.505, -0.008)), x)
    rings = np.stack([x, radius, radius, middle_y, centre_z], axis=1)
    angles = circle(14)
    length = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(radius)))])
    return loft(_tube(rings, angles), placed(unit_uvs(length, angles), CUFF_BOX))


def hoodie_parts() -> list[Part]:
    """Model the jacket without its hood."""
    cuff = _cuff()
    return [
        bound("hoodie", "Hoodie", _shell(), torso_and_arms),
        bound("hoodieLining", "Lining", _lining(), torso_and_arms),
        bound("cuffs", "Lining", merge([cuff, mirrored(cuff)]), torso_and_arms),
    ]
