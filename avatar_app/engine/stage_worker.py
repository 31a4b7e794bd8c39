"""The only thread loop: take, process, publish."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from avatar_app.engine.latest_slot import LatestSlot

logger = logging.getLogger(__name__)

In = TypeVar("In")
Out = TypeVar("Out")
In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)

MAX_FAILURES = 5  # in a row; a single bad frame must not end a stream, a broken stage must


class Stage(Protocol[In_contra, Out_co]):
    """A step of the journey without a thread: everything is called from one thread, in order.

    ``open`` once, ``process`` any number of times, ``close`` once, also after a failed ``open``.
    """

    def open(self) -> None:
        """Acquire devices, contexts and memory."""
        ...

    def patience_s(self) -> float:
        """How long the stage may be left without input before ``process(None)`` is due."""
        ...

    def process(self, value: In_contra | None) -> Out_co | None:
        """Turn one value into the next; None in means nothing new, None out nothing to publish."""
        ...

    @property
    def finished(self) -> bool:
        """True when nothing will ever come again, such as at the end of a video."""
        ...

    def close(self) -> None:
        """Release everything."""
        ...


class StageWorker(Generic[In, Out]):
    """Run one stage on a thread of its own.

    Whatever a stage raises ends here: the first occurrence is logged with its traceback, repeats
    are counted. When a stage cannot be opened, or fails ``MAX_FAILURES`` times in a row, the
    worker ends and keeps the error.

    Attributes:
        name: Name of the thread.
        opened: Set once the stage is open or has failed to open.
        error: The error that ended the worker, or None.
    """

    def __init__(
        self,
        name: str,
        stage: Stage[In, Out],
        *,
        inbox: LatestSlot[In] | None = None,
        publish: Callable[[Out], None],
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare a worker; it runs after ``start``.

        Args:
            name: Name of the thread.
            stage: What to run.
            inbox: Where input comes from; None for a source.
            publish: Receives what the stage makes.
            notify: Called when the stage is open and when the worker ends.
        """
        self.name = name
        self.opened = threading.Event()
        self.error: Exception | None = None
        self._stage = stage
        self._inbox = inbox
        self._publish = publish
        self._notify = notify
        self._stop = threading.Event()
        self._failures = 0
        self._seen: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def alive(self) -> bool:
        """True while the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def request_stop(self) -> None:
        """Ask the thread to end after what it is doing now."""
        self._stop.set()
        if self._inbox is not None:
            self._inbox.close()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; False when it still runs after ``timeout_s``."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._stage.open()
        except Exception as error:
            self._end_with(error)
        self.opened.set()
        self._notify()
        while self.error is None and not self._stop.is_set() and not self._stage.finished:
            self._turn()
        try:
            self._stage.close()
        except Exception as error:
            self._report(error)
        self._log_repeats()
        self._notify()

    def _turn(self) -> None:
        try:
            value = self._take()
            if self._stop.is_set():
                return
            result = self._stage.process(value)
            if result is not None:
                self._publish(result)
                self._failures = 0
        except Exception as error:
            self._failures += 1
            self._report(error)
            if self._failures >= MAX_FAILURES:
                self._end_with(error)

    def _take(self) -> In | None:
        patience_s = self._stage.patience_s()
        if self._inbox is not None:
            return self._inbox.take(patience_s)
        if patience_s > 0:
            self._stop.wait(patience_s)
        return None

    def _end_with(self, error: Exception) -> None:
        self.error = error
        logger.info("%s ends: %s", self.name, error, exc_info=error)

    def _report(self, error: Exception) -> None:
        kind = f"{type(error).__name__}: {error}"
        self._seen[kind] = self._seen.get(kind, 0) + 1
        if self._seen[kind] == 1:
            logger.warning("%s: %s", self.name, kind, exc_info=error)

    def _log_repeats(self) -> None:
        for kind, count in self._seen.items():
            if count > 1:
                logger.warning("%s: %d times %s", self.name, count, kind)
