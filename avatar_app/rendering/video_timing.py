"""When the pictures of a video are shown, without decoding it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from avatar_app.errors import SourceError

USUAL_STEP_S = 1 / 30


@dataclass(frozen=True, slots=True)
class VideoTiming:
    """A video's place on the clock of its file.

    Attributes:
        frames: About how many pictures there are.
        start_s: When the first picture is shown, seconds.
        end_s: Until when the last picture is shown, seconds.
        fps: Mean rate.
    """

    frames: int
    start_s: float
    end_s: float
    fps: float


def read_video_timing(path: Path) -> VideoTiming:
    """Read the times of all packets of the first video stream.

    Raises:
        SourceError: The file cannot be read or has no pictures.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise SourceError(f"no pictures in {path}: the file has no video stream")
            stream = container.streams.video[0]
            fps = float(stream.average_rate or stream.guessed_rate or 30)
            shown = sorted(_shown(container, stream))
            start_s = _first_picture_s(container, stream)
    except (av.error.FFmpegError, OSError) as error:
        raise SourceError(f"cannot read the video {path}: {_reason(error)}") from error
    if not shown:
        return VideoTiming(0, 0.0, 0.0, fps)
    last_s, duration_s = shown[-1]
    if duration_s <= 0.0:
        duration_s = last_s - shown[-2][0] if len(shown) > 1 else USUAL_STEP_S
    start_s = shown[0][0] if start_s is None else start_s
    return VideoTiming(len(shown), start_s, last_s + duration_s, fps)


def _first_picture_s(container: Any, stream: Any) -> float | None:
    """Decode the first picture: a recording that starts in mid-air has some that cannot be."""
    try:
        container.seek(0)
        picture = next(container.decode(stream), None)
    except av.error.FFmpegError:
        return None
    return None if picture is None or picture.time is None else float(picture.time)


def _shown(container: Any, stream: Any) -> list[tuple[float, float]]:
    """Return time and duration of each packet that is not cut off by an edit list."""
    times = []
    try:
        for packet in container.demux(stream):
            if packet.pts is not None and not packet.is_discard:
                base = packet.time_base
                times.append((float(packet.pts * base), float((packet.duration or 0) * base)))
    except av.error.FFmpegError:
        pass  # a file that ends early has told what it could
    return times


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", "") or error)
