import pytest

from avatar_app.capture import MediaClock
from tests.fakes.engine_parts import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_time_starts_with_the_first_frame_asked_for(clock: FakeClock) -> None:
    media_clock = MediaClock(clock.ns, clock.advance)
    assert media_clock.wait_for(0.0, 1.0)
    assert clock.now_s == 100.0


def test_it_waits_until_a_frame_is_due(clock: FakeClock) -> None:
    media_clock = MediaClock(clock.ns, clock.advance)
    media_clock.wait_for(0.0, 1.0)
    assert media_clock.wait_for(0.5, 1.0)
    assert clock.now_s == pytest.approx(100.5)


def test_it_waits_no_longer_than_it_may(clock: FakeClock) -> None:
    media_clock = MediaClock(clock.ns, clock.advance)
    media_clock.wait_for(0.0, 1.0)
    assert not media_clock.wait_for(5.0, 1.0)
    assert clock.now_s == pytest.approx(101.0)


def test_it_tells_how_late_a_frame_is(clock: FakeClock) -> None:
    media_clock = MediaClock(clock.ns, clock.advance)
    media_clock.wait_for(0.0, 1.0)
    clock.advance(0.7)
    assert media_clock.late_s(0.5) == pytest.approx(0.2)
    assert media_clock.late_s(1.0) == pytest.approx(-0.3)
