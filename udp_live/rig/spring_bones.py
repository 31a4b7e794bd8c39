"""Hair, skirts and accessories that swing: VRM spring bones (VRMC_springBone 1.0)."""

from collections.abc import Container
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import quat_from_matrix, quat_to_matrix
from udp_live.rig.rig import Rig, Skeleton
from udp_live.rig.skinning import posed_joints
from udp_live.types import RigPose

Float = NDArray[np.float32]

STEP_S = 1.0 / 60.0  # VRM's drag is per frame of 60 Hz, so the simulation always runs at that
LONGEST_STEP_S = 0.25  # after a longer gap nobody can tell how the hair should have swung
TELEPORT_M = 0.5  # no body moves that far within LONGEST_STEP_S, so it was put elsewhere
SETTLE_STEPS = 40
IGNORED_M = 1e6
SHORTEST_BONE_M = 1e-4
_IDENTITY = np.eye(3, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class _Level:
    """Spring bones of equal depth, which can be simulated side by side (K of them).

    Attributes:
        rows: Where they lie in the simulation's state arrays.
        bones, parents: ``[K]`` bone indices; what carries a bone counts as its parent.
        offsets: ``[K, 3, 1]`` from the parent bone, rest, metres.
        axes: ``[K, 3, 1]`` unit, from the bone to its tail at rest.
        lengths, keep, hit_radii: ``[K, 1]``; ``keep`` is the share of velocity that survives.
        stiffness: ``[K, 1]`` metres per step.
        gravity: ``[K, 3]`` metres per step.
        collides: Some collider concerns one of the bones.
        out_of_reach: ``[K, C]`` metres, beyond any size where a collider ignores a bone, else 0.
    """

    rows: slice
    bones: NDArray[np.int64] = field(repr=False)
    parents: NDArray[np.int64] = field(repr=False)
    offsets: Float = field(repr=False)
    axes: Float = field(repr=False)
    lengths: Float = field(repr=False)
    keep: Float = field(repr=False)
    hit_radii: Float = field(repr=False)
    stiffness: Float = field(repr=False)
    gravity: Float = field(repr=False)
    collides: bool
    out_of_reach: Float = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Body:
    """All bones in world space: ``[J, 3, 3]`` rotations and ``[J, 3]`` positions."""

    rotations: Float = field(repr=False)
    positions: Float = field(repr=False)

    def towards(self, other: "_Body", share: float) -> "_Body":
        """Return the body between two moments; small turns need no orthonormal matrices."""
        return _Body(
            self.rotations + (other.rotations - self.rotations) * np.float32(share),
            self.positions + (other.positions - self.positions) * np.float32(share),
        )


class SpringBones:
    """Swings a rig's spring chains after the body.

    The simulation advances in fixed steps of 1/60 s between which the result is interpolated, so
    that it looks the same at any frame rate. One instance belongs to one performance and one
    thread.
    """

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._levels = _levels(rig)
        count = sum(len(level.bones) for level in self._levels)
        self._bones = np.concatenate([level.bones for level in self._levels] or [_ints([])])
        self._parents = np.concatenate([level.parents for level in self._levels] or [_ints([])])
        self._collider_bones = _ints([collider.bone for collider in rig.colliders])
        ends = [(c.offset, c.tail) for c in rig.colliders]
        self._collider_ends = np.array(ends, np.float32).reshape(-1, 2, 3).transpose(0, 2, 1)
        self._collider_radii = np.array([c.radius for c in rig.colliders], np.float32)
        self._tails = np.zeros((count, 3), np.float32)
        self._last_tails = np.zeros((count, 3), np.float32)
        self._directions = np.zeros((count, 3), np.float32)
        self._last_directions = np.zeros((count, 3), np.float32)
        self._body: _Body | None = None
        self._owed_s = 0.0

    def reset(self) -> None:
        """Forget all motion; the next step starts with hair at rest."""
        self._body = None

    def step(self, pose: RigPose, delta_s: float) -> RigPose:
        """Advance to a new body pose.

        Args:
            pose: The body; its rotations of spring bones are replaced.
            delta_s: Time since the last call. A gap or a jump of the body starts afresh.

        Returns:
            The pose with spring bones turned.
        """
        if not self._levels:
            return pose
        posed = posed_joints(self._rig.skeleton, pose)
        body = _Body(quat_to_matrix(posed.rotations), posed.positions)
        last = self._body
        self._body = body
        if last is None or not 0.0 <= delta_s <= LONGEST_STEP_S or _jumped(last, body):
            self._settle(body)
        else:
            self._advance(last, body, delta_s)
        return self._turned(pose, body)

    def _settle(self, body: _Body) -> None:
        """Let the chains hang from a body that has always stood still."""
        self._owed_s = 0.0
        at_rest = _Body(body.rotations.copy(), body.positions.copy())
        for level in self._levels:
            heads, directions, above = _rest_of(level, at_rest)
            self._tails[level.rows] = heads + directions * level.lengths
            at_rest.rotations[level.bones] = above
            at_rest.positions[level.bones] = heads
        self._last_tails[:] = self._tails
        for _ in range(SETTLE_STEPS):
            self._simulate(body)
        self._last_tails[:] = self._tails
        self._last_directions[:] = self._directions

    def _advance(self, last: _Body, body: _Body, delta_s: float) -> None:
        """Run the steps that fit into the time since the last call."""
        self._owed_s += delta_s
        while self._owed_s >= STEP_S:
            self._owed_s -= STEP_S
            share = 1.0 - min(self._owed_s / delta_s, 1.0) if delta_s else 1.0
            self._simulate(last.towards(body, share))

    def _simulate(self, body: _Body) -> None:
        """Move all tails by one step (Verlet integration)."""
        moving = _Body(body.rotations.copy(), body.positions.copy())
        ends = self._posed_colliders(body)
        self._last_directions[:] = self._directions
        for level in self._levels:
            heads, wanted, above = _rest_of(level, moving)
            tails, inertia = self._tails[level.rows], self._last_tails[level.rows]
            moved = tails + (tails - inertia) * level.keep + wanted * level.stiffness
            moved += level.gravity
            directions = _unit(moved - heads)
            if level.collides:
                pushed = self._pushed_out(level, heads + directions * level.lengths, ends)
                directions = _unit(pushed - heads)
            self._last_tails[level.rows] = tails
            self._tails[level.rows] = heads + directions * level.lengths
            self._directions[level.rows] = directions
            moving.rotations[level.bones] = _turn_between(wanted, directions) @ above
            moving.positions[level.bones] = heads

    def _posed_colliders(self, body: _Body) -> Float:
        """Return both ends of each collider's axis in world space, ``[2, C, 3]``."""
        bones = self._collider_bones
        ends = body.rotations[bones] @ self._collider_ends + body.positions[bones][:, :, None]
        return np.asarray(ends.transpose(2, 0, 1), np.float32)

    def _pushed_out(self, level: _Level, tails: Float, ends: Float) -> Float:
        """Push each tail out of the collider that it is deepest in."""
        along = ends[1] - ends[0]  # [C, 3]
        apart = tails[:, None] - ends[0]  # [K, C, 3]
        squared = np.maximum(np.einsum("ci,ci->c", along, along), np.float32(1e-12))
        share = np.clip(np.einsum("kci,ci->kc", apart, along) / squared, 0.0, 1.0)
        apart = apart - share[:, :, None] * along
        distances = np.sqrt(np.einsum("kci,kci->kc", apart, apart))
        depths = self._collider_radii + level.hit_radii - distances - level.out_of_reach
        rows, deepest = np.arange(len(tails)), np.argmax(depths, axis=1)
        depth = np.maximum(depths[rows, deepest], 0.0)
        away = apart[rows, deepest] / np.maximum(distances[rows, deepest], 1e-6)[:, None]
        return np.asarray(tails + away * depth[:, None], np.float32)

    def _turned(self, pose: RigPose, body: _Body) -> RigPose:
        """Return the pose with spring bones along the interpolated directions."""
        share = np.float32(self._owed_s / STEP_S)
        directions = _unit(
            self._last_directions + (self._directions - self._last_directions) * share
        )
        moving = _Body(body.rotations.copy(), body.positions)
        for level in self._levels:
            above = moving.rotations[level.parents]
            wanted = (above @ level.axes)[:, :, 0]
            turn = _turn_between(wanted, directions[level.rows])
            moving.rotations[level.bones] = turn @ above
        above = moving.rotations[self._parents].transpose(0, 2, 1)
        local = above @ moving.rotations[self._bones]
        rotations = pose.bone_rotations.copy()
        rotations[self._bones] = quat_from_matrix(local)
        return replace(pose, bone_rotations=rotations)


def _levels(rig: Rig) -> tuple[_Level, ...]:
    """Sort the rig's spring bones by how many spring bones are above them."""
    parents, rest = rig.skeleton.parents, rig.skeleton.rest_positions
    links: dict[int, tuple[int, int, int]] = {}  # bone -> chain, place in it, tail bone
    for number, chain in enumerate(rig.springs):
        for place, (bone, tail) in enumerate(zip(chain.bones, chain.bones[1:], strict=False)):
            long_enough = np.linalg.norm(rest[tail] - rest[bone]) > SHORTEST_BONE_M
            if long_enough and parents[bone] >= 0:
                links.setdefault(bone, (number, place, tail))
    depths: dict[int, int] = {}
    for bone in range(rig.skeleton.bone_count):  # parents first
        depth = depths.get(int(parents[bone]), 0)
        depths[bone] = depth + (bone in links)
    levels: list[_Level] = []
    first = 0
    for depth in range(1, max(depths.values(), default=0) + 1):
        bones = [bone for bone in links if depths[bone] == depth]
        carriers = [_carrier(rig.skeleton, bone, links) for bone in bones]
        levels.append(_level(rig, {bone: links[bone] for bone in bones}, carriers, first))
        first += len(bones)
    return tuple(levels)


def _carrier(skeleton: Skeleton, bone: int, springs: Container[int]) -> int:
    """Return a spring bone's parent, or the spring bone that moves this parent along.

    Chains may leave bones out, and bones without length do not swing.
    """
    parent = above = int(skeleton.parents[bone])
    posed = set(skeleton.humanoid.values())
    while above >= 0 and above not in springs and above not in posed:
        above = int(skeleton.parents[above])
    return above if above in springs else parent


def _level(
    rig: Rig, links: dict[int, tuple[int, int, int]], parents: list[int], first: int
) -> _Level:
    """Gather the settings of some spring bones."""
    rest = rig.skeleton.rest_positions
    bones = list(links)
    along = rest[[tail for _, _, tail in links.values()]] - rest[bones]
    lengths = np.linalg.norm(along, axis=1, keepdims=True)
    chains = [(rig.springs[number], place) for number, place, _ in links.values()]
    collides = np.zeros((len(bones), len(rig.colliders)), bool)
    for row, (chain, _) in enumerate(chains):
        collides[row, list(chain.colliders)] = True
    gravity = [np.array(c.gravity_direction) * c.gravity_power[place] for c, place in chains]
    return _Level(
        rows=slice(first, first + len(bones)),
        bones=_ints(bones),
        parents=_ints(parents),
        offsets=(rest[bones] - rest[parents])[:, :, None],
        axes=(along / lengths)[:, :, None],
        lengths=lengths,
        keep=_column([1.0 - min(max(c.drag[place], 0.0), 1.0) for c, place in chains]),
        hit_radii=_column([c.hit_radii[place] for c, place in chains]),
        stiffness=_column([c.stiffness[place] * STEP_S for c, place in chains]),
        gravity=np.array(gravity, np.float32) * np.float32(STEP_S),
        collides=bool(collides.any()),
        out_of_reach=np.where(collides, 0.0, IGNORED_M).astype(np.float32),
    )


def _rest_of(level: _Level, body: _Body) -> tuple[Float, Float, Float]:
    """Return heads, directions in which the bones rest, and their parents' rotations."""
    above = body.rotations[level.parents]
    heads = body.positions[level.parents] + (above @ level.offsets)[:, :, 0]
    return heads, _unit((above @ level.axes)[:, :, 0]), above


def _jumped(last: _Body, body: _Body) -> bool:
    """Tell whether the body was put elsewhere rather than moved; NaN is elsewhere too."""
    return not np.max(np.abs(body.positions - last.positions)) <= TELEPORT_M


def _turn_between(start: Float, end: Float) -> Float:
    """Return ``[K, 3, 3]`` rotations from unit vectors ``start`` to ``end``, the shortest way.

    Two half turns, about ``start`` and about the bisector, make this rotation.
    """
    middle = start + end
    lengths = np.einsum("ki,ki->k", middle, middle)
    opposite = lengths < 1e-8
    if opposite.any():
        least = _IDENTITY[np.argmin(np.abs(start[opposite]), axis=1)]
        middle[opposite] = np.cross(start[opposite], least)
        lengths[opposite] = np.sum(middle[opposite] ** 2, axis=1)
    return _half_turn(middle / np.sqrt(lengths)[:, None]) @ _half_turn(start)


def _half_turn(axes: Float) -> Float:
    """Return ``[K, 3, 3]`` rotations by 180 degrees about unit vectors."""
    turns: Float = (2.0 * axes)[:, :, None] * axes[:, None, :] - _IDENTITY
    return turns


def _unit(vectors: Float) -> Float:
    lengths = np.sqrt(np.einsum("ki,ki->k", vectors, vectors))[:, None]
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)


def _column(values: list[float]) -> Float:
    return np.array(values, np.float32)[:, None]


def _ints(values: list[Any]) -> NDArray[np.int64]:
    return np.array(values, np.int64)
