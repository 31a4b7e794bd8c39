"""The pictures that ``detect-udp`` looks at: one file, a folder of them, the frames of a video."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from avatar_app.errors import SourceError
from renderer.errors import SheetError
from renderer.sheet.colour_key import Colour, key_out
from renderer.sheet.picture_file import PICTURE_SUFFIXES, read_picture
from udp_live.udp_files.udp_sequence import natural_key

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VIDEO_SUFFIXES = (".webm", ".mov", ".mkv", ".mp4", ".m4v", ".avi", ".gif")
TRANSPARENCY = (
    "the figure must stand on a transparent background: use WebM with alpha or a PNG sequence, "
    "or name a plain background's colour with --key '#00ff00'"
)


@dataclass(frozen=True, slots=True)
class NamedPicture:
    """A picture that is read when it is needed.

    Attributes:
        name: File name of its UDP, without suffix.
        read: Returns ``[H, W, 4]`` uint8 straight RGBA; raises SheetError or SourceError.
    """

    name: str
    read: "Callable[[], NDArray[np.uint8]]"


@dataclass(frozen=True, slots=True)
class DetectionInput:
    """What there is to look at.

    Attributes:
        pictures: In order; to be gone through once.
        count: How many, 0 where nobody knows.
        fps: Rate of a video, None for drawings.
    """

    pictures: Iterator[NamedPicture]
    count: int
    fps: float | None = None


def open_input(path: Path, key: Colour | None = None) -> DetectionInput:
    """Open a picture, a folder of pictures or a video.

    Args:
        path: What the user named.
        key: sRGB colour of a plain background to cut out.

    Raises:
        SourceError: It is missing, holds no pictures, or is of an unknown kind.
    """
    if path.is_dir():
        return _open_folder(path, key)
    if not path.exists():
        raise SourceError(f"not found: {path}; give a picture, a folder of pictures or a video")
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES:
        return DetectionInput(iter([_picture(path, key)]), 1)
    if suffix in VIDEO_SUFFIXES:
        return _open_video(path, key)
    raise SourceError(
        f"{path} is neither a picture ({', '.join(PICTURE_SUFFIXES)}) "
        f"nor a video ({', '.join(VIDEO_SUFFIXES)})"
    )


def _open_folder(folder: Path, key: Colour | None) -> DetectionInput:
    try:
        found = [path for path in folder.iterdir() if _is_picture(path)]
    except OSError as error:
        raise SourceError(f"cannot read the folder {folder}: {error.strerror}") from error
    if not found:
        raise SourceError(f"no pictures in {folder}; it needs {', '.join(PICTURE_SUFFIXES)} files")
    stems: set[str] = set()
    for path in found:
        if path.stem in stems:
            raise SourceError(
                f"two pictures in {folder} are called {path.stem!r}, and so would be their UDP; "
                "rename one"
            )
        stems.add(path.stem)
    found.sort(key=natural_key)
    return DetectionInput((_picture(path, key) for path in found), len(found))


def _is_picture(path: Path) -> bool:
    is_hidden = path.name.startswith(".")
    return path.suffix.lower() in PICTURE_SUFFIXES and not is_hidden and path.is_file()


def _picture(path: Path, key: Colour | None) -> NamedPicture:
    return NamedPicture(path.stem, lambda: _keyed(read_picture(path), key))


def _keyed(image: "NDArray[np.uint8]", key: Colour | None) -> "NDArray[np.uint8]":
    return image if key is None else key_out(image, key)


def _open_video(path: Path, key: Colour | None) -> DetectionInput:
    from avatar_app.capture.alpha_video import AlphaVideo

    video = AlphaVideo(path)
    if key is None and not video.has_alpha:
        with video:
            raise SheetError(f"{path} has no alpha: {TRANSPARENCY}")

    def pictures() -> Iterator[NamedPicture]:
        with video:
            for number, image in enumerate(video, 1):
                yield NamedPicture(f"{number:04d}", partial(_keyed, image, key))

    return DetectionInput(pictures(), video.count, video.fps)
