"""The whole engine with fake devices: order, threads, stop, failure, restart."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from avatar_app.engine import EngineConfig, EngineState, LiveEngine, SourceConfig
from avatar_app.errors import (
    CameraUnavailableError,
    OutputError,
    TrackerError,
    VirtualCameraUnavailableError,
)
from renderer.errors import AvatarFileError
from tests.fakes.engine_parts import TIMEOUT_S, FakeCamera, FakeParts, FakeSink
from udp_live.errors import GlContextError

CONFIG = EngineConfig(avatar=Path("nowhere"), size=64, outputs=("sink",), background="#00ff00")


@pytest.fixture
def parts() -> FakeParts:
    return FakeParts(sinks={"sink": FakeSink()})


@pytest.fixture
def engine(parts: FakeParts) -> Iterator[LiveEngine]:
    engine = LiveEngine(CONFIG, parts)
    yield engine
    engine.stop(TIMEOUT_S)
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"engine", "capture", "tracking", "render", "output"}


def eventually(condition: Callable[[], bool]) -> None:
    """Wait for a condition that another thread brings about."""
    pause = threading.Event()
    for _ in range(round(TIMEOUT_S / 0.01)):
        if condition():
            return
        pause.wait(0.01)
    assert condition()


def test_pictures_travel_from_the_webcam_to_the_sink(engine: LiveEngine, parts: FakeParts) -> None:
    engine.start()
    parts.sinks["sink"].wait_for(5)
    assert engine.state is EngineState.RUNNING
    engine.stop()
    assert engine.state is EngineState.STOPPED
    ids = [frame.stamp.frame_id for frame in parts.sinks["sink"].frames]
    assert ids == sorted(ids)
    assert parts.sinks["sink"].closed
    assert parts.camera.closed


def test_painter_lives_on_the_render_thread_alone(engine: LiveEngine, parts: FakeParts) -> None:
    engine.start()
    parts.sinks["sink"].wait_for(2)
    engine.stop()
    assert parts.painters[0].opened_on == "render"
    assert parts.painters[0].used_on == {"render"}
    assert parts.painters[0].closed


def test_preview_and_webcam_preview_hold_the_newest(engine: LiveEngine, parts: FakeParts) -> None:
    engine.start()
    parts.sinks["sink"].wait_for(3)
    picture = engine.preview.take(TIMEOUT_S)
    webcam = engine.camera_preview.take(TIMEOUT_S)
    assert picture is not None
    assert webcam is not None
    assert webcam.motion.face is not None


def test_figures_name_every_stage(engine: LiveEngine, parts: FakeParts) -> None:
    engine.start()
    parts.sinks["sink"].wait_for(5)
    engine.stop()
    statistics = engine.statistics()
    assert statistics.frames_out >= 5
    assert statistics.frames_in >= statistics.frames_out
    assert {"tracking", "retargeting", "painting", "compositing", "sending"} <= set(
        statistics.stages
    )
    assert statistics.latency is not None
    assert statistics.face_found == 1.0
    assert statistics.decoder == "fake"


def test_a_run_ends_by_itself_when_the_video_ends(parts: FakeParts) -> None:
    parts.camera = FakeCamera(count=6, wait_s=0.005)
    engine = LiveEngine(CONFIG, parts)
    engine.start()
    assert engine.wait(TIMEOUT_S)
    assert engine.state is EngineState.STOPPED
    assert engine.statistics().frames_in == 6
    assert parts.sinks["sink"].frames[-1].stamp.frame_id == 5


def test_a_clip_needs_no_tracker(parts: FakeParts) -> None:
    engine = LiveEngine(replace(CONFIG, source=SourceConfig("clip:any")), parts)
    engine.start()
    assert engine.wait(TIMEOUT_S)
    assert parts.trackers_opened == 0
    assert engine.statistics().face_found is None
    assert engine.statistics().frames_in == 10


@pytest.mark.parametrize(
    ("part", "error"),
    [
        ("avatar_error", AvatarFileError("avatar not found")),
        ("painter_error", GlContextError("no OpenGL 3.3 context")),
        ("camera", CameraUnavailableError("webcam 0 cannot be opened")),
        ("tracker", TrackerError("the tracker's models are missing")),
    ],
)
def test_a_part_that_cannot_be_opened_fails_the_run_with_its_own_error(
    parts: FakeParts, part: str, error: Exception
) -> None:
    setattr(parts, part, error)
    engine = LiveEngine(CONFIG, parts)
    engine.start()
    assert engine.wait(TIMEOUT_S)
    assert engine.state is EngineState.FAILED
    assert engine.error is error


def test_an_avatar_that_cannot_be_measured_fails_the_run_instead_of_hanging_it(
    parts: FakeParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = KeyError("head")

    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(parts, "make_judge", refuse)
    engine = LiveEngine(CONFIG, parts)
    engine.start()
    assert engine.wait(TIMEOUT_S)
    assert engine.state is EngineState.FAILED
    assert engine.error is error


def test_a_missing_webcam_is_told_before_anything_is_loaded(parts: FakeParts) -> None:
    parts.camera = CameraUnavailableError("webcam not found: there is no webcam 0")
    engine = LiveEngine(CONFIG, parts)
    engine.start()
    assert engine.wait(TIMEOUT_S)
    assert engine.error is parts.camera
    assert parts.painters == []
    assert parts.trackers_opened == 0


def test_a_failed_engine_can_be_started_again(parts: FakeParts) -> None:
    parts.painter_error = GlContextError("no OpenGL")
    engine = LiveEngine(CONFIG, parts)
    engine.start()
    engine.wait(TIMEOUT_S)
    parts.painter_error = None
    engine.start()
    parts.sinks["sink"].wait_for(1)
    assert engine.error is None
    engine.stop()


def test_painting_that_keeps_failing_fails_the_run(engine: LiveEngine, parts: FakeParts) -> None:
    engine.start()
    parts.sinks["sink"].wait_for(1)
    parts.painters[0].failure = GlContextError("context lost")
    assert engine.wait(TIMEOUT_S)
    assert engine.state is EngineState.FAILED
    assert engine.error is parts.painters[0].failure


def test_an_unplugged_webcam_leaves_the_avatar_alive_and_is_opened_again(
    engine: LiveEngine, parts: FakeParts
) -> None:
    engine.start()
    parts.sinks["sink"].wait_for(2)
    parts.camera.unplugged.set()
    eventually(lambda: any("webcam lost" in sentence for sentence in engine.notices))
    before = len(parts.sinks["sink"].frames)
    parts.sinks["sink"].wait_for(before + 5)
    eventually(lambda: parts.retargeters[0].motions[-1].face is None)
    assert engine.state is EngineState.RUNNING
    parts.camera.unplugged.clear()
    eventually(lambda: not engine.notices)
    assert parts.cameras_opened >= 2


def test_an_output_that_fails_is_told_of_and_the_others_go_on(
    engine: LiveEngine, parts: FakeParts
) -> None:
    parts.sinks["full"] = FakeSink()
    parts.sinks["full"].failure = OutputError("recording stopped: the disk is full at full.mp4")
    engine.apply(replace(CONFIG, outputs=("sink", "full")))
    engine.start()
    parts.sinks["sink"].wait_for(5)
    assert "disk is full" in str(engine.lost_outputs["full"])
    assert any("disk is full" in sentence for sentence in engine.notices)
    assert parts.sinks["full"].closed
    assert engine.state is EngineState.RUNNING


def test_a_missing_virtual_camera_leaves_the_preview_alive(parts: FakeParts) -> None:
    parts.sinks["virtual-camera"] = VirtualCameraUnavailableError("virtual camera not found")
    engine = LiveEngine(replace(CONFIG, outputs=("virtual-camera",)), parts)
    engine.start()
    assert engine.preview.take(TIMEOUT_S) is not None
    eventually(lambda: engine.state is EngineState.RUNNING)
    assert "virtual-camera" in engine.lost_outputs
    engine.stop()


def test_framing_changes_without_a_break_and_size_with_a_new_run(
    engine: LiveEngine, parts: FakeParts
) -> None:
    engine.start()
    parts.sinks["sink"].wait_for(2)
    engine.apply(replace(CONFIG, framing="full"))
    eventually(lambda: parts.painters[-1].config.framing == "full")
    assert len(parts.painters) == 1
    engine.apply(replace(CONFIG, framing="full", size=128))
    eventually(lambda: len(parts.painters) == 2 and engine.state is EngineState.RUNNING)
    assert parts.painters[1].size == 128
    assert parts.painters[0].closed


def test_mirror_changes_the_retargeter_without_a_break(
    engine: LiveEngine, parts: FakeParts
) -> None:
    engine.start()
    parts.sinks["sink"].wait_for(2)
    engine.apply(replace(CONFIG, mirror=False))
    eventually(lambda: len(parts.retargeters) == 2)
    assert not parts.retargeters[1].mirror
    assert len(parts.painters) == 1


def test_calibration_reaches_the_retargeter(engine: LiveEngine, parts: FakeParts) -> None:
    engine.start()
    parts.sinks["sink"].wait_for(1)
    engine.calibrate()
    eventually(lambda: parts.retargeters[0].calibrations == 1)


def test_a_running_engine_refuses_a_second_start(engine: LiveEngine, parts: FakeParts) -> None:
    engine.start()
    with pytest.raises(ValueError, match="stop it first"):
        engine.start()
