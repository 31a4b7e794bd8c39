"""Lofts: cloth and skin spanned over rings of points that climb along an axis."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

from avatar_app.default_avatar.part import Part
from avatar_app.default_avatar.surfaces import (
    Double,
    Surface,
    flipped,
    make_part,
    make_surface,
    merge,
)

WeightField = Callable[[Double], Mapping[str, Double]]
Box = tuple[float, float, float, float]


def curve(knots: Sequence[tuple[float, float]], at: ArrayLike) -> Double:
    """Read a smooth curve through ``(x, y)`` knots that never overshoots; constant beyond them."""
    x, y = np.array(sorted(knots), np.float64).T
    value = np.clip(np.asarray(at, np.float64), x[0], x[-1])
    return np.asarray(PchipInterpolator(x, y)(value))


def circle(count: int, start: float = 0.0) -> Double:
    """Return ``count + 1`` angles of one full turn; the last repeats the first."""
    return start + np.linspace(0.0, 2.0 * np.pi, count + 1)


def superellipse(angles: Double, exponent: ArrayLike = 2.0) -> tuple[Double, Double]:
    """Return cosine-like and sine-like coordinates; exponents above 2 approach a box."""
    power = 2.0 / np.asarray(exponent, np.float64)
    cosine, sine = np.cos(angles), np.sin(angles)
    return np.sign(cosine) * np.abs(cosine) ** power, np.sign(sine) * np.abs(sine) ** power


def unit_uvs(rows: ArrayLike, columns: ArrayLike) -> Double:
    """Return ``[R, C, 2]``: u runs along the columns, v from 1 at the first row up to 0."""
    row = np.asarray(rows, np.float64)
    column = np.asarray(columns, np.float64)
    v = 1.0 - (row - row[0]) / (row[-1] - row[0])
    u = (column - column[0]) / (column[-1] - column[0])
    return np.stack(np.broadcast_arrays(u[None, :], v[:, None]), axis=-1)


def placed(uvs: Double, box: Box) -> Double:
    """Move unit-square UVs into ``box`` (left, top, right, bottom) of the material's image."""
    low, high = np.array(box[:2]), np.array(box[2:])
    return np.asarray(low + uvs * (high - low))


def loft(points: Double, uvs: Double, *, keep: NDArray[np.bool_] | None = None) -> Surface:
    """Span a surface over ``[R, C, 3]`` points.

    Columns turn counter-clockwise seen against the direction in which the rows climb, so that
    the outside is visible. ``keep`` ``[R - 1, C - 1]`` leaves holes where it is False.
    """
    rows, columns = points.shape[:2]
    index = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    corners = np.stack((a, b, c, a, c, d), axis=-1)
    kept = corners[keep] if keep is not None else corners
    return compact(make_surface(points.reshape(-1, 3), uvs.reshape(-1, 2), kept.reshape(-1, 3)))


def compact(surface: Surface) -> Surface:
    """Drop vertices that no triangle uses."""
    used, inverse = np.unique(surface.triangles, return_inverse=True)
    return Surface(
        surface.positions[used],
        surface.normals[used],
        surface.uvs[used],
        inverse.reshape(-1, 3).astype(np.uint32),
    )


def welded(*surfaces: Surface) -> Surface:
    """Join surfaces whose borders touch, with normals that run smoothly across."""
    joined = merge(surfaces)
    return make_surface(joined.positions, joined.uvs, joined.triangles)


def inner_shell(surface: Surface, thickness: ArrayLike) -> Surface:
    """Return the inside of a cloth: the surface moved inwards and turned inside out."""
    depth = np.asarray(thickness, np.float32).reshape(-1, 1)
    moved = surface.positions - surface.normals * depth
    return flipped(Surface(moved, surface.normals, surface.uvs, surface.triangles))


def bound(name: str, material: str, surface: Surface, weights: WeightField) -> Part:
    """Make a part of a surface with weights read from a field over space."""
    found = weights(surface.positions.astype(np.float64))
    total = np.maximum(np.sum(list(found.values()), axis=0), 1e-9)
    shares = {bone: (share / total).astype(np.float32) for bone, share in found.items()}
    used = {bone: share for bone, share in shares.items() if np.any(share > 1e-4)}
    return make_part(name, material, surface, used)
