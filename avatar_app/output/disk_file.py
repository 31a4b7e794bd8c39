"""Writing to a disk that may be full: errors become one sentence."""

import errno
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from avatar_app.errors import OutputError


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Translate what writing raises into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise OutputError(
                f"recording stopped: the disk is full at {path}; make room and start again"
            ) from error
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error


class DiskFile:
    """A file for FFmpeg to write to, which keeps the disk's errors to itself.

    FFmpeg may crash when it closes a file that it could not write, so it is told that all is well,
    and whoever owns the file asks ``check``.

    Attributes:
        error: The first error of the disk; nothing is written after it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb")
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        """Write, or pretend to."""
        if self.error is None:
            try:
                self._file.write(data)
            except OSError as error:
                self.error = error
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move the position."""
        try:
            return self._file.seek(offset, whence)
        except OSError as error:
            self.error = self.error or error
            return 0

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def read_back(self, url: str, flags: int, options: object) -> BinaryIO:
        """Open for reading what was written so far: ``io_open`` of PyAV's containers.

        FFmpeg asks for it to bring the index of an MP4 before its pictures.
        """
        try:
            self._file.flush()
            self.check()
            return self._path.open("rb")
        except OSError as error:
            self.error = error
            return io.BytesIO()

    def check(self) -> None:
        """Raise the disk's error if there was one."""
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        """Write what is buffered."""
        try:
            self._file.close()
        except OSError as error:
            self.error = self.error or error
