"""How far a long run over many frames is: a bar on a terminal, a line now and then elsewhere."""

import shutil
import sys
import time
from collections import deque
from collections.abc import Callable
from typing import TextIO

REDRAW_S = 0.1
LINE_EVERY_S = 15.0  # where lines cannot be written over
RECENT = 60  # frames that the rate is measured over
BAR_CELLS = 28
FULL, EMPTY = "#", "-"


class ProgressBar:
    """Tell a person about task after task; a Progress of renders."""

    def __init__(
        self,
        stream: TextIO | None = None,
        clock_s: Callable[[], float] = time.monotonic,
        unit: str = "frames",
    ) -> None:
        """Prepare a bar.

        Args:
            stream: Where to draw; standard error unless told otherwise.
            clock_s: Real time.
            unit: What is counted.
        """
        self._unit = unit
        self._stream = stream or sys.stderr
        self._is_live = self._stream.isatty()
        self._clock_s = clock_s
        self._task, self._total, self._done = "", 0, 0
        self._recent: deque[float] = deque(maxlen=RECENT)
        self._next_s = 0.0
        self._is_open = False
        self._told = ""

    def begin(self, task: str, total: int, done: int = 0) -> None:
        """Start a task; ``done`` frames were there before."""
        self._task, self._total, self._done = task, total, done
        now_s = self._clock_s()
        self._recent = deque([now_s], maxlen=RECENT)
        self._next_s = now_s + (0.0 if self._is_live else LINE_EVERY_S)
        self._is_open = True
        self._draw()

    def advance(self, total: int | None = None) -> None:
        """Count one more frame; ``total`` is a better guess than the one before."""
        self._done += 1
        self._total = self._total if total is None else total
        now_s = self._clock_s()
        self._recent.append(now_s)
        if now_s >= self._next_s:
            self._next_s = now_s + (REDRAW_S if self._is_live else LINE_EVERY_S)
            self._draw()

    def end(self) -> None:
        """Show the task as finished."""
        self._total = self._done
        self._recent.clear()
        if self._is_live or self._told != self._text():
            self._draw()
        self.close()

    def make_way(self) -> None:
        """Take the bar off the terminal, for other text; it comes back when it advances."""
        if self._is_open and self._is_live:
            self._write("\r\x1b[K")
            self._next_s = 0.0

    def close(self) -> None:
        """End the line, so that other text can follow."""
        if self._is_open and self._is_live:
            self._write("\n")
        self._is_open = False

    def _draw(self) -> None:
        text = self._text()
        self._told = text
        if not self._is_live:
            self._write(f"{text}\n")
            return
        columns = shutil.get_terminal_size().columns
        self._write(f"\r{text[: columns - 1]}\x1b[K")

    def _text(self) -> str:
        total = max(self._total, self._done)  # a total may be a guess
        share = self._done / total if total else 1.0
        bar = ""
        if self._is_live:
            full = int(share * BAR_CELLS)
            bar = f" [{FULL * full}{EMPTY * (BAR_CELLS - full)}]"
        rate = self._rate()
        pace = ""
        if rate > 0.0:
            pace = f"  {rate:.1f} {self._unit}/s, {_duration((total - self._done) / rate)} left"
        return f"{self._task}{bar} {self._done}/{total} ({share:.0%}){pace}"

    def _rate(self) -> float:
        """Return frames per second over the newest frames; 0 while it is unknown."""
        if len(self._recent) < 2:
            return 0.0
        return (len(self._recent) - 1) / max(self._recent[-1] - self._recent[0], 1e-6)

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
