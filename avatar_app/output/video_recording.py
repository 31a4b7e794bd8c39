"""Record to a video file: MP4 with the background, or WebM with alpha."""

from pathlib import Path
from typing import Any

import av

from avatar_app.engine.frames import AvatarFrame
from avatar_app.output.disk_file import DiskFile, disk_errors
from avatar_app.output.held_interrupt import hold_interrupts
from avatar_app.output.video_encoding import (
    LIVE_ENCODINGS,
    TIME_BASE,
    add_video_stream,
    to_picture,
)


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
        self._encoding = LIVE_ENCODINGS[path.suffix]
        self.keeps_alpha = self._encoding.keeps_alpha
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
        self._stream = add_video_stream(self._container, self._encoding, (size, size), fps)

    def send(self, frame: AvatarFrame) -> None:
        """Encode one frame; a frame that is not later than the one before is left out."""
        tick = self._tick(frame)
        if tick <= self._last_tick:
            return
        self._last_tick = tick
        picture = to_picture(frame.image, self._encoding)
        picture.pts = tick
        picture.time_base = TIME_BASE
        packets = self._stream.encode(picture)
        with disk_errors(self._path):
            with hold_interrupts():
                self._container.mux(packets)
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
