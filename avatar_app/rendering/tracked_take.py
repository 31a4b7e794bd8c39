"""What the tracker saw in a whole video, kept in files of some seconds each."""

import json
from collections.abc import Iterator
from pathlib import Path

from avatar_app.engine.frames import FrameStamp, TrackingFrame
from avatar_app.errors import TrackerError
from avatar_app.output.disk_file import disk_errors
from avatar_app.rendering.motion_mix import mix_motion
from avatar_app.tracking.replay_tracker import read_recorded_motion, record_motion
from udp_live.types import TrackedMotion
from udp_live.whole_file import write_whole

CHUNK_FRAMES = 900  # 30 s; starting a tracker takes some, and an interruption loses half of it
OVERLAP_FRAMES = 15  # half a second, in which one tracker hands over to the next
END_NAME = "take.json"


class TrackedTake:
    """The recorded motion of one video, in a folder; each file is whole or counts as missing.

    Each chunk also holds the first frames of the next one. Two trackers have seen those; reading
    mixes them, so that the person does not jump where one tracker takes over from the other.
    """

    def __init__(
        self,
        folder: Path,
        chunk_frames: int = CHUNK_FRAMES,
        overlap_frames: int = OVERLAP_FRAMES,
    ) -> None:
        """Open a take, which may be empty.

        Args:
            folder: Where its files lie; it exists.
            chunk_frames: From the start of one chunk to that of the next.
            overlap_frames: Of the next chunk that a chunk holds too; at most ``chunk_frames``.
        """
        self._folder = folder
        self.chunk_frames, self.overlap_frames = chunk_frames, overlap_frames

    @property
    def frames(self) -> int | None:
        """How many frames the video has; None until it was read to its end once."""
        try:
            frames = json.loads((self._folder / END_NAME).read_text("utf-8"))["frames"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return frames if isinstance(frames, int) and frames > 0 else None

    def has(self, chunk: int) -> bool:
        """Tell whether a chunk is there and readable to its end."""
        path = self._path(chunk)
        if not path.is_file():
            return False
        try:
            times, _ = read_recorded_motion(path)
        except TrackerError:
            return False
        full = self.chunk_frames + self.overlap_frames
        total = self.frames  # before the end is known every chunk but a full one is in doubt
        rest = full if total is None else total - chunk * self.chunk_frames
        return len(times) == min(full, rest)

    @property
    def is_complete(self) -> bool:
        """True when every frame of the video was tracked."""
        frames = self.frames
        if frames is None:
            return False
        return all(self.has(chunk) for chunk in range(-(-frames // self.chunk_frames)))

    def write(self, chunk: int, frames: list[TrackingFrame]) -> None:
        """Keep a chunk.

        Raises:
            OutputError: The disk is full.
        """
        path = self._path(chunk)
        with disk_errors(path):
            record_motion(path, frames)

    def end(self, frames: int) -> None:
        """Keep how many frames there are."""
        path = self._folder / END_NAME
        with disk_errors(path):
            write_whole(path, json.dumps({"frames": frames}).encode())

    def read(self) -> Iterator[TrackingFrame]:
        """Read a complete take from its start.

        Raises:
            TrackerError: A file is missing or broken.
        """
        earlier: list[TrackedMotion] = []
        for chunk in range(-(-(self.frames or 0) // self.chunk_frames)):
            times, motions = read_recorded_motion(self._path(chunk))
            for place, motion in enumerate(motions[: self.chunk_frames]):
                seen = motion
                if place < len(earlier):
                    share = (place + 1) / (len(earlier) + 1)
                    seen = mix_motion(earlier[place], motion, share)
                number = chunk * self.chunk_frames + place
                yield TrackingFrame(FrameStamp(number, 0, float(times[place])), seen)
            earlier = motions[self.chunk_frames :]

    def _path(self, chunk: int) -> Path:
        return self._folder / f"motion_{chunk:06d}.npz"
