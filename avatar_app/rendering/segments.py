"""A film in segments of a few seconds: separate files that can be joined without encoding."""

import math
import os
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from avatar_app.output.disk_file import DiskFile, disk_errors
from avatar_app.output.held_interrupt import hold_interrupts
from avatar_app.output.video_encoding import (
    TIME_BASE,
    VideoEncoding,
    add_video_stream,
    to_picture,
)

SEGMENT_FRAMES = 60  # 2 s: what an interruption loses at most, and the distance of keyframes
# Neither codec reorders pictures here, so that packet n is picture n and gets its time.
FILM_ENCODINGS = {
    ".mp4": VideoEncoding(
        "libx264", "yuv420p", {"preset": "medium", "crf": "17", "tune": "animation", "bf": "0"}
    ),
    ".webm": VideoEncoding(
        "libvpx-vp9",
        "yuva420p",
        {"deadline": "good", "cpu-used": "4", "crf": "20", "b": "0", "auto-alt-ref": "0"},
    ),
}


class Segments:
    """The segments of one film, in a folder; each file is whole or counts as missing."""

    def __init__(
        self,
        folder: Path,
        suffix: str,
        ticks: Sequence[int],
        size: tuple[int, int],
        segment_frames: int = SEGMENT_FRAMES,
    ) -> None:
        """Prepare the segments of a film.

        Args:
            folder: Where they lie; it exists.
            suffix: Of the film: ``.mp4`` or ``.webm``.
            ticks: Time of each picture in ``TIME_BASE``, rising.
            size: ``(width, height)`` of the pictures, pixels, even.
            segment_frames: Pictures in each segment but the last.
        """
        self._folder, self._suffix = folder, suffix
        self._encoding = FILM_ENCODINGS[suffix]
        self._ticks, self._size = ticks, size
        self._frames = segment_frames

    def __len__(self) -> int:
        """Return the number of segments."""
        return math.ceil(len(self._ticks) / self._frames)

    @property
    def keeps_alpha(self) -> bool:
        """True when the pictures keep their alpha."""
        return self._encoding.keeps_alpha

    def places(self, segment: int) -> range:
        """Return the indices of a segment's pictures."""
        start = segment * self._frames
        return range(start, min(start + self._frames, len(self._ticks)))

    def path(self, segment: int) -> Path:
        """Return a segment's file."""
        return self._folder / f"segment_{segment:06d}{self._suffix}"

    def has(self, segment: int) -> bool:
        """Tell whether a segment is there with all of its pictures."""
        path = self.path(segment)
        if not path.is_file():
            return False
        try:
            with av.open(str(path)) as container:
                packets = sum(1 for packet in container.demux(video=0) if packet.size)
        except (av.error.FFmpegError, OSError, IndexError):
            return False
        return packets == len(self.places(segment))

    def write(self, segment: int, pictures: Iterable[NDArray[np.uint8]]) -> None:
        """Encode a segment; it gets its name when it is complete and on the disk.

        Args:
            segment: Which one.
            pictures: ``[H, W, 4]`` premultiplied RGBA, one for each of ``places``.

        Raises:
            OutputError: The disk is full.
        """
        path = self.path(segment)
        part = path.with_name(f".{path.name}.part")
        try:
            with disk_errors(path):
                file = DiskFile(part)
                try:
                    self._encode(file, segment, pictures)
                finally:
                    file.close()
                file.check()
                _settle(part)
                part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _encode(self, file: DiskFile, segment: int, pictures: Iterable[NDArray[np.uint8]]) -> None:
        places = self.places(segment)
        container: Any = av.open(file, "w", format=self._suffix.removeprefix("."))
        try:
            stream = add_video_stream(container, self._encoding, self._size, self._fps)
            for place, image in zip(places, pictures, strict=True):
                picture = to_picture(image, self._encoding)
                picture.pts = self._ticks[place] - self._ticks[places[0]]
                picture.time_base = TIME_BASE
                packets = stream.encode(picture)
                with hold_interrupts():
                    container.mux(packets)
                file.check()
            packets = stream.encode(None)
            with hold_interrupts():
                container.mux(packets)
        finally:
            with hold_interrupts():
                container.close()

    @property
    def _fps(self) -> float:
        """Nominal rate, which encoders plan with."""
        spans = len(self._ticks) - 1
        span = self._ticks[-1] - self._ticks[0]
        return (
            min(max(float(Fraction(spans, 1) / (span * TIME_BASE)), 1.0), 240.0) if span else 30.0
        )


def to_ticks(times_s: Sequence[float]) -> list[int]:
    """Turn times into ``TIME_BASE``; each is later than the one before."""
    ticks: list[int] = []
    for time_s in times_s:
        tick = round(time_s / TIME_BASE)
        ticks.append(max(tick, ticks[-1] + 1) if ticks else tick)
    return ticks


def _settle(path: Path) -> None:
    """Wait until a file is on the disk, so that a power loss leaves no empty one with its name."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
