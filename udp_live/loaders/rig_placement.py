"""Brings a freshly read rig into the project's space: facing +Z, in metres, on the floor."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from udp_live.rig.rig import Rig, Skeleton

HALF_TURN = np.array((-1.0, 1.0, -1.0), np.float32)  # about +Y
PERSON_HEIGHTS_M = (0.3, 8.0)  # outside of this a file's unit is no metre
DEFAULT_HEIGHT_M = 1.6


def placed_rig(rig: Rig, *, turned: bool, free_scale: bool) -> Rig:
    """Turn, scale and lift a rig.

    Args:
        rig: As in the file.
        turned: It faces -Z.
        free_scale: Its unit is not known to be the metre, nor its floor to be y = 0.
    """
    scale, lift = _fit(rig) if free_scale else (1.0, 0.0)
    factors = (HALF_TURN if turned else np.ones(3, np.float32)) * np.float32(scale)
    if np.all(factors == 1.0) and lift == 0.0:
        return rig
    shift = np.array((0.0, lift, 0.0), np.float32)
    signs = np.sign(factors)
    mesh = replace(
        rig.mesh,
        positions=rig.mesh.positions * factors + shift,
        normals=rig.mesh.normals * signs,
        morph_targets=tuple(
            replace(
                target,
                position_offsets=target.position_offsets * factors,
                normal_offsets=target.normal_offsets * signs,
            )
            for target in rig.mesh.morph_targets
        ),
    )
    skeleton: Skeleton = replace(
        rig.skeleton, rest_positions=rig.skeleton.rest_positions * factors + shift
    )
    return _with_placed_controls(replace(rig, mesh=mesh, skeleton=skeleton), factors)


def _fit(rig: Rig) -> tuple[float, float]:
    """Return the scale to a person's size and the lift that puts the soles on the floor."""
    heights = rig.mesh.positions[:, 1]
    low, high = float(heights.min()), float(heights.max())
    size = max(high - low, 1e-6)
    scale = 1.0 if PERSON_HEIGHTS_M[0] <= size <= PERSON_HEIGHTS_M[1] else DEFAULT_HEIGHT_M / size
    hangs = abs(low) > 0.05 * size
    return scale, -low * scale if hangs else 0.0


def _with_placed_controls(rig: Rig, factors: NDArray[np.float32]) -> Rig:
    """Turn and scale what springs and gaze say in world axes."""
    scale = float(abs(factors[0]))

    def placed(vector: tuple[float, float, float]) -> tuple[float, float, float]:
        x, y, z = (float(value) for value in np.array(vector) * factors)
        return x, y, z

    def turned(vector: tuple[float, float, float]) -> tuple[float, float, float]:
        x, y, z = (float(value) for value in np.array(vector) * np.sign(factors))
        return x, y, z

    return replace(
        rig,
        look_at=None
        if rig.look_at is None
        else replace(rig.look_at, offset_from_head=placed(rig.look_at.offset_from_head)),
        springs=tuple(
            replace(
                spring,
                gravity_direction=turned(spring.gravity_direction),
                hit_radii=tuple(radius * scale for radius in spring.hit_radii),
            )
            for spring in rig.springs
        ),
        colliders=tuple(
            replace(
                collider,
                offset=placed(collider.offset),
                tail=placed(collider.tail),
                radius=collider.radius * scale,
            )
            for collider in rig.colliders
        ),
    )
