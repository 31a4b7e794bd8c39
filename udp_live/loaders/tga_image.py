"""Reads Truevision TGA images, which MMD models love and OpenCV does not know.

Written from the public description of the format ("Truevision TGA File Format Specification 2.0"):
true colour of 24 and 32 bits and grey of 8, plain or run-length encoded.
"""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HEADER = struct.Struct("<BBBHHBHHHHBB")
TRUE_COLOUR, GREY, RUN_LENGTHS = 2, 3, 8
FROM_RIGHT, FROM_TOP = 0x10, 0x20
MAX_SIDE_PX = 16384


@dataclass(frozen=True, slots=True)
class _Header:
    """Size and form of the pixels."""

    width: int
    height: int
    pixel_bytes: int
    is_packed: bool
    descriptor: int
    pixels_at: int


def is_tga(data: bytes) -> bool:
    """Tell whether data can be a TGA image; the format has no magic number."""
    try:
        _read_header(data)
    except ValueError:
        return False
    return True


def decode_tga(data: bytes) -> NDArray[np.uint8]:
    """Decode a TGA image: ``[H, W, 4]`` uint8 straight RGBA, row 0 on top.

    Raises:
        ValueError: It is of another kind, of absurd size, or truncated.
    """
    header = _read_header(data)
    count = header.width * header.height
    body = memoryview(data)[header.pixels_at :]
    flat = _unpacked(body, count, header.pixel_bytes) if header.is_packed else bytes(body)
    if len(flat) < count * header.pixel_bytes:
        raise ValueError("is truncated")
    stored = np.frombuffer(flat, np.uint8, count * header.pixel_bytes)
    pixels = stored.reshape(header.height, header.width, header.pixel_bytes)
    image = np.full((header.height, header.width, 4), 255, np.uint8)
    image[:, :, :3] = pixels[:, :, 2::-1] if header.pixel_bytes > 1 else pixels
    if header.pixel_bytes == 4:
        image[:, :, 3] = pixels[:, :, 3]
    if not header.descriptor & FROM_TOP:
        image = image[::-1]
    if header.descriptor & FROM_RIGHT:
        image = image[:, ::-1]
    return np.ascontiguousarray(image)


def _read_header(data: bytes) -> _Header:
    if len(data) < HEADER.size:
        raise ValueError("is no TGA image")
    fields = HEADER.unpack_from(data)
    id_length, has_palette, kind, palette_length, palette_bits = *fields[:3], fields[4], fields[5]
    width, height, bits, descriptor = fields[8:12]
    base, is_packed = kind & ~RUN_LENGTHS, bool(kind & RUN_LENGTHS)
    known = (base == TRUE_COLOUR and bits in (24, 32)) or (base == GREY and bits == 8)
    if not known or has_palette > 1 or not (0 < width <= MAX_SIDE_PX >= height > 0):
        raise ValueError(f"is a TGA image of unknown kind ({kind}, {bits} bits)")
    palette = (palette_length * palette_bits + 7) // 8 if has_palette else 0
    return _Header(
        width, height, bits // 8, is_packed, descriptor, HEADER.size + id_length + palette
    )


def _unpacked(body: memoryview, count: int, pixel_bytes: int) -> bytes:
    """Undo the run lengths; packets hold 1 to 128 pixels, repeated or plain."""
    out = bytearray()
    at, wanted = 0, count * pixel_bytes
    while len(out) < wanted and at < len(body):
        length = (body[at] & 0x7F) + 1
        if body[at] & 0x80:
            out += bytes(body[at + 1 : at + 1 + pixel_bytes]) * length
            at += 1 + pixel_bytes
        else:
            out += body[at + 1 : at + 1 + length * pixel_bytes]
            at += 1 + length * pixel_bytes
    return bytes(out)
