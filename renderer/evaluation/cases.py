"""What is painted for a measurement: poses, expressions, viewpoints, short clips."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from renderer.sheet.sheet_drawing import with_expression
from udp_live.linalg import quat_from_axis_angle, quat_multiply, quat_slerp
from udp_live.rig.expressions import effective_expression_weights
from udp_live.rig.framing import Framing, frame_viewpoint
from udp_live.rig.reference_poses import canonical_pose
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, Viewpoint

# Largest turns about X (nod), Y (turn) and Z (tilt) that a performer makes, degrees, from the
# canonical A-pose. A right-side bone turns the same way as the left one, mirrored.
TURNS_DEG: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "spine": (10, 10, 8),
        "chest": (8, 10, 8),
        "neck": (10, 18, 10),
        "head": (15, 25, 12),
        "leftUpperArm": (30, 35, 45),
        "rightUpperArm": (30, 35, 45),
        "leftLowerArm": (15, 60, 25),
        "rightLowerArm": (15, 60, 25),
        "leftHand": (20, 20, 25),
        "rightHand": (20, 20, 25),
        "leftUpperLeg": (20, 10, 12),
        "rightUpperLeg": (20, 10, 12),
        "leftLowerLeg": (20, 0, 0),
        "rightLowerLeg": (20, 0, 0),
    }
)
VIEW_YAW_DEG = 30.0
VIEW_PITCH_DEG = 10.0


CLIP_FPS = 30.0
MOTION_S = 0.6  # from one random pose to the next, as fast as people gesture


@dataclass(frozen=True, slots=True)
class Case:
    """One picture to paint: what it shows, the pose, from where."""

    name: str
    pose: RigPose = field(repr=False)
    viewpoint: Viewpoint = field(repr=False)


def random_pose(rig: Rig, random: np.random.Generator) -> RigPose:
    """Return a pose within the joint limits of ``TURNS_DEG``, with random gaze."""
    pose = canonical_pose(rig)
    rotations = pose.bone_rotations.copy()
    for name, limits in TURNS_DEG.items():
        bone = rig.skeleton.humanoid.get(name)
        if bone is None:
            continue
        for axis, limit in enumerate(limits):
            angle = math.radians(limit) * float(random.uniform(-1, 1))
            turn = quat_from_axis_angle(tuple(np.eye(3)[axis]), angle)
            rotations[bone] = quat_multiply(turn, rotations[bone])
    gaze = random.uniform(-0.3, 0.3, 2).astype(np.float32)
    return replace(pose, bone_rotations=rotations.astype(np.float32), gaze=gaze)


def random_cases(
    rig: Rig, framing: Framing, count: int, seed: int = 0, *, expressions: bool = True
) -> Iterator[Case]:
    """Yield random poses from random viewpoints, every other one with a random expression.

    Args:
        rig: Poses.
        framing: Of all cases.
        count: How many.
        seed: Of poses, viewpoints and expressions.
        expressions: False leaves the face neutral; poses and viewpoints are the same ones.
    """
    random = np.random.default_rng(seed)
    viewpoint = frame_viewpoint(rig, framing)
    names = [e.name for e in rig.expressions if e.morphs]
    for index in range(count):
        pose = random_pose(rig, random)
        if names and index % 2:
            chosen = names[int(random.integers(len(names)))]
            weight = np.float32(random.uniform(0, 1))
            pose = with_expression(rig, pose, chosen if expressions else None)
            pose = replace(pose, expression_weights=pose.expression_weights * weight)
        yield Case(f"{framing.value} {index}", pose, _seen_from_ahead(viewpoint, random))


def expression_cases(rig: Rig, framing: Framing) -> Iterator[Case]:
    """Yield every expression of the rig at full weight, seen from the front."""
    for expression in rig.expressions:
        pose = with_expression(rig, canonical_pose(rig), expression.name)
        yield Case(f"{framing.value} {expression.name}", pose, frame_viewpoint(rig, framing))


def clip_cases(rig: Rig, framing: Framing, frames: int, seed: int) -> tuple[Case, ...]:
    """Return consecutive frames of a motion from one random pose to another.

    Args:
        rig: Moves.
        framing: Of all frames.
        frames: At 30 a second, at least 2; a longer clip stays within the motion, more slowly.
        seed: Of the motion and the viewpoint.
    """
    random = np.random.default_rng(seed)
    start, end = random_pose(rig, random), random_pose(rig, random)
    step = min(1 / (CLIP_FPS * MOTION_S), 1 / (frames - 1))
    first = random.uniform(0, 1 - step * (frames - 1))
    viewpoint = _seen_from_ahead(frame_viewpoint(rig, framing), random)
    return tuple(
        Case(f"{framing.value} clip {seed}", _between(start, end, first + step * frame), viewpoint)
        for frame in range(frames)
    )


def _between(start: RigPose, end: RigPose, share: float) -> RigPose:
    part = np.float32(share)
    turned = quat_slerp(start.bone_rotations, end.bone_rotations, part)
    gaze = start.gaze + part * (end.gaze - start.gaze)
    return replace(start, bone_rotations=turned.astype(np.float32), gaze=gaze)


def _seen_from_ahead(viewpoint: Viewpoint, random: np.random.Generator) -> Viewpoint:
    """Return the viewpoint turned as far as an avatar turns in practice."""
    yaw, pitch = random.uniform(-1, 1, 2)
    return replace(
        viewpoint,
        yaw_rad=math.radians(VIEW_YAW_DEG * yaw),
        pitch_rad=math.radians(VIEW_PITCH_DEG * pitch),
    )


def expression_weights(rig: Rig, pose: RigPose) -> dict[str, float]:
    """Return the weights that act on the mesh, by name, as decoders want them."""
    weights = effective_expression_weights(rig, pose)
    return {e.name: float(w) for e, w in zip(rig.expressions, weights, strict=True) if w > 0}
