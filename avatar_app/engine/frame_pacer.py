"""When the next frame may go out: an even rate that still follows fresh input at once."""

import time
from collections.abc import Callable

# Fresh input may go out this share of a period early, and a repeat waits as much longer for it,
# so that a webcam's jitter neither delays frames nor doubles them.
SLACK = 0.25


class FramePacer:
    """Keep a schedule of one frame per period, phase-locked to fresh input.

    Over many frames the rate never exceeds ``fps``. A schedule that fell behind starts anew
    instead of catching up.
    """

    def __init__(self, fps: float, clock_s: Callable[[], float] = time.perf_counter) -> None:
        self._clock_s = clock_s
        self._period_s = 1.0 / fps
        self._due_s = clock_s()
        self._last_was_fresh = False

    @property
    def period_s(self) -> float:
        """Time between two frames at the target rate."""
        return self._period_s

    def set_fps(self, fps: float) -> None:
        """Change the target rate from the next frame on."""
        self._period_s = 1.0 / fps

    def due_in_s(self, *, fresh: bool) -> float:
        """Time until a frame should go out; 0 means now.

        Args:
            fresh: New input is at hand; otherwise the frame repeats or glides.
        """
        wait_s = self._due_s - self._clock_s()
        if fresh:
            wait_s -= SLACK * self._period_s
        elif self._last_was_fresh:
            wait_s += SLACK * self._period_s
        return max(0.0, wait_s)

    def advance(self, *, fresh: bool) -> None:
        """Note that a frame went out now."""
        earliest_s = self._clock_s() - SLACK * self._period_s
        self._due_s = max(self._due_s, earliest_s) + self._period_s
        self._last_was_fresh = fresh
