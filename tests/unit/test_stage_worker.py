import logging
import threading

import pytest

from avatar_app.engine import LatestSlot
from avatar_app.engine.stage_worker import MAX_FAILURES, StageWorker

TIMEOUT_S = 5.0


class Doubler:
    """Double numbers; a negative one is refused."""

    def __init__(self) -> None:
        self.finished = False
        self.open_error: Exception | None = None
        self.calls: list[str] = []

    def open(self) -> None:
        self.calls.append("open")
        if self.open_error is not None:
            raise self.open_error

    def patience_s(self) -> float:
        return 0.01

    def process(self, value: int | None) -> int | None:
        if value is None:
            return None
        if value < 0:
            raise ValueError(f"negative: {value}")
        return 2 * value

    def close(self) -> None:
        self.calls.append("close")


class Bench:
    """A worker with its slots."""

    def __init__(self) -> None:
        self.stage = Doubler()
        self.inbox: LatestSlot[int] = LatestSlot()
        self.results: LatestSlot[int] = LatestSlot()
        self.worker: StageWorker[int, int] = StageWorker(
            "doubler", self.stage, inbox=self.inbox, publish=self.results.publish
        )

    def feed_failures(self, count: int) -> None:
        """Feed bad values one at a time, so that none overwrites another."""
        for number in range(count):
            self.inbox.publish(-1 - number)
            for _ in range(500):
                if self.inbox._value is None or not self.worker.alive:
                    break
                threading.Event().wait(0.01)

    def stop(self) -> None:
        self.worker.request_stop()
        assert self.worker.join(TIMEOUT_S)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_values_are_taken_processed_and_published(bench: Bench) -> None:
    bench.worker.start()
    bench.inbox.publish(21)
    assert bench.results.take(TIMEOUT_S) == 42
    bench.stop()
    assert bench.stage.calls == ["open", "close"]


def test_a_stage_that_cannot_open_ends_the_worker_and_is_closed(bench: Bench) -> None:
    bench.stage.open_error = OSError("no device")
    bench.worker.start()
    assert bench.worker.join(TIMEOUT_S)
    assert bench.worker.opened.is_set()
    assert bench.worker.error is bench.stage.open_error
    assert bench.stage.calls == ["open", "close"]


def test_one_bad_value_does_not_end_the_worker(bench: Bench) -> None:
    bench.worker.start()
    bench.feed_failures(1)
    bench.inbox.publish(1)
    assert bench.results.take(TIMEOUT_S) == 2
    bench.stop()
    assert bench.worker.error is None


def test_failures_in_a_row_end_the_worker_with_the_error(bench: Bench) -> None:
    bench.worker.start()
    bench.feed_failures(MAX_FAILURES)
    assert bench.worker.join(TIMEOUT_S)
    assert isinstance(bench.worker.error, ValueError)


def test_only_the_first_occurrence_is_logged_with_its_traceback(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        bench.stage.process = _always_fail  # type: ignore[method-assign,assignment]
        bench.worker.start()
        assert bench.worker.join(TIMEOUT_S)
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [bool(record.exc_info) for record in warnings] == [True, False]
    assert f"{MAX_FAILURES} times" in warnings[1].getMessage()


def test_a_finished_stage_ends_the_worker(bench: Bench) -> None:
    bench.stage.finished = True
    bench.worker.start()
    assert bench.worker.join(TIMEOUT_S)
    assert bench.worker.error is None


def _always_fail(value: int | None) -> int | None:
    raise ValueError("always the same")
