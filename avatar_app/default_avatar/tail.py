"""The kigurumi's fox tail: plump, curled to her left, with a yellow tip."""

from collections.abc import Mapping

import numpy as np

from avatar_app.default_avatar.lofting import Box, bound, circle, curve, loft, placed, unit_uvs
from avatar_app.default_avatar.part import Part, SpringBones
from avatar_app.default_avatar.surfaces import Double, sample_spline, smoothstep

TAIL_BOX: Box = (0.51, 0.92, 0.99, 0.99)

PATH = np.array(
    [
        (0.000, 0.895, -0.040),
        (0.010, 0.862, -0.135),
        (0.055, 0.790, -0.220),
        (0.125, 0.740, -0.260),
        (0.205, 0.755, -0.275),
        (0.262, 0.825, -0.275),
        (0.285, 0.930, -0.262),
    ]
)
RADII = (
    (0.0, 0.014), (0.10, 0.020), (0.28, 0.050), (0.48, 0.070), (0.66, 0.074), (0.80, 0.060),
    (0.92, 0.032), (1.0, 0.001),
)  # fmt: skip
BONES = tuple(f"tail{k}" for k in range(6))
SIDES = 14


def _points(share: Double) -> Double:
    path = sample_spline(PATH, 201)
    dense = np.linspace(0.0, 1.0, 201)
    centre = np.stack([np.interp(share, dense, c) for c in path.T], axis=1)
    tangent = np.stack([np.interp(share, dense, c) for c in np.gradient(path, axis=0).T], axis=1)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    # a fixed sideways vector keeps the rings from twisting along the curl
    side = np.cross(tangent, (0.45, 0.25, 1.0))
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(tangent, side)
    angle = circle(SIDES)
    # fur: soft ridges along the tail and tufts that step back towards the tip
    ridges = 0.06 * np.cos(4.0 * angle)[None, :] * smoothstep(0.2, 0.6, share)[:, None]
    steps = (share * 7.0 % 1.0 - 0.5) * smoothstep(0.25, 0.4, share) * (1.0 - share) * 0.11
    tuft = 1.0 + ridges + steps[:, None]
    radius = curve(RADII, share)[:, None] * tuft
    ring = np.cos(angle)[None, :, None] * side[:, None] + np.sin(angle)[None, :, None] * up[:, None]
    return np.asarray(centre[:, None] + radius[..., None] * ring)


def _field(positions: Double) -> Mapping[str, Double]:
    path = sample_spline(PATH, 201)
    nearest = np.argmin(np.linalg.norm(positions[:, None] - path[None], axis=2), axis=1)
    place = nearest / 200.0 * (len(BONES) - 1) - 0.5
    held = 1.0 - smoothstep(-0.5, 0.1, place)
    shares = {"hips": held}
    for index, bone in enumerate(BONES[:-1]):
        mine = np.clip(1.0 - np.abs(np.clip(place, 0.0, len(BONES) - 2.0) - index), 0.0, 1.0)
        shares[bone] = mine * (1.0 - held)
    return shares


def tail_springs() -> list[SpringBones]:
    """Return the tail's chain."""
    joints = sample_spline(PATH, len(BONES)).astype(np.float32)
    chain = SpringBones(
        "hips", BONES, joints, stiffness=1.6, drag=0.35, gravity_power=0.03, hit_radius=0.05
    )
    return [chain]


def tail_parts() -> list[Part]:
    """Model the tail."""
    tufts = [k / 7.0 + d for k in range(2, 7) for d in (-0.004, 0.001, 0.07)]
    share = np.array([0.0, 0.06, 0.13, 0.20, 0.26, *tufts[1:], 0.96, 0.985, 1.0])
    surface = loft(_points(share), placed(unit_uvs(share, circle(SIDES)), TAIL_BOX))
    return [bound("tail", "Hoodie", surface, _field)]
