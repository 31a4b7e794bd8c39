"""A motion whose every angle is known: arms, a leg, the head and a hand in turn."""

import math

import numpy as np

from udp_live.linalg import quat_from_axis_angle, quat_multiply
from udp_live.rig.expressions import rest_pose
from udp_live.rig.rig import Rig
from udp_live.types import RigPose

FPS = 30.0
CALM_S = 1.2
X, Y, Z = np.eye(3, dtype=np.float32)
Turns = dict[str, list[tuple[np.ndarray, float]]]


def known_poses(rig: Rig, seconds: float = 6.0) -> list[RigPose]:
    """Stand calmly, then move: arms in a T-pose at rest hang at the sides."""
    return [_pose(rig, frame / FPS) for frame in range(round(seconds * FPS))]


def _pose(rig: Rig, time_s: float) -> RigPose:
    pose = rest_pose(rig)
    for bone, turns in _turns(max(time_s - CALM_S, 0.0)).items():
        if bone in rig.skeleton.humanoid:
            whole = np.array((0.0, 0.0, 0.0, 1.0), np.float32)
            for axis, degrees in turns:
                whole = quat_multiply(quat_from_axis_angle(axis, math.radians(degrees)), whole)
            pose.bone_rotations[rig.skeleton.humanoid[bone]] = whole
    return pose


def _turns(time_s: float) -> Turns:
    """Return each bone's turns, degrees, the first applied first."""
    wave = 0.5 - 0.5 * math.cos(2.0 * math.pi * time_s / 2.4)
    step = 0.5 - 0.5 * math.cos(2.0 * math.pi * time_s / 1.6)
    turns: Turns = {
        "leftUpperArm": [(Z, -75.0 + 85.0 * wave)],
        "leftLowerArm": [(Y, -15.0 - 15.0 * wave), (Z, 80.0 * wave)],
        "rightUpperArm": [(Z, 75.0), (X, -55.0 * step)],
        "rightLowerArm": [(Y, 15.0), (Y, 40.0 * step)],
        "leftUpperLeg": [(X, -55.0 * step)],
        "leftLowerLeg": [(X, 70.0 * step)],
        "head": [(X, 8.0 * math.sin(3.0 * time_s)), (Y, 32.0 * math.sin(2.0 * time_s))],
    }
    for finger in ("Index", "Middle", "Ring", "Little"):
        for joint in ("Proximal", "Intermediate", "Distal"):
            # Counted from a flat hand whose palm looks down: to the palm is about -Z.
            turns[f"left{finger}{joint}"] = [(Z, -75.0 * (0.5 - 0.5 * math.cos(1.3 * time_s)))]
    return turns
