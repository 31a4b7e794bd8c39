"""Eyes: whites and irises behind the openings of the face, and lids that unroll over them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar import eye_shape
from avatar_app.default_avatar.face import SKIN_MATERIAL, skin_uv
from avatar_app.default_avatar.lashes import LASH_MATERIAL, lash_lines
from avatar_app.default_avatar.morphed_surface import MorphedSurface, join, twin_parts
from avatar_app.default_avatar.part import Part
from avatar_app.default_avatar.skull import art_normals, front_point
from avatar_app.default_avatar.surfaces import (
    Float,
    Surface,
    grid_surface,
    grid_triangles,
    merge,
)

Double = NDArray[np.float64]

WHITE_MATERIAL = "yuzu_eye_white"
IRIS_MATERIAL = "yuzu_iris"

# White and iris lie on spheres round the joint of the eye bone (before the head is enlarged),
# so that the iris slides along the white behind the skin and never leaves the opening.
TURN_CENTRE = np.array([0.018, 1.362, 0.024])
IRIS_RADIUS = 0.0552
WHITE_RADIUS = 0.0525  # well behind, so that their landmarks differ
IRIS_HALF_SIZE = (0.0190, 0.0222)
STARTLED_IRIS = 0.84  # its size when surprised
IRIS_CENTRE = np.add(eye_shape.CENTRE, (-0.0012, 0.0002))
WHITE_TEXTURE_M = 0.066  # the white's texture shows this much round the centre of the opening

LID_ROWS = 5
UPPER_TUCK = 0.0034  # the open lid is folded away this far behind the skin
LOWER_TUCK = 0.0009
TUCK_DEPTH = 0.0038  # as deep as it may without meeting the iris on its way
UPPER_OVERLAP = -0.0008  # the upper lid ends this far below the line where the lids meet
LOWER_OVERLAP = 0.0004


def _on_sphere(points: Double, radius: float) -> Double:
    """Push front-view points ``[..., 2]`` onto the front of a sphere round TURN_CENTRE."""
    flat = points - TURN_CENTRE[:2]
    depth = np.sqrt(np.maximum(radius**2 - np.sum(flat**2, axis=-1), 1e-6))
    return np.concatenate([points, (TURN_CENTRE[2] + depth)[..., None]], axis=-1)


def _loop(scale: float) -> Double:
    """Outline of the opening, scaled about its centre; the last point repeats the first."""
    outline = eye_shape.opening()
    closed = np.concatenate([outline, outline[:1]])
    loop: Double = eye_shape.CENTRE + (closed - eye_shape.CENTRE) * scale
    return loop


def _white() -> Surface:
    """Model the white, larger than the opening, with a rim that leads back to it from the skin."""
    points = np.stack([_loop(scale) for scale in (1.22, 0.8, 0.4, 0.0)])
    uvs = 0.5 + (points - eye_shape.CENTRE) / WHITE_TEXTURE_M * (1.0, -1.0)
    ball = grid_surface(_on_sphere(points, WHITE_RADIUS), uvs=uvs)
    behind = _on_sphere(_loop(1.03), WHITE_RADIUS - 0.001)
    band = np.stack([front_point(_loop(1.0)), behind])
    rim = grid_surface(band, uvs=np.full((2, band.shape[1], 2), 0.5))
    return merge([ball, rim])


def _iris() -> MorphedSurface:
    """Model iris, pupil and highlights: one disc that turns with the gaze."""
    angle = np.linspace(0, 2 * np.pi, 29)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    rings = np.linspace(0.0, 1.0, 4)[:, None, None] * unit[None] * IRIS_HALF_SIZE
    rest, small = (
        _on_sphere(IRIS_CENTRE + rings * scale, IRIS_RADIUS) for scale in (1.0, STARTLED_IRIS)
    )
    surface = grid_surface(rest, uvs=0.5 + rings / IRIS_HALF_SIZE * (0.5, -0.5))
    offsets = (small - rest).reshape(-1, 3).astype(np.float32)
    return MorphedSurface(surface, {"surprised": offsets})


def _arch(count: int) -> Double:
    """Rise from 0 at the corners of the eye to 1 in the middle."""
    arch: Double = np.sin(np.linspace(0, np.pi, count))[:, None] ** 0.5
    return arch


def _lid_rows(edge: Double, target: Double, lift: float) -> Double:
    """Rows of a lid ``[R, C, 3]`` from the edge of the opening to ``target``, behind the skin."""
    shares = np.linspace(0, 1, LID_ROWS)
    rows = [front_point(edge + (target - edge) * t, lift if t else 0.0) for t in shares]
    return np.stack(rows)


def _tucked(edge: Double, rise: float, lift: float) -> Double:
    """Rows of an open lid: folded away behind the skin, ``rise`` metres up or (negative) down."""
    rows = _lid_rows(edge, edge + np.array([0.0, rise]) * _arch(len(edge)), lift)
    rows[..., 2] -= np.linspace(0, 0.0006, LID_ROWS)[:, None]
    return rows


def _unrolling(rest: Double, closed: Callable[[str], Double], names: list[str]) -> MorphedSurface:
    """Make a lid whose rest points and closed points ``[R, C, 3]`` differ by morphs."""
    shut = closed("blink").reshape(-1, 3)
    flat = rest.reshape(-1, 3)
    surface = Surface(
        flat.astype(np.float32),
        art_normals(shut).astype(np.float32),
        skin_uv(shut).astype(np.float32),
        grid_triangles(LID_ROWS, rest.shape[1]),
    )
    morphs: dict[str, Float] = {
        name: (closed(name).reshape(-1, 3) - flat).astype(np.float32) for name in names
    }
    return MorphedSurface(surface, morphs)


def _upper_lid() -> MorphedSurface:
    edge = eye_shape.upper_edge()

    def closed(name: str) -> Double:
        curve = name if name in eye_shape.CLOSED_MM else "blink"
        shares = eye_shape.shares_along(eye_shape.LID_SHARES[name], len(edge))
        target = eye_shape.lowered(shares, curve) + np.array([0.0, UPPER_OVERLAP])
        return _lid_rows(edge, target, -0.0007)

    lid = _unrolling(_tucked(edge, UPPER_TUCK, -TUCK_DEPTH), closed, list(eye_shape.LID_SHARES))
    points = lid.surface.positions[:, :2].astype(np.float64)
    raised = front_point(points + eye_shape.widening(points)) - front_point(points)
    return MorphedSurface(lid.surface, {**lid.morphs, "surprised": raised.astype(np.float32)})


def _lower_lid() -> MorphedSurface:
    edge = eye_shape.lower_edge()

    def closed(name: str) -> Double:
        target = eye_shape.closed_edge(name) + np.array([0.0, LOWER_OVERLAP])
        return _lid_rows(edge, target, -0.0011)[::-1]  # rows run downwards

    return _unrolling(
        _tucked(edge, -LOWER_TUCK, -TUCK_DEPTH)[::-1], closed, list(eye_shape.CLOSED_MM)
    )


def eye_parts() -> list[Part]:
    """Model both eyes."""
    return [
        *twin_parts("eyeWhite", WHITE_MATERIAL, "head", MorphedSurface(_white())),
        *twin_parts("iris", IRIS_MATERIAL, "leftEye", _iris(), flip_image=True),
        *twin_parts("lids", SKIN_MATERIAL, "head", join([_upper_lid(), _lower_lid()])),
        *twin_parts("lashes", LASH_MATERIAL, "head", lash_lines()),
    ]
