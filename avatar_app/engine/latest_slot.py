"""The mailbox between two stages: newest wins, losses are counted."""

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """Hold the newest published value until one consumer takes it.

    Publishing never blocks. A value that nobody took before the next one came is
    dropped and counted, so a slow stage costs frames and never adds latency.

    Attributes:
        dropped: Values overwritten unread since the slot was made.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._value: T | None = None
        self._closed = False
        self.dropped = 0

    def publish(self, value: T) -> None:
        """Replace whatever is waiting with ``value``; after ``close`` nothing happens."""
        with self._condition:
            if self._closed:
                return
            if self._value is not None:
                self.dropped += 1
            self._value = value
            self._condition.notify()

    def take(self, timeout_s: float = 0.0) -> T | None:
        """Return the newest value, or None after ``timeout_s`` or after ``close``."""
        with self._condition:
            self._condition.wait_for(lambda: self._value is not None or self._closed, timeout_s)
            value, self._value = self._value, None
            return value

    def close(self) -> None:
        """Wake the consumer for good and forget what is waiting."""
        with self._condition:
            self._closed = True
            self._value = None
            self._condition.notify_all()
