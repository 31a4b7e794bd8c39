"""Record to a folder of Ultra-Dense Pose (UDP) files, one for each frame."""

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from avatar_app.engine.frames import UdpFrame
from avatar_app.errors import OutputError
from avatar_app.output.disk_file import disk_errors
from udp_live.udp_files import (
    NOTES_NAME,
    SequenceNotes,
    list_udp_files,
    write_notes,
    write_udp,
)

NUMBERED = re.compile(r"[0-9]{4,}\.(npz|exr)")
MIN_FPS, MAX_FPS = 1.0, 240.0


class UdpRecording:
    """Write ``0001.npz`` and so on, and at the end ``sequence.json`` beside them."""

    def __init__(
        self, folder: Path, suffix: str, notes: SequenceNotes, *, overwrite: bool = False
    ) -> None:
        """Make the folder; what is in it stays until the first frame comes.

        Args:
            folder: Where the files go.
            suffix: ``.npz`` or ``.exr``.
            notes: What is known of the sequence; the rate is that of the frames once there are
                two.
            overwrite: Replace the numbered files of an older sequence.

        Raises:
            OutputError: The folder cannot be made, or holds what is not to be lost.
        """
        self._folder = folder
        self._suffix = suffix
        self._notes = notes
        self._first_s = self._last_s = 0.0
        self.count = 0
        self._is_new = not folder.exists()
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._old = replaceable_files(folder, overwrite=overwrite)

    def send(self, frame: UdpFrame) -> None:
        """Write one file; it gets its name when it is complete.

        Raises:
            OutputError, UdpFileError: It cannot be written.
        """
        if self.count == 0:
            self._first_s = frame.stamp.media_s
            with disk_errors(self._folder):
                for path in self._old:
                    path.unlink(missing_ok=True)
        write_udp(self._folder / f"{self.count + 1:04d}{self._suffix}", frame.udp_map)
        self._last_s = frame.stamp.media_s
        self.count += 1

    def close(self) -> None:
        """Write the notes; without any frame no new folder stays behind.

        Raises:
            UdpFileError: They cannot be written.
        """
        if self.count:
            write_notes(self._folder, replace(self._notes, fps=self.fps))
        elif self._is_new:
            with suppress(OSError):  # somebody has put something into it
                self._folder.rmdir()

    @property
    def fps(self) -> float:
        """Rate of the frames so far, in the source's time."""
        duration_s = self._last_s - self._first_s
        if self.count < 2 or duration_s <= 0.0:
            return self._notes.fps
        return round(min(max((self.count - 1) / duration_s, MIN_FPS), MAX_FPS), 3)


def replaceable_files(folder: Path, *, overwrite: bool) -> list[Path]:
    """Return the files of an older sequence; what would mix with the new one is refused.

    Raises:
        OutputError: Something is there and may not be overwritten, or other UDP files are there.
    """
    present = [path for path in folder.iterdir() if not path.name.startswith(".")]
    if present and not overwrite:
        raise OutputError(
            f"{folder} is not empty; give another --output, or --overwrite to replace the UDP "
            "files in it"
        )
    foreign = [path for path in list_udp_files(folder) if not NUMBERED.fullmatch(path.name)]
    if foreign:
        raise OutputError(
            f"{folder} holds other UDP files, such as {foreign[0].name}, that would become part "
            "of the sequence; give another --output"
        )
    return [path for path in present if NUMBERED.fullmatch(path.name) or path.name == NOTES_NAME]
