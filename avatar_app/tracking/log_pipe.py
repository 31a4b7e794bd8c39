"""A pipe whose lines end up in a log: catches what native libraries write to stderr."""

import logging
import os
import threading
from multiprocessing import Pipe

READ_BYTES = 4096


class LogPipe:
    """Log each line that comes out of ``writer`` at DEBUG, in a thread of its own.

    Attributes:
        writer: The end to hand to a child process.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._reader, self.writer = Pipe(duplex=False)
        self._thread = threading.Thread(target=self._read, name="tracker-log", daemon=True)

    def start(self) -> None:
        """Drop the own copy of ``writer``, which the child has by now, and begin to read."""
        self.writer.close()
        if os.name == "posix":
            self._thread.start()

    def close(self) -> None:
        """Wait for the last line; the child must have ended."""
        if self._thread.is_alive():
            self._thread.join(2.0)
        if not self._thread.is_alive():
            self._reader.close()

    def _read(self) -> None:
        rest = b""
        while True:
            try:
                chunk = os.read(self._reader.fileno(), READ_BYTES)
            except OSError:
                return
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._logger.debug("tracker: %s", line.decode("utf-8", "replace"))
