"""Drawings and their UDP on disk: PNG with alpha, and ``.udp.npz``."""

import struct
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.errors import SheetError
from udp_live.errors import UdpFileError
from udp_live.udp_files.npz_file import decode_npz, encode_npz, npz_size

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MIN_SIDE_PX = 16
MAX_SIDE_PX = 8192
MAX_PNG_BYTES = 256 << 20

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
    try:
        with path.open("rb") as file:
            _check_udp_size(path, npz_size(str(path), file), size)
            file.seek(0)
            udp = decode_npz(str(path), file)
    except OSError as error:
        raise SheetError(f"cannot read the UDP {path}: {error.strerror}") from error
    except UdpFileError as error:
        raise SheetError(f"{error}; or build the sheet again") from error
    return _checked_udp(path, udp)


def _check_udp_size(path: Path, found: tuple[int, int], size: tuple[int, int]) -> None:
    if found != size:
        raise SheetError(
            f"UDP {path} is {found[0]}x{found[1]} px, its drawing {size[0]}x{size[1]} px; "
            "build the sheet again"
        )


def _checked_udp(path: Path, udp: NDArray[np.floating[Any]]) -> Udp:
    if udp.dtype not in (np.float16, np.float32):
        raise SheetError(f"UDP {path} holds {udp.dtype}, expected float16; build the sheet again")
    if not np.isfinite(udp).all():
        raise SheetError(f"UDP {path} contains NaN or infinity; build the sheet again")
    return udp


def encode_udp(udp: Udp) -> bytes:
    """Return a UDP as the bytes of a compressed ``.npz`` with float16 key ``i``."""
    return encode_npz(udp.astype(np.float16))
