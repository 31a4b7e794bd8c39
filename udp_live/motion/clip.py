"""A recorded motion that any humanoid rig can play."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import quat_identity, quat_multiply, quat_slerp
from udp_live.rig.expressions import rest_pose
from udp_live.rig.humanoid import HUMANOID_PARENTS, humanoid_parent
from udp_live.rig.reference_poses import rest_from_t_pose
from udp_live.rig.rig import Rig
from udp_live.types import RigPose

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MotionClip:
    """Frames at a steady rate, told relative to the T-pose of VRM.

    Attributes:
        fps: Frames per second.
        bone_names: B VRM 1.0 humanoid bone names.
        rotations: ``[T, B, 4]`` float32 xyzw, world-aligned local axes, relative to the T-pose.
        hips_translation: ``[T, 3]`` float32, metres from rest, for hips ``hips_height_m`` high.
        hips_height_m: Height of the hips of the figure that moved.
        expression_names: E VRM expression names.
        expression_weights: ``[T, E]`` float32 in [0, 1].
        gaze: ``[T, 2]`` float32 radians, yaw (to the left positive) and pitch (up positive).
        stand_ins: Expression and strength that take the place of one that a rig lacks.
    """

    fps: float
    bone_names: tuple[str, ...]
    rotations: Float = field(repr=False)
    hips_translation: Float = field(repr=False)
    hips_height_m: float
    expression_names: tuple[str, ...]
    expression_weights: Float = field(repr=False)
    gaze: Float = field(repr=False)
    stand_ins: Mapping[str, tuple[str, float]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        frames = len(self.rotations)
        shapes = {
            "rotations": (self.rotations.shape, (frames, len(self.bone_names), 4)),
            "hips_translation": (self.hips_translation.shape, (frames, 3)),
            "expression_weights": (
                self.expression_weights.shape,
                (frames, len(self.expression_names)),
            ),
            "gaze": (self.gaze.shape, (frames, 2)),
        }
        for name, (found, expected) in shapes.items():
            if found != expected:
                raise ValueError(f"unexpected {name} shape: {found} != {expected}")
        unknown = set(self.bone_names) - HUMANOID_PARENTS.keys()
        if unknown:
            raise ValueError(f"unexpected bone names: {', '.join(sorted(unknown))}")
        if frames < 1 or self.fps <= 0.0 or self.hips_height_m <= 0.0:
            raise ValueError(
                f"unexpected clip: {frames} frames, {self.fps} fps, hips {self.hips_height_m} m"
            )

    @property
    def duration_s(self) -> float:
        """Time from the first to the last frame."""
        return (len(self.rotations) - 1) / self.fps

    def sample(self, rig: Rig, time_s: float, *, loop: bool = False) -> RigPose:
        """Return the clip at a moment as a pose of ``rig``.

        Bones that the rig lacks hand their rotation down to their children, hips move in
        proportion to the rig's size, expressions that the rig lacks are dropped.

        Args:
            rig: Any humanoid rig.
            time_s: Seconds from the first frame; held at both ends unless ``loop``.
            loop: Start again after the last frame.
        """
        first, second, share = self._neighbours(time_s, loop=loop)
        rotations = quat_slerp(self.rotations[first], self.rotations[second], share)
        translation = _mix(self.hips_translation, first, second, share)
        weights = _mix(self.expression_weights, first, second, share)
        hips_height = rig.skeleton.rest_positions[rig.skeleton.humanoid["hips"], 1]
        return RigPose(
            bone_rotations=rest_from_t_pose(rig, self._spread(rig, rotations)),
            root_translation=(translation * hips_height / self.hips_height_m).astype(np.float32),
            expression_weights=self._worn(rig, weights),
            gaze=_mix(self.gaze, first, second, share),
        )

    def _worn(self, rig: Rig, weights: Float) -> Float:
        """Put the clip's ``[E]`` weights to the rig's expressions; of several the strongest."""
        worn = rest_pose(rig).expression_weights
        for name, weight in zip(self.expression_names, weights, strict=True):
            index, strength = rig.expression_index(name), 1.0
            if index is None and name in self.stand_ins:
                stand_in, strength = self.stand_ins[name]
                index = rig.expression_index(stand_in)
            if index is not None:
                worn[index] = max(worn[index], np.clip(weight * strength, 0.0, 1.0))
        return worn

    def _neighbours(self, time_s: float, *, loop: bool) -> tuple[int, int, np.float32]:
        """Return the frames before and after a moment and how far it is between them."""
        count = len(self.rotations)
        position = time_s * self.fps
        if loop:
            position %= max(count - 1, 1)
        position = min(max(position, 0.0), count - 1.0)
        first = min(int(position), max(count - 2, 0))
        return first, min(first + 1, count - 1), np.float32(position - first)

    def _spread(self, rig: Rig, rotations: Float) -> Float:
        """Place the clip's ``[B, 4]`` rotations on the rig's bones: ``[J, 4]``."""
        humanoid = rig.skeleton.humanoid
        turns = dict(zip(self.bone_names, rotations, strict=True))
        spread = quat_identity(rig.skeleton.bone_count)
        for bone in HUMANOID_PARENTS:  # parents first
            turn = turns.get(bone)
            for missing in _missing_above(bone, humanoid):
                if missing in turns:
                    turn = turns[missing] if turn is None else quat_multiply(turns[missing], turn)
            if turn is not None and bone in humanoid:
                spread[humanoid[bone]] = turn
        return spread


def _missing_above(bone: str, present: Mapping[str, int]) -> list[str]:
    """Return the ancestors between ``bone`` and the nearest one that the rig has, nearest first."""
    nearest = humanoid_parent(bone, present)
    missing = []
    parent = HUMANOID_PARENTS[bone]
    while parent != nearest and parent is not None:
        missing.append(parent)
        parent = HUMANOID_PARENTS[parent]
    return missing


def _mix(values: Float, first: int, second: int, share: np.float32) -> Float:
    mixed: Float = values[first] * (np.float32(1.0) - share) + values[second] * share
    return mixed
