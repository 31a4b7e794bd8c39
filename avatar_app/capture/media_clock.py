"""Play recorded frames at the speed at which they were made."""

import time
from collections.abc import Callable


class MediaClock:
    """Tie a medium's own time to the real clock; it starts at the first question."""

    def __init__(
        self,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock_ns = clock_ns
        self._sleep = sleep
        self._start_ns: int | None = None

    def wait_for(self, media_s: float, timeout_s: float) -> bool:
        """Block until ``media_s`` is due; False when it is not due within ``timeout_s``."""
        remaining_s = -self.late_s(media_s)
        if remaining_s > timeout_s:
            self._sleep(timeout_s)
            return False
        if remaining_s > 0:
            self._sleep(remaining_s)
        return True

    def late_s(self, media_s: float) -> float:
        """Say how long ago ``media_s`` was due; negative when it lies ahead."""
        now_ns = self._clock_ns()
        if self._start_ns is None:
            self._start_ns = now_ns - round(media_s * 1e9)
        return (now_ns - self._start_ns) / 1e9 - media_s
