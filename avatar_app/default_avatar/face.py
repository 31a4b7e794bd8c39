"""The skin of the head: one smooth mesh with two eye openings and a mouth slit."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar import eye_shape, mouth_shape
from avatar_app.default_avatar.part import Part
from avatar_app.default_avatar.skull import (
    art_normals,
    front_coordinates,
    front_point,
    skull_normal,
    skull_point,
)
from avatar_app.default_avatar.surfaces import (
    Float,
    Index,
    Surface,
    inside_polygon,
    make_part,
    smoothstep,
    triangulate,
)

Double = NDArray[np.float64]

SKIN_MATERIAL = "yuzu_face"
# The front orthographic window that the face texture shows, metres: centre x 0, top, size.
TEXTURE_TOP_Y = 1.520
TEXTURE_SIZE_M = 0.260
PLAIN_X = 0.092  # nothing is painted further out than this
PLAIN_Z = 0.022
MOUTH_REACH_M = 0.023  # skin further from the lips than this stays still
CHIN = np.array([0.0, 1.270, 0.074])
FLAT_SHADING = 0.72  # share of the ball in the skin's normals; the rest is true geometry


@dataclass(frozen=True, slots=True)
class _Sites:
    """Vertices before triangulation.

    Attributes:
        places: ``[V, 2]`` azimuth and row on the skull.
        plan: ``[V, 2]`` flat unrolled position in metres, lips parted so that the slit has area.
    """

    places: Double = field(repr=False)
    plan: Double = field(repr=False)


def skin_uv(points: Double) -> Double:
    """Map ``[..., 3]`` positions (or ``[..., 2]``) to the face texture, seen from the front.

    What lies behind the ears takes the plain colour beside the face.
    """
    x = points[..., 0]
    if points.shape[-1] == 3:
        plain = np.copysign(np.maximum(np.abs(x), PLAIN_X), x)
        x = np.where(points[..., 2] < PLAIN_Z, plain, x)
    u = 0.5 + x / TEXTURE_SIZE_M
    v = (TEXTURE_TOP_Y - points[..., 1]) / TEXTURE_SIZE_M
    return np.stack([u, v], axis=-1)


def _unroll(places: Double) -> Double:
    """Lay (azimuth, row) out flat in metres; the row axis follows the 30 degree meridian."""
    rows = np.linspace(0.0, 13.0, 261)
    meridian = skull_point(np.full(261, np.deg2rad(30.0)), rows, bumps=False)
    steps = np.linalg.norm(np.diff(meridian, axis=0), axis=1)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    return np.stack([places[:, 0] * 0.088, -np.interp(places[:, 1], rows, length)], axis=1)


def _front_sites(points: Double, plan_points: Double | None = None) -> _Sites:
    places = front_coordinates(points)
    return _Sites(
        places, _unroll(places if plan_points is None else front_coordinates(plan_points))
    )


def _mouth_ring(grow: float, part: float) -> Double:
    """Loop round the mouth: ``grow`` widens it, ``part`` moves the lips apart, metres."""
    upper, lower = mouth_shape.rest_lips()
    arch = np.sin(np.linspace(0, np.pi, len(upper)))[:, None] ** 0.6
    stretch = 1.0 + grow / 0.009
    rings = []
    for lip, sign in ((upper, 1.0), (lower, -1.0)):
        ring = mouth_shape.CENTRE + (lip - mouth_shape.CENTRE) * (stretch, 1.0)
        rings.append(ring + np.array([0.0, sign]) * arch * part)
    return np.concatenate([rings[0], rings[1][-2:0:-1]])


def _mirror_x(points: Double) -> Double:
    mirrored: Double = points * np.array([-1.0, 1.0])
    return mirrored


def _grid_sites() -> _Sites:
    """Spread the remaining vertices: dense at nose and chin, sparse at the back."""
    rows = np.array([1.0, 2.0, 3.0, 3.6, 4.2, 4.6, 5, 5.4, 5.8, 6.2, 6.6, 7, 7.4, 7.8, 8.2, 8.6])
    rows = np.concatenate([rows, [9.0, 9.35, 9.7, 10.0, 10.3, 10.8, 11.4, 12.0, 13.0]])
    half = np.deg2rad(
        [0, 2.2, 4.5, 8, 12, 17, 22, 28, 34, 40, 46, 52, 58, 65, 74, 84, 96, 110, 130]
    )
    half = np.concatenate([half, np.deg2rad([155, 180])])
    azimuth, row = np.meshgrid(np.concatenate([-half[:0:-1], half]), rows)
    places = np.stack([azimuth.ravel(), row.ravel()], axis=1)
    is_fine = np.abs(places[:, 0]) < np.deg2rad(7)
    keep = ~is_fine | (places[:, 1] > 5.5) | (np.abs(np.mod(np.rad2deg(places[:, 0]), 4.5)) < 0.1)
    places = places[keep]
    hidden = np.abs(places[:, 0]) > np.deg2rad(80)
    places = places[~hidden | np.isin(places[:, 1], rows[::2])]
    return _Sites(places, _unroll(places))


def _sites() -> tuple[_Sites, tuple[Double, ...]]:
    """Collect all vertices and the plan outlines of the holes (left eye, right eye, mouth)."""
    groups: list[_Sites] = []
    holes: list[Double] = []
    blocked: list[Double] = []
    for side in (1.0, -1.0):
        loops = [eye_shape.opening(), eye_shape.widened(0.0032), eye_shape.widened(0.0075)]
        loops = [loop if side > 0 else _mirror_x(loop) for loop in loops]
        parts = [_front_sites(loop) for loop in loops]
        groups += parts
        holes.append(parts[0].plan)
        blocked.append(_unroll(front_coordinates(_grown(loops[2], 0.003))))
    for grow, opened, shown in (
        (0.0, 0.0, 0.003),
        (0.0028, 0.0030, 0.0055),
        (0.006, 0.0065, 0.0085),
    ):
        ring = _front_sites(_mouth_ring(grow, opened), _mouth_ring(grow, shown))
        groups.append(ring)
        if grow == 0.0:
            holes.append(ring.plan)
    blocked.append(_unroll(front_coordinates(_mouth_ring(0.0080, 0.0105))))
    grid = _grid_sites()
    free = ~np.any([inside_polygon(grid.plan, outline) for outline in blocked], axis=0)
    groups.append(_Sites(grid.places[free], grid.plan[free]))
    places = np.concatenate([group.places for group in groups])
    plan = np.concatenate([group.plan for group in groups])
    return _Sites(places, plan), tuple(holes)


def _grown(loop: Double, distance: float) -> Double:
    centre = loop.mean(axis=0)
    arms = loop - centre
    grown: Double = centre + arms * (1.0 + distance / np.linalg.norm(arms, axis=1, keepdims=True))
    return grown


def _skin_mesh() -> tuple[Double, Index, Float]:
    """Triangulate the skin; returns positions, triangles and normals."""
    sites, holes = _sites()

    def outside_holes(centres: Double) -> NDArray[np.bool_]:
        kept: NDArray[np.bool_] = ~np.any([inside_polygon(centres, hole) for hole in holes], axis=0)
        return kept

    triangles = triangulate(sites.plan, outside_holes)
    azimuth, row = sites.places.T
    positions = skull_point(azimuth, row)
    mixed = FLAT_SHADING * art_normals(positions) + (1 - FLAT_SHADING) * skull_normal(azimuth, row)
    normals = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return positions, triangles, normals.astype(np.float32)


def mouth_motion(points: Double, shape: str) -> Double:
    """Move front-view skin points with the lips.

    Points above the mouth follow the upper lip and points below it the lower one; both fade out
    with distance.

    Args:
        points: ``[N, 2]`` front-view metres, face at rest.
        shape: Key of ``mouth_shape.SHAPES_MM``.

    Returns:
        ``[N, 2]`` offsets at full weight.
    """
    upper, lower = mouth_shape.rest_lips()
    to_upper, to_lower = mouth_shape.lips(shape)
    middle = (upper + lower) / 2
    above = points[:, 1] - np.interp(points[:, 0], middle[:, 0], middle[:, 1])
    share = smoothstep(-0.00002, 0.00002, above)[:, None]
    moved = np.zeros_like(points)
    for lip, target, weight in ((upper, to_upper, share), (lower, to_lower, 1 - share)):
        distance = np.linalg.norm(points[:, None] - lip[None], axis=2)
        closeness = 1.0 / (distance**2 + 1e-9)
        pull = closeness @ (target - lip) / closeness.sum(axis=1, keepdims=True)
        fade = smoothstep(MOUTH_REACH_M, 0.0, distance.min(axis=1))[:, None]
        moved += weight * fade * pull
    return moved


def skin_offsets(positions: Double, shape: str) -> Float:
    """Offsets ``[V, 3]`` of skin (or of anything just on it) for a mouth shape."""
    offsets = np.zeros_like(positions)
    near = (positions[:, 2] > 0.02) & (positions[:, 1] < mouth_shape.CENTRE[1] + 0.03)
    points = positions[near, :2]
    motion = mouth_motion(points, shape)
    still = np.linalg.norm(motion, axis=1) < 1e-6
    motion[still] = 0.0
    lift = front_point(_on_face(points + motion)) - front_point(_on_face(points))
    offsets[near, :2] = motion
    offsets[near, 2] = lift[:, 2] * smoothstep(1.274, 1.284, points[:, 1])
    offsets[:, 1] -= _jaw_share(positions) * mouth_shape.JAW_DROP.get(shape, 0.0)
    return offsets.astype(np.float32)


def _jaw_share(positions: Double) -> Double:
    """How much of the chin's drop each vertex takes: all at the chin, none at lips and neck."""
    arms = (positions - CHIN) / (0.060, 0.026, 0.070)
    return smoothstep(1.0, 0.15, np.linalg.norm(arms, axis=1))


def _on_face(points: Double) -> Double:
    """Keep points within the area where the front view finds the face."""
    return np.stack([points[:, 0], np.maximum(points[:, 1], 1.2735)], axis=1)


def _widening(positions: Double) -> Float:
    """Offsets that open the eyes wider for ``surprised``: the upper edge of the openings rises."""
    offsets = np.zeros_like(positions)
    front = positions[:, 2] > 0.02
    for side in (1.0, -1.0):
        local = positions[:, :2] * (side, 1.0)
        edge = eye_shape.upper_edge(33)
        distance = np.min(np.linalg.norm(local[:, None] - edge[None], axis=2), axis=1)
        rise = eye_shape.widening(local)[:, 1]
        offsets[:, 1] += front * rise * smoothstep(0.010, 0.0, distance)
    return offsets.astype(np.float32)


def face_parts() -> list[Part]:
    """Model the skin of the head with its mouth shapes and widened eyes."""
    positions, triangles, normals = _skin_mesh()
    surface = Surface(
        positions=positions.astype(np.float32),
        normals=normals,
        uvs=skin_uv(positions).astype(np.float32),
        triangles=triangles,
    )
    morphs = {shape: skin_offsets(positions, shape) for shape in mouth_shape.SHAPES_MM}
    morphs["surprised"] = morphs["surprised"] + _widening(positions)
    return [make_part("face", SKIN_MATERIAL, surface, "head", morphs)]
