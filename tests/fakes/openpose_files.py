"""OpenPose's JSON files, made from MediaPipe's landmarks or from a rig whose pose is known."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from udp_live.linalg import quat_to_matrix
from udp_live.motion.openpose.face_model import (
    BODY_HEAD_KEYPOINTS,
    MESH_LANDMARKS,
    body_head_points,
    face_points,
)
from udp_live.motion.openpose.keypoint_motion import BODY_LANDMARKS
from udp_live.motion.openpose.keypoints import (
    ALL_COUNT,
    BODY,
    FACE,
    LEFT_HAND,
    MID_HIP,
    NECK,
    RIGHT_HAND,
)
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import posed_joints
from udp_live.types import RigPose, TrackedMotion

# The landmark of MediaPipe's body at each keypoint of BODY_25, the plainest one.
LANDMARK_OF = {keypoint: landmark for landmark, keypoint in reversed(BODY_LANDMARKS.items())}
LANDMARK_OF |= {15: 5, 16: 2, 7: 15, 4: 16, 0: 0}
PARTS = {
    "pose_keypoints_2d": BODY,
    "face_keypoints_2d": FACE,
    "hand_left_keypoints_2d": LEFT_HAND,
    "hand_right_keypoints_2d": RIGHT_HAND,
}


def keypoints_of(motion: TrackedMotion) -> np.ndarray:
    """Return [137, 3] pixels and confidence as OpenPose would have written."""
    points = np.zeros((ALL_COUNT, 3))
    size = np.array(motion.image_size)
    if motion.body is not None:
        body, visibility = motion.body.landmarks[:, :2], motion.body.visibility
        for keypoint, landmark in LANDMARK_OF.items():
            points[keypoint] = (*(body[landmark] * size), 0.9 * visibility[landmark])
        points[NECK] = points[[2, 5]].mean(axis=0)
        points[MID_HIP] = points[[9, 12]].mean(axis=0)
    if motion.face is not None:
        points[FACE, :2] = motion.face.landmarks[list(MESH_LANDMARKS), :2] * size
        points[FACE, 2] = 0.8
    for part, hand in ((LEFT_HAND, motion.left_hand), (RIGHT_HAND, motion.right_hand)):
        if hand is not None:
            points[part, :2] = hand.landmarks[:, :2] * size
            points[part, 2] = 0.6
    outside = np.any((points[:, :2] < 0.0) | (points[:, :2] >= size), axis=1)
    points[outside | (points[:, 2] < 0.15)] = 0.0
    return points


def with_noise(
    points: np.ndarray, rng: np.random.Generator, *, pixels: float, lost: float
) -> np.ndarray:
    """Shake keypoints and lose some of them."""
    shaken = points.copy()
    shaken[..., :2] += rng.normal(0.0, pixels, shaken[..., :2].shape)
    shaken[(points[..., 2] == 0.0) | (rng.random(points.shape[:-1]) < lost)] = 0.0
    return shaken


def person_json(points: np.ndarray) -> dict[str, object]:
    person: dict[str, object] = {"person_id": [-1]}
    for key, part in PARTS.items():
        person[key] = np.round(points[part], 3).ravel().tolist()
    return person


def write_frames(folder: Path, frames: Sequence[Sequence[np.ndarray]]) -> Path:
    """Write one file per frame, each with its people."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, people in enumerate(frames):
        content = {"version": 1.3, "people": [person_json(points) for points in people]}
        path = folder / f"video_{index:012d}_keypoints.json"
        path.write_text(json.dumps(content), encoding="utf-8")
    return folder


BODY_BONES = {
    1: "neck", 2: "rightUpperArm", 3: "rightLowerArm", 4: "rightHand",
    5: "leftUpperArm", 6: "leftLowerArm", 7: "leftHand", 8: "hips",
    9: "rightUpperLeg", 10: "rightLowerLeg", 11: "rightFoot",
    12: "leftUpperLeg", 13: "leftLowerLeg", 14: "leftFoot",
}  # fmt: skip
FEET = {
    19: ("leftFoot", (0.03, -0.05, 0.15)), 20: ("leftFoot", (0.07, -0.05, 0.12)),
    21: ("leftFoot", (0.0, -0.05, -0.04)), 22: ("rightFoot", (-0.03, -0.05, 0.15)),
    23: ("rightFoot", (-0.07, -0.05, 0.12)), 24: ("rightFoot", (0.0, -0.05, -0.04)),
}  # fmt: skip
FINGERS = ("Thumb", "Index", "Middle", "Ring", "Little")
SIZE = (1280, 960)
DISTANCE_M, FOCAL_PX, HEIGHT_M = 3.0, 1500.0, 0.8


def keypoints_of_pose(rig: Rig, pose: RigPose, *, head_scale: float = 0.9) -> np.ndarray:
    """Return [137, 3] keypoints as a camera three metres in front of a posed rig sees them."""
    joints = posed_joints(rig.skeleton, pose)
    humanoid = rig.skeleton.humanoid
    turns = quat_to_matrix(joints.rotations)
    points = np.zeros((ALL_COUNT, 3))
    for keypoint, bone in BODY_BONES.items():
        points[keypoint] = joints.positions[humanoid[bone]]
    for keypoint, (bone, offset) in FEET.items():
        index = humanoid[bone]
        points[keypoint] = joints.positions[index] + turns[index] @ np.array(offset)
    head = humanoid["head"]
    middle = joints.positions[head] + turns[head] @ np.array((0.0, 0.09, 0.02))
    points[FACE] = middle + head_scale * face_points() @ turns[head].T
    on_body = head_scale * body_head_points() @ turns[head].T + middle
    points[list(BODY_HEAD_KEYPOINTS)] = on_body
    for part, side in ((LEFT_HAND, "left"), (RIGHT_HAND, "right")):
        points[part] = _hand_points(joints.positions, turns, humanoid, side)
    depth = DISTANCE_M - points[:, 2]
    across = FOCAL_PX * points[:, 0] / depth
    up = FOCAL_PX * (points[:, 1] - HEIGHT_M) / depth
    x, y = 0.5 * SIZE[0] + across, 0.5 * SIZE[1] - up
    return np.stack([x, y, np.full(ALL_COUNT, 0.8)], axis=1)


def _hand_points(
    positions: np.ndarray, turns: np.ndarray, humanoid: Mapping[str, int], side: str
) -> np.ndarray:
    rows = [positions[humanoid[f"{side}Hand"]]]
    for finger in FINGERS:
        middle = "Metacarpal" if finger == "Thumb" else "Proximal"
        names = (middle, "Proximal" if finger == "Thumb" else "Intermediate", "Distal")
        chain = [humanoid[f"{side}{finger}{name}"] for name in names]
        rows += [positions[bone] for bone in chain]
        # The tip goes on from the last joint as the last bone does.
        rest = positions[chain[2]] - positions[chain[1]]
        last = turns[chain[2]] @ turns[chain[1]].T @ rest
        rows.append(positions[chain[2]] + 0.8 * last)
    return np.array(rows)
