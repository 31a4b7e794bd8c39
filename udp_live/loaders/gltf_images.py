"""Textures of a glTF file as RGBA arrays."""

import struct
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from udp_live.loaders.gltf_file import GltfFile, Json

MAX_SIDE_PX = 16384  # larger claims are refused before anything is decoded
KEPT_SIDE_PX = 4096  # larger images are scaled down; beyond any output this serves nobody
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_START_OF_FRAME = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


def read_texture(gltf: GltfFile, index: Json) -> NDArray[np.uint8]:
    """Decode a texture: ``[H, W, 4]`` uint8 straight sRGB RGBA, row 0 on top.

    Raises:
        RigFormatError: The image is missing, broken, of absurd size, or neither PNG nor JPEG.
    """
    source = gltf.item("textures", index).get("source")
    image = gltf.item("images", source)
    if "bufferView" in image:
        data = bytes(gltf.view_bytes(image["bufferView"]))
    else:
        data = gltf.uri_bytes(str(image["uri"]))
    width, height = _claimed_size(data)
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX):
        raise gltf.error(
            f"image {source} is not a usable PNG or JPEG (size {width} x {height}, "
            f"at most {MAX_SIDE_PX})"
        )
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if decoded is None:
        raise gltf.error(f"image {source} cannot be decoded (truncated?)")
    return _fitted(_rgba(decoded))


def _claimed_size(data: bytes) -> tuple[int, int]:
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


def _rgba(image: NDArray[Any]) -> NDArray[np.uint8]:
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


def _fitted(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale an oversized image down to KEPT_SIDE_PX."""
    height, width = image.shape[:2]
    scale = KEPT_SIDE_PX / max(height, width)
    if scale >= 1.0:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
