"""A folder of UDP files as one sequence, in natural order, one frame in memory at a time."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from udp_live.errors import UdpFileError
from udp_live.types import UdpMap
from udp_live.udp_files.sequence_notes import SequenceNotes, read_notes
from udp_live.udp_files.udp_file import is_exr, read_udp, read_udp_size

SUFFIXES = (".npz", ".exr")

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class UdpSequence:
    """Frames of one size that lie in one folder.

    Attributes:
        files: One file for each frame, in natural order.
        size: ``(width, height)`` of every frame, pixels.
        notes: Rate and origin, where the folder tells them.
    """

    files: tuple[Path, ...] = field(repr=False)
    size: tuple[int, int]
    notes: SequenceNotes | None = None

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.files)

    def __iter__(self) -> Iterator[tuple[str, UdpMap]]:
        """Read frame after frame; yields the file's name without suffix, and the map.

        Raises:
            UdpFileError: A file became unreadable or changed its size.
        """
        for path in self.files:
            yield frame_name(path), self._read(path)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the frames, without suffixes."""
        return tuple(frame_name(path) for path in self.files)

    def read(self, index: int) -> UdpMap:
        """Read one frame, as the iteration does."""
        return self._read(self.files[index])

    def figure_box(self, on_frame: Callable[[], None] | None = None) -> Box | None:
        """Return the box around the figure in all frames, for one fixed crop; reads every file.

        Args:
            on_frame: Called after each file, which may take minutes in all.

        Returns:
            ``(left, top, right, bottom)`` pixels, right and bottom excluded; None when every
            frame is empty.

        Raises:
            UdpFileError: As iterating.
        """
        width, height = self.size
        columns, rows = np.zeros(width, np.bool_), np.zeros(height, np.bool_)
        for path in self.files:
            figure = self._read(path).xyzv[..., 3] > 0.0
            columns |= figure.any(axis=0)
            rows |= figure.any(axis=1)
            if on_frame is not None:
                on_frame()
        if not rows.any():
            return None
        across, down = np.flatnonzero(columns), np.flatnonzero(rows)
        return int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1

    def _read(self, path: Path) -> UdpMap:
        udp_map = read_udp(path)
        height, width = udp_map.xyzv.shape[:2]
        _check_same_size(path, (width, height), self.size)
        return udp_map


def list_udp_files(folder: Path) -> tuple[Path, ...]:
    """List the UDP files of a folder in natural order, 2 before 10; may be empty.

    These are ``.npz`` and ``.exr`` files and EXR files without suffix; hidden and other files are
    passed over, and so are sub-folders.

    Raises:
        UdpFileError: The folder is missing or cannot be read.
    """
    if not folder.is_dir():
        what = "is a file; give the folder around it" if folder.is_file() else "does not exist"
        raise UdpFileError(f"UDP folder {folder} {what}")
    try:
        files = [path for path in folder.iterdir() if _is_udp_file(path)]
    except OSError as error:
        raise UdpFileError(f"cannot read UDP folder {folder}: {error.strerror}") from error
    return tuple(sorted(files, key=natural_key))


def open_udp_folder(folder: Path) -> UdpSequence:
    """Open a folder of UDP files; the headers of all are checked, no pixels are read yet.

    Raises:
        UdpFileError: No folder, no UDP in it, two files for one frame, frames of several sizes, or
            a header that is damaged.
    """
    files = list_udp_files(folder)
    if not files:
        raise UdpFileError(
            f"no UDP in {folder}{_what_else(folder)}; give a folder of .npz or EXR files"
        )
    twice = [name for name, count in Counter(map(frame_name, files)).items() if count > 1]
    if twice:
        raise UdpFileError(f"two files for the frame {twice[0]} in {folder}; delete one of them")
    size = read_udp_size(files[0])
    for path in files[1:]:
        _check_same_size(path, read_udp_size(path), size)
    return UdpSequence(files, size, read_notes(folder))


def natural_key(path: Path) -> tuple[list[str | int], str]:
    """Return what sorts names as people count: 2 before 10, capitals beside small letters."""
    parts = re.split(r"([0-9]+)", path.name.casefold())
    return [int(part) if index % 2 else part for index, part in enumerate(parts)], path.name


def frame_name(path: Path) -> str:
    """Return a file's name without the suffix of a UDP file."""
    return path.name[: -len(path.suffix)] if path.suffix.lower() in SUFFIXES else path.name


def _is_udp_file(path: Path) -> bool:
    if path.name.startswith(".") or not path.is_file():
        return False
    if path.suffix.lower() in SUFFIXES:
        return True
    return not path.suffix and is_exr(path)


def _check_same_size(path: Path, size: tuple[int, int], common: tuple[int, int]) -> None:
    if size != common:
        raise UdpFileError(
            f"UDP {path} is {size[0]}x{size[1]} px, the first of its folder "
            f"{common[0]}x{common[1]} px; all frames of a sequence have one size"
        )


def _what_else(folder: Path) -> str:
    counts = Counter(path.suffix for path in folder.iterdir() if not path.name.startswith("."))
    if not counts:
        return ", it is empty"
    suffix, count = counts.most_common(1)[0]
    return f", it holds {count} {suffix or 'other'} files"
