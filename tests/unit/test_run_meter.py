import numpy as np
import pytest

from avatar_app.engine.frames import FrameStamp
from avatar_app.engine.run_meter import RunMeter, resident_memory_mb
from tests.fakes.engine_parts import FakeClock
from udp_live.types import FaceTracking, HandTracking, TrackedMotion

NOTHING = TrackedMotion((64, 48))
FACE = FaceTracking(np.zeros((478, 3), np.float32), None, np.eye(4, dtype=np.float32))
HAND = HandTracking(np.zeros((21, 3), np.float32), np.zeros((21, 3), np.float32), 0.9)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def meter(clock: FakeClock) -> RunMeter:
    return RunMeter(clock.ns)


def test_latency_runs_from_capture_until_the_outputs_have_the_frame(
    meter: RunMeter, clock: FakeClock
) -> None:
    stamp = FrameStamp(0, clock.ns(), 0.0)
    clock.advance(0.08)
    meter.count_out(stamp)
    latency = meter.statistics(running=True).latency
    assert latency is not None
    assert latency.p50_ms == pytest.approx(80.0)


def test_the_rate_is_recent_while_running_and_overall_at_the_end(
    meter: RunMeter, clock: FakeClock
) -> None:
    for number in range(30):
        clock.advance(0.1 if number < 15 else 0.5)
        meter.count_out(FrameStamp(number, clock.ns(), 0.0))
    assert meter.statistics(running=True).measured_fps == pytest.approx(2.0)
    assert meter.statistics(running=False).measured_fps == pytest.approx(29 / 8.9)


def test_shares_of_faces_and_hands_are_of_tracked_frames(meter: RunMeter) -> None:
    for motion in (TrackedMotion((64, 48), face=FACE), TrackedMotion((64, 48), FACE, None, HAND)):
        meter.count_tracked(motion)
    meter.count_tracked(NOTHING)
    meter.count_tracked(NOTHING)
    statistics = meter.statistics(running=True)
    assert (statistics.face_found, statistics.hands_found) == (0.5, 0.25)
    assert not statistics.face_visible


def test_nothing_tracked_is_no_share(meter: RunMeter) -> None:
    assert meter.statistics(running=True).face_found is None


def test_memory_is_noted_at_the_start_after_a_minute_and_now(
    meter: RunMeter, clock: FakeClock
) -> None:
    if resident_memory_mb() is None:
        pytest.skip("this system does not tell a process its memory")
    meter.sample_memory()
    assert set(meter.statistics(running=True).memory_mb) == {"start", "now"}
    clock.advance(61)
    meter.sample_memory()
    assert set(meter.statistics(running=True).memory_mb) == {"start", "first_minute", "now"}
