"""Track a whole video, in pieces that come out the same in whatever order they are made."""

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from avatar_app.engine import EngineConfig, EngineParts
from avatar_app.engine.frames import TrackingFrame
from avatar_app.engine.performance import read_all
from avatar_app.rendering.progress import Progress
from avatar_app.rendering.tracked_take import TrackedTake

if TYPE_CHECKING:
    from avatar_app.capture.base import Camera
    from avatar_app.tracking.base import Tracker


@dataclass(slots=True)
class _Chunk:
    """A chunk that is being tracked."""

    number: int
    tracker: "Tracker"
    frames: list[TrackingFrame] = field(default_factory=list)


class VideoTracking:
    """Track what a take lacks of a video.

    A tracker remembers earlier frames, so what it sees depends on where it began. Each chunk
    therefore gets a tracker of its own: then a run that was interrupted sees exactly what an
    uninterrupted one sees.
    """

    def __init__(self, config: EngineConfig, parts: EngineParts, take: TrackedTake) -> None:
        self._config, self._parts, self._take = config, parts, take
        self._chunks: list[_Chunk] = []  # one, and a second one while they overlap

    def run(self, progress: Progress, expected_frames: int) -> None:
        """Read the video once and track what is missing.

        Args:
            progress: Is told of every frame.
            expected_frames: About how many there are.

        Raises:
            AppError: The video cannot be read, the tracker does not work, the disk is full.
        """
        if self._take.is_complete:
            return
        progress.begin("tracking", expected_frames)
        try:
            with closing(self._parts.open_camera(self._config, realtime=False)) as camera:
                count = self._read(camera, progress)
        finally:
            for chunk in self._chunks:
                chunk.tracker.close()
        self._take.end(count)
        progress.end()

    def _read(self, camera: "Camera", progress: Progress) -> int:
        """Go through the video; returns the number of frames."""
        step, overlap = self._take.chunk_frames, self._take.overlap_frames
        count = 0
        for frame in read_all(camera):
            number, place = divmod(count, step)
            if place == 0 and not self._take.has(number):
                tracker = self._parts.open_tracker(self._config, realtime=False)
                self._chunks.append(_Chunk(number, tracker))
            for chunk in self._chunks:
                chunk.frames.append(chunk.tracker.track(frame))
            if self._chunks and len(self._chunks[0].frames) == step + overlap:
                self._finish_first()
            count += 1
            progress.advance()
        while self._chunks:
            self._finish_first()
        return count

    def _finish_first(self) -> None:
        chunk = self._chunks[0]
        self._take.write(chunk.number, chunk.frames)
        chunk.tracker.close()
        del self._chunks[0]
