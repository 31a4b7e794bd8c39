"""``openpose:FOLDER``: where keypoint files lie, and what they do not say themselves."""

import math
from dataclasses import dataclass
from pathlib import Path

from avatar_app.errors import SourceError

PREFIX = "openpose:"
DEFAULT_FPS = 30.0


@dataclass(frozen=True, slots=True)
class KeypointAddress:
    """Where keypoint files lie.

    Attributes:
        folder: Holds one JSON file per frame.
        fps: Frames per second of the video from which they were made.
        image_size: Width and height of that video in pixels; None guesses.
    """

    folder: Path
    fps: float = DEFAULT_FPS
    image_size: tuple[int, int] | None = None


def parse_keypoint_address(address: str) -> KeypointAddress:
    """Read ``openpose:FOLDER``, ``openpose:FOLDER?fps=25`` or ``...?fps=25&size=1280x720``.

    A folder whose own name has a question mark is found too.

    Raises:
        SourceError: The folder does not exist or an option is not understood.
    """
    text = address.removeprefix(PREFIX)
    folder = Path(text).expanduser()
    options = ""
    if not folder.is_dir():
        name, _, options = text.rpartition("?")
        folder = Path(name or text).expanduser()
    if not text or not folder.is_dir():
        raise SourceError(
            f"keypoints not found: '{text}' is no folder; give openpose:FOLDER with the files "
            "that OpenPose's --write_json made"
        )
    fps, size = DEFAULT_FPS, None
    for option in options.split("&") if options else ():
        name, _, value = option.partition("=")
        if name == "fps":
            fps = _read_fps(value)
        elif name == "size":
            size = _read_size(value)
        else:
            raise SourceError(f"option not understood: '{option}'; give ?fps=25 or ?size=1280x720")
    return KeypointAddress(folder, fps, size)


def _read_fps(value: str) -> float:
    try:
        fps = float(value)
    except ValueError:
        fps = math.nan
    if not 1.0 <= fps <= 240.0:
        raise SourceError(f"unexpected fps of the keypoints: '{value}'; give 1 to 240")
    return fps


def _read_size(value: str) -> tuple[int, int]:
    width, _, height = value.partition("x")
    sides = [int(side) if side.isascii() and side.isdigit() else 0 for side in (width, height)]
    if not all(16 <= side <= 16384 for side in sides):
        raise SourceError(f"unexpected size of the keypoints' video: '{value}'; give 1280x720")
    return sides[0], sides[1]
