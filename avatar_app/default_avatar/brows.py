"""Brows: slim tapered strips in front of the forehead."""

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar import eye_shape
from avatar_app.default_avatar.lashes import LASH_MATERIAL
from avatar_app.default_avatar.morphed_surface import MorphedSurface, twin_parts
from avatar_app.default_avatar.part import Part
from avatar_app.default_avatar.skull import front_point
from avatar_app.default_avatar.surfaces import (
    Float,
    grid_surface,
    sample_spline,
)

Double = NDArray[np.float64]

BROW_UV = (0.5, 0.96)
STEPS = 13
LIFT = 0.0045  # landmarks of brow and skin must differ
# Left brow from the inner to the outer end, millimetres: x, height above the eyes' middle.
REST_MM = ((19.0, 34.5), (31.0, 38.4), (46.0, 38.4), (61.0, 31.5))
SHAPES_MM = {
    "browUp": ((19.0, 39.5), (30.0, 43.0), (44.0, 43.2), (61.0, 36.5)),
    "browDown": ((17.5, 29.0), (29.0, 31.6), (43.5, 33.0), (61.0, 30.0)),
    "angry": ((16.5, 26.0), (28.0, 32.0), (43.0, 38.0), (60.5, 36.0)),
    "sad": ((18.5, 39.5), (30.0, 38.5), (44.0, 34.6), (60.5, 27.5)),
    "happy": ((19.0, 37.0), (30.0, 41.2), (44.0, 41.4), (61.0, 34.5)),
    "relaxed": ((19.0, 35.0), (30.0, 37.4), (44.0, 36.8), (61.0, 30.0)),
    "surprised": ((19.0, 41.0), (30.0, 45.2), (44.0, 45.4), (61.0, 38.5)),
}


def _strip(points_mm: tuple[tuple[float, float], ...]) -> Double:
    """Lay a tapered strip ``[2, N, 3]`` along a brow line."""
    line = np.array([0.0, eye_shape.CENTRE[1]]) + sample_spline(np.array(points_mm) / 1000.0, STEPS)
    s = np.linspace(0, 1, STEPS)
    width = np.interp(s, [0, 0.08, 0.3, 0.75, 1], [0.0012, 0.0030, 0.0038, 0.0027, 0.0003])
    along = np.gradient(line, axis=0)
    up = np.stack([-along[:, 1], along[:, 0]], axis=1)
    up *= (width / 2 / np.linalg.norm(up, axis=1))[:, None]
    return front_point(np.stack([line + up, line - up]), LIFT)


def brow_parts() -> list[Part]:
    """Model both brows."""
    rest = _strip(REST_MM)
    surface = grid_surface(rest, uvs=np.full((2, STEPS, 2), BROW_UV))
    morphs: dict[str, Float] = {
        name: (_strip(points) - rest).reshape(-1, 3).astype(np.float32)
        for name, points in SHAPES_MM.items()
    }
    piece = MorphedSurface(surface, morphs)
    return twin_parts("brow", LASH_MATERIAL, "head", piece)
