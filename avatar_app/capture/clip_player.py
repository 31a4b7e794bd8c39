"""A motion clip as a source: poses at the output rate, nothing is tracked."""

import time
from pathlib import Path

from avatar_app.capture.media_clock import MediaClock
from avatar_app.engine.frames import FrameStamp, PoseFrame
from avatar_app.errors import SourceError
from udp_live.errors import MotionFormatError
from udp_live.motion import load_bvh, load_vmd, load_vrma
from udp_live.rig.rig import Rig

LOADERS = {".bvh": load_bvh, ".vmd": load_vmd}  # by suffix; all others are VRMA


class ClipPlayer:
    """Sample a VRMA, BVH or VMD clip for one rig, in real time or as fast as it is read."""

    def __init__(
        self,
        path: Path,
        rig: Rig,
        fps: float,
        *,
        loop: bool = False,
        realtime: bool = True,
        clock: MediaClock | None = None,
    ) -> None:
        """Load a clip.

        Args:
            path: A ``.vrma``, ``.bvh`` or ``.vmd`` file.
            rig: Whose poses are delivered.
            fps: Poses per second of the clip's time.
            loop: Start again at the end.
            realtime: Pace the poses and skip those that came too late.
            clock: Real time, for tests.

        Raises:
            SourceError: The clip is missing or broken.
        """
        try:
            self._clip = LOADERS.get(path.suffix.lower(), load_vrma)(path)
        except MotionFormatError as error:
            raise SourceError(str(error)) from error
        self._rig = rig
        self._fps = fps
        self._loop = loop
        self._clock = (clock or MediaClock()) if realtime else None
        self._tick = 0
        self._next_id = 0

    @property
    def ended(self) -> bool:
        """True after the last pose of a clip that does not loop."""
        return not self._loop and self._tick / self._fps > self._clip.duration_s

    def read(self, timeout_s: float) -> PoseFrame | None:
        """Return the next pose when it is due; None when it is not within ``timeout_s``."""
        if self.ended:
            return None
        if self._clock is not None:
            if not self._clock.wait_for(self._tick / self._fps, timeout_s):
                return None
            self._tick += max(0, int(self._clock.late_s(self._tick / self._fps) * self._fps))
        media_s = self._tick / self._fps
        stamp = FrameStamp(self._next_id, time.perf_counter_ns(), media_s)
        self._tick += 1
        self._next_id += 1
        return PoseFrame(stamp, self._clip.sample(self._rig, media_s, loop=self._loop))

    def close(self) -> None:
        """Nothing to release."""
