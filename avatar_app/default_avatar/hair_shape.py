"""The volume that hair lies on, and locks of hair: tapered lens-shaped tubes along splines."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from avatar_app.default_avatar.surfaces import Surface, make_surface, sample_spline, strand

Double = NDArray[np.float64]

# Meridians of the hair's volume: distance from the axis and height in millimetres, from the crown
# (row 0) over the widest place (row 4, brows) down to below the shoulders (row 9).
FRONT_MM = (
    (0, 1541), (51, 1528), (80, 1497), (95, 1456), (100, 1412), (99, 1362), (102, 1310),
    (103, 1258), (93, 1208), (78, 1165),
)  # fmt: skip
SIDE_MM = (
    (0, 1541), (53, 1528), (83, 1498), (101, 1457), (109, 1411), (115, 1362), (120, 1312),
    (117, 1260), (103, 1210), (84, 1166),
)  # fmt: skip
BACK_MM = (
    (0, 1541), (57, 1528), (91, 1496), (111, 1454), (121, 1408), (124, 1360), (123, 1310),
    (115, 1258), (98, 1208), (80, 1165),
)  # fmt: skip
ROWS = len(FRONT_MM)

CAP_FRAY = 0.55  # rows by which the layer's lower border zigzags
RING_ROW = 2.55  # the angel ring lies round the head at this row
RING_V = 0.25  # and at this height of the texture
LOCK_COLUMNS = 4  # lock textures side by side; one more column is the cap's
COLUMN_COUNT = LOCK_COLUMNS + 1
WORLD_STEPS = 22  # samples along tails and ahoge, which bend more than the rest


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock of hair.

    Attributes:
        name: Unique among the locks.
        controls: Root to tip. On the volume: (azimuth in degrees, row, millimetres above it);
            in the world: (x, y, z) in millimetres.
        width: Greatest width, millimetres.
        thickness: Greatest thickness, millimetres.
        group: Spring chain that moves it; empty: it stays on the head.
        free_from: Share of its length from which the chain moves it.
        column: Texture column, 0 to 3.
        is_world: ``controls`` are world positions.
        mirrored: A twin lies on her right side.
        root_width: Width at the root as a share of the greatest.
        wide_at: Place of the greatest width, 0 root to 1 tip.
        faces: Direction of its flat side; by default away from the head.
        steps: Samples along it; what lies in front of the face deserves more.
    """

    name: str
    controls: tuple[tuple[float, float, float], ...]
    width: float
    thickness: float
    group: str = ""
    free_from: float = 0.5
    column: int = 0
    is_world: bool = False
    mirrored: bool = False
    root_width: float = 0.5
    wide_at: float = 0.45
    faces: tuple[float, float, float] | None = None
    steps: int = 11


@cache
def _meridian_splines() -> tuple[CubicSpline, CubicSpline, CubicSpline]:
    rows = np.arange(ROWS)
    front, side, back = (
        CubicSpline(rows, np.array(line) / 1000.0) for line in (FRONT_MM, SIDE_MM, BACK_MM)
    )
    return front, side, back


def volume_point(azimuth: Double, row: Double) -> Double:
    """Return points ``[..., 3]`` of the hair's volume; azimuth in radians, positive to her left."""
    front, side, back = (spline(row) for spline in _meridian_splines())
    forward = np.cos(azimuth)
    share = (forward**2)[..., None]
    profile = side + (np.where(forward[..., None] > 0, front, back) - side) * share
    radius, y = profile[..., 0], profile[..., 1]
    return np.stack([radius * np.sin(azimuth), y, radius * forward], axis=-1)


def volume_normal(azimuth: Double, row: Double) -> Double:
    """Return outward unit normals ``[..., 3]`` of the hair's volume."""
    row = np.maximum(row, 0.05)
    step = 1e-3
    down = volume_point(azimuth, row + step) - volume_point(azimuth, row - step)
    left = volume_point(azimuth + step, row) - volume_point(azimuth - step, row)
    normal = np.cross(down, left)
    unit: Double = normal / np.linalg.norm(normal, axis=-1, keepdims=True)
    return unit


def along_volume(row: Double, last_row: float) -> Double:
    """Texture v of a row on a lock that ends at ``last_row``: the ring is at one height for all."""
    below = RING_V + (1 - RING_V) * (row - RING_ROW) / max(last_row - RING_ROW, 0.1)
    v: Double = np.where(row < RING_ROW, RING_V * row / RING_ROW, below)
    return v


def lock_path(lock: Lock, steps: int) -> tuple[Double, Double, Double]:
    """Return path ``[N, 3]``, outward directions ``[N, 3]`` and texture v ``[N]`` of a lock."""
    if lock.is_world:
        path = sample_spline(np.array(lock.controls) / 1000.0, steps)
        ups = path - np.array([0.0, 1.40, -0.01])
        if lock.faces is not None:
            ups = np.broadcast_to(np.array(lock.faces), path.shape)
        v = 0.32 + 0.68 * np.linspace(0, 1, steps)
    else:
        controls = np.array(lock.controls)
        scaled = controls * (np.deg2rad(1.0) * 0.1, 0.045, 0.001)
        sampled = sample_spline(np.concatenate([scaled, controls], axis=1), steps)[:, 3:]
        azimuth, row = np.deg2rad(sampled[:, 0]), sampled[:, 1]
        ups = volume_normal(azimuth, row)
        path = volume_point(azimuth, row) + ups * sampled[:, 2:] / 1000.0
        v = along_volume(row, float(row[-1]))
    return path, ups, np.clip(v, 0.0, 1.0)


def lock_surface(lock: Lock, sides: int = 6) -> tuple[Surface, Double]:
    """Model one lock.

    Returns:
        The surface and ``[V]`` the place of each vertex along the lock, 0 root to 1 tip.
    """
    path, ups, v = lock_path(lock, WORLD_STEPS if lock.is_world else lock.steps)
    s = np.linspace(0, 1, len(path))
    rise = lock.root_width + (1 - lock.root_width) * np.sin(
        np.clip(s / lock.wide_at, 0, 1) * np.pi / 2
    )
    fall = np.clip((1 - s) / (1 - lock.wide_at), 0, 1)
    taper = rise * np.where(s > lock.wide_at, 1 - (1 - fall) ** 1.9, 1.0)
    taper[-1] = 0.02
    widths = lock.width / 1000.0 * taper
    thickness = lock.thickness / 1000.0 * (0.35 + 0.65 * np.sin(np.clip(s * 1.15, 0, 1) * np.pi))
    thickness = np.minimum(thickness, widths * 0.8) * np.where(s > 0.9, taper / taper[-3], 1.0)
    surface = strand(path, ups, widths, thickness, sides=sides, edge=0.62)
    along = surface.uvs[:, 1].astype(np.float64)
    uvs = np.stack(
        [(lock.column + surface.uvs[:, 0]) / COLUMN_COUNT, np.interp(along, s, v)], axis=1
    )
    return make_surface(surface.positions, uvs, surface.triangles), along


def cap_surface(ends: Sequence[tuple[float, float]], sink: float) -> Surface:
    """Model the layer under the locks: the volume sunk by ``sink`` metres, from the crown down.

    Args:
        ends: (azimuth in degrees from 0 to 180, last row) of its lower border, both sides alike.
        sink: How far it lies under the volume.
    """
    azimuth = np.deg2rad(np.linspace(-180, 180, 41))
    last = np.interp(np.abs(np.rad2deg(azimuth)), *np.array(ends).T)
    last = last + np.where(last > 5, CAP_FRAY * (np.arange(len(last)) % 2), 0.0)
    top = np.array([0.0, 0.3, 0.7, 1.2, 1.8, 2.4])[:, None] + 0.0 * last
    row = np.concatenate([top, 2.4 + np.linspace(0, 1, 4)[1:, None] * (last - 2.4)])
    spread = np.broadcast_to(azimuth, row.shape)
    points = volume_point(spread, row) - sink * volume_normal(spread, row)
    wave = np.abs(np.mod(np.rad2deg(spread) / 60.0, 2.0) - 1.0)
    u = (LOCK_COLUMNS + 0.08 + 0.84 * wave) / COLUMN_COUNT
    v = along_volume(row, 8.6)
    rows, columns = row.shape
    grid = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
    triangles = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)]).reshape(-1, 3)
    return make_surface(
        points.reshape(-1, 3), np.stack([u, v], -1).reshape(-1, 2), triangles.astype(np.uint32)
    )
