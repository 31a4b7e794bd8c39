import pytest

from avatar_app.engine.frame_pacer import FramePacer
from tests.fakes.engine_parts import FakeClock

PERIOD_S = 1 / 30


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def send_when_due(pacer: FramePacer, clock: FakeClock, *, fresh: bool) -> float:
    clock.advance(pacer.due_in_s(fresh=fresh))
    pacer.advance(fresh=fresh)
    return clock.now_s


def test_the_first_frame_is_due_at_once(clock: FakeClock) -> None:
    assert FramePacer(30, clock).due_in_s(fresh=True) == 0


def test_repeats_come_at_the_target_rate(clock: FakeClock) -> None:
    pacer = FramePacer(30, clock)
    times = [send_when_due(pacer, clock, fresh=False) for _ in range(31)]
    assert times[-1] - times[0] == pytest.approx(1.0)


def test_a_slightly_early_picture_goes_out_at_once(clock: FakeClock) -> None:
    pacer = FramePacer(30, clock)
    pacer.advance(fresh=True)
    clock.advance(0.8 * PERIOD_S)
    assert pacer.due_in_s(fresh=True) == 0
    assert pacer.due_in_s(fresh=False) > 0


def test_input_at_twice_the_rate_is_held_back_to_the_rate(clock: FakeClock) -> None:
    pacer = FramePacer(30, clock)
    times = [send_when_due(pacer, clock, fresh=True) for _ in range(61)]
    assert 60 / (times[-1] - times[0]) == pytest.approx(30, rel=0.02)


def test_after_a_stall_it_does_not_catch_up(clock: FakeClock) -> None:
    pacer = FramePacer(30, clock)
    pacer.advance(fresh=False)
    clock.advance(2.0)
    pacer.advance(fresh=False)
    assert pacer.due_in_s(fresh=False) > 0.5 * PERIOD_S


def test_a_new_rate_counts_from_the_next_frame(clock: FakeClock) -> None:
    pacer = FramePacer(30, clock)
    pacer.set_fps(10)
    pacer.advance(fresh=False)
    assert pacer.due_in_s(fresh=False) == pytest.approx(0.1)
