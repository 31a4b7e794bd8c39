"""Outputs on a clock that the test advances."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avatar_app.engine import EngineConfig
from avatar_app.engine.frames import AvatarFrame, FrameStamp
from avatar_app.engine.notice_board import NoticeBoard
from avatar_app.engine.output_stage import RETRY_S, OutputStage
from avatar_app.engine.run_meter import RunMeter
from avatar_app.errors import OutputError
from tests.fakes.engine_parts import FakeClock, FakeSink

SIZE = 64
EMPTY = np.zeros((SIZE, SIZE, 4), np.uint8)


class Bench:
    """A stage with sinks that can be told to fail."""

    def __init__(self, *outputs: str, background: str = "#0000ff") -> None:
        self.clock = FakeClock()
        self.notices = NoticeBoard()
        self.sinks = {name: FakeSink() for name in outputs}
        self.refusal: OutputError | None = None
        self.opened: list[str] = []
        self.config = EngineConfig(
            avatar=Path("nowhere"), size=SIZE, outputs=outputs, background=background
        )
        self.meter = RunMeter(self.clock.ns)
        self.stage = OutputStage(
            self._open_sink,
            self.config,
            meter=self.meter,
            notices=self.notices,
            clock_s=self.clock,
        )

    def _open_sink(self, address: str) -> FakeSink:
        self.opened.append(address)
        if self.refusal is not None:
            raise self.refusal
        return self.sinks[address]

    def send(self, number: int) -> None:
        self.stage.process(AvatarFrame(FrameStamp(number, self.clock.ns(), 0.0), EMPTY))


def colour(sink: FakeSink) -> tuple[int, ...]:
    return tuple(int(value) for value in sink.frames[-1].image[0, 0])


def test_the_background_lies_under_the_avatar_for_every_output() -> None:
    bench = Bench("a.mp4", "b.webm")
    bench.sinks["b.webm"].keeps_alpha = True
    bench.stage.open()
    bench.send(0)
    assert colour(bench.sinks["a.mp4"]) == (0, 0, 255, 255)
    assert colour(bench.sinks["b.webm"]) == (0, 0, 255, 255)


def test_a_transparent_background_stays_so_only_where_alpha_is_kept() -> None:
    bench = Bench("a.mp4", "b.webm", background="transparent")
    bench.sinks["b.webm"].keeps_alpha = True
    bench.stage.open()
    bench.send(0)
    assert colour(bench.sinks["a.mp4"]) == (0, 0, 0, 255)
    assert colour(bench.sinks["b.webm"]) == (0, 0, 0, 0)


def test_only_cameras_get_the_last_frame_again() -> None:
    bench = Bench("virtual-camera", "a.mp4")
    bench.sinks["virtual-camera"].wants_repeats = True
    bench.stage.open()
    bench.send(0)
    for _ in range(3):
        bench.stage.process(None)
    assert len(bench.sinks["virtual-camera"].frames) == 4
    assert len(bench.sinks["a.mp4"].frames) == 1
    assert bench.meter.frames_out == 1


def test_a_repeat_waits_a_little_longer_after_a_fresh_frame() -> None:
    bench = Bench("virtual-camera")
    bench.stage.open()
    bench.send(0)
    after_fresh_s = bench.stage.patience_s()
    bench.stage.process(None)
    assert after_fresh_s > bench.stage.patience_s() == pytest.approx(1 / 30)


def test_a_lost_virtual_camera_is_opened_again_later() -> None:
    bench = Bench("virtual-camera")
    bench.stage.open()
    bench.sinks["virtual-camera"].failure = OutputError("the virtual camera went away")
    bench.send(0)
    assert "virtual-camera" in bench.stage.lost
    bench.sinks["virtual-camera"].failure = None
    bench.send(1)
    assert bench.opened == ["virtual-camera"]
    bench.clock.advance(RETRY_S)
    bench.send(2)
    assert bench.opened == ["virtual-camera"] * 2
    assert bench.stage.lost == {}
    assert bench.notices.sentences == ()


def test_a_missing_virtual_camera_is_looked_for_less_and_less_often() -> None:
    bench = Bench("virtual-camera")
    bench.refusal = OutputError("virtual camera not found")
    bench.stage.open()
    for _ in range(600):
        bench.clock.advance(1.0)
        bench.stage.process(None)
    assert 10 < len(bench.opened) < 20


def test_a_recording_that_stopped_does_not_begin_anew() -> None:
    bench = Bench("a.mp4")
    bench.stage.open()
    bench.sinks["a.mp4"].failure = OutputError("the disk is full")
    bench.send(0)
    bench.clock.advance(10 * RETRY_S)
    bench.send(1)
    assert bench.opened == ["a.mp4"]
    assert bench.sinks["a.mp4"].closed


def test_outputs_and_background_change_in_mid_run() -> None:
    bench = Bench("a.mp4")
    bench.sinks["b.mp4"] = FakeSink()
    bench.stage.open()
    bench.send(0)
    bench.stage.change_config(replace(bench.config, outputs=("b.mp4",), background="#ff0000"))
    bench.send(1)
    assert bench.sinks["a.mp4"].closed
    assert colour(bench.sinks["b.mp4"]) == (255, 0, 0, 255)


def test_a_background_that_cannot_be_read_is_told_and_left_out() -> None:
    bench = Bench("b.webm", background="no such file.png")
    bench.sinks["b.webm"].keeps_alpha = True
    bench.stage.open()
    bench.send(0)
    assert "background" in bench.stage.lost
    assert colour(bench.sinks["b.webm"]) == (0, 0, 0, 0)


def test_a_lost_output_that_is_turned_off_stays_off_until_it_is_wanted_again() -> None:
    bench = Bench("virtual-camera")
    bench.refusal = OutputError("virtual camera not found")
    bench.stage.open()
    bench.stage.change_config(replace(bench.config, outputs=()))
    bench.clock.advance(10 * RETRY_S)
    bench.send(0)
    assert bench.notices.sentences == ()
    assert bench.stage.lost == {}
    assert bench.opened == ["virtual-camera"]
    bench.refusal = None
    bench.stage.change_config(bench.config)
    bench.send(1)
    assert len(bench.sinks["virtual-camera"].frames) == 1
