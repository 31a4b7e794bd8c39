"""A cursor over the bytes of a PMX or PMD file that never reads past their end."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from udp_live.errors import RigFormatError

SIGNED = {1: "b", 2: "h", 4: "i"}
UNSIGNED = {1: "B", 2: "H", 4: "i"}  # a vertex index of 4 bytes is signed (PMX 2.0, "Index types")


class PmxBytes:
    """Reads little-endian values one after another.

    Attributes:
        path: Where the bytes came from.
        offset: Of the next value.
    """

    def __init__(self, path: Path, data: bytes) -> None:
        self.path = path
        self.offset = 0
        self._data = data

    @property
    def left(self) -> int:
        """Bytes that were not read yet."""
        return len(self._data) - self.offset

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes.

        Raises:
            RigFormatError: There are fewer.
        """
        if not 0 <= size <= self.left:
            raise self.error(f"ends in the middle of its data (truncated at byte {self.offset})")
        self.offset += size
        return self._data[self.offset - size : self.offset]

    def values(self, layout: str) -> tuple[Any, ...]:
        """Unpack values by a ``struct`` layout without byte order."""
        packed = struct.Struct("<" + layout)
        return packed.unpack(self.take(packed.size))

    def floats(self, count: int) -> tuple[float, ...]:
        """Return finite numbers.

        Raises:
            RigFormatError: One of them is not.
        """
        numbers = np.frombuffer(self.take(4 * count), "<f4")
        if not np.isfinite(numbers).all():
            raise self.error("holds a number that is none (NaN or infinite)")
        return tuple(float(number) for number in numbers)

    def vector(self) -> tuple[float, float, float]:
        """Return three finite numbers."""
        x, y, z = self.floats(3)
        return x, y, z

    def byte(self) -> int:
        """Return an unsigned byte."""
        return self.take(1)[0]

    def index(self, size: int) -> int:
        """Return a signed index of 1, 2 or 4 bytes; -1 means none."""
        value: int = self.values(SIGNED[size])[0]
        return value

    def count(self, least: int, most: int, noun: str) -> int:
        """Return a 32-bit count of records that have at least ``least`` bytes each.

        Raises:
            RigFormatError: So many do not fit into the rest of the file, or are absurd.
        """
        count: int = self.values("i")[0]
        if not 0 <= count <= min(most, self.left // least):
            raise self.error(f"claims {count} {noun}, more than its size allows or at most {most}")
        return count

    def table(self, dtype: DTypeLike, count: int) -> NDArray[Any]:
        """Return ``count`` fixed-size records as a structured or plain array; a view."""
        return np.frombuffer(self.take(np.dtype(dtype).itemsize * count), dtype, count)

    def gather(self, starts: NDArray[np.int64], dtype: DTypeLike) -> NDArray[Any]:
        """Return the records that begin at the given bytes of the file, which all exist."""
        size = np.dtype(dtype).itemsize
        whole = np.frombuffer(self._data, np.uint8)
        rows = whole[starts[:, None] + np.arange(size)]
        return np.ascontiguousarray(rows).view(dtype)[:, 0]

    def error(self, message: str) -> RigFormatError:
        """Make an error that names this file."""
        return RigFormatError(f"{self.path}: {message}; copy or export the model again")
