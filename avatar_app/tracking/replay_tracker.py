"""A tracker that plays back recorded motion, for tests and repeatable runs."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avatar_app.engine.frames import CameraFrame, TrackingFrame
from avatar_app.errors import TrackerError
from avatar_app.tracking.motion_record import motion_to_record, record_to_motion
from udp_live.types import TrackedMotion
from udp_live.whole_file import write_whole

FORMAT_VERSION = 1


def record_motion(path: Path, frames: Sequence[TrackingFrame]) -> None:
    """Write tracked frames to an ``.npz`` file; an older file is replaced as a whole.

    Raises:
        ValueError: There is nothing to write.
    """
    if not frames:
        raise ValueError("no frames to record")
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        version=np.array(FORMAT_VERSION),
        media_s=np.array([frame.stamp.media_s for frame in frames]),
        records=np.stack([motion_to_record(frame.motion) for frame in frames]),
    )
    write_whole(path, buffer.getvalue())


class ReplayTracker:
    """Answer each frame with the record nearest to its media time."""

    def __init__(self, path: Path) -> None:
        self._media_s, self._motions = read_recorded_motion(path)

    def track(self, frame: CameraFrame) -> TrackingFrame:
        """Return what was recorded nearest to ``frame.stamp.media_s``."""
        nearest = int(np.argmin(np.abs(self._media_s - frame.stamp.media_s)))
        return TrackingFrame(frame.stamp, self._motions[nearest])

    def close(self) -> None:
        """Nothing to release."""


def read_recorded_motion(path: Path) -> tuple[NDArray[np.float64], list[TrackedMotion]]:
    """Read media times ``[N]``, seconds, and what was seen at each.

    Raises:
        TrackerError: The file is missing or broken.
    """
    media_s, records = _read(path)
    try:
        return media_s, [record_to_motion(record) for record in records]
    except ValueError as error:
        raise TrackerError(f"recorded motion is broken: {path}: {error}") from error


def _read(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            version = int(archive["version"])
            media_s = np.asarray(archive["media_s"], np.float64)
            records = np.asarray(archive["records"], np.float32)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise TrackerError(
            f"recorded motion unreadable: {path}: {error}; record it again"
        ) from error
    if version != FORMAT_VERSION or media_s.shape != records.shape[:1] or len(records) == 0:
        raise TrackerError(
            f"recorded motion unusable: {path}: version {version}, {media_s.shape} times for "
            f"{records.shape} records; record it again"
        )
    return media_s, records
