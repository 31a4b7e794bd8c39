"""A video file as a webcam: MP4, MKV, WebM, GIF and whatever else FFmpeg reads."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from avatar_app.capture.media_clock import MediaClock
from avatar_app.engine.frames import CameraFrame, FrameStamp
from avatar_app.errors import SourceError

logger = logging.getLogger(__name__)

MIN_SIDE_PX = 16
SKIP_WHEN_LATE_S = 0.1  # about three frames: the person's present matters more than the past


class VideoFile:
    """Deliver the frames of a video in real time, or each of them as fast as they are read."""

    def __init__(
        self,
        path: Path,
        *,
        loop: bool = False,
        realtime: bool = True,
        clock: MediaClock | None = None,
    ) -> None:
        """Open a video.

        Args:
            path: The file.
            loop: Start again at the end.
            realtime: Pace frames by their timestamps and skip those that came too late;
                otherwise ``read`` delivers every frame at once.
            clock: Real time, for tests.

        Raises:
            SourceError: The file is missing, unreadable or has no pictures.
        """
        self._path = path
        self._loop = loop
        self._clock = (clock or MediaClock()) if realtime else None
        self._container = _open(path)
        self._pictures = _pictures(self._container, path)
        self._next_id = 0
        self._offset_s = 0.0
        self._last_s = 0.0
        self._step_s = 1 / 30
        self._ended = False
        self._waiting = self._advance()
        if self._waiting is None:
            self.close()
            raise SourceError(f"no pictures in the video: {path} holds not one readable frame")

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    @property
    def ended(self) -> bool:
        """True after the last frame of a video that does not loop."""
        return self._waiting is None

    def read(self, timeout_s: float) -> CameraFrame | None:
        """Return the next frame when it is due; None when it is not within ``timeout_s``."""
        if self._waiting is None:
            return None
        if self._clock is not None:
            if not self._clock.wait_for(self._waiting[0], timeout_s):
                return None
            self._skip_late()
        media_s, image = self._waiting
        stamp = FrameStamp(self._next_id, time.perf_counter_ns(), media_s)
        self._next_id += 1
        self._waiting = self._advance()
        return CameraFrame(stamp, image)

    def close(self) -> None:
        """Close the file."""
        self._ended = True
        self._waiting = None
        self._pictures = iter(())
        self._container.close()

    def _skip_late(self) -> None:
        while (
            self._clock
            and self._waiting
            and self._clock.late_s(self._waiting[0]) > SKIP_WHEN_LATE_S
        ):
            following = self._advance()
            if following is None:
                return
            self._waiting = following

    def _advance(self) -> tuple[float, NDArray[np.uint8]] | None:
        picture = next(self._pictures, None)
        if picture is None and self._loop and self._last_s + self._offset_s > 0 and not self._ended:
            self._offset_s += self._last_s + self._step_s
            self._container.close()
            self._container = _open(self._path)
            self._pictures = _pictures(self._container, self._path)
            picture = next(self._pictures, None)
        if picture is None:
            return None
        media_s, image = picture
        if media_s > self._last_s:
            self._step_s = media_s - self._last_s
        self._last_s = media_s
        return media_s + self._offset_s, image


def _open(path: Path) -> Any:
    if not path.is_file():
        raise SourceError(f"video not found: {path}; give the path of a video file")
    try:
        container = av.open(str(path))
    except (av.error.FFmpegError, OSError) as error:
        raise SourceError(f"cannot read the video {path}: {_reason(error)}") from error
    if not container.streams.video:
        container.close()
        raise SourceError(f"no pictures in {path}: the file has no video stream")
    return container


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", "") or error)


def _pictures(container: Any, path: Path) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Decode (seconds from the first frame, RGB picture); a damaged packet is skipped."""
    stream = container.streams.video[0]
    rate = float(stream.average_rate or stream.guessed_rate or 30)
    first_s: float | None = None
    for index, frame in enumerate(_frames(container, stream, path)):
        time_s = frame.time if frame.time is not None else index / rate
        first_s = time_s if first_s is None else first_s
        image = frame.to_ndarray(format="rgb24")
        if min(image.shape[:2]) < MIN_SIDE_PX:
            raise SourceError(f"the pictures in {path} are too small: {frame.width}x{frame.height}")
        turns = round(frame.rotation / 90) % 4  # phones store how the picture has to be turned
        yield time_s - first_s, np.ascontiguousarray(np.rot90(image, turns))


def _frames(container: Any, stream: Any, path: Path) -> Iterator[Any]:
    """Decode all packets; at a sudden end, what the decoder still holds comes out too."""
    damaged = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError as error:
            logger.warning("%s ends early: %s", path, _reason(error))
            packet = None
        try:
            yield from stream.decode(packet)
        except av.error.EOFError:  # demux has flushed the decoder already
            break
        except av.error.InvalidDataError:
            damaged += 1
        if packet is None:
            break
    if damaged:
        logger.warning("%s: %d damaged packets were skipped", path, damaged)
