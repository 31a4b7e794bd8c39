"""A folder of OpenPose's JSON files, one per picture of a video."""

import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from udp_live.errors import MotionFormatError
from udp_live.motion.openpose.keypoint_file import read_people
from udp_live.motion.openpose.keypoints import SEEN_ABOVE, KeypointClip
from udp_live.motion.openpose.person_choice import choose_person

Float = NDArray[np.float32]

MAX_FRAMES = 36_000  # twenty minutes at 30 fps, about 15 kB each while they are lifted
USUAL_NAME = "_keypoints.json"
DEFAULT_FPS = 30.0
# Keypoints in units of the picture say nothing of its shape.
DEFAULT_SIZE = (1280, 720)
# The smallest of these that holds all keypoints is taken for the picture. They only say where its
# middle is and how strong the perspective, so a wrong guess does little harm.
LIKELY_SIZES = (
    (640, 360), (640, 480), (854, 480), (960, 540), (1280, 720), (720, 1280), (1920, 1080),
    (1080, 1920), (2560, 1440), (1440, 2560), (3840, 2160), (2160, 3840),
)  # fmt: skip


def load_openpose(
    folder: Path, *, fps: float = DEFAULT_FPS, image_size: tuple[int, int] | None = None
) -> KeypointClip:
    """Load the most prominent person of a folder written by OpenPose's ``--write_json``.

    Pixels and both of OpenPose's scales to the picture (0 to 1 and -1 to 1) are told apart by
    their range.

    Args:
        folder: Holds ``NAME_000000000000_keypoints.json`` and so on, in natural order.
        fps: Frames per second of the video, which the files do not tell.
        image_size: Width and height of the video; None guesses it.

    Raises:
        MotionFormatError: A file is missing or broken, or there is nobody in any picture.
    """
    frames = [read_people(path) for path in list_keypoint_files(folder)]
    seen = np.concatenate(frames)[:, :, 2] > SEEN_ABOVE
    if not seen.any():
        raise MotionFormatError(
            f"nobody to follow: no picture in {folder} has keypoints; choose another folder"
        )
    places = np.concatenate(frames)[seen][:, :2]
    size = image_size or _guess_size(places)
    points = choose_person(_in_pixels(frames, places, size), fps)
    try:
        return KeypointClip(fps, size, points)
    except ValueError as error:
        raise MotionFormatError(f"{folder}: {error}") from error


def list_keypoint_files(folder: Path) -> list[Path]:
    """Return a folder's keypoint files in natural order.

    Raises:
        MotionFormatError: The folder is missing, or holds none or too many.
    """
    try:
        paths = [path for path in folder.iterdir() if path.suffix.lower() == ".json"]
    except OSError as error:
        raise MotionFormatError(f"cannot read {folder}: {error.strerror or error}") from error
    usual = [path for path in paths if path.name.endswith(USUAL_NAME)]
    chosen = sorted(usual or paths, key=_natural_key)
    if not chosen:
        raise MotionFormatError(
            f"no keypoints in {folder}: there is no .json file; give OpenPose's --write_json folder"
        )
    if len(chosen) > MAX_FRAMES:
        raise MotionFormatError(
            f"{folder}: {len(chosen)} frames are more than {MAX_FRAMES}; split the folder"
        )
    return chosen


def _natural_key(path: Path) -> tuple[list[tuple[int, int, str]], str]:
    words = re.split(r"([0-9]+)", path.name.lower())
    key = [(0, int(word), "") if word.isdigit() else (1, 0, word) for word in words if word]
    return key, path.name


def _in_pixels(frames: list[Float], places: Float, size: tuple[int, int]) -> list[Float]:
    if places.max() > 1.0:
        return frames
    offset, scale = (1.0, 0.5) if places.min() < 0.0 else (0.0, 1.0)
    factor = scale * np.array(size, np.float32)
    scaled = []
    for frame in frames:
        pixels = frame.copy()
        pixels[:, :, :2] = (pixels[:, :, :2] + np.float32(offset)) * factor
        pixels[frame[:, :, 2] <= SEEN_ABOVE] = 0.0
        scaled.append(pixels)
    return scaled


def _guess_size(places: Float) -> tuple[int, int]:
    if places.max() <= 1.0:
        return DEFAULT_SIZE
    # Keypoints may lie a little outside; a stray one must not make the picture larger.
    right, bottom = np.percentile(places, 99.5, axis=0).tolist()
    fitting = [size for size in LIKELY_SIZES if right <= size[0] and bottom <= size[1]]
    if fitting:
        return min(fitting, key=lambda size: size[0] * size[1])
    return max(math.ceil(right), 16), max(math.ceil(bottom), 16)
