"""Arm poses told by where the hand is: two-bone inverse kinematics on Yuzu's skeleton."""

from dataclasses import dataclass

import numpy as np

from avatar_app.default_avatar.keyframes import Quaternions, axis_turn, mirrored_turn
from avatar_app.default_avatar.skeleton import LEFT_BONES
from avatar_app.default_avatar.surfaces import Double
from udp_live.linalg import quat_conjugate, quat_from_matrix, quat_multiply

Vector = tuple[float, float, float]

SHOULDER = np.array(LEFT_BONES["leftUpperArm"][1])
ELBOW = np.array(LEFT_BONES["leftLowerArm"][1])
WRIST = np.array(LEFT_BONES["leftHand"][1])
UPPER_M = float(np.linalg.norm(ELBOW - SHOULDER))
FORE_M = float(np.linalg.norm(WRIST - ELBOW))

# At rest the left arm points along +X, its elbow bends forward about -Y, the palm looks down.
REST_ARM = np.array((1.0, 0.0, 0.0))
REST_HINGE = np.array((0.0, -1.0, 0.0))
REST_PALM = np.array((0.0, -1.0, 0.0))


@dataclass(frozen=True, slots=True)
class ArmPose:
    """A pose of the left arm; the right arm mirrors it.

    Attributes:
        wrist: Place in the resting trunk's space, metres.
        elbow: Direction in which the elbow points.
        fingers: Direction of the straight fingers.
        palm: Direction in which the palm looks.
        shrug_deg: How far the collarbone is raised.
    """

    wrist: Vector
    elbow: Vector
    fingers: Vector
    palm: Vector
    shrug_deg: float = 0.0


def solve_arm(pose: ArmPose, side: str) -> dict[str, Quaternions]:
    """Return local rotations ``[4]`` of shoulder, upper arm, lower arm and hand."""
    upper, fore, hinge = _directions(pose)
    shoulder = axis_turn("z", pose.shrug_deg)
    upper_turn = _frame_turn((REST_ARM, REST_HINGE), (upper, hinge))
    fore_turn = _frame_turn((REST_ARM, REST_HINGE), (fore, hinge))
    hand_turn = _frame_turn((REST_ARM, REST_PALM), (np.array(pose.fingers), np.array(pose.palm)))
    # half of the hand's twist belongs to the forearm
    wrist_local = quat_multiply(quat_conjugate(fore_turn), hand_turn)
    twist = _half_twist(wrist_local)
    turns = {
        "Shoulder": shoulder,
        "UpperArm": quat_multiply(quat_conjugate(shoulder), upper_turn),
        "LowerArm": quat_multiply(quat_multiply(quat_conjugate(upper_turn), fore_turn), twist),
        "Hand": quat_multiply(quat_conjugate(twist), wrist_local),
    }
    if side == "right":
        turns = {bone: mirrored_turn(turn) for bone, turn in turns.items()}
    return {f"{side}{bone}": turn for bone, turn in turns.items()}


def _directions(pose: ArmPose) -> tuple[Double, Double, Double]:
    """Return unit directions of upper arm and forearm, and the axis about which the elbow bends."""
    reach = np.array(pose.wrist) - SHOULDER
    distance = min(float(np.linalg.norm(reach)), 0.999 * (UPPER_M + FORE_M))
    along = reach / np.linalg.norm(reach)
    pole = np.array(pose.elbow) - along * np.dot(pose.elbow, along)
    pole /= np.linalg.norm(pole)
    cosine = (UPPER_M**2 + distance**2 - FORE_M**2) / (2.0 * UPPER_M * distance)
    elbow = UPPER_M * (cosine * along + np.sqrt(max(1.0 - cosine**2, 0.0)) * pole)
    fore = along * distance - elbow
    return elbow / UPPER_M, fore / np.linalg.norm(fore), np.cross(pole, along)


def _frame_turn(rest: tuple[Double, Double], posed: tuple[Double, Double]) -> Quaternions:
    """Return the rotation that turns one pair of directions into another."""

    def frame(first: Double, second: Double) -> Double:
        x = first / np.linalg.norm(first)
        y = second - x * np.dot(second, x)
        y = y / np.linalg.norm(y)
        return np.stack([x, y, np.cross(x, y)], axis=1)

    return np.asarray(quat_from_matrix(frame(*posed) @ frame(*rest).T))


def _half_twist(turn: Quaternions) -> Quaternions:
    """Return half of a rotation's part about the arm's axis."""
    angle = 2.0 * np.degrees(np.arctan2(turn[0], turn[3]))
    angle = (angle + 180.0) % 360.0 - 180.0
    return axis_turn("x", 0.5 * angle)
