"""Pace, glide and governing on a clock that the test advances."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.engine import EngineConfig
from avatar_app.engine.config import SUPERSAMPLING
from avatar_app.engine.frames import FrameStamp, PoseFrame
from avatar_app.engine.notice_board import NoticeBoard
from avatar_app.engine.render_stage import RenderStage
from avatar_app.engine.run_meter import RunMeter
from tests.fakes.engine_parts import FakeClock, FakePainter
from tests.fakes.tiny_rig import tiny_rig
from udp_live.rig.expressions import rest_pose
from udp_live.types import RigPose

CONFIG = EngineConfig(avatar=Path("nowhere"), size=512, fps=30)


class SlowPainter(FakePainter):
    """Take time on the clock: ``cost_ms`` for 512 x 512 pixels, less for fewer."""

    def __init__(self, config: EngineConfig, clock: FakeClock) -> None:
        super().__init__(config)
        self.clock = clock
        self.cost_ms = 5.0

    def paint(
        self, pose: RigPose, time_s: float, decode_size: int, supersampling: int = SUPERSAMPLING
    ) -> NDArray[np.uint8]:
        scale = 1.0 if supersampling == 2 else 0.6
        self.clock.advance(scale * self.cost_ms / 1e3 * (decode_size / 512) ** 2)
        return super().paint(pose, time_s, decode_size, supersampling)


class Bench:
    """A stage with everything around it."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.notices = NoticeBoard()
        self.painter = SlowPainter(CONFIG, self.clock)
        self.stage = RenderStage(
            lambda: self.painter,
            CONFIG,
            meter=RunMeter(self.clock.ns),
            notices=self.notices,
            clock_s=self.clock,
        )
        self.stage.open()
        self.pose = rest_pose(tiny_rig())
        self.count = 0

    def run(self, seconds: float, pose_every_s: float | None) -> int:
        """Let poses come at a rate and the stage do as it likes; returns pictures painted."""
        painted = 0
        end_s = self.clock.now_s + seconds
        next_pose_s = self.clock.now_s if pose_every_s else end_s
        while self.clock.now_s < end_s:
            wait_s = self.stage.patience_s()
            if next_pose_s <= self.clock.now_s + wait_s and next_pose_s < end_s:
                self.clock.now_s = max(self.clock.now_s, next_pose_s)
                next_pose_s += pose_every_s or 0.0
                result = self.stage.process(self.pose_frame())
            else:
                self.clock.advance(max(wait_s, 1e-5))  # real time never stands still
                result = self.stage.process(None)
            painted += result is not None
        return painted

    def idle(self, seconds: float) -> None:
        """Let time pass without poses."""
        end_s = self.clock.now_s + seconds
        while self.clock.now_s < end_s:
            self.clock.advance(min(self.stage.patience_s(), end_s - self.clock.now_s) + 1e-5)
            self.stage.process(None)

    def pose_frame(self) -> PoseFrame:
        self.count += 1
        stamp = FrameStamp(self.count, self.clock.ns(), self.clock.now_s)
        return PoseFrame(stamp, self.pose)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_nothing_is_painted_before_the_first_pose(bench: Bench) -> None:
    assert bench.run(0.5, None) == 0


def test_poses_at_the_output_rate_are_painted_once_each(bench: Bench) -> None:
    assert bench.run(2.0, 1 / 30) == pytest.approx(60, abs=1)


def test_slow_tracking_is_filled_up_to_the_output_rate(bench: Bench) -> None:
    bench.run(1.0, 1 / 10)
    assert bench.run(2.0, 1 / 10) == pytest.approx(60, abs=6)


def test_when_painting_is_dear_only_tracked_poses_are_painted(bench: Bench) -> None:
    bench.painter.cost_ms = 25.0
    bench.run(1.0, 1 / 10)
    assert bench.run(2.0, 1 / 10) == pytest.approx(20, abs=2)


def test_a_pose_that_comes_late_is_painted_at_once_when_painting_is_dear(bench: Bench) -> None:
    bench.painter.cost_ms = 25.0
    bench.run(1.0, 1 / 18)
    for _ in range(10):
        assert bench.stage.process(bench.pose_frame()) is not None
        bench.idle(0.03)


def test_poses_faster_than_the_output_are_held_back(bench: Bench) -> None:
    assert bench.run(2.0, 1 / 120) == pytest.approx(60, abs=2)


def test_the_last_pose_stays_alive_when_tracking_stops(bench: Bench) -> None:
    bench.run(1.0, 1 / 30)
    assert bench.run(1.0, None) == pytest.approx(30, abs=2)


def test_painting_that_is_too_slow_is_lowered_and_the_user_told(bench: Bench) -> None:
    bench.painter.cost_ms = 60.0
    bench.run(8.0, 1 / 30)
    assert bench.stage.decode_size < 512
    assert any("px instead of 512" in sentence for sentence in bench.notices.sentences)
    bench.painter.cost_ms = 5.0
    bench.run(30.0, 1 / 30)
    assert bench.stage.decode_size == 512
    assert bench.painter.supersamplings[-1] == 2
    assert bench.notices.sentences == ()


def test_framing_and_rate_are_taken_over_in_mid_run(bench: Bench) -> None:
    bench.run(0.5, 1 / 30)
    bench.stage.change_config(replace(CONFIG, framing="half", fps=10))
    bench.run(0.5, 1 / 30)
    assert bench.painter.config.framing == "half"
    assert bench.run(2.0, 1 / 30) == pytest.approx(20, abs=2)


def test_another_rate_takes_back_what_was_said_on_the_quality(bench: Bench) -> None:
    bench.painter.cost_ms = 60.0
    bench.run(8.0, 1 / 30)
    assert bench.notices.sentences
    bench.stage.change_config(replace(CONFIG, fps=10))
    bench.run(1.0, 1 / 30)
    assert bench.stage.decode_size == 512
    assert bench.notices.sentences == ()
