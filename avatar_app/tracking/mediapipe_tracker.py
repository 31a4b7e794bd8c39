"""MediaPipe as a tracker: face, body and hands, each as often as its cost allows."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avatar_app.engine.frames import CameraFrame, TrackingFrame
from avatar_app.tracking.mediapipe_body import (
    Hands,
    MediapipeBody,
    MediapipeHands,
    wrists_in_picture,
)
from avatar_app.tracking.mediapipe_face import MediapipeFace
from udp_live.types import BodyTracking, TrackedMotion

DEFAULT_STEP_MS = 33
LONGEST_STEP_S = 1.0


@dataclass(frozen=True, slots=True)
class MediapipeConfig:
    """What to track, and how often.

    Attributes:
        face_model: ``face_landmarker.task``; None takes the mesh inside the wheel, which has no
            blendshapes.
        face, body, hands: What to look for. Hands without a body are told apart by the model alone.
        body_interval: The body is tracked in every n-th frame, in between the last one holds.
        hands_interval: The same for hands. With both at 2 they take turns, which halves the cost
            of a frame; 1 and 1 are for repeatable offline work.
    """

    face_model: Path | None = None
    face: bool = True
    body: bool = True
    hands: bool = True
    body_interval: int = 1
    hands_interval: int = 1

    def __post_init__(self) -> None:
        if self.body_interval < 1 or self.hands_interval < 1:
            raise ValueError(
                f"unexpected intervals: {self.body_interval}, {self.hands_interval}; at least 1"
            )


class MediapipeTracker:
    """Track one person with MediaPipe. Not free-threaded: one thread owns it."""

    def __init__(self, config: MediapipeConfig) -> None:
        self._config = config
        self._face = MediapipeFace(config.face_model) if config.face else None
        self._body = MediapipeBody() if config.body else None
        self._hands = MediapipeHands() if config.hands else None
        self._last_body: BodyTracking | None = None
        self._last_hands = Hands()
        self._last_media_s: float | None = None
        self._count = 0

    def track(self, frame: CameraFrame) -> TrackingFrame:
        """Look for the person in the next frame of the source."""
        image = np.ascontiguousarray(frame.image)
        height, width = image.shape[:2]
        face = self._face.track(image, self._step_ms(frame)) if self._face else None
        if self._body is not None and self._count % self._config.body_interval == 0:
            self._last_body = self._body.track(image)
        # The last frame of the interval: when both share an interval of 2 they take turns.
        interval = self._config.hands_interval
        if self._hands is not None and self._count % interval == interval - 1:
            self._last_hands = self._track_hands(image)
        self._count += 1
        motion = TrackedMotion(
            image_size=(width, height),
            face=face,
            body=self._last_body,
            left_hand=self._last_hands.left,
            right_hand=self._last_hands.right,
        )
        return TrackingFrame(frame.stamp, motion)

    def close(self) -> None:
        """Release all models."""
        for part in (self._face, self._body, self._hands):
            if part is not None:
                part.close()
        self._face = self._body = self._hands = None

    def _track_hands(self, image: np.typing.NDArray[np.uint8]) -> Hands:
        if self._hands is None:
            return Hands()
        if self._body is not None and (
            self._last_body is None or not wrists_in_picture(self._last_body)
        ):
            return Hands()
        return self._hands.track(image, self._last_body)

    def _step_ms(self, frame: CameraFrame) -> int:
        """Return the time since the last frame; a source that jumps counts as one plain step."""
        media_s, self._last_media_s = self._last_media_s, frame.stamp.media_s
        if media_s is None or not 0.0 < frame.stamp.media_s - media_s < LONGEST_STEP_S:
            return DEFAULT_STEP_MS
        return int(1000.0 * (frame.stamp.media_s - media_s))
