"""The mouth behind the lips: dark pocket, teeth and tongue, and the thin drawn lip line."""

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar import mouth_shape
from avatar_app.default_avatar.part import Part
from avatar_app.default_avatar.skull import front_point
from avatar_app.default_avatar.surfaces import Float, grid_surface, make_part

Double = NDArray[np.float64]

MOUTH_MATERIAL = "yuzu_mouth"
# Places in the mouth texture: (left, top, right, bottom).
POCKET_UV = (0.0, 0.0, 1.0, 0.6)
TONGUE_UV = (0.0, 0.62, 0.48, 0.98)
TEETH_UV = (0.52, 0.62, 0.98, 0.78)
LINE_UV = (0.75, 0.9)
# Round shapes show less of the teeth: how far these hide above the lip, metres.
TEETH_LIFT = {"ou": 0.0030, "oh": 0.0012, "surprised": 0.0030}
LINE_ABOVE = 0.00080
LINE_BELOW = 0.00050
LINE_OVERLAP = 0.0004


def _uv_grid(box: tuple[float, float, float, float], rows: int, columns: int) -> Double:
    left, top, right, bottom = box
    v, u = np.meshgrid(
        np.linspace(top, bottom, rows), np.linspace(left, right, columns), indexing="ij"
    )
    return np.stack([u, v], axis=-1)


def _pocket() -> Part:
    """Model the dark inside: a bowl behind the lips, larger than any opening."""
    x = np.linspace(-0.0190, 0.0190, 7)
    y = np.linspace(0.0135, -0.0255, 7)
    gx, gy = np.meshgrid(x, y)
    flat = mouth_shape.CENTRE + np.stack([gx, gy], axis=-1)
    edge = np.maximum(np.abs(gx) / 0.0190, np.abs(gy + 0.0060) / 0.0195)
    points = front_point(flat, 0.0)
    points[..., 2] -= 0.0095 - 0.0062 * edge**4
    surface = grid_surface(points, uvs=_uv_grid(POCKET_UV, 7, 7))
    return make_part("mouthPocket", MOUTH_MATERIAL, surface, "head", _jaw_morphs(points, 0.0, 0.4))


def _jaw_morphs(points: Double, with_upper: float, with_lower: float) -> dict[str, Float]:
    """Let a piece inside the mouth follow a share of the lips' middle."""
    rest_upper, rest_lower = mouth_shape.rest_lips()
    middle = len(rest_upper) // 2
    morphs = {}
    for shape in mouth_shape.SHAPES_MM:
        upper, lower = mouth_shape.lips(shape)
        rise = (upper - rest_upper)[middle] * with_upper + (lower - rest_lower)[middle] * with_lower
        offsets = np.zeros((points.reshape(-1, 3).shape[0], 3), dtype=np.float32)
        offsets[:, 1] = rise[1]
        morphs[shape] = offsets
    return morphs


def _tongue() -> Part:
    """Model the tongue: a flat mound that rides on the lower lip."""
    x = np.linspace(-1.0, 1.0, 9)
    y = np.linspace(1.0, -1.0, 6)
    gx, gy = np.meshgrid(x, y)
    round_x = gx * np.sqrt(1 - 0.5 * gy**2)
    round_y = gy * np.sqrt(1 - 0.5 * gx**2)
    flat = mouth_shape.CENTRE + np.stack([round_x * 0.0088, round_y * 0.0056 - 0.0050], axis=-1)
    points = front_point(flat, -0.0060)
    points[..., 2] += 0.0016 * (1 - np.maximum(np.abs(gx), np.abs(gy)) ** 2)
    surface = grid_surface(points, uvs=_uv_grid(TONGUE_UV, 6, 9))
    return make_part("tongue", MOUTH_MATERIAL, surface, "head", _jaw_morphs(points, 0.0, 0.82))


def _teeth() -> Part:
    """Model the upper teeth: one clean strip under the upper lip."""
    x = np.linspace(-0.0155, 0.0155, 11)
    flat = np.stack(
        [np.stack([x, np.full(11, y) + x**2 * lower], axis=-1) for y, lower in
         ((0.0085, 0.0), (0.0010, 0.0), (-0.0034, 5.0))]
    )  # fmt: skip
    points = front_point(mouth_shape.CENTRE + flat, -0.0034)
    surface = grid_surface(points, uvs=_uv_grid(TEETH_UV, 3, 11))
    morphs = _jaw_morphs(points, 1.0, 0.0)
    for shape, lift in TEETH_LIFT.items():
        morphs[shape] = morphs[shape] + np.array([0.0, lift, 0.0], dtype=np.float32)
    return make_part("teeth", MOUTH_MATERIAL, surface, "head", morphs)


def _line_points(upper: Double, lower: Double) -> Double:
    """Lip line ``[4, C, 3]``: outer and inner edge along the upper lip, then the lower one."""
    taper = np.clip(np.sin(np.linspace(0, np.pi, len(upper))) * 1.3, 0.25, 1.0)[:, None]
    up, down = _outward(upper, 1.0), _outward(lower, -1.0)
    rows = [
        front_point(upper + up * LINE_ABOVE * taper, 0.0008),
        front_point(upper - up * LINE_OVERLAP, 0.0008),
        front_point(lower - down * LINE_OVERLAP, 0.0005),
        front_point(lower + down * LINE_BELOW * taper, 0.0005),
    ]
    return np.stack(rows)


def _outward(lip: Double, sign: float) -> Double:
    """Unit normals of a lip in the front view, away from the opening."""
    along = np.gradient(lip, axis=0)
    normal = sign * np.stack([-along[:, 1], along[:, 0]], axis=1)
    unit: Double = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    return unit


def _lip_line() -> Part:
    """Draw the thin dark line along both lips; together they are the closed mouth."""
    rest = _line_points(*mouth_shape.rest_lips())
    rows = rest.reshape(2, 2, *rest.shape[1:])
    surfaces = [grid_surface(pair, uvs=np.full((2, pair.shape[1], 2), LINE_UV)) for pair in rows]
    positions = np.concatenate([surface.positions for surface in surfaces])
    shift = np.uint32(len(surfaces[0].positions))
    triangles = np.concatenate([surfaces[0].triangles, surfaces[1].triangles + shift])
    morphs = {}
    for shape in mouth_shape.SHAPES_MM:
        moved = _line_points(*mouth_shape.lips(shape)).reshape(-1, 3)
        morphs[shape] = (moved - positions).astype(np.float32)
    return Part(
        name="lipLine",
        material=MOUTH_MATERIAL,
        positions=positions,
        normals=np.concatenate([surface.normals for surface in surfaces]),
        uvs=np.concatenate([surface.uvs for surface in surfaces]),
        triangles=triangles,
        weights={"head": np.ones(len(positions), dtype=np.float32)},
        morphs=morphs,
    )


def mouth_parts() -> list[Part]:
    """Model everything behind and on the lips."""
    return [_pocket(), _tongue(), _teeth(), _lip_line()]
