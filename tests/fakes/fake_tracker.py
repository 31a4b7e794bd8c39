"""Trackers without a model: the left eye's landmark tells the picture's mean brightness."""

import os
import threading

import numpy as np

from avatar_app.engine.frames import CameraFrame, TrackingFrame
from avatar_app.errors import TrackerError
from udp_live.types import FaceTracking, TrackedMotion

HANG_AT_BRIGHTNESS = 255


class FakeTracker:
    """See a face in every picture that is not black."""

    def __init__(self) -> None:
        self.closed = False

    def track(self, frame: CameraFrame) -> TrackingFrame:
        height, width = frame.image.shape[:2]
        brightness = float(frame.image.mean()) / 255.0
        face = None
        if brightness > 0.0:
            landmarks = np.full((478, 3), brightness, np.float32)
            face = FaceTracking(landmarks, None, np.eye(4, dtype=np.float32))
        return TrackingFrame(frame.stamp, TrackedMotion((width, height), face=face))

    def close(self) -> None:
        self.closed = True


class HangingTracker(FakeTracker):
    """Hang for good on a white picture."""

    def track(self, frame: CameraFrame) -> TrackingFrame:
        if frame.image.min() == HANG_AT_BRIGHTNESS:
            threading.Event().wait()
        return super().track(frame)


def make_noisy_tracker() -> FakeTracker:
    os.write(2, b"a native library chatters\n")
    return FakeTracker()


def make_refusing_tracker() -> FakeTracker:
    raise TrackerError("face model unusable: fetch it again")


def make_dead_tracker() -> FakeTracker:
    os._exit(7)
