"""Eyes: whites and irises behind the openings of the face, lids that unroll, lashes."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar import eye_shape
from avatar_app.default_avatar.face import SKIN_MATERIAL, skin_uv
from avatar_app.default_avatar.part import Part
from avatar_app.default_avatar.skeleton import LEFT_BONES
from avatar_app.default_avatar.skull import art_normals, front_point
from avatar_app.default_avatar.surfaces import (
    Float,
    Surface,
    grid_surface,
    grid_triangles,
    make_part,
    make_surface,
    merge,
    sample_spline,
    smoothstep,
)

Double = NDArray[np.float64]

WHITE_MATERIAL = "yuzu_eye_white"
IRIS_MATERIAL = "yuzu_iris"
LASH_MATERIAL = "yuzu_lash"

TURN_CENTRE = np.array(LEFT_BONES["leftEye"][1])
IRIS_RADIUS = 0.0552  # of the sphere round TURN_CENTRE on which the iris slides
WHITE_RADIUS = 0.0540
IRIS_HALF_WIDTH = 0.0190
IRIS_HALF_HEIGHT = 0.0222
IRIS_CENTRE = eye_shape.CENTRE + (-0.0012, 0.0002)

LID_ROWS = 6
LID_TUCK = 0.0036  # the open lid is folded up this far behind the skin above the eye
# Names of lid shapes -> (curve, share of the way down at inner, middle and outer corner).
LID_SHAPES: dict[str, tuple[str, tuple[float, float, float]]] = {
    "blink": ("blink", (1.0, 1.0, 1.0)),
    "happy": ("happy", (1.0, 1.0, 1.0)),
    "angry": ("blink", (0.34, 0.14, 0.0)),
    "sad": ("blink", (0.0, 0.12, 0.34)),
    "relaxed": ("blink", (0.2, 0.26, 0.26)),
}
LASH_STEPS = 26
CREASE_FOLLOWS = {"blink": 0.62, "happy": 0.30}  # share of the lid's way that the fold takes
WEDGES = ((0.74, 3.6, 4.2), (0.87, 5.2, 4.4))  # place, out mm, up mm


def _columns(shares: tuple[float, float, float], count: int) -> Double:
    return np.interp(np.linspace(0, 1, count), [0.0, 0.5, 1.0], shares)


def _widen(points: Double) -> Double:
    """How the upper edge rises when surprised, ``[..., 2]``."""
    arch = smoothstep(-0.006, 0.012, points[..., 1] - eye_shape.CENTRE[1])
    return np.stack([np.zeros_like(arch), arch * eye_shape.WIDEN_M], axis=-1)


def _on_sphere(points: Double, radius: float) -> Double:
    """Push front-view points ``[..., 2]`` onto the front of a sphere round TURN_CENTRE."""
    flat = points - TURN_CENTRE[:2]
    depth = np.sqrt(np.maximum(radius**2 - np.sum(flat**2, axis=-1), 1e-6))
    return np.concatenate([points, (TURN_CENTRE[2] + depth)[..., None]], axis=-1)


def _white() -> Surface:
    """Model the white: a grid larger than the opening, on a sphere behind it."""
    rings = []
    outline = eye_shape.opening()
    loop = np.concatenate([outline, outline[:1]])
    for scale in (1.22, 1.0, 0.66, 0.33, 0.0):
        rings.append(eye_shape.CENTRE + (loop - eye_shape.CENTRE) * scale)
    points = np.stack(rings)
    surface = _on_sphere(points, WHITE_RADIUS)
    uv = 0.5 + (points - eye_shape.CENTRE) / 0.066 * (1.0, -1.0)
    return grid_surface(surface, uvs=uv)


def _iris() -> Surface:
    """Model iris, pupil and highlights: one disc on the sphere that turns with the gaze."""
    angle = np.linspace(0, 2 * np.pi, 33)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    rings = np.linspace(0.0, 1.0, 5)[:, None, None] * unit[None]
    points = IRIS_CENTRE + rings * (IRIS_HALF_WIDTH, IRIS_HALF_HEIGHT)
    # The disc's rim may leave the sphere's front: it is laid out by angle, not by projection.
    surface = _on_sphere(points, IRIS_RADIUS)
    uv = 0.5 + rings * (0.5, -0.5)
    return grid_surface(surface, uvs=uv)


def _rim() -> Surface:
    """Model the edge of the opening: a band from the skin back to the white."""
    outline = eye_shape.opening()
    loop = np.concatenate([outline, outline[:1]])
    front = front_point(loop)
    back = _on_sphere(eye_shape.CENTRE + (loop - eye_shape.CENTRE) * 1.03, WHITE_RADIUS - 0.001)
    return grid_surface(np.stack([front, back]), uvs=np.full((2, len(loop), 2), 0.5))


def _upper_lid_points(target: Double, *, rest: bool) -> Double:
    """Rows of the upper lid, ``[R, C, 3]``: tucked away, or reaching down to ``target``."""
    edge = eye_shape.upper_edge()
    arch = np.sin(np.linspace(0, np.pi, len(edge))) ** 0.5
    rows = []
    for k in range(LID_ROWS):
        t = k / (LID_ROWS - 1)
        if rest:
            flat = edge + np.array([0.0, 1.0]) * (arch * LID_TUCK * t)[:, None]
            lift = -0.0014 - 0.0006 * t
        else:
            flat = edge + (target + (0.0, -0.0008) - edge) * t
            lift = -0.0007
        rows.append(front_point(flat, lift if k else 0.0))
    return np.stack(rows)


def _lower_lid_points(target: Double, *, rest: bool) -> Double:
    """Rows of the lower lid, ``[R, C, 3]``; it rises to meet the upper one."""
    edge = eye_shape.lower_edge()
    arch = np.sin(np.linspace(0, np.pi, len(edge))) ** 0.5
    rows = []
    for k in range(LID_ROWS):
        t = k / (LID_ROWS - 1)
        if rest:
            flat = edge - np.array([0.0, 1.0]) * (arch * LID_TUCK * t)[:, None]
            lift = -0.0020 - 0.0006 * t
        else:
            flat = edge + (target + (0.0, 0.0004) - edge) * t
            lift = -0.0011
        rows.append(front_point(flat, lift if k else 0.0))
    return np.stack(rows)


def _lid(points: Callable[..., Double]) -> tuple[Surface, dict[str, Float]]:
    """Model one lid and its morphs by lid shape."""
    rest = points(eye_shape.upper_edge(), rest=True)
    is_upper = points is _upper_lid_points
    flat = rest.reshape(-1, 3)
    closed = points(eye_shape.closed_edge("blink"), rest=False)
    columns = rest.shape[1]
    # The lid faces outwards when it is out; tucked away nobody sees it.
    order = closed if is_upper else closed[::-1]
    triangles = grid_triangles(LID_ROWS, columns)
    surface = Surface(
        rest.reshape(-1, 3).astype(np.float32) if is_upper else rest[::-1].reshape(-1, 3).astype(
            np.float32
        ),
        art_normals(order.reshape(-1, 3)).astype(np.float32),
        skin_uv(order.reshape(-1, 3)).astype(np.float32),
        triangles,
    )
    flat = surface.positions.astype(np.float64)
    morphs = {}
    for name, (curve, shares) in LID_SHAPES.items():
        share = _columns(shares, columns)
        if is_upper:
            target = eye_shape.lowered(share, curve)
        elif name in ("blink", "happy"):
            target = eye_shape.closed_edge(curve)
        else:
            continue
        moved = points(target, rest=False)
        moved = moved if is_upper else moved[::-1]
        morphs[name] = (moved.reshape(-1, 3) - flat).astype(np.float32)
    if is_upper:
        raised = front_point(flat[:, :2] + _widen(flat[:, :2])) - front_point(flat[:, :2])
        morphs["surprised"] = raised.astype(np.float32)
    return surface, morphs


def _extended(curve: Double, tail_mm: tuple[tuple[float, float], ...]) -> Double:
    """Follow a lid edge almost to the outer corner, then flick outwards along ``tail_mm``."""
    body = curve[: int(len(curve) * 0.9)]
    tail = eye_shape.CENTRE + np.array(tail_mm) / 1000.0
    return sample_spline(np.concatenate([body, tail]), LASH_STEPS)


def _lash_lines(shape: str | None) -> tuple[Double, Double]:
    """Path of the upper lash and its upward normals for the open eye (None) or a lid shape."""
    if shape is None or shape not in ("blink", "happy"):
        amount: Double | float = 0.0
        if shape is not None:
            amount = _columns(LID_SHAPES[shape][1], 41)
        drop = 0.0 if shape is None else 4.0 * LID_SHAPES[shape][1][2]
        path = _extended(
            eye_shape.lowered(amount, count=41), ((27.6, 5.0 - drop), (31.0, 5.4 - drop))
        )
    elif shape == "blink":
        path = _extended(eye_shape.closed_edge("blink", 41), ((27.2, -6.8), (31.2, -5.6)))
    else:
        path = _extended(eye_shape.closed_edge("happy", 41), ((25.2, -10.0), (29.2, -13.8)))
    along = np.gradient(path, axis=0)
    up = np.stack([-along[:, 1], along[:, 0]], axis=1)
    return path, up / np.linalg.norm(up, axis=1, keepdims=True)


def _lash_points(shape: str | None) -> Double:
    """Front-view vertices of the upper lash: lower edge, upper edge, wedge tips."""
    path, up = _lash_lines(shape)
    s = np.linspace(0, 1, LASH_STEPS)
    thin = 0.66 if shape in ("blink", "happy") else 1.0
    above = np.interp(s, [0, 0.12, 0.5, 0.85, 1], [0.5, 1.9, 4.2, 4.6, 0.05]) / 1000 * thin
    below = np.interp(s, [0, 0.2, 0.7, 0.9, 1], [0.2, 0.7, 1.0, 0.8, 0.05]) / 1000
    edges = [path - up * below[:, None], path + up * above[:, None]]
    tips = []
    for place, out, rise in WEDGES:
        k = round(place * (LASH_STEPS - 1))
        if shape == "blink":
            rise = -rise * 0.75
        elif shape == "happy":
            rise = rise * 0.1
        tips.append(path[k] + np.array([out, rise]) / 1000 * (1.0 if rise > 0 else 0.8))
        if rise > 0:
            tips[-1] = tips[-1] + up[k] * above[k]
    return np.concatenate([*edges, np.array(tips)])


def _upper_lash() -> tuple[Surface, dict[str, Float]]:
    rest = _lash_points(None)
    band = grid_triangles(2, LASH_STEPS)
    band = band[:, ::-1]  # the first row is the lower edge
    wedges = []
    for n, (place, _, _) in enumerate(WEDGES):
        k = round(place * (LASH_STEPS - 1))
        tip = 2 * LASH_STEPS + n
        wedges += [[LASH_STEPS + k - 2, LASH_STEPS + k + 1, tip]]
    triangles = np.concatenate([band, np.array(wedges, dtype=np.uint32)])
    lift = 0.0016
    positions = front_point(rest, lift)
    s = np.concatenate([np.linspace(0, 1, LASH_STEPS)] * 2 + [np.full(len(WEDGES), 0.95)])
    v = np.concatenate([np.full(LASH_STEPS, 0.9), np.full(LASH_STEPS + len(WEDGES), 0.1)])
    surface = make_surface(positions, np.stack([s, v * 0.5], axis=1), triangles)
    morphs = {
        name: (front_point(_lash_points(name), lift) - positions).astype(np.float32)
        for name in LID_SHAPES
    }
    morphs["surprised"] = np.concatenate([_widen(rest), np.zeros((len(rest), 1))], 1).astype(
        np.float32
    )
    return surface, morphs


def _line(
    curves: dict[str | None, Double], width: Double, lift: float, v: float
) -> tuple[Surface, dict[str, Float]]:
    """Draw a tapered line along a front-view curve, moving to other curves by morphs.

    ``curves`` maps None to the rest curve and lid shapes to theirs, all ``[N, 2]``.
    """

    def strip(curve: Double) -> Double:
        along = np.gradient(curve, axis=0)
        up = np.stack([-along[:, 1], along[:, 0]], axis=1)
        up /= np.linalg.norm(up, axis=1, keepdims=True)
        half = up * width[:, None] / 2
        return front_point(np.stack([curve + half, curve - half]), lift)

    rest = strip(curves[None])
    uv = np.full((*rest.shape[:2], 2), (0.5, v))
    surface = grid_surface(rest, uvs=uv)
    morphs = {
        name: (strip(curve) - rest).reshape(-1, 3).astype(np.float32)
        for name, curve in curves.items()
        if name is not None
    }
    return surface, morphs


def _crease() -> tuple[Surface, dict[str, Float]]:
    """Draw the fine fold of the double lid above the lashes."""
    part = slice(7, 36)
    above = np.array([0.0, 0.0066])
    curves: dict[str | None, Double] = {None: eye_shape.upper_edge(41)[part] + above}
    for name, (curve, shares) in LID_SHAPES.items():
        amount = _columns(shares, 41) * CREASE_FOLLOWS.get(name, 0.16)
        curves[name] = eye_shape.lowered(amount, curve, 41)[part] + above * 0.9
    curves["surprised"] = curves[None] + (0.0, eye_shape.WIDEN_M * 1.2)
    count = len(curves[None])
    width = 0.0009 * np.sin(np.linspace(0.05, np.pi - 0.05, count)) ** 0.6
    return _line(curves, width, 0.0006, 0.66)


def _lower_lash() -> tuple[Surface, dict[str, Float]]:
    """Draw the thin line under the outer two thirds of the eye."""
    part = slice(11, 40)
    curves: dict[str | None, Double] = {None: eye_shape.lower_edge(41)[part] + (0.0, -0.0003)}
    for name in ("blink", "happy"):
        curves[name] = eye_shape.closed_edge(name, 41)[part] + (0.0, 0.0006)
    count = len(curves[None])
    width = np.interp(np.linspace(0, 1, count), [0, 0.5, 0.85, 1], [0.0002, 0.0009, 0.0014, 0.0004])
    return _line(curves, width, 0.0011, 0.86)


def _join(pieces: list[tuple[Surface, dict[str, Float]]]) -> tuple[Surface, dict[str, Float]]:
    """Merge surfaces and their morphs; a piece without a morph stays still in it."""
    names = sorted({name for _, morphs in pieces for name in morphs})
    joined = {
        name: np.concatenate(
            [morphs.get(name, np.zeros_like(surface.positions)) for surface, morphs in pieces]
        )
        for name in names
    }
    return merge([surface for surface, _ in pieces]), joined


def _sided(
    name: str, material: str, bone: str, piece: tuple[Surface, dict[str, Float]]
) -> list[Part]:
    """Make the left part and its mirror image; ``blink`` and eye bones get their side."""
    surface, morphs = piece
    parts = []
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        flip = np.array([sign, 1.0, 1.0], dtype=np.float32)
        triangles = surface.triangles if sign > 0 else surface.triangles[:, ::-1].copy()
        whole = Surface(surface.positions * flip, surface.normals * flip, surface.uvs, triangles)
        named = {
            f"blink{side}" if key == "blink" else key: offsets * flip
            for key, offsets in morphs.items()
        }
        bone_here = bone.replace("left", side.lower())
        parts.append(make_part(f"{name}{side}", material, whole, bone_here, named))
    return parts


def eye_parts() -> list[Part]:
    """Model both eyes."""
    iris = _iris()
    parts = _sided("eyeWhite", WHITE_MATERIAL, "head", (merge([_white(), _rim()]), {}))
    parts += _sided("iris", IRIS_MATERIAL, "leftEye", (iris, {}))
    parts += _sided(
        "lids", SKIN_MATERIAL, "head", _join([_lid(_upper_lid_points), _lid(_lower_lid_points)])
    )
    parts += _sided(
        "lashes", LASH_MATERIAL, "head", _join([_upper_lash(), _crease(), _lower_lash()])
    )
    return parts
