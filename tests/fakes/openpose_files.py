"""OpenPose's JSON files made from tracked motion, which has MediaPipe's landmarks."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from udp_live.motion.openpose.face_model import MESH_LANDMARKS
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
from udp_live.types import TrackedMotion

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
