"""Turns MMD's rigid bodies into VRM spring bones.

MMD simulates bodies linked by joints; a VRM swings chains of bones towards their rest. The
translation is an approximation:

* A chain begins at a bone with a dynamic body whose parent has none, and follows the bones' tails.
  Joints sideways, as between the strands of a skirt, are left out.
* Drag grows with a body's damping, stiffness falls with the freedom of its joint. Gravity is weak,
  because models rest in the shape that gravity gave them.
* Bodies that follow bones become colliders of the chains whose collision groups they share. A
  chain that touches a collider at rest already is spared by it, or else it would never rest.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from udp_live.loaders.pmx_bones import METRES_PER_UNIT, TO_WORLD, PmxBones
from udp_live.loaders.pmx_model import (
    BONE_FOLLOWED,
    BOX,
    CAPSULE,
    SPHERE,
    PmxBody,
    PmxModel,
)
from udp_live.loaders.rig_controls import ColliderSource, SpringSource

FREE_SWING_RAD = math.radians(45.0)  # a joint that allows so much does not hold at all
STIFFEST, SLACKEST = 4.0, 1.0  # VRM stiffness
LEAST_DRAG, MOST_DRAG = 0.4, 0.7
GRAVITY_POWER = 0.05
BARE_END_M = 0.07
MAX_RADIUS_M = 2.0
MAX_COLLIDERS_OF_CHAIN = 24
MAX_COLLIDERS = 128  # far more than any model has; every chain is measured against each

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class PmxSprings:
    """Chains and colliders in terms of the file's bones.

    Attributes:
        ends: World position of the bare end, metres, by the last bone of chains without one.
    """

    chains: tuple[SpringSource, ...]
    colliders: tuple[ColliderSource, ...]
    ends: Mapping[int, NDArray[np.float64]] = field(repr=False)


def read_springs(model: PmxModel, bones: PmxBones, skinned: set[int]) -> PmxSprings:
    """Translate the physics of a model.

    Args:
        model: The file.
        bones: Its bones, folded.
        skinned: Bones that move vertices; chains without any are left out.
    """
    driven = set(bones.humanoid.values())
    moving: dict[int, PmxBody] = {}
    fixed: list[PmxBody] = []
    for body in model.bodies:
        if body.bone < 0:
            continue
        if body.mode == BONE_FOLLOWED:
            fixed.append(body)
        elif body.bone not in driven and not bones.is_folded(body.bone):
            moving.setdefault(body.bone, body)
    fixed = [body for body in fixed if _radius(body) > 0.0][:MAX_COLLIDERS]
    colliders = [_collider(body, bones) for body in fixed]
    freedom = _freedom(model)
    ends: dict[int, NDArray[np.float64]] = {}
    chains = []
    for path, has_end in _paths(model, bones, moving):
        if not skinned.intersection(path):
            continue
        if not has_end:
            ends[path[-1]] = _bare_end(model, bones, path[-1])
        bodies = [moving[bone] for bone in path if bone in moving]
        bodies += bodies[-1:] * (len(path) - len(bodies))
        places = [bones.positions[bone] for bone in path[1:]]
        places += [] if has_end else [ends[path[-1]]]
        near = _near_colliders(bodies, np.array(places), fixed, colliders, bones)
        chains.append(_chain(path, bodies, freedom, near, has_end=has_end))
    return PmxSprings(tuple(chains), tuple(colliders), ends)


def _paths(
    model: PmxModel, bones: PmxBones, moving: Mapping[int, PmxBody]
) -> list[tuple[tuple[int, ...], bool]]:
    """Return each chain of bones and whether its last one is a bare end."""
    children = bones.children()
    roots = [bone for bone in moving if bones.parents[bone] not in moving]
    paths = []
    for root in roots:  # grows while it is read
        path, bone = [root], root
        while True:
            below = children.get(bone, [])
            tail = model.bones[bone].tail
            following = tail if tail in below else next((b for b in below if b in moving), None)
            roots.extend(b for b in below if b in moving and b != following)
            if following is None:
                paths.append((tuple(path), False))
                break
            path.append(following)
            if following not in moving:
                paths.append((tuple(path), True))
                roots.extend(b for b in children.get(following, []) if b in moving)
                break
            bone = following
    return paths


def _chain(
    path: tuple[int, ...],
    bodies: list[PmxBody],
    freedom: Mapping[int, float],
    colliders: tuple[int, ...],
    *,
    has_end: bool,
) -> SpringSource:
    dampings = [float(np.clip(max(b.linear_damping, b.angular_damping), 0, 1)) for b in bodies]
    slack = [freedom.get(body.bone, 0.5) for body in bodies]
    return SpringSource(
        nodes=path,
        hit_radii=tuple(_radius(body) for body in bodies),
        stiffness=tuple(STIFFEST + (SLACKEST - STIFFEST) * share for share in slack),
        gravity_power=(GRAVITY_POWER,) * len(path),
        drag=tuple(LEAST_DRAG + (MOST_DRAG - LEAST_DRAG) * share for share in dampings),
        gravity_direction=(0.0, -1.0, 0.0),
        colliders=colliders,
        has_end=has_end,
    )


def _freedom(model: PmxModel) -> dict[int, float]:
    """Return how freely the joint of each bone's body swings, 0 to 1."""
    freedom: dict[int, float] = {}
    for joint in model.joints:
        if joint.body_b < 0:
            continue
        spans = [
            0.5 * abs(high - low)
            for low, high in zip(joint.low_angles, joint.high_angles, strict=True)
        ]
        # A swing to the sides or forward; the twist about y does not count.
        swing = max(spans[0], spans[2]) / FREE_SWING_RAD
        freedom.setdefault(model.bodies[joint.body_b].bone, min(swing, 1.0))
    return freedom


def _radius(body: PmxBody) -> float:
    """Return how thick a body is, metres; a box counts as the ball inside it."""
    thickness = min(body.size) if body.shape == BOX else body.size[0]
    known = body.shape in (SPHERE, BOX, CAPSULE)
    return float(np.clip(thickness * METRES_PER_UNIT, 0.0, MAX_RADIUS_M)) if known else 0.0


def _collider(body: PmxBody, bones: PmxBones) -> ColliderSource:
    """Turn a body into a ball or capsule on the bone that its own bone became."""
    bone = bones.main(body.bone)
    centre = np.array(body.position) * TO_WORLD - bones.positions[bone]
    half = np.zeros(3)
    if body.shape == CAPSULE:
        half = 0.5 * body.size[1] * _turned_y(body.rotation) * TO_WORLD
    elif body.shape == BOX and body.size[1] == max(body.size):
        half = (body.size[1] - min(body.size)) * _turned_y(body.rotation) * TO_WORLD
    low, high = centre - half, centre + half
    return ColliderSource(
        bone,
        (float(low[0]), float(low[1]), float(low[2])),
        (float(high[0]), float(high[1]), float(high[2])),
        _radius(body),
    )


def _turned_y(angles: Vector) -> NDArray[np.float64]:
    """Return the y axis turned about z, then x, then y, in the file's axes."""
    x, y, z = angles
    # After z: (-sin z, cos z, 0)
    along = (-math.sin(z), math.cos(z) * math.cos(x), math.cos(z) * math.sin(x))
    return np.array(
        (
            along[0] * math.cos(y) + along[2] * math.sin(y),
            along[1],
            along[2] * math.cos(y) - along[0] * math.sin(y),
        )
    )


def _near_colliders(
    bodies: list[PmxBody],
    places: NDArray[np.float64],
    fixed: list[PmxBody],
    colliders: list[ColliderSource],
    bones: PmxBones,
) -> tuple[int, ...]:
    """Return the colliders that a chain may hit but does not touch at rest.

    Args:
        bodies: Of the chain's bones.
        places: ``[K, 3]`` where the tails of its bones are at rest; at most one for each body.
        fixed: The bodies of the colliders.
        colliders: In the same order.
        bones: Where they hang.
    """
    radii = np.array([_radius(body) for body in bodies[: len(places)]])
    near = []
    for index, (other, collider) in enumerate(zip(fixed, colliders, strict=True)):
        if not any(_may_hit(body, other) for body in bodies):
            continue
        start = bones.positions[collider.node]
        low, high = start + np.array(collider.offset), start + np.array(collider.tail)
        gap = float(np.min(_distances(places, low, high) - radii) - collider.radius)
        if gap > 0.0:
            near.append((gap, index))
    return tuple(index for _, index in sorted(near)[:MAX_COLLIDERS_OF_CHAIN])


def _may_hit(body: PmxBody, other: PmxBody) -> bool:
    return bool(body.collides_with >> other.group & 1 and other.collides_with >> body.group & 1)


def _distances(
    points: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the distances ``[K]`` between points and a line from ``low`` to ``high``."""
    along = high - low
    share = np.clip((points - low) @ along / max(float(along @ along), 1e-12), 0.0, 1.0)
    return np.asarray(np.linalg.norm(points - low - share[:, None] * along, axis=1))


def _bare_end(model: PmxModel, bones: PmxBones, bone: int) -> NDArray[np.float64]:
    """Return where a chain's last bone points."""
    source = model.bones[bone]
    start = bones.positions[bone]
    if source.tail >= 0:
        end = bones.positions[source.tail]
    else:
        end = start + np.array(source.tail_offset) * TO_WORLD
    if np.linalg.norm(end - start) > 1e-4:
        return np.asarray(end)
    parent = bones.parents[bone]
    along = start - bones.positions[parent] if parent >= 0 else np.zeros(3)
    length = float(np.linalg.norm(along))
    direction = along / length if length > 1e-6 else np.array((0.0, -1.0, 0.0))
    return np.asarray(start + BARE_END_M * direction)
