"""Pictures of any common kind as straight RGBA: PNG, JPEG and WebP, measured before decoding."""

import struct
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.errors import SheetError
from renderer.sheet.sheet_files import MAX_PNG_BYTES, MAX_SIDE_PX, MIN_SIDE_PX, PNG_SIGNATURE

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
JPEG_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the others hold tables


def read_picture(path: Path) -> NDArray[np.uint8]:
    """Read a picture as ``[H, W, 4]`` uint8 straight sRGB RGBA, row 0 on top.

    Grey and palette pictures get colours, 16 bits become 8, and what has no alpha is opaque.

    Raises:
        SheetError: Missing, damaged, of another kind, or of absurd size.
    """
    data = _read_bytes(path)
    size = _measure(data)
    if size is None:
        raise SheetError(f"{path} is no PNG, JPEG or WebP picture; save the drawing as PNG")
    if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in size):
        raise SheetError(
            f"{path} is {size[0]}x{size[1]} px; each side must be {MIN_SIDE_PX} to {MAX_SIDE_PX} px"
        )
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        image = None
    if image is None:
        raise SheetError(f"{path} is damaged: its pixels cannot be decoded; export it again")
    return _as_rgba(path, image)


def _read_bytes(path: Path) -> bytes:
    if not path.is_file():
        raise SheetError(f"picture not found: {path}")
    try:
        if path.stat().st_size > MAX_PNG_BYTES:
            raise SheetError(f"{path} is larger than {MAX_PNG_BYTES >> 20} MB; shrink it")
        data = path.read_bytes()
    except OSError as error:
        raise SheetError(f"cannot read {path}: {error.strerror}") from error
    if not data:
        raise SheetError(f"{path} is empty (0 bytes); export the drawing again")
    return data


def _as_rgba(path: Path, image: NDArray[np.generic]) -> NDArray[np.uint8]:
    if image.dtype == np.uint16:
        image = np.right_shift(image.astype(np.uint16), 8).astype(np.uint8)
    if image.dtype != np.uint8:
        raise SheetError(f"{path} holds {image.dtype} pixels; save it with 8 bits per channel")
    channels = 1 if image.ndim == 2 else image.shape[2]
    conversion = {
        1: cv2.COLOR_GRAY2RGBA,
        3: cv2.COLOR_BGR2RGBA,
        4: cv2.COLOR_BGRA2RGBA,
    }.get(channels)
    if conversion is None:
        raise SheetError(f"{path} has {channels} channels; save it as RGBA")
    return np.asarray(cv2.cvtColor(image.astype(np.uint8, copy=False), conversion), np.uint8)


def _measure(data: bytes) -> tuple[int, int] | None:
    """Read (width, height) from the header; None where it is none of ours."""
    if data.startswith(PNG_SIGNATURE) and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data.startswith(b"\xff\xd8\xff"):
        return _measure_jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP" and len(data) >= 30:
        return _measure_webp(data)
    return None


def _measure_jpeg(data: bytes) -> tuple[int, int] | None:
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker in JPEG_SIZE_MARKERS:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return width, height
        is_fill = marker == 0xFF
        place += 1 if is_fill else 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None


def _measure_webp(data: bytes) -> tuple[int, int] | None:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None
