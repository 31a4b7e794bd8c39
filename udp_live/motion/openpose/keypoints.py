"""OpenPose's keypoints of one person over time, and the order in which they come."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

BODY_COUNT, FACE_COUNT, HAND_COUNT = 25, 70, 21
COCO_COUNT = 18
ALL_COUNT = BODY_COUNT + FACE_COUNT + 2 * HAND_COUNT
# Where each part lies among all of a person's keypoints.
BODY = slice(0, BODY_COUNT)
FACE = slice(BODY.stop, BODY.stop + FACE_COUNT)
LEFT_HAND = slice(FACE.stop, FACE.stop + HAND_COUNT)
RIGHT_HAND = slice(LEFT_HAND.stop, ALL_COUNT)

# BODY_25, the person's own left and right.
NOSE, NECK, MID_HIP = 0, 1, 8
SIDED = {
    "left": {"shoulder": 5, "elbow": 6, "wrist": 7, "hip": 12, "knee": 13, "ankle": 14}
    | {"eye": 16, "ear": 18, "toes": 19, "heel": 21},
    "right": {"shoulder": 2, "elbow": 3, "wrist": 4, "hip": 9, "knee": 10, "ankle": 11}
    | {"eye": 15, "ear": 17, "toes": 22, "heel": 24},
}
# The place in BODY_25 of each of COCO's 18 keypoints, which lack the middle hip and the feet.
BODY_OF_COCO = (0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18)

SEEN_ABOVE = 0.05  # OpenPose writes 0 for a keypoint that it did not find


@dataclass(frozen=True, slots=True)
class KeypointClip:
    """One person's keypoints in each frame of a recording.

    Attributes:
        fps: Frames per second.
        image_size: Width and height of the picture, pixels.
        points: ``[T, 137, 3]`` float32: x and y in pixels, y down, and confidence, 0 where
            nothing was found; body, face, left hand, right hand.
    """

    fps: float
    image_size: tuple[int, int]
    points: Float = field(repr=False)

    def __post_init__(self) -> None:
        if self.points.ndim != 3 or self.points.shape[1:] != (ALL_COUNT, 3):
            raise ValueError(f"unexpected points shape: {self.points.shape} != (T, 137, 3)")
        if not 1.0 <= self.fps <= 240.0:
            raise ValueError(f"unexpected fps: {self.fps:g}; give a number from 1 to 240")
        if not 16 <= min(self.image_size) <= max(self.image_size) <= 32768:
            raise ValueError(f"unexpected size: {self.image_size}; give 16 to 32768 pixels")

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        return len(self.points)
