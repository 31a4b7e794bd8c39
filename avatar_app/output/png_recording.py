"""Record to a folder of PNGs with straight alpha."""

from pathlib import Path

import cv2

from avatar_app.engine.frames import AvatarFrame
from avatar_app.output.compositor import straighten
from avatar_app.output.disk_file import disk_errors


class PngRecording:
    """Write frames as numbered PNGs with straight alpha: ``frame_000000.png`` and so on."""

    wants_repeats = False
    keeps_alpha = True

    def __init__(self, folder: Path) -> None:
        """Make the folder.

        Raises:
            OutputError: The folder cannot be made.
        """
        self.name = str(folder)
        self._folder = folder
        self._count = 0
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def send(self, frame: AvatarFrame) -> None:
        """Write one file; it gets its name when it is complete."""
        straight = straighten(frame.image)
        _, data = cv2.imencode(".png", cv2.cvtColor(straight, cv2.COLOR_RGBA2BGRA))
        path = self._folder / f"frame_{self._count:06d}.png"
        part = path.with_suffix(".part")
        with disk_errors(path):
            try:
                part.write_bytes(data.tobytes())
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        self._count += 1

    def close(self) -> None:
        """Do nothing: every file is complete."""
