"""The tracking stage: what the person does becomes what the avatar does."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from avatar_app.engine.frames import CameraFrame, CameraPreviewFrame, FrameStamp, PoseFrame
from avatar_app.engine.latest_slot import LatestSlot
from avatar_app.engine.notice_board import NoticeBoard
from avatar_app.engine.parts import Judge, Retargeter
from avatar_app.engine.run_meter import RunMeter
from avatar_app.errors import TrackerError
from udp_live.types import TrackedMotion

if TYPE_CHECKING:
    from avatar_app.tracking.base import Tracker

IDLE_AFTER_S = 0.25  # no picture for so long: the avatar breathes and blinks by itself
IDLE_STEP_S = 1 / 30
FACE_LOST_AFTER_S = 2.0
TRACKER_RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class TrackingContext:
    """What the stage reports to.

    Attributes:
        meter: Counts tracked frames, times ``tracking`` and ``retargeting``.
        notices: Tells the user that nobody is seen.
        preview: Receives pictures beside what was seen in them.
        realtime: Time is that of capture, otherwise the source's own.
        clock_ns: Real time.
    """

    meter: RunMeter
    notices: NoticeBoard
    preview: LatestSlot[CameraPreviewFrame]
    realtime: bool = True
    clock_ns: Callable[[], int] = time.perf_counter_ns


class TrackingStage:
    """Track and retarget; while no picture comes, or no tracker works, let the avatar idle."""

    def __init__(
        self,
        open_tracker: Callable[[], "Tracker"],
        make_retargeter: Callable[[], Retargeter],
        context: TrackingContext,
        judge: Judge | None = None,
    ) -> None:
        """Prepare a stage.

        Args:
            open_tracker: Opens the tracker, again after it failed.
            make_retargeter: Makes the retargeter.
            context: What the stage reports to.
            judge: Compares the avatar with the person.
        """
        self._open_tracker = open_tracker
        self._make_retargeter = make_retargeter
        self._context = context
        self._judge = judge
        self._tracker: Tracker | None = None
        self._tracker_retry_s = 0.0
        self._retargeter: Retargeter | None = None
        self._is_outdated = threading.Event()
        self._calibrate = threading.Event()
        self._last_stamp = FrameStamp(0, context.clock_ns(), 0.0)
        self._last_size = (640, 480)
        self._seen_s: float | None = None
        self._pictured_s = self._now_s()

    finished = False

    def open(self) -> None:
        """Start the tracker and make the retargeter."""
        self._retargeter = self._make_retargeter()
        self._tracker = self._open_tracker()

    def patience_s(self) -> float:
        """Wait for a picture, then idle at a steady rate."""
        is_idle = self._now_s() - self._pictured_s > IDLE_AFTER_S
        return IDLE_STEP_S if is_idle else IDLE_AFTER_S

    def request_calibration(self) -> None:
        """Calibrate with the next frame. Any thread."""
        self._calibrate.set()

    def imitation(self) -> dict[str, float]:
        """Return mean angles between person and avatar so far, degrees by joint. Any thread."""
        if self._judge is None:
            return {}
        items = self._judge.report().items()
        return {name: value for name, value in items if isinstance(value, float | int)}

    def change_retargeter(self, make_retargeter: Callable[[], Retargeter]) -> None:
        """Use another retargeter from the next frame on. Any thread."""
        self._make_retargeter = make_retargeter
        self._is_outdated.set()

    def process(self, value: CameraFrame | None) -> PoseFrame | None:
        """Turn a picture into a pose, or no picture into an idle pose."""
        if value is None:
            return self._idle()
        motion = self._track(value)
        self._context.meter.count_tracked(motion)
        self._context.preview.publish(CameraPreviewFrame(value.stamp, value.image, motion))
        self._watch_face(motion)
        self._last_stamp, self._last_size = value.stamp, motion.image_size
        self._pictured_s = self._now_s()
        frame = self._retarget(value.stamp, motion)
        if self._judge is not None and self._retargeter is not None:
            self._judge.add(motion, frame.rig_pose, self._retargeter.neutral)
        return frame

    def close(self) -> None:
        """End the tracker's process."""
        if self._tracker is not None:
            self._tracker.close()

    def _track(self, frame: CameraFrame) -> TrackedMotion:
        height, width = frame.image.shape[:2]
        nothing = TrackedMotion(image_size=(width, height))
        try:
            if self._tracker is None and not self._revive():
                return nothing
            with self._context.meter.stages.measure("tracking"):
                return self._tracker.track(frame).motion if self._tracker else nothing
        except TrackerError as error:
            if not self._context.realtime:
                raise
            self._context.notices.post("tracker", f"{error} (trying again)")
            self.close()
            self._tracker = None
            self._tracker_retry_s = self._now_s() + TRACKER_RETRY_S
            return nothing

    def _revive(self) -> bool:
        if self._now_s() < self._tracker_retry_s:
            return False
        self._tracker = self._open_tracker()
        self._context.notices.clear("tracker")
        return True

    def _idle(self) -> PoseFrame | None:
        if not self._context.realtime:
            return None
        last = self._last_stamp
        now_ns = self._context.clock_ns()
        media_s = last.media_s + (now_ns - last.captured_ns) / 1e9
        stamp = FrameStamp(last.frame_id, now_ns, media_s)
        return self._retarget(stamp, TrackedMotion(image_size=self._last_size))

    def _retarget(self, stamp: FrameStamp, motion: TrackedMotion) -> PoseFrame:
        retargeter = self._retargeter
        if retargeter is None or self._is_outdated.is_set():
            self._is_outdated.clear()  # first, so that a change in between is not lost
            retargeter = self._retargeter = self._make_retargeter()
        if self._calibrate.is_set():
            self._calibrate.clear()
            retargeter.calibrate()
        time_s = stamp.captured_ns / 1e9 if self._context.realtime else stamp.media_s
        with self._context.meter.stages.measure("retargeting"):
            pose = retargeter.retarget(motion, time_s)
        return PoseFrame(stamp, pose, motion)

    def _watch_face(self, motion: TrackedMotion) -> None:
        now_s = self._now_s()
        if self._tracker is None or not getattr(self._tracker, "is_ready", True):
            self._seen_s = None  # it is being started again, so it says nothing about the person
        if motion.face is not None or motion.body is not None or self._seen_s is None:
            self._seen_s = now_s
            self._context.notices.clear("person")
        elif now_s - self._seen_s > FACE_LOST_AFTER_S:
            self._context.notices.post(
                "person", "nobody in the picture: face the webcam, in more light if it is dark"
            )

    def _now_s(self) -> float:
        return self._context.clock_ns() / 1e9
