"""Record to a folder of PNGs with straight alpha."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

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
        write_png(self._folder / f"frame_{self._count:06d}.png", frame.image)
        self._count += 1

    def close(self) -> None:
        """Do nothing: every file is complete."""


def write_png(path: Path, image: NDArray[np.uint8]) -> None:
    """Write ``[H, W, 4]`` premultiplied RGBA as a PNG with straight alpha, in one step.

    Raises:
        OutputError: The disk is full, or the folder is not there.
    """
    _, data = cv2.imencode(".png", cv2.cvtColor(straighten(image), cv2.COLOR_RGBA2BGRA))
    part = path.with_name(f"{path.stem}.part")
    with disk_errors(path):
        try:
            part.write_bytes(data.tobytes())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
