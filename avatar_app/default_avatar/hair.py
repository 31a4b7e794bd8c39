"""Yuzu's hair: a cap, the locks of her hairstyle on it, and the springs they hang from."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar.hair_shape import Lock, cap_surface, lock_path, lock_surface
from avatar_app.default_avatar.hair_style import CHAINS, LOCKS
from avatar_app.default_avatar.part import Part, SpringBones
from avatar_app.default_avatar.surfaces import (
    Float,
    Surface,
    chain_weights,
    make_part,
    mirrored,
)

Double = NDArray[np.float64]

HAIR_MATERIAL = "yuzu_hair"
CAP_SINK = 0.004
# Hair is lit as a ball with a little of each lock's own roundness, and a bit from above.
BALL_CENTRE = np.array([0.0, 1.405, -0.010], dtype=np.float32)
BALL_SHARE = 0.62
UPWARD_BEND = np.array([0.0, 0.45, 0.0], dtype=np.float32)
# (azimuth, row) of the lower border of the layer under the locks, see ``cap_surface``.
CAP_ENDS = ((0, 2.9), (42, 2.95), (58, 3.2), (72, 4.2), (86, 5.6), (98, 6.4), (180, 6.4))


def _lock(name: str) -> Lock:
    return next(lock for lock in LOCKS if lock.name == name)


def _chain_names(group: str, side: str) -> tuple[str, ...]:
    count = CHAINS[group][1]
    return tuple(f"hair_{group}{side}_{k}" for k in range(count + 1))


def _sides(lock: Lock) -> Sequence[str]:
    return ("Left", "Right") if lock.mirrored else ("",)


def _weights(lock: Lock, side: str, along: Double) -> dict[str, Float] | str:
    """Bind a lock to the head up to ``free_from`` and to its chain beyond."""
    if not lock.group:
        return "head"
    bones = _chain_names(lock.group, side)[:-1]
    place = (along - lock.free_from) / (1 - lock.free_from) * len(bones)
    return chain_weights((place + 1) / (len(bones) + 1), ("head", *bones))


def lit_from_above(surface: Surface) -> Surface:
    """Bend normals upwards, so that the crown is light from every side, as hair is drawn."""
    ball = surface.positions - BALL_CENTRE
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)
    bent = (1 - BALL_SHARE) * surface.normals + BALL_SHARE * ball + UPWARD_BEND
    bent /= np.linalg.norm(bent, axis=1, keepdims=True)
    return replace(surface, normals=bent.astype(np.float32))


def hair_parts() -> list[Part]:
    """Model the cap and all locks."""
    cap = lit_from_above(cap_surface(CAP_ENDS, CAP_SINK))
    parts = [make_part("hairCap", HAIR_MATERIAL, cap, "head")]
    for lock in LOCKS:
        surface, along = lock_surface(lock)
        surface = lit_from_above(surface)
        for side in _sides(lock):
            twin: Surface = mirrored(surface) if side == "Right" else surface
            weights = _weights(lock, side, along)
            parts.append(make_part(f"{lock.name}{side}", HAIR_MATERIAL, twin, weights))
    return parts


def hair_springs() -> list[SpringBones]:
    """List the chains that locks hang from."""
    chains = []
    for group, (along, count, stiffness, drag, gravity) in CHAINS.items():
        lock = _lock(along)
        path, _, _ = lock_path(lock, 61)
        places = lock.free_from + (1 - lock.free_from) * np.linspace(0, 1, count + 1)
        joints = path[np.round(places * 60).astype(int)].astype(np.float32)
        for side in _sides(lock):
            flip = np.array([-1.0 if side == "Right" else 1.0, 1.0, 1.0], dtype=np.float32)
            chains.append(
                SpringBones(
                    parent="head",
                    names=_chain_names(group, side),
                    positions=joints * flip,
                    stiffness=stiffness,
                    drag=drag,
                    gravity_power=gravity,
                    hit_radius=0.012,
                )
            )
    return chains
