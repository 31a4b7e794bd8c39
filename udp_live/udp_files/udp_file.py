"""One UDP map in one file: CoNR's npz or float EXR, told apart by their first bytes."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from udp_live.errors import UdpFileError
from udp_live.types import UdpMap
from udp_live.udp_files.exr_file import decode_exr, encode_exr, exr_size
from udp_live.udp_files.exr_header import EXR_MAGIC
from udp_live.udp_files.limits import MAX_SIDE_PX
from udp_live.udp_files.npz_file import NPZ_MAGIC, decode_npz, encode_npz, npz_size
from udp_live.whole_file import write_whole

MAX_FILE_BYTES = MAX_SIDE_PX * MAX_SIDE_PX * 16
OVERSHOOT = 0.05  # detectors and resizing leave [0, 1] by about so much
MAX_STRAY_SHARE = 0.01  # of the figure; an accessory beyond the box is clipped, garbage is not
PICTURES = {b"\x89PNG": "PNG", b"\xff\xd8\xff": "JPEG", b"RIFF": "WebP", b"BM": "BMP"}
REMEDY = (
    "a UDP holds floats: give CoNR's .npz (array 'i' of shape [H, W, 4]) "
    "or a float EXR with R, G, B, A"
)

Udp = NDArray[np.floating[Any]]
T = TypeVar("T")


def read_udp(path: Path) -> UdpMap:
    """Read a map; values of pixels outside the figure become 0.

    The suffix does not matter: CoNR's tools write EXR without any. Values that leave [0, 1] a
    little are clipped, those of a few figure pixels far outside too.

    Args:
        path: ``.npz`` or EXR file.

    Raises:
        UdpFileError: Missing, damaged, not a UDP, NaN or infinite in the figure, or far outside
            [0, 1] in more than 1 % of it.
    """
    return UdpMap(_clean(path, _read(path, decode_npz, decode_exr)))


def read_udp_size(path: Path) -> tuple[int, int]:
    """Read ``(width, height)`` of a map; its pixels are not unpacked.

    Raises:
        UdpFileError: As ``read_udp``, as far as the header tells.
    """
    return _read(path, npz_size, exr_size)


def write_udp(path: Path, udp_map: UdpMap, dtype: Literal["f2", "f4"] = "f2") -> None:
    """Write a map in one step.

    Args:
        path: ``.npz``, or ``.exr`` or no suffix for EXR; its folder exists.
        udp_map: What to write.
        dtype: float16 is as fine as 8192 px per figure height and what CoNR's own files hold.

    Raises:
        UdpFileError: The file cannot be written.
    """
    encoders = {".npz": encode_npz, ".exr": encode_exr, "": encode_exr}
    if path.suffix.lower() not in encoders:
        raise ValueError(f"unexpected suffix: {path.name}; give .npz or .exr")
    data = encoders[path.suffix.lower()](udp_map.xyzv.astype(dtype, copy=False))
    try:
        write_whole(path, data)
    except OSError as error:
        raise UdpFileError(f"cannot write UDP {path}: {error.strerror}") from error


def is_exr(path: Path) -> bool:
    """Tell whether a file begins like an EXR; one that cannot be read does not."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(EXR_MAGIC)) == EXR_MAGIC
    except OSError:
        return False


def _read(path: Path, npz: Callable[[str, IO[bytes]], T], exr: Callable[[str, IO[bytes]], T]) -> T:
    """Read with the reader for what the first bytes say."""
    try:
        if path.is_dir():
            raise UdpFileError(f"{path} is a folder; give one UDP file of it")
        if not path.is_file():
            raise UdpFileError(f"UDP not found: {path}; give a .npz or .exr file")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UdpFileError(f"UDP {path} is larger than {MAX_FILE_BYTES >> 20} MB")
        with path.open("rb") as file:
            start = file.read(8)
            file.seek(0)
            if start.startswith(EXR_MAGIC):
                return exr(str(path), file)
            if start.startswith(NPZ_MAGIC):
                return npz(str(path), file)
    except OSError as error:
        raise UdpFileError(f"cannot read UDP {path}: {error.strerror}") from error
    raise UdpFileError(_not_a_udp(path, start))


def _not_a_udp(path: Path, start: bytes) -> str:
    if not start:
        return f"UDP {path} is empty (0 bytes); write the file again"
    for magic, name in PICTURES.items():
        if start.startswith(magic):
            return f"{path} is a {name} picture, too coarse for landmarks; {REMEDY}"
    return f"{path} is not a UDP; {REMEDY}"


def _clean(path: Path, pixels: Udp) -> NDArray[np.float32]:
    """Turn fresh pixels into ``[H, W, 4]`` float32 in [0, 1], 0 outside the figure."""
    with np.errstate(over="ignore"):
        xyzv = np.ascontiguousarray(pixels, np.float32)
    if not np.isfinite(xyzv[..., 3]).all():
        raise UdpFileError(f"UDP {path} has NaN or infinity in its mask; write the file again")
    figure = xyzv[..., 3] > 0.0
    np.copyto(xyzv, 0.0, where=~figure[..., None])
    with np.errstate(invalid="ignore"):
        low, high = float(xyzv.min()), float(xyzv.max())  # NaN if there is one
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UdpFileError(f"UDP {path} has NaN or infinity in the figure; write the file again")
    if low < 0.0 or high > 1.0:
        stray = np.any((xyzv < -OVERSHOOT) | (xyzv > 1.0 + OVERSHOOT), axis=-1)
        if np.count_nonzero(stray) > MAX_STRAY_SHARE * np.count_nonzero(figure):
            raise UdpFileError(
                f"UDP {path} holds values from {low:.3g} to {high:.3g}; "
                "landmarks and mask lie in [0, 1]: scale them when the file is made"
            )
        np.clip(xyzv, 0.0, 1.0, out=xyzv)
    return xyzv
