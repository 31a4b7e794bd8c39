"""How far a long transfer is: one line that is written over, or a few where that is impossible."""

import sys
from typing import TextIO

STEP = 0.25  # of the whole, between lines that cannot be written over
MEGABYTE = 1e6


class ProgressLine:
    """Tell a person about one transfer."""

    def __init__(self, what: str, stream: TextIO | None = None) -> None:
        self._what = what
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty()
        self._told: str | None = None
        self._next_share = STEP

    def show(self, done: int, total: int | None) -> None:
        """Show bytes so far, and bytes in all where they are known."""
        share = done / total if total else 0.0
        of_all = f" of {total / MEGABYTE:.1f} MB ({share:.0%})" if total else " MB"
        text = f"{self._what}  {done / MEGABYTE:.1f}{of_all}"
        if self._live and text != self._told:
            self._write(f"\r{text}\x1b[K")
            self._told = text
        elif not self._live and share >= self._next_share:
            self._write(f"{text}\n")
            self._next_share = (share // STEP + 1) * STEP

    def close(self) -> None:
        """End the line."""
        if self._told is not None:
            self._write("\n")
            self._told = None

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
