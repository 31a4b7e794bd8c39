"""What every tracker does, and what the tracker process adds."""

import contextlib
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from avatar_app.engine.frames import CameraFrame, FrameStamp
from avatar_app.errors import TrackerError
from avatar_app.tracking.base import Tracker
from avatar_app.tracking.replay_tracker import ReplayTracker, record_motion
from avatar_app.tracking.tracker_process import TrackerProcess, TrackerProcessConfig
from tests.fakes.fake_tracker import (
    FakeTracker,
    HangingTracker,
    make_dead_tracker,
    make_noisy_tracker,
    make_refusing_tracker,
)

PATIENT = TrackerProcessConfig(patience_s=20.0, first_backoff_s=0.0)
START_S = 30.0


def grey_frame(frame_id: int, level: int, size: tuple[int, int] = (64, 48)) -> CameraFrame:
    image = np.full((size[1], size[0], 3), level, np.uint8)
    return CameraFrame(FrameStamp(frame_id, 1000 + frame_id, frame_id / 30), image)


def level_seen(tracker: Tracker, frame: CameraFrame) -> float | None:
    face = tracker.track(frame).motion.face
    return None if face is None else round(float(face.landmarks[0, 0]) * 255)


@pytest.fixture(scope="module")
def process() -> Iterator[TrackerProcess]:
    tracker = TrackerProcess(FakeTracker, PATIENT)
    assert tracker.wait_until_ready(START_S)
    yield tracker
    tracker.close()


@pytest.fixture
def replay(tmp_path: Path) -> ReplayTracker:
    fake = FakeTracker()
    record_motion(
        tmp_path / "motion.npz",
        [fake.track(grey_frame(index, level)) for index, level in enumerate((200, 100, 0))],
    )
    return ReplayTracker(tmp_path / "motion.npz")


@pytest.fixture(params=["fake", "process", "replay"])
def tracker(request: pytest.FixtureRequest) -> Tracker:
    if request.param == "fake":
        return FakeTracker()
    found: Tracker = request.getfixturevalue(request.param)
    return found


def test_the_result_carries_the_stamp_of_its_frame(tracker: Tracker) -> None:
    frame = grey_frame(0, 200)

    assert tracker.track(frame).stamp == frame.stamp


def test_each_frame_gets_its_own_answer_and_nobody_is_no_error(tracker: Tracker) -> None:
    seen = [level_seen(tracker, grey_frame(i, level)) for i, level in enumerate((200, 100, 0))]

    assert seen == [200, 100, None]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process")
def test_a_child_that_is_still_loading_does_not_hear_ctrl_c() -> None:
    tracker = TrackerProcess(FakeTracker, PATIENT)
    pid = tracker.child_pid
    assert pid is not None
    os.kill(pid, signal.SIGINT)
    assert tracker.wait_until_ready(START_S)
    same_pid, losses = tracker.child_pid, tracker.losses
    tracker.close()

    assert (same_pid, losses) == (pid, 0)


def test_a_killed_child_is_replaced_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    tracker = TrackerProcess(FakeTracker, PATIENT)
    assert tracker.wait_until_ready(START_S)
    first_pid = tracker.child_pid
    assert first_pid is not None

    os.kill(first_pid, signal.SIGKILL)
    lost = tracker.track(grey_frame(0, 100))
    assert tracker.wait_until_ready(START_S)
    seen = level_seen(tracker, grey_frame(1, 100))
    second_pid = tracker.child_pid
    tracker.close()

    assert lost.motion.face is None
    assert seen == 100
    assert second_pid != first_pid
    assert tracker.losses == 1
    assert "starting it again" in caplog.text
    caplog.clear()


def test_a_hanging_child_never_blocks_for_longer_than_the_patience_and_is_killed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [0.0]

    def ticking_clock() -> float:
        now[0] += 0.01
        return now[0]

    config = TrackerProcessConfig(
        patience_s=0.2, start_s=1e6, stall_s=3.0, first_backoff_s=0.0, loss_window_s=1e6
    )
    tracker = TrackerProcess(HangingTracker, config, clock=ticking_clock)
    assert tracker.wait_until_ready(1e6)
    pid = tracker.child_pid

    hung = tracker.track(grey_frame(0, 255))
    still_there = tracker.child_pid
    now[0] += 10.0
    tracker.track(grey_frame(1, 255))
    losses, next_pid = tracker.losses, tracker.child_pid
    tracker.close()

    assert hung.motion.face is None
    assert still_there == pid
    assert losses == 1
    assert next_pid != pid
    assert "gave no answer for 3 s" in caplog.text
    caplog.clear()


def test_a_child_that_keeps_dying_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    config = TrackerProcessConfig(first_backoff_s=0.0, losses_allowed=2)
    tracker = TrackerProcess(make_dead_tracker, config)

    with pytest.raises(TrackerError, match=r"died 3 times .* exit code 7"):
        tracker.wait_until_ready(START_S)

    tracker.close()
    caplog.clear()


def test_a_tracker_that_refuses_to_start_says_why_at_once() -> None:
    tracker = TrackerProcess(make_refusing_tracker, PATIENT)

    with pytest.raises(TrackerError, match="face model unusable: fetch it again"):
        tracker.wait_until_ready(START_S)

    tracker.close()


def test_what_libraries_write_to_the_terminal_ends_in_the_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        tracker = TrackerProcess(make_noisy_tracker, PATIENT)
        assert tracker.wait_until_ready(START_S)
        tracker.close()

    assert "a native library chatters" in caplog.text
    assert "chatters" not in capfd.readouterr().err


def test_a_picture_larger_than_the_shared_memory_is_shrunk_but_keeps_its_size_in_the_result(
    process: TrackerProcess,
) -> None:
    motion = process.track(grey_frame(0, 90, size=(2560, 1440))).motion

    assert motion.image_size == (2560, 1440)
    assert motion.face is not None


def test_nothing_remains_after_closing() -> None:
    tracker = TrackerProcess(FakeTracker, PATIENT)
    tracker.wait_until_ready(START_S)
    pid = tracker.child_pid

    tracker.close()
    tracker.close()

    assert pid not in [child.pid for child in multiprocessing.active_children()]
    with pytest.raises(TrackerError, match="closed"):
        tracker.track(grey_frame(0, 1))


def run_parent(body: str) -> subprocess.CompletedProcess[str]:
    script = f"""
        import os, signal
        from avatar_app.tracking.tracker_process import TrackerProcess
        from tests.fakes.fake_tracker import FakeTracker
        if __name__ == "__main__":
            tracker = TrackerProcess(FakeTracker)
            assert tracker.wait_until_ready({START_S})
            print(tracker.child_pid, flush=True)
            {body}
    """
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def wait_until_gone(pid: int) -> bool:
    descriptor = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
    if descriptor < 0:
        return True
    import select

    gone, _, _ = select.select([descriptor], [], [], 10.0)
    os.close(descriptor)
    return bool(gone)


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux to watch a foreign process")
def test_the_child_leaves_when_its_parent_is_killed() -> None:
    finished = run_parent("os.kill(os.getpid(), signal.SIGKILL)")
    pid = int(finished.stdout)

    with contextlib.suppress(ProcessLookupError):
        assert wait_until_gone(pid)


def test_a_clean_exit_prints_no_warning_about_leaked_resources() -> None:
    finished = run_parent("tracker.close()")

    assert finished.returncode == 0
    assert finished.stderr == ""


@pytest.fixture(scope="module")
def dancer_frames(shared_data: Path) -> list[CameraFrame]:
    from av import open as open_container

    frames = []
    with open_container(str(shared_data / "media" / "webcam" / "again.mkv")) as container:
        for index, picture in zip(range(12), container.decode(video=0), strict=False):
            stamp = FrameStamp(index, index, index / 30)
            frames.append(CameraFrame(stamp, picture.to_ndarray(format="rgb24")))
    return frames


def make_mediapipe() -> Tracker:
    from avatar_app.tracking.mediapipe_tracker import MediapipeConfig, MediapipeTracker

    return MediapipeTracker(MediapipeConfig())


def test_mediapipe_survives_a_kill_and_finds_the_person_again(
    dancer_frames: list[CameraFrame], caplog: pytest.LogCaptureFixture
) -> None:
    factory: Callable[[], Tracker] = make_mediapipe
    tracker = TrackerProcess(factory, PATIENT)
    assert tracker.wait_until_ready(START_S)
    before = tracker.track(dancer_frames[0]).motion
    assert tracker.child_pid is not None
    os.kill(tracker.child_pid, signal.SIGKILL)
    tracker.track(dancer_frames[1])
    assert tracker.wait_until_ready(START_S)
    after = [tracker.track(frame).motion for frame in dancer_frames[2:]][-1]
    tracker.close()

    for motion in (before, after):
        assert motion.face is not None
        assert motion.body is not None
        left_shoulder, right_shoulder = motion.body.landmarks[11], motion.body.landmarks[12]
        assert left_shoulder[0] > right_shoulder[0], "an unmirrored person's left is at our right"
    caplog.clear()
