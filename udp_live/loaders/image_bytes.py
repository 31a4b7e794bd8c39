"""Images inside or beside a model file, as RGBA arrays."""

import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

MAX_SIDE_PX = 16384  # larger claims are refused before anything is decoded
KEPT_SIDE_PX = 4096  # larger images are scaled down; beyond any output this serves nobody
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_START_OF_FRAME = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


def decode_image(data: bytes) -> NDArray[np.uint8]:
    """Decode a PNG or JPEG: ``[H, W, 4]`` uint8 straight sRGB RGBA, row 0 on top.

    Raises:
        ValueError: It is neither, of absurd size, or broken; the message says which.
    """
    width, height = claimed_size(data)
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX):
        raise ValueError(
            f"is not a usable PNG or JPEG (size {width} x {height}, at most {MAX_SIDE_PX})"
        )
    return decode_checked(data)


def decode_checked(data: bytes) -> NDArray[np.uint8]:
    """Decode an image whose claimed size is known to be sane, as ``decode_image``."""
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None:
        raise ValueError("cannot be decoded (truncated?)")
    return fitted_image(rgba_pixels(decoded))


def claimed_size(data: bytes) -> tuple[int, int]:
    """Read width and height from a PNG or JPEG header; (0, 0) for anything else."""
    if data.startswith(PNG_MAGIC) and len(data) >= 24:
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    if not data.startswith(b"\xff\xd8"):
        return 0, 0
    offset = 2
    while offset + 9 < len(data) and data[offset] == 0xFF:
        if data[offset + 1] in JPEG_START_OF_FRAME:
            height, width = struct.unpack_from(">HH", data, offset + 5)
            return width, height
        offset += 2 + struct.unpack_from(">H", data, offset + 2)[0]
    return 0, 0


def rgba_pixels(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Turn OpenCV's grey, BGR or BGRA of 8 or 16 bits into 8-bit RGBA."""
    pixels = image if image.ndim == 3 else image[:, :, None]
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    rgba = np.full((*pixels.shape[:2], 4), 255, np.uint8)
    if pixels.shape[2] >= 3:
        rgba[:, :, :3] = pixels[:, :, 2::-1]
    else:
        rgba[:, :, :3] = pixels[:, :, :1]
    if pixels.shape[2] in (2, 4):
        rgba[:, :, 3] = pixels[:, :, -1]
    return rgba


def fitted_image(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale an oversized image down to KEPT_SIDE_PX."""
    height, width = image.shape[:2]
    scale = KEPT_SIDE_PX / max(height, width)
    if scale >= 1.0:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
