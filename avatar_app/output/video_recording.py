"""Record to a video file: MP4 with the background, or WebM with alpha."""

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from avatar_app.engine.frames import AvatarFrame
from avatar_app.output.compositor import straighten
from avatar_app.output.disk_file import DiskFile, disk_errors

TIME_BASE = Fraction(1, 90_000)
VIDEO_SUFFIXES = (".mp4", ".webm")


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
        with disk_errors(path):
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
        with disk_errors(self._path):
            for packet in self._stream.encode(picture):
                self._container.mux(packet)
            self._file.check()

    def close(self) -> None:
        """Write what is left and give the file its name."""
        if self._closed:
            return
        self._closed = True
        has_frames = self._last_tick >= 0
        with disk_errors(self._path):
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
