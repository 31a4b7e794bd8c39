"""Lines drawn round the eyes: upper lash with its wedges, fold of the lid, lower lash."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar import eye_shape
from avatar_app.default_avatar.morphed_surface import MorphedSurface, join
from avatar_app.default_avatar.skull import front_point
from avatar_app.default_avatar.surfaces import (
    grid_surface,
    grid_triangles,
    make_surface,
    sample_spline,
)

Double = NDArray[np.float64]

LASH_MATERIAL = "yuzu_lash"
# Heights in the lash texture: upper lash (from its outer edge), fold, lower lash.
UPPER_V = (0.05, 0.45)
FOLD_V = 0.66
LOWER_V = 0.82

STEPS = 26
# In front of the skin, metres. Open, the lines stand well off the skin, so that their landmarks
# differ from those of the skin that a shut lid bares at the very same place.
UPPER_LIFT = 0.0055
MOVED_UPPER_LIFT = 0.0038
LOWER_LIFT = 0.0030
FOLD_LIFT = 0.0030
CLOSED_THINNING = 0.8
WEDGES_MM = ((0.70, 6.4, 3.0), (0.84, 7.0, 3.4))  # place on the lash, outwards, upwards
# How the wedges stand when the eye is shut: share of their rise that is left.
WEDGE_RISE = {"blink": -0.60, "happy": 0.08}
# Where the lash flicks out beyond the outer corner, millimetres from the eye's centre.
FLICK_MM = {
    "open": ((28.4, 5.4), (32.4, 6.2)),
    "blink": ((28.0, -6.2), (32.2, -4.8)),
    "happy": ((26.0, -10.0), (30.2, -13.8)),
}
FOLD_FOLLOWS = {"blink": 0.62, "happy": 0.30}  # share of the lid's way that the fold takes
FOLD_FOLLOWS_ELSE = 0.16
FOLD_ABOVE = 0.0066


def _normals(path: Double) -> Double:
    along = np.gradient(path, axis=0)
    up = np.stack([-along[:, 1], along[:, 0]], axis=1)
    unit: Double = up / np.linalg.norm(up, axis=1, keepdims=True)
    return unit


def _lash_path(shape: str | None) -> Double:
    """Path of the upper lash ``[STEPS, 2]`` for the open eye (None) or a lid shape."""
    flick = np.array(FLICK_MM.get(shape or "open", FLICK_MM["open"])) / 1000.0
    if shape in eye_shape.CLOSED_MM:
        edge = eye_shape.closed_edge(shape, 41)
    else:
        shares = eye_shape.LID_SHARES[shape] if shape else (0.0, 0.0, 0.0)
        edge = eye_shape.lowered(eye_shape.shares_along(shares, 41), count=41)
        flick = flick - np.array([0.0, 0.012 * shares[2]])
    body = edge[: int(len(edge) * 0.9)]
    return sample_spline(np.concatenate([body, eye_shape.CENTRE + flick]), STEPS)


def _lash_points(shape: str | None) -> Double:
    """Front-view vertices of the upper lash: lower edge, upper edge, tips of the wedges."""
    path = _lash_path(shape)
    up = _normals(path)
    s = np.linspace(0, 1, STEPS)
    thin = CLOSED_THINNING if shape in eye_shape.CLOSED_MM else 1.0
    above = np.interp(s, [0, 0.12, 0.5, 0.85, 1], [0.5, 1.9, 4.3, 4.5, 0.05]) / 1000 * thin
    below = np.interp(s, [0, 0.2, 0.7, 0.9, 1], [0.2, 0.7, 1.0, 0.8, 0.05]) / 1000
    tips = []
    for place, out, rise in WEDGES_MM:
        k = round(place * (STEPS - 1))
        lifted = rise * WEDGE_RISE.get(shape or "open", 1.0)
        root = path[k] + up[k] * (above[k] if lifted > 0 else 0.0)
        tips.append(root + np.array([out, lifted]) / 1000)
    return np.concatenate([path - up * below[:, None], path + up * above[:, None], np.array(tips)])


def _upper_lash() -> MorphedSurface:
    """Model the thick line on the upper lid."""
    rest = _lash_points(None)
    band = grid_triangles(2, STEPS)[:, ::-1]  # the first row is the lower edge
    spikes = []
    for n, (place, _, _) in enumerate(WEDGES_MM):
        k = STEPS + round(place * (STEPS - 1))
        spikes.append([k - 2, k + 1, 2 * STEPS + n])
    triangles = np.concatenate([band, np.array(spikes, dtype=np.uint32)])
    positions = front_point(rest, UPPER_LIFT)
    low_v, high_v = UPPER_V[1], UPPER_V[0]
    v = np.concatenate([np.full(STEPS, low_v), np.full(STEPS + len(WEDGES_MM), high_v)])
    surface = make_surface(positions, np.stack([np.full(len(v), 0.5), v], axis=1), triangles)
    morphs = {
        name: (front_point(_lash_points(name), MOVED_UPPER_LIFT) - positions).astype(np.float32)
        for name in eye_shape.LID_SHARES
    }
    risen = rest + eye_shape.widening(rest)
    morphs["surprised"] = (front_point(risen, UPPER_LIFT) - positions).astype(np.float32)
    return MorphedSurface(surface, morphs)


def _line(
    rest: Double, moved: Mapping[str, Double], width: Double, place: tuple[float, float]
) -> MorphedSurface:
    """Draw a tapered line along front-view curves.

    Args:
        rest: ``[N, 2]``.
        moved: Morph target name to its curve ``[N, 2]``.
        width: ``[N]`` metres.
        place: Lift in front of the skin, and texture v.
    """

    def strip(curve: Double) -> Double:
        half = _normals(curve) * width[:, None] / 2
        return front_point(np.stack([curve + half, curve - half]), place[0])

    band = strip(rest)
    surface = grid_surface(band, uvs=np.full((*band.shape[:2], 2), (0.5, place[1])))
    morphs = {
        name: (strip(curve) - band).reshape(-1, 3).astype(np.float32)
        for name, curve in moved.items()
    }
    return MorphedSurface(surface, morphs)


def _fold() -> MorphedSurface:
    """Draw the fine fold of the double lid above the lashes."""
    part = slice(7, 36)
    above = np.array([0.0, FOLD_ABOVE])
    rest = eye_shape.upper_edge(41)[part] + above
    moved = {}
    for name, shares in eye_shape.LID_SHARES.items():
        way = FOLD_FOLLOWS.get(name, FOLD_FOLLOWS_ELSE)
        amount = eye_shape.shares_along(shares, 41) * way
        curve = name if name in eye_shape.CLOSED_MM else "blink"
        moved[name] = eye_shape.lowered(amount, curve, 41)[part] + above * 0.9
    moved["surprised"] = rest + np.array([0.0, eye_shape.WIDEN_M * 1.2])
    width = 0.0009 * np.sin(np.linspace(0.05, np.pi - 0.05, len(rest))) ** 0.6
    return _line(rest, moved, width, (FOLD_LIFT, FOLD_V))


def _lower_lash() -> MorphedSurface:
    """Draw the thin line under the outer two thirds of the eye."""
    part = slice(11, 40)
    rest = eye_shape.lower_edge(41)[part] - np.array([0.0, 0.0003])
    moved = {
        name: eye_shape.closed_edge(name, 41)[part] + np.array([0.0, 0.0006])
        for name in eye_shape.CLOSED_MM
    }
    s = np.linspace(0, 1, len(rest))
    width = np.interp(s, [0, 0.5, 0.85, 1], [0.0002, 0.0009, 0.0015, 0.0004])
    return _line(rest, moved, width, (LOWER_LIFT, LOWER_V))


def lash_lines() -> MorphedSurface:
    """Model all lines round the left eye."""
    return join([_upper_lash(), _fold(), _lower_lash()])
