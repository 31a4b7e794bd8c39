"""The kigurumi headband: a yellow band with two fox ears, and what ties and clips her hair."""

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar.hair import lit_from_above
from avatar_app.default_avatar.hair_shape import volume_normal, volume_point
from avatar_app.default_avatar.part import Part, SpringBones
from avatar_app.default_avatar.surfaces import (
    Float,
    Surface,
    chain_weights,
    frames_along,
    grid_surface,
    make_part,
    make_surface,
    merge,
    mirrored,
    sample_spline,
    strand,
)

Double = NDArray[np.float64]

EAR_MATERIAL = "yuzu_ear"
CLIP_MATERIAL = "yuzu_clip"

# Left ear from base to tip, metres; and which way its open side looks.
EAR_PATH = ((0.049, 1.488, 0.013), (0.075, 1.554, 0.010), (0.096, 1.612, -0.002))
EAR_FACES = np.array([0.42, -0.02, 1.0])
EAR_WIDTH = 0.078
EAR_DEPTH = 0.028
EAR_ROWS = 11
EAR_BONES = ("earLeft_0", "earLeft_1", "earLeft_2")
# Cross-section of an ear: (across, outwards) in shares of half width and depth; the open side is
# hollow. It starts in the middle of the back and runs over her left edge.
EAR_SECTION = (
    (0.0, -0.62), (0.62, -0.46), (1.0, 0.10), (0.78, 0.34), (0.40, -0.04), (0.0, -0.16),
    (-0.40, -0.04), (-0.78, 0.34), (-1.0, 0.10), (-0.62, -0.46), (0.0, -0.62),
)  # fmt: skip
# u of those points: the back shows the fur, 0.25 to 0.75 is the open side.
EAR_SECTION_U = (0.02, 0.12, 0.25, 0.32, 0.41, 0.50, 0.59, 0.68, 0.75, 0.88, 0.98)

BAND_SPAN_DEG = 78.0
BAND_LAST_ROW = 1.25  # its ends hide behind the ears
BAND_WIDTH = 0.017
BAND_THICK = 0.008
BAND_U = 0.06  # the clip texture's left edge is plain band colour

TIE_CENTRE = np.array([0.112, 1.459, -0.052])
TIE_AXIS = np.array([0.94, 0.30, -0.16])
TIE_RADIUS = 0.0175
TIE_TUBE = 0.0095

CLIP_AZIMUTH_DEG = 46.0
CLIP_ROW = 3.0
CLIP_LIFT = 0.0180
CLIP_RADIUS = 0.0190
CLIP_THICK = 0.005


def _ear() -> tuple[Surface, Double]:
    """Model the left ear; returns it and how far up each vertex lies."""
    path = sample_spline(EAR_PATH, EAR_ROWS)
    side, up = frames_along(path, np.broadcast_to(EAR_FACES, path.shape))
    s = np.linspace(0, 1, EAR_ROWS)
    half = (
        EAR_WIDTH / 2 * np.interp(s, [0, 0.3, 0.52, 0.75, 0.92, 1], [0.94, 1, 0.85, 0.5, 0.19, 0])
    )
    depth = EAR_DEPTH * np.interp(s, [0, 0.3, 0.7, 1], [1.0, 0.95, 0.6, 0.05])
    section = np.array(EAR_SECTION)
    # Rows run from the tip down, so that the outside faces out.
    points = (
        path[:, None]
        - side[:, None] * (half[:, None] * section[None, :, 0])[..., None]
        + up[:, None] * (depth[:, None] * section[None, :, 1])[..., None]
    )
    u = np.broadcast_to(np.array(EAR_SECTION_U), points.shape[:2])
    v = np.broadcast_to((1 - s)[:, None], points.shape[:2])
    surface = grid_surface(points[::-1], uvs=np.stack([u, v], -1)[::-1])
    return lit_from_above(surface), 1.0 - surface.uvs[:, 1].astype(np.float64)


def _tufts() -> tuple[Surface, Double]:
    """Model three tufts of fluff at the base of the open side of the left ear."""
    path = sample_spline(EAR_PATH, EAR_ROWS)
    side, up = frames_along(path, np.broadcast_to(EAR_FACES, path.shape))
    tufts = []
    for across, length, lean in ((0.68, 4, 0.1), (0.0, 5, 0.0), (-0.68, 4, -0.1)):
        rows = slice(1, length + 1)
        bow = np.linspace(0, 1, length)[:, None]
        line = (
            path[rows]
            - side[rows] * (across * (1 - bow * 0.35) + lean * bow) * EAR_WIDTH * 0.42
            + up[rows] * EAR_DEPTH * (0.05 + 0.40 * np.sin(bow * 2.2))
        )
        widths = 0.025 * np.array([0.8, 1.0, 0.8, 0.5, 0.25, 0.06])[-length:]
        tufts.append(strand(line, up[rows], widths, widths * 0.45))
    whole = merge(tufts)
    uvs = np.stack([np.full(len(whole.positions), 0.02), np.full(len(whole.positions), 0.5)], 1)
    surface = make_surface(whole.positions, uvs, whole.triangles)
    base = path[0]
    along = (surface.positions - base) @ (path[-1] - base) / np.sum((path[-1] - base) ** 2)
    return surface, along.astype(np.float64)


def _ear_parts() -> list[Part]:
    parts = []
    for name, (surface, along) in (("ear", _ear()), ("earTuft", _tufts())):
        place = (along - 0.10) / 0.90 * 2
        for label in ("Left", "Right"):
            twin = surface if label == "Left" else mirrored(surface)
            bones = tuple(bone.replace("Left", label) for bone in EAR_BONES[:-1])
            weights = chain_weights((place + 1) / 3, ("head", *bones))
            parts.append(make_part(f"{name}{label}", EAR_MATERIAL, twin, weights))
    return parts


def _band() -> Surface:
    """Model the band over the crown from ear to ear."""
    degrees = np.linspace(-BAND_SPAN_DEG, BAND_SPAN_DEG, 19)
    row = BAND_LAST_ROW * np.abs(degrees) / BAND_SPAN_DEG
    azimuth = np.deg2rad(78.0) * np.sign(degrees + 1e-9)
    normal = volume_normal(azimuth, np.maximum(row, 0.1))
    path = volume_point(azimuth, row)
    path[:, 2] = np.interp(np.abs(degrees), [0, BAND_SPAN_DEG], [0.014, 0.018])
    normal[np.abs(degrees) < 5] = (0.0, 1.0, 0.0)
    path -= normal * 0.0012
    band = strand(path, normal, BAND_WIDTH, BAND_THICK, edge=0.9)
    uvs = np.stack([np.full(len(band.positions), BAND_U), np.full(len(band.positions), 0.5)], 1)
    return make_surface(band.positions, uvs, band.triangles)


def _torus(centre: Double, axis: Double, radius: float, tube: float) -> Surface:
    """Model a hair tie: a ring with soft bulges."""
    axis = axis / np.linalg.norm(axis)
    across = np.cross(axis, (0.0, 0.0, 1.0))
    across /= np.linalg.norm(across)
    upward = np.cross(axis, across)
    around = np.linspace(0, 2 * np.pi, 21)
    spoke = np.cos(around)[:, None] * across + np.sin(around)[:, None] * upward
    bulge = tube * (1 + 0.16 * np.cos(around * 5))
    section = np.linspace(0, 2 * np.pi, 7)
    points = (
        centre
        + spoke[None] * (radius + bulge[None, :, None] * np.cos(section)[:, None, None])
        + axis * (bulge[None, :, None] * np.sin(section)[:, None, None])
    )
    return grid_surface(points[::-1], uvs=np.full((7, 21, 2), (BAND_U, 0.5)))


def _slice() -> Surface:
    """Model the yuzu slice: a thick painted disc facing away from the hair."""
    azimuth, row = np.deg2rad([CLIP_AZIMUTH_DEG]), np.array([CLIP_ROW])
    normal = volume_normal(azimuth, row)[0]
    centre = volume_point(azimuth, row)[0] + normal * CLIP_LIFT
    right = np.cross((0.0, 1.0, 0.0), normal)
    right /= np.linalg.norm(right)
    upward = np.cross(normal, right)
    around = np.linspace(0, -2 * np.pi, 25)
    spoke = np.cos(around)[:, None] * right + np.sin(around)[:, None] * upward
    rings, uvs = [], []
    for share, depth, texture in (
        (0.0, 1.0, 0.0), (0.6, 1.0, 0.6), (0.92, 0.9, 0.93), (1.0, 0.5, 0.99), (0.96, -1.0, 0.99)
    ):  # fmt: skip
        rings.append(centre + spoke * share * CLIP_RADIUS + normal * depth * CLIP_THICK / 2)
        disc = np.stack([np.cos(around), -np.sin(around)], -1) * texture
        uvs.append((0.56, 0.5) + disc * (0.44, 0.5))
    return grid_surface(np.stack(rings)[:, ::-1], uvs=np.stack(uvs)[:, ::-1])


def _leaf() -> Surface:
    """Model the small leaf behind the slice."""
    azimuth = np.deg2rad(np.array([CLIP_AZIMUTH_DEG + d for d in (4, 9, 14, 18)]))
    row = CLIP_ROW + np.array([-0.15, -0.36, -0.46, -0.44])
    normal = volume_normal(azimuth, row)
    path = volume_point(azimuth, row) + normal * 0.0145
    leaf = strand(sample_spline(path, 7), np.repeat(normal[:1], 7, 0),
                  0.0115 * np.array([0.4, 0.8, 1, 0.95, 0.75, 0.4, 0.05]), 0.003)  # fmt: skip
    uvs = np.stack([np.full(len(leaf.positions), 0.01), np.full(len(leaf.positions), 0.96)], 1)
    return make_surface(leaf.positions, uvs, leaf.triangles)


def accessory_parts() -> list[Part]:
    """Model ears, headband, hair ties and clip."""
    tie = _torus(TIE_CENTRE, TIE_AXIS, TIE_RADIUS, TIE_TUBE)
    return [
        *_ear_parts(),
        make_part("headband", CLIP_MATERIAL, _band(), "head"),
        make_part("hairTieLeft", CLIP_MATERIAL, tie, "head"),
        make_part("hairTieRight", CLIP_MATERIAL, mirrored(tie), "head"),
        make_part("yuzuClip", CLIP_MATERIAL, merge([_slice(), _leaf()]), "head"),
    ]


def ear_springs() -> list[SpringBones]:
    """List the chains of both ears: stiff, with a little swing."""
    joints = sample_spline(EAR_PATH, 21)[[2, 11, 20]]
    chains = []
    for label, sign in (("Left", 1.0), ("Right", -1.0)):
        positions: Float = (joints * (sign, 1.0, 1.0)).astype(np.float32)
        names = tuple(bone.replace("Left", label) for bone in EAR_BONES)
        chains.append(SpringBones("head", names, positions, 3.0, 0.35, 0.0, 0.01))
    return chains
