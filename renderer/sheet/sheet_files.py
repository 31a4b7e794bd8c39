"""Drawings and their UDP on disk: PNG with alpha, and ``.udp.npz``."""

import io
import lzma
import struct
import zipfile
import zlib
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.errors import SheetError

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
UDP_KEY = "i"  # as in CoNR's own files
MIN_SIDE_PX = 16
MAX_SIDE_PX = 8192
MAX_PNG_BYTES = 256 << 20
NPY_HEADER_BYTES = 1 << 16
# What zipfile and numpy raise; MemoryError because a header may claim any shape.
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(KeyError, ValueError, EOFError, OSError, MemoryError),
)

Udp: TypeAlias = NDArray[np.float16] | NDArray[np.float32]


def read_drawing(path: Path) -> NDArray[np.uint8]:
    """Read a PNG as ``[H, W, 4]`` uint8 straight sRGB RGBA.

    Raises:
        SheetError: Missing, not a PNG, without alpha, empty, or of absurd size.
    """
    data = _read_bytes(path)
    if not data:
        raise SheetError(f"sheet view {path} is empty (0 bytes); export the drawing again")
    width, height = _png_size(path, data)
    check_size(path, width, height)
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise SheetError(f"sheet view {path} is damaged: its pixels cannot be decoded")
    if image.ndim != 3 or image.shape[2] != 4:
        raise SheetError(
            f"sheet view {path} has no alpha channel; cut the figure out and save it as RGBA"
        )
    if image.dtype == np.uint16:
        image = np.right_shift(image.astype(np.uint16), 8)
    if not image[..., 3].any():
        raise SheetError(f"sheet view {path} is fully transparent; nothing is drawn on it")
    return np.ascontiguousarray(image[..., [2, 1, 0, 3]], np.uint8)


def check_size(path: Path, width: int, height: int) -> None:
    """Refuse drawings too small to show or too large to hold.

    Raises:
        SheetError: A side is out of range.
    """
    if not (MIN_SIDE_PX <= width <= MAX_SIDE_PX and MIN_SIDE_PX <= height <= MAX_SIDE_PX):
        raise SheetError(
            f"sheet view {path} is {width}x{height} px; "
            f"each side must be {MIN_SIDE_PX} to {MAX_SIDE_PX} px"
        )


def _read_bytes(path: Path) -> bytes:
    if not path.is_file():
        raise SheetError(f"sheet view not found: {path}; restore the file or remove the view")
    try:
        if path.stat().st_size > MAX_PNG_BYTES:
            raise SheetError(f"sheet view {path} is larger than {MAX_PNG_BYTES >> 20} MB")
        return path.read_bytes()
    except OSError as error:
        raise SheetError(f"cannot read sheet view {path}: {error}") from error


def _png_size(path: Path, data: bytes) -> tuple[int, int]:
    """Read width and height from the header, before anything is decoded."""
    if len(data) < 33 or not data.startswith(PNG_SIGNATURE) or data[12:16] != b"IHDR":
        raise SheetError(f"sheet view {path} is not a PNG file; save the drawing as PNG with alpha")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """Return a straight RGBA image as PNG bytes."""
    done, data = cv2.imencode(".png", image[..., [2, 1, 0, 3]], [cv2.IMWRITE_PNG_COMPRESSION, 6])
    if not done:
        raise ValueError(f"cannot encode an image of shape {image.shape}")
    return bytes(data)


def read_udp(path: Path, size: tuple[int, int]) -> Udp:
    """Read a drawing's UDP, ``[H, W, 4]`` float16 or float32.

    Args:
        path: ``.udp.npz`` file.
        size: ``(width, height)`` of the drawing it belongs to.

    Raises:
        SheetError: Missing, damaged, of another size, or with numbers that are none.
    """
    if not path.is_file():
        raise SheetError(f"UDP of a sheet view not found: {path}; build the avatar's sheet again")
    width, height = size
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo(f"{UDP_KEY}.npy")
            if member.file_size > NPY_HEADER_BYTES + width * height * 4 * 8:
                raise SheetError(f"UDP {path} is larger than its {width}x{height} px drawing")
            with archive.open(member) as stream:
                udp = np.lib.format.read_array(stream, allow_pickle=False)  # type: ignore[no-untyped-call]
    except DAMAGE as error:
        raise SheetError(f"UDP {path} is damaged: {error}; build the sheet again") from error
    except (NotImplementedError, RuntimeError) as error:
        raise SheetError(f"UDP {path} is packed in an unknown way: {error}") from error
    return _checked_udp(path, udp, size)


def _checked_udp(path: Path, udp: Udp, size: tuple[int, int]) -> Udp:
    if udp.dtype not in (np.float16, np.float32):
        raise SheetError(f"UDP {path} holds {udp.dtype}, expected float16")
    if udp.shape != (size[1], size[0], 4):
        raise SheetError(
            f"UDP {path} has shape {list(udp.shape)}, "
            f"expected {[size[1], size[0], 4]} as its drawing; build the sheet again"
        )
    if not np.isfinite(udp).all():
        raise SheetError(f"UDP {path} contains NaN or infinity; build the sheet again")
    return udp


def encode_udp(udp: Udp) -> bytes:
    """Return a UDP as the bytes of a compressed ``.npz`` with float16 key ``i``."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{UDP_KEY: udp.astype(np.float16)})
    return buffer.getvalue()
