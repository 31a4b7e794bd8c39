"""A folder of keypoint files as a camera: its pictures are drawings of the keypoints."""

import time

from avatar_app.capture.keypoint_drawing import draw_keypoints
from avatar_app.capture.media_clock import MediaClock
from avatar_app.engine.frames import CameraFrame, FrameStamp
from avatar_app.engine.keypoint_address import KeypointAddress
from avatar_app.errors import SourceError
from udp_live.errors import MotionFormatError
from udp_live.motion.openpose import load_openpose


class KeypointFolder:
    """Deliver one picture per keypoint file, in real time or as fast as they are read.

    What was seen of the person comes from ``KeypointTracker``, not from these pictures.
    """

    def __init__(
        self,
        address: KeypointAddress,
        *,
        loop: bool = False,
        realtime: bool = True,
        clock: MediaClock | None = None,
    ) -> None:
        """Read the folder.

        Args:
            address: Where the files lie.
            loop: Start again at the end.
            realtime: Pace the frames and skip those that came too late.
            clock: Real time, for tests.

        Raises:
            SourceError: A file is missing or broken, or nobody is in any of them.
        """
        try:
            clip = load_openpose(address.folder, fps=address.fps, image_size=address.image_size)
        except MotionFormatError as error:
            raise SourceError(str(error)) from error
        self._name = address.folder.name
        self._clip = clip
        self._fps, self._count = clip.fps, clip.frame_count
        self._loop = loop
        self._clock = (clock or MediaClock()) if realtime else None
        self._tick = 0
        self._next_id = 0

    @property
    def name(self) -> str:
        """The folder's name."""
        return self._name

    @property
    def ended(self) -> bool:
        """True after the last file of a folder that does not loop."""
        return not self._loop and self._tick >= self._count

    def read(self, timeout_s: float) -> CameraFrame | None:
        """Return the next frame when it is due; None when it is not within ``timeout_s``."""
        if self.ended:
            return None
        if self._clock is not None:
            if not self._clock.wait_for(self._tick / self._fps, timeout_s):
                return None
            self._skip_late(self._clock)
        stamp = FrameStamp(self._next_id, time.perf_counter_ns(), self._tick / self._fps)
        points = self._clip.points[self._tick % self._count]
        self._tick += 1
        self._next_id += 1
        return CameraFrame(stamp, draw_keypoints(points, self._clip.image_size))

    def close(self) -> None:
        """End; there is nothing to release."""
        self._loop, self._tick = False, self._count

    def _skip_late(self, clock: MediaClock) -> None:
        self._tick += max(0, int(clock.late_s(self._tick / self._fps) * self._fps))
        if not self._loop:
            self._tick = min(self._tick, self._count - 1)
