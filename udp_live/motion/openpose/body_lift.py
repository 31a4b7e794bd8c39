"""A flat body brought into depth: bones seen shorter than they are point to or from the webcam.

Scaled orthographic reconstruction after Taylor, "Reconstruction of articulated objects from point
correspondences in a single uncalibrated image" (CVIU 2000); which way each bone points follows
from anatomy and from the frames before and after.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from udp_live.motion.openpose.bone_lengths import BodySize
from udp_live.motion.openpose.depth_signs import steadiest_choices
from udp_live.motion.openpose.keypoints import MID_HIP, NOSE, SIDED
from udp_live.motion.openpose.time_filters import smooth

Double = NDArray[np.float64]

SIDES = ("left", "right")
TRUST = 2.5
# Bones whose length is learned from single frames look foreshortened by noise alone: lengths up to
# this share count as full.
LIMB_SLACK, SHOULDER_SLACK, HIP_SLACK, TRUNK_SLACK = 0.96, 0.88, 0.85, 0.93
# Shoulders come closer together when the arms are up.
RAISED_NARROWING = 0.15
# The nose before the shoulders' middle tells which way the trunk is turned: metres to be sure.
TURN_CUE_M = 0.04
TURN_CUE_SMOOTH_S = 0.12
# Costs of the unlikely, in the unit of depth_signs.
ELBOW_BEHIND, FOREARM_BACK, WRIST_INSIDE = 0.35, 0.9, 6.0
KNEE_BACK, KNEE_OVERSTRETCHED = 0.9, 4.0
# A hand in front of chest or face cannot be inside of it, and the back is out of its reach.
TRUNK_HALF_WIDTH_M, TRUNK_FRONT_M, TRUNK_EDGE_M = 0.13, 0.17, 0.08
TRUNK_COVERED, FACE_HEIGHT_M, ELBOW_SHARE = 0.8, 0.28, 0.4
SIGNS = np.array([(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)])
NECK_FORWARD_M, FOOT_M, HAND_M = 0.06, 0.2, 0.09


class LiftedBody(NamedTuple):
    """A body in depth.

    Attributes:
        points: ``[T, 25, 3]`` float64, metres, +X right in the picture, +Y up, +Z to the webcam.
        front: ``[T, 3]`` float64 unit vectors out of the chest.
    """

    points: Double
    front: Double


def lift_body(places: Double, seen: Double, size: BodySize, fps: float) -> LiftedBody:
    """Give each keypoint its depth.

    Args:
        places: ``[T, 25, 2]`` float64, x right and y up, pixels.
        seen: ``[T, 25]`` float64 visibility.
        size: The person's size.
        fps: Frames per second.
    """
    # What is half seen is where it is seen: anatomy only fills in for the rest.
    seen = np.clip(TRUST * seen, 0.0, 1.0)
    flat = places / size.pixels_per_m[:, None, None]
    flat = flat - _hips(flat, seen, size)[:, None]
    points = np.zeros((*flat.shape[:2], 3))
    points[:, :, :2] = flat
    points[:, MID_HIP] = 0.0
    front = _lift_trunk(points, seen, size, fps)
    shoulders = _middle(points, "shoulder")
    head = [NOSE, *(SIDED[side][name] for side in SIDES for name in ("eye", "ear"))]
    points[:, head, 2] = shoulders[:, None, 2] + NECK_FORWARD_M
    points[:, 1] = shoulders
    for side in SIDES:
        _lift_arm(points, seen, side, size, front)
        _lift_leg(points, seen, side, size, front)
    return LiftedBody(points, front)


def _hips(flat: Double, seen: Double, size: BodySize) -> Double:
    """Return where the hips are; below the shoulders if they were never seen."""
    sides = [SIDED[side]["hip"] for side in SIDES]
    hips = flat[:, sides].mean(axis=1)
    below = _middle(flat, "shoulder") - (0.0, size.trunk_m)
    known = seen[:, sides].min(axis=1)[:, None]
    middle: Double = known * hips + (1.0 - known) * below
    # Unseen hips follow the shoulders, and so does whatever hangs on them.
    for side, sign in zip(SIDES, (0.5, -0.5), strict=True):
        index = SIDED[side]["hip"]
        guess = middle + np.array([sign * size.hips_m, 0.0])
        known = seen[:, index, None]
        flat[:, index] = known * flat[:, index] + (1.0 - known) * guess
    return middle


def _middle(points: Double, name: str) -> Double:
    return np.asarray(points[:, [SIDED[side][name] for side in SIDES]].mean(axis=1))


def _lift_trunk(points: Double, seen: Double, size: BodySize, fps: float) -> Double:
    """Set the depths of shoulders and hips; returns the front."""
    left, right = SIDED["left"], SIDED["right"]
    shoulders = points[:, left["shoulder"]] - points[:, right["shoulder"]]
    hips = points[:, left["hip"]] - points[:, right["hip"]]
    nose = points[:, NOSE, 0] - _middle(points, "shoulder")[:, 0]
    cue = smooth(np.where(seen[:, NOSE] > 0.0, nose, 0.0), TURN_CUE_SMOOTH_S * fps)
    # Turned to the own left, the left shoulder goes back.
    towards = -np.tanh(cue / TURN_CUE_M)
    raised = [points[:, s["elbow"], 1] > points[:, s["shoulder"], 1] for s in (left, right)]
    narrowed = 1.0 - RAISED_NARROWING * np.mean(raised, axis=0)
    width = size.shoulders_m * narrowed * SHOULDER_SLACK
    apart = towards * _depth(np.linalg.norm(shoulders[:, :2], axis=1), width)
    apart_hips = towards * _depth(
        np.linalg.norm(hips[:, :2], axis=1), np.full(len(points), size.hips_m * HIP_SLACK)
    )
    # Who bends, bends forwards, and that is away from the webcam when seen from behind.
    facing = np.tanh(smooth(shoulders[:, 0] / size.shoulders_m, TURN_CUE_SMOOTH_S * fps) * 4.0)
    upright = np.linalg.norm(_middle(points, "shoulder")[:, :2], axis=1)
    known = seen[:, [left["hip"], right["hip"]]].min(axis=1)
    bend = known * facing * _depth(upright, np.full(len(points), size.trunk_m * TRUNK_SLACK))
    for sign, side in ((0.5, left), (-0.5, right)):
        points[:, side["shoulder"], 2] = bend + sign * apart
        points[:, side["hip"], 2] = sign * apart_hips
    across = points[:, left["shoulder"]] - points[:, right["shoulder"]]
    front = np.cross(across, _middle(points, "shoulder"))
    return _unit(front)


def _lift_arm(points: Double, seen: Double, side: str, size: BodySize, front: Double) -> None:
    joints = [SIDED[side][name] for name in ("shoulder", "elbow", "wrist")]
    aside = 0.25 if side == "left" else -0.25
    _hang(points, seen, joints, (size.upper_arm_m, size.forearm_m), aside)
    upper, lower = _both_ways(points, joints, (size.upper_arm_m, size.forearm_m))
    along, out = _unit(upper), _unit(lower)
    ahead = np.einsum("tskc,tc->tsk", np.stack([along, out], axis=2), front)
    cost = ELBOW_BEHIND * np.maximum(-ahead[:, :, 0], 0.0)
    cost = cost + FOREARM_BACK * np.maximum(-ahead[:, :, 1], 0.0)
    wrist = points[:, joints[0]][:, None] + upper + lower
    middle = _middle(points, "shoulder")
    lacking = _lack_of_room(wrist - middle[:, None], front, size)
    _settle(points, joints, (upper, lower), cost + WRIST_INSIDE * lacking)
    # Where neither way has room, a bone was taken for longer than it is.
    lack = _lack_of_room(points[:, None, joints[2]] - middle[:, None], front, size)[:, 0]
    points[:, joints[1], 2] += ELBOW_SHARE * lack
    points[:, joints[2], 2] += lack


def _lack_of_room(offsets: Double, front: Double, size: BodySize) -> Double:
    """Return how much farther in front hands over trunk and face have to be, ``[T, S]`` metres.

    Args:
        offsets: ``[T, S, 3]`` float64, from between the shoulders to the wrist.
        front: ``[T, 3]`` float64 unit vectors.
        size: The person's size.
    """
    aside = np.abs(offsets[:, :, 0]) - TRUNK_HALF_WIDTH_M
    below = -offsets[:, :, 1] - TRUNK_COVERED * size.trunk_m
    above = offsets[:, :, 1] - FACE_HEIGHT_M
    out = np.maximum(np.maximum(aside, 0.0), np.maximum(np.maximum(below, above), 0.0))
    inside = np.clip(1.0 - out / TRUNK_EDGE_M, 0.0, 1.0)
    depth = np.einsum("tsc,tc->ts", offsets, front)
    return np.asarray(inside * np.maximum(TRUNK_FRONT_M - depth, 0.0))


def _lift_leg(points: Double, seen: Double, side: str, size: BodySize, front: Double) -> None:
    joints = [SIDED[side][name] for name in ("hip", "knee", "ankle")]
    _hang(points, seen, joints, (size.thigh_m, size.shin_m), 0.05 if side == "left" else -0.05)
    thigh, shin = _both_ways(points, joints, (size.thigh_m, size.shin_m))
    level = front * (1.0, 0.0, 1.0)
    ahead = np.einsum("tskc,tc->tsk", np.stack([_unit(thigh), _unit(shin)], axis=2), _unit(level))
    cost = KNEE_BACK * np.maximum(-ahead[:, :, 0], 0.0)
    stretched = np.maximum(ahead[:, :, 1] - ahead[:, :, 0] - 0.05, 0.0)
    cost = cost + KNEE_OVERSTRETCHED * stretched
    _settle(points, joints, (thigh, shin), cost)
    _lift_foot(points, seen, side, level)


def _lift_foot(points: Double, seen: Double, side: str, level: Double) -> None:
    """Point the toes to the front; what is not seen of the foot is a flat one."""
    ankle = points[:, SIDED[side]["ankle"]]
    for name, way in (("heel", -0.05), ("toes", FOOT_M - 0.05)):
        index = SIDED[side][name]
        guess = ankle + way * level - (0.0, 0.06, 0.0)
        known = seen[:, index, None]
        points[:, index, :2] = known * points[:, index, :2] + (1.0 - known) * guess[:, :2]
    heel, toes = SIDED[side]["heel"], SIDED[side]["toes"]
    length = np.linalg.norm(points[:, toes, :2] - points[:, heel, :2], axis=1)
    depth = _depth(length, np.full(len(points), FOOT_M * LIMB_SLACK))
    points[:, heel, 2] = ankle[:, 2]
    points[:, toes, 2] = ankle[:, 2] + np.sign(level[:, 2]) * depth


def _hang(
    points: Double, seen: Double, joints: list[int], lengths: tuple[float, float], aside: float
) -> None:
    """Let unseen joints hang from those above."""
    way = np.array([aside, -1.0]) / np.hypot(aside, 1.0)
    for above, below, length in zip(joints[:2], joints[1:], lengths, strict=True):
        guess = points[:, above, :2] + length * way
        known = seen[:, below, None]
        points[:, below, :2] = known * points[:, below, :2] + (1.0 - known) * guess


def _both_ways(
    points: Double, joints: list[int], lengths: tuple[float, float]
) -> tuple[Double, Double]:
    """Return both bones of a limb in their four ways: ``[T, 4, 3]`` each."""
    bones = []
    for place, length in enumerate(lengths):
        flat = points[:, joints[place + 1], :2] - points[:, joints[place], :2]
        depth = _depth(np.linalg.norm(flat, axis=1), np.full(len(flat), length * LIMB_SLACK))
        bone = np.zeros((len(flat), len(SIGNS), 3))
        bone[:, :, :2] = flat[:, None]
        bone[:, :, 2] = depth[:, None] * SIGNS[None, :, place]
        bones.append(bone)
    return bones[0], bones[1]


def _settle(points: Double, joints: list[int], bones: tuple[Double, Double], cost: Double) -> None:
    directions = np.stack([_unit(bone) for bone in bones], axis=2)
    choice = steadiest_choices(cost, directions)
    frames = np.arange(len(points))
    for place, bone in enumerate(bones):
        depth = bone[frames, choice, 2]
        points[:, joints[place + 1], 2] = points[:, joints[place], 2] + depth


def _depth(flat: Double, length: Double) -> Double:
    """Return how far a bone reaches in depth that is seen ``flat`` long."""
    return np.asarray(np.sqrt(np.maximum(length**2 - flat**2, 0.0)))


def _unit(vectors: Double) -> Double:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9))
