"""Tracking on a clock that the test advances, and with a tracker process that gets killed."""

import os
import signal
from typing import Any

import numpy as np
import pytest

from avatar_app.engine import LatestSlot
from avatar_app.engine.frames import CameraFrame, FrameStamp, TrackingFrame
from avatar_app.engine.notice_board import NoticeBoard
from avatar_app.engine.run_meter import RunMeter
from avatar_app.engine.tracking_stage import TRACKER_RETRY_S, TrackingContext, TrackingStage
from avatar_app.errors import TrackerError
from avatar_app.tracking.tracker_process import TrackerProcess, TrackerProcessConfig
from tests.fakes.engine_parts import FakeClock, FakeRetargeter
from tests.fakes.fake_tracker import FakeTracker
from tests.fakes.tiny_rig import tiny_rig

STEP_S = 1 / 30


class BrokenTracker(FakeTracker):
    """Fail once, then be asked for no more."""

    def track(self, frame: CameraFrame) -> TrackingFrame:
        raise TrackerError("tracker process died 6 times within 60 s")


class Bench:
    """A stage with everything around it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.notices = NoticeBoard()
        self.meter = RunMeter(self.clock.ns)
        self.trackers: list[Any] = [FakeTracker()]
        self.opened = 0
        self.retargeter = FakeRetargeter(tiny_rig(), mirror=True)
        self.stage = TrackingStage(
            self._open_tracker,
            lambda: self.retargeter,
            TrackingContext(self.meter, self.notices, LatestSlot(), clock_ns=self.clock.ns),
        )
        self.stage.open()
        self.count = 0

    def _open_tracker(self) -> Any:
        tracker = self.trackers[min(self.opened, len(self.trackers) - 1)]
        self.opened += 1
        if isinstance(tracker, Exception):
            raise tracker
        return tracker

    def show(self, brightness: int, seconds: float = STEP_S) -> None:
        """Show a picture after some time; black means that nobody is there."""
        self.clock.advance(seconds)
        stamp = FrameStamp(self.count, self.clock.ns(), self.count * STEP_S)
        self.count += 1
        image = np.full((48, 64, 3), brightness, np.uint8)
        assert self.stage.process(CameraFrame(stamp, image)) is not None


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_nobody_for_a_minute_is_told_and_the_avatar_goes_on(bench: Bench) -> None:
    bench.show(100)
    for _ in range(1800):
        bench.show(0)
    assert any("nobody in the picture" in sentence for sentence in bench.notices.sentences)
    assert len(bench.retargeter.motions) == 1801
    bench.show(100)
    assert bench.notices.sentences == ()
    assert bench.meter.statistics(running=True).face_visible


def test_a_short_absence_is_not_told(bench: Bench) -> None:
    bench.show(100)
    for _ in range(30):
        bench.show(0)
    assert bench.notices.sentences == ()


def test_without_pictures_the_avatar_idles_in_real_time(bench: Bench) -> None:
    bench.show(100)
    bench.clock.advance(1.0)
    pose = bench.stage.process(None)
    assert pose is not None
    assert pose.stamp.captured_ns == bench.clock.ns()
    assert bench.retargeter.motions[-1].face is None
    assert bench.retargeter.times_s == sorted(bench.retargeter.times_s)


def test_a_tracker_that_gives_up_is_told_of_and_opened_again_later(bench: Bench) -> None:
    bench.trackers = [BrokenTracker(), FakeTracker()]
    bench.opened = 0
    bench.stage.open()
    bench.show(100)
    assert any("died 6 times" in sentence for sentence in bench.notices.sentences)
    bench.show(100)
    assert bench.opened == 1
    bench.show(100, seconds=TRACKER_RETRY_S)
    assert bench.opened == 2
    assert bench.notices.sentences == ()
    assert bench.retargeter.motions[-1].face is not None


def test_a_tracker_that_cannot_be_opened_again_is_tried_later_while_the_avatar_idles(
    bench: Bench,
) -> None:
    bench.trackers = [BrokenTracker(), TrackerError("no memory"), FakeTracker()]
    bench.opened = 0
    bench.stage.open()
    bench.show(100)
    bench.show(100, seconds=TRACKER_RETRY_S)
    assert bench.notices.sentences == ("no memory (trying again)",)
    bench.show(100)
    assert bench.opened == 2
    bench.show(100, seconds=TRACKER_RETRY_S)
    assert bench.notices.sentences == ()
    assert bench.retargeter.motions[-1].face is not None


def test_a_retargeter_that_is_outdated_while_it_is_made_is_made_again(bench: Bench) -> None:
    made: list[FakeRetargeter] = []

    def make(*, mirror: bool) -> FakeRetargeter:
        made.append(FakeRetargeter(tiny_rig(), mirror=mirror))
        return made[-1]

    def make_late() -> FakeRetargeter:
        bench.stage.change_retargeter(lambda: make(mirror=False))
        return make(mirror=True)

    bench.stage.change_retargeter(make_late)
    bench.show(100)
    bench.show(100)
    assert [retargeter.mirror for retargeter in made] == [True, False]
    assert len(made[1].motions) == 1


def test_a_killed_tracker_process_costs_frames_and_nothing_else(bench: Bench) -> None:
    config = TrackerProcessConfig(patience_s=5.0, first_backoff_s=0.0)
    process = TrackerProcess(FakeTracker, config)
    bench.trackers = [process]
    bench.opened = 0
    bench.stage.open()
    try:
        assert process.wait_until_ready(30.0)
        bench.show(100)
        assert bench.retargeter.motions[-1].face is not None
        pid = process.child_pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        bench.show(100)
        assert process.wait_until_ready(30.0)
        bench.show(100)
        assert bench.retargeter.motions[-1].face is not None
        assert process.losses == 1
        assert process.child_pid != pid
    finally:
        bench.stage.close()
