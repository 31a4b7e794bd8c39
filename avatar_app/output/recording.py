"""Record to a file: MP4 with the background, WebM with alpha, or a folder of PNGs."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from avatar_app.engine.frames import AvatarFrame
from avatar_app.errors import OutputError
from avatar_app.output.compositor import straighten

TIME_BASE = Fraction(1, 90_000)
VIDEO_SUFFIXES = (".mp4", ".webm")


class DiskFile:
    """A file for FFmpeg to write to, which keeps the disk's errors to itself.

    FFmpeg may crash when it closes a file that it could not write, so it is told that all is well,
    and whoever owns the file asks ``check``.

    Attributes:
        error: The first error of the disk; nothing is written after it.
    """

    def __init__(self, path: Path) -> None:
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


class VideoRecording:
    """Encode frames with PyAV at the times at which they were captured.

    The file grows under a temporary name beside its own and gets its name when it is closed, so
    whatever has the name is complete.
    """

    wants_repeats = False

    def __init__(self, path: Path, size: int, fps: float, *, realtime: bool = True) -> None:
        """Open the file.

        Args:
            path: Ends in ``.mp4`` or ``.webm``.
            size: Side of the square pictures, pixels, even.
            fps: Nominal rate.
            realtime: Frames are spaced by capture time, otherwise by the source's own time.

        Raises:
            OutputError: The file cannot be written.
        """
        self.name = path.name
        self.keeps_alpha = path.suffix == ".webm"
        self._path = path
        self._part = path.with_name(f".{path.stem}.part{path.suffix}")
        self._realtime = realtime
        self._first_s: float | None = None
        self._last_tick = -1
        self._closed = False
        with _disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = DiskFile(self._part)
        self._container: Any = av.open(self._file, "w", format=path.suffix.removeprefix("."))
        self._stream = _add_stream(self._container, self.keeps_alpha, size, fps)

    def send(self, frame: AvatarFrame) -> None:
        """Encode one frame; a frame that is not later than the one before is left out."""
        tick = self._tick(frame)
        if tick <= self._last_tick:
            return
        self._last_tick = tick
        picture = _picture(frame.image, keeps_alpha=self.keeps_alpha)
        picture.pts = tick
        picture.time_base = TIME_BASE
        with _disk_errors(self._path):
            for packet in self._stream.encode(picture):
                self._container.mux(packet)
            self._file.check()

    def close(self) -> None:
        """Write what is left and give the file its name."""
        if self._closed:
            return
        self._closed = True
        has_frames = self._last_tick >= 0
        with _disk_errors(self._path):
            if has_frames and self._file.error is None:
                for packet in self._stream.encode(None):
                    self._container.mux(packet)
            self._container.close()
            self._file.close()
            if has_frames and self._file.error is None:
                self._part.replace(self._path)
            self._part.unlink(missing_ok=True)
            self._file.check()

    def _tick(self, frame: AvatarFrame) -> int:
        stamp = frame.stamp
        time_s = stamp.captured_ns / 1e9 if self._realtime else stamp.media_s
        self._first_s = time_s if self._first_s is None else self._first_s
        return round((time_s - self._first_s) / TIME_BASE)


class PngRecording:
    """Write frames as numbered PNGs with straight alpha: ``frame_000000.png`` and so on."""

    wants_repeats = False
    keeps_alpha = True

    def __init__(self, folder: Path) -> None:
        """Make the folder.

        Raises:
            OutputError: The folder cannot be made.
        """
        self.name = str(folder)
        self._folder = folder
        self._count = 0
        with _disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def send(self, frame: AvatarFrame) -> None:
        """Write one file; it gets its name when it is complete."""
        straight = straighten(frame.image)
        _, data = cv2.imencode(".png", cv2.cvtColor(straight, cv2.COLOR_RGBA2BGRA))
        path = self._folder / f"frame_{self._count:06d}.png"
        part = path.with_suffix(".part")
        with _disk_errors(path):
            part.write_bytes(data.tobytes())
            part.replace(path)
        self._count += 1

    def close(self) -> None:
        """Do nothing: every file is complete."""


def _add_stream(container: Any, keeps_alpha: bool, size: int, fps: float) -> Any:
    rate = Fraction(fps).limit_denominator(1001)
    if keeps_alpha:
        options = {
            "deadline": "realtime",
            "cpu-used": "8",
            "crf": "24",
            "b": "0",
            "auto-alt-ref": "0",
        }
        stream = container.add_stream("libvpx-vp9", rate=rate, options=options)
        stream.pix_fmt = "yuva420p"
    else:
        options = {"preset": "veryfast", "crf": "18", "tune": "animation"}
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.pix_fmt = "yuv420p"
    stream.width = stream.height = size
    stream.time_base = stream.codec_context.time_base = TIME_BASE
    stream.codec_context.thread_count = min(4, os.cpu_count() or 1)
    return stream


def _picture(image: NDArray[np.uint8], *, keeps_alpha: bool) -> Any:
    if keeps_alpha:
        return av.VideoFrame.from_ndarray(straighten(image), format="rgba")
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:, :, :3]), format="rgb24")


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """Translate what writing raises into one sentence."""
    try:
        yield
    except (OSError, av.error.FFmpegError) as error:
        if error.errno == errno.ENOSPC:
            raise OutputError(
                f"recording stopped: the disk is full at {path}; make room and start again"
            ) from error
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from error
