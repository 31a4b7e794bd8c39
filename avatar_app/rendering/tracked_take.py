"""What the tracker saw in a whole video, kept in files of some seconds each."""

import json
from collections.abc import Iterator
from pathlib import Path

from avatar_app.engine.frames import FrameStamp, TrackingFrame
from avatar_app.errors import TrackerError
from avatar_app.output.disk_file import disk_errors
from avatar_app.tracking.replay_tracker import read_recorded_motion, record_motion
from udp_live.whole_file import write_whole

CHUNK_FRAMES = 600  # 20 s; starting a tracker takes some, and an interruption loses half of it
END_NAME = "take.json"


class TrackedTake:
    """The recorded motion of one video, in a folder; each file is whole or counts as missing."""

    def __init__(self, folder: Path, chunk_frames: int = CHUNK_FRAMES) -> None:
        """Open a take, which may be empty.

        Args:
            folder: Where its files lie; it exists.
            chunk_frames: Frames in each file but the last.
        """
        self._folder = folder
        self.chunk_frames = chunk_frames

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
        total = self.frames  # before the end is known every chunk but a full one is in doubt
        rest = self.chunk_frames if total is None else total - chunk * self.chunk_frames
        return len(times) == min(self.chunk_frames, rest)

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
        for chunk in range(-(-(self.frames or 0) // self.chunk_frames)):
            times, motions = read_recorded_motion(self._path(chunk))
            for place, (media_s, motion) in enumerate(zip(times, motions, strict=True)):
                number = chunk * self.chunk_frames + place
                yield TrackingFrame(FrameStamp(number, 0, float(media_s)), motion)

    def _path(self, chunk: int) -> Path:
        return self._folder / f"motion_{chunk:06d}.npz"
