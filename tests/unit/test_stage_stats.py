import pytest

from avatar_app.engine import StageStats
from tests.fakes.engine_parts import FakeClock


def test_median_and_95th_percentile_are_told_per_stage() -> None:
    stats = StageStats()
    for value in range(1, 101):
        stats.add("tracking", float(value))
    timing = stats.timings()["tracking"]
    assert (timing.p50_ms, timing.count) == (50.5, 100)
    assert timing.p95_ms == pytest.approx(95.05)


def test_a_block_is_timed_by_the_clock() -> None:
    clock = FakeClock()
    stats = StageStats(clock.ns)
    with stats.measure("painting"):
        clock.advance(0.02)
    assert stats.timings()["painting"].p50_ms == pytest.approx(20.0)


def test_a_block_that_raises_is_not_counted() -> None:
    stats = StageStats()
    with pytest.raises(KeyError), stats.measure("painting"):
        raise KeyError
    assert stats.timing("painting") is None


def test_only_the_newest_values_count_when_asked() -> None:
    stats = StageStats()
    for value in (100.0, 100.0, 1.0, 1.0):
        stats.add("painting", value)
    newest = stats.timing("painting", newest=2)
    assert newest is not None
    assert newest.p50_ms == 1.0
