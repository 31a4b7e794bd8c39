"""Modelling tools: splines, grids, strands and triangulated outlines as triangle surfaces."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.spatial import Delaunay

from avatar_app.default_avatar.part import Part

Float = NDArray[np.float32]
Double = NDArray[np.float64]
Index = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Surface:
    """Triangles without a material or bones.

    Attributes:
        positions: ``[V, 3]`` float32, metres.
        normals: ``[V, 3]`` float32, unit.
        uvs: ``[V, 2]`` float32, origin at the top left of the image.
        triangles: ``[T, 3]`` uint32, counter-clockwise from outside.
    """

    positions: Float = field(repr=False)
    normals: Float = field(repr=False)
    uvs: Float = field(repr=False)
    triangles: Index = field(repr=False)


def sample_spline(controls: Sequence[Sequence[float]] | Double, count: int) -> Double:
    """Sample a cubic spline through control points, evenly in chord length of the controls.

    Args:
        controls: ``[K, D]``, any dimension, K of 2 or more; extra columns (widths, ...) ride along
            but chord length is measured in the first three.
        count: Number of samples, ends included.

    Returns:
        ``[count, D]`` float64.
    """
    points = np.asarray(controls, dtype=np.float64)
    steps = np.linalg.norm(np.diff(points[:, :3], axis=0), axis=1)
    knots = np.concatenate([[0.0], np.cumsum(np.maximum(steps, 1e-9))])
    at = np.linspace(0.0, knots[-1], count)
    if len(points) == 2:
        return np.stack([np.interp(at, knots, column) for column in points.T], axis=1)
    sampled: Double = CubicSpline(knots, points, bc_type="natural")(at)
    return sampled


def smoothstep(low: float, high: float, value: Double | Float) -> Double:
    """Rise smoothly from 0 at ``low`` to 1 at ``high`` (falls when ``low`` is above ``high``)."""
    t = np.clip((np.asarray(value, dtype=np.float64) - low) / (high - low), 0.0, 1.0)
    eased: Double = t * t * (3.0 - 2.0 * t)
    return eased


def smooth_normals(positions: Double | Float, triangles: Index, weld_m: float = 1e-5) -> Float:
    """Average face normals by area at each vertex; vertices closer than ``weld_m`` share one.

    Args:
        positions: ``[V, 3]``, metres.
        triangles: ``[T, 3]``.
        weld_m: Grid on which positions count as equal, so that texture seams stay smooth.

    Returns:
        ``[V, 3]`` float32, unit.
    """
    points = np.asarray(positions, dtype=np.float64)
    a, b, c = (points[triangles[:, k]] for k in range(3))
    face_normals = np.cross(b - a, c - a)
    _, groups = np.unique(np.round(points / weld_m).astype(np.int64), axis=0, return_inverse=True)
    groups = groups.reshape(-1)
    sums = np.zeros((int(groups.max()) + 1, 3))
    for k in range(3):
        np.add.at(sums, groups[triangles[:, k]], face_normals)
    normals = sums[groups]
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    safe = np.where(lengths > 1e-15, normals / np.maximum(lengths, 1e-15), (0.0, 0.0, 1.0))
    return safe.astype(np.float32)


def grid_triangles(rows: int, columns: int, *, closed: bool = False) -> Index:
    """Triangulate a grid of vertices stored row by row.

    Seen from outside, rows run downwards and columns run to the right (round a body: towards
    its left at the front, so that the azimuth grows). ``closed`` joins the last column to the
    first.
    """
    across = columns if closed else columns - 1
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(across), indexing="ij")
    right = (j + 1) % columns
    a, b = i * columns + j, (i + 1) * columns + j
    c, d = (i + 1) * columns + right, i * columns + right
    halves = np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], axis=2)
    triangles: Index = halves.reshape(-1, 3).astype(np.uint32)
    return triangles


def grid_surface(
    positions: Double | Float, *, closed: bool = False, uvs: Double | Float | None = None
) -> Surface:
    """Make a smooth surface of a ``[R, C, 3]`` grid of points; see ``grid_triangles``.

    ``uvs`` is ``[R, C, 2]``; by default u runs with the columns and v with the rows over [0, 1].
    For texture on a closed grid repeat the first column instead of passing ``closed``.
    """
    rows, columns = positions.shape[:2]
    triangles = grid_triangles(rows, columns, closed=closed)
    if uvs is None:
        v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(0, 1, columns), indexing="ij")
        uvs = np.stack([u, v], axis=-1)
    return make_surface(positions.reshape(-1, 3), uvs.reshape(-1, 2), triangles)


def make_surface(positions: Double | Float, uvs: Double | Float, triangles: Index) -> Surface:
    """Drop triangles without area and give the rest smooth normals."""
    points = np.asarray(positions, dtype=np.float64)
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    kept = triangles[area > 1e-12]
    return Surface(
        positions=points.astype(np.float32),
        normals=smooth_normals(points, kept),
        uvs=np.asarray(uvs, dtype=np.float32),
        triangles=kept,
    )


def merge(surfaces: Sequence[Surface]) -> Surface:
    """Join surfaces into one, normals untouched."""
    starts = np.cumsum([0] + [len(surface.positions) for surface in surfaces[:-1]])
    return Surface(
        positions=np.concatenate([surface.positions for surface in surfaces]),
        normals=np.concatenate([surface.normals for surface in surfaces]),
        uvs=np.concatenate([surface.uvs for surface in surfaces]),
        triangles=np.concatenate(
            [s.triangles + np.uint32(start) for s, start in zip(surfaces, starts, strict=True)]
        ),
    )


def mirrored(surface: Surface) -> Surface:
    """Mirror left and right; triangles stay counter-clockwise from outside."""
    flip = np.array([-1.0, 1.0, 1.0], dtype=np.float32)
    return Surface(
        surface.positions * flip,
        surface.normals * flip,
        surface.uvs.copy(),
        np.ascontiguousarray(surface.triangles[:, ::-1]),
    )


def flipped(surface: Surface) -> Surface:
    """Turn a surface inside out."""
    return Surface(
        surface.positions,
        -surface.normals,
        surface.uvs,
        np.ascontiguousarray(surface.triangles[:, ::-1]),
    )


def frames_along(path: Double, ups: Double) -> tuple[Double, Double]:
    """Return unit side and up vectors at each point of a path.

    Args:
        path: ``[N, 3]``.
        ups: ``[N, 3]`` wished up vectors (out of the skull for a lock of hair).

    Returns:
        ``side [N, 3] = tangent x up`` and ``up [N, 3]``, both at right angles to the path.
    """
    tangents = np.gradient(path, axis=0)
    tangents /= np.maximum(np.linalg.norm(tangents, axis=1, keepdims=True), 1e-12)
    up = ups - np.sum(ups * tangents, axis=1, keepdims=True) * tangents
    up /= np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-12)
    return np.cross(tangents, up), up


def strand(
    path: Double,
    ups: Double,
    widths: Double | float,
    thicknesses: Double | float,
    *,
    sides: int = 6,
    edge: float = 0.7,
    closed_ends: bool = True,
) -> Surface:
    """Sweep a lens-shaped cross-section along a path.

    Args:
        path: ``[N, 3]`` metres, root to tip.
        ups: ``[N, 3]`` direction in which the flat side faces.
        widths: ``[N]`` or constant, full width across.
        thicknesses: ``[N]`` or constant, full thickness along up.
        sides: Vertices round the cross-section, all but one on the outer side.
        edge: Exponent of the lens: 1 is an ellipse, smaller is sharper at both edges.
        closed_ends: Pull both ends together to a point.

    Returns:
        A surface with u round the cross-section (0.5 in the middle of the outer side) and v along.
    """
    count = len(path)
    side, up = frames_along(path, ups)
    half_width = np.broadcast_to(np.asarray(widths, float) / 2, (count,))[:, None, None]
    half_thick = np.broadcast_to(np.asarray(thicknesses, float) / 2, (count,))[:, None, None]
    # 0 is the middle of the inner side, which is seen less and has but one vertex there.
    around = np.concatenate([[0.0], np.linspace(0.5, 1.5, sides - 1) * np.pi, [2 * np.pi]])
    across = np.sin(around)
    out = -np.cos(around) * np.abs(np.cos(around)) ** (1 / edge - 1)
    ring = (
        path[:, None, :]
        + side[:, None, :] * (half_width * across[None, :, None])
        + up[:, None, :] * (half_thick * out[None, :, None])
    )
    along = np.linspace(0, 1, count)
    if closed_ends:
        ring = np.concatenate(
            [
                np.repeat(path[:1, None], sides + 1, 1),
                ring,
                np.repeat(path[-1:, None], sides + 1, 1),
            ]
        )
        along = np.concatenate([[0.0], along, [1.0]])
    u = np.broadcast_to(around / (2 * np.pi), ring.shape[:2])
    v = np.broadcast_to(along[:, None], ring.shape[:2])
    return grid_surface(ring, uvs=np.stack([u, v], axis=-1))


def inside_polygon(points: Double, outline: Double) -> NDArray[np.bool_]:
    """Tell which of ``points [N, 2]`` lie inside a closed ``outline [K, 2]`` (even-odd rule)."""
    x, y = points[:, 0, None], points[:, 1, None]
    x0, y0 = outline[:, 0], outline[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    crosses = (y0 > y) != (y1 > y)
    slope = np.where(y1 == y0, 1.0, y1 - y0)
    hits = crosses & (x < (x1 - x0) * (y - y0) / slope + x0)
    inside: NDArray[np.bool_] = np.sum(hits, axis=1) % 2 == 1
    return inside


def triangulate(points: Double, keep: Callable[[Double], NDArray[np.bool_]]) -> Index:
    """Delaunay-triangulate ``[N, 2]`` points, keeping triangles whose centroid passes ``keep``.

    Sample outlines of holes densely: their edges appear by closeness, not by constraint.
    Triangles come out counter-clockwise with y up.
    """
    simplices = Delaunay(points).simplices
    a, b, c = (points[simplices[:, k]] for k in range(3))
    turn = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    simplices = np.where((turn < 0)[:, None], simplices[:, ::-1], simplices)
    kept = keep((a + b + c) / 3) & (np.abs(turn) > 1e-14)
    return np.ascontiguousarray(simplices[kept]).astype(np.uint32)


def chain_weights(along: Double, bones: Sequence[str]) -> dict[str, Float]:
    """Bind a strand to a chain of bones, blending linearly from each bone to the next.

    Args:
        along: ``[V]`` position on the strand, 0 at the first bone's joint, 1 at the last one's end.
        bones: Bones from root to tip, each moving an equal share of the strand.

    Returns:
        Bone name to ``[V]`` float32 weights that sum to 1.
    """
    place = np.clip(np.asarray(along) * len(bones) - 0.5, 0.0, len(bones) - 1.0)
    return {
        bone: np.clip(1.0 - np.abs(place - k), 0.0, 1.0).astype(np.float32)
        for k, bone in enumerate(bones)
    }


def make_part(
    name: str,
    material: str,
    surface: Surface,
    weights: Mapping[str, Float] | str,
    morphs: Mapping[str, Float] | None = None,
) -> Part:
    """Wrap a surface as a part; ``weights`` may be the name of one bone."""
    if isinstance(weights, str):
        weights = {weights: np.ones(len(surface.positions), dtype=np.float32)}
    return Part(
        name=name,
        material=material,
        positions=surface.positions,
        normals=surface.normals,
        uvs=surface.uvs,
        triangles=surface.triangles,
        weights=weights,
        morphs=dict(morphs or {}),
    )
