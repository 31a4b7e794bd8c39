"""Track a whole video, in pieces that come out the same in whatever order they are made."""

from collections import deque
from contextlib import closing
from typing import TYPE_CHECKING

from avatar_app.engine import EngineConfig, EngineParts
from avatar_app.engine.frames import CameraFrame, TrackingFrame
from avatar_app.engine.performance import read_all
from avatar_app.rendering.progress import Progress
from avatar_app.rendering.tracked_take import TrackedTake

if TYPE_CHECKING:
    from avatar_app.capture.base import Camera
    from avatar_app.tracking.base import Tracker

WARM_UP_FRAMES = 15  # half a second settles the tracker's own smoothing


class VideoTracking:
    """Track what a take lacks of a video.

    A tracker remembers earlier frames, so what it sees depends on where it began. Each chunk
    therefore gets a tracker of its own, which first looks at the last frames of the chunk before:
    then a run that was interrupted sees exactly what an uninterrupted one sees.
    """

    def __init__(self, config: EngineConfig, parts: EngineParts, take: TrackedTake) -> None:
        self._config, self._parts, self._take = config, parts, take
        self._before: deque[CameraFrame] = deque(maxlen=WARM_UP_FRAMES)
        self._tracker: Tracker | None = None

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
            self._close_tracker()
        self._take.end(count)
        progress.end()

    def _read(self, camera: "Camera", progress: Progress) -> int:
        """Go through the video chunk by chunk; returns the number of frames."""
        count, chunk = 0, 0
        pending: list[TrackingFrame] = []
        is_known = self._take.has(0)
        for frame in read_all(camera):
            if count and count % self._take.chunk_frames == 0:
                self._store(chunk, pending)
                chunk, pending = chunk + 1, []
                is_known = self._take.has(chunk)
            if not is_known:
                pending.append(self._track(frame, is_first=not pending))
            self._before.append(frame)
            count += 1
            progress.advance()
        self._store(chunk, pending)
        return count

    def _track(self, frame: CameraFrame, *, is_first: bool) -> TrackingFrame:
        if is_first or self._tracker is None:
            self._close_tracker()
            self._tracker = self._parts.open_tracker(self._config, realtime=False)
            for earlier in self._before:
                self._tracker.track(earlier)
        return self._tracker.track(frame)

    def _store(self, chunk: int, frames: list[TrackingFrame]) -> None:
        if frames:
            self._take.write(chunk, frames)

    def _close_tracker(self) -> None:
        if self._tracker is not None:
            self._tracker.close()
            self._tracker = None
