"""UDP as float EXR: channels R, G, B, A hold x, y, z and the mask, half or float.

The one home of the OpenEXR library. OpenCV is no choice: its version 5 has no EXR any more, and
version 4 reads one only when an environment variable is set before its import.
"""

import io
from typing import IO, Any

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from udp_live.errors import UdpFileError
from udp_live.udp_files.exr_header import CHANNELS, ExrHeader, Window, check_blocks, read_header

MAX_HEADER_BYTES = 1 << 20


def decode_exr(name: str, file: IO[bytes]) -> NDArray[np.float32]:
    """Return the map as ``[H, W, 4]``, of the size of the display window.

    Args:
        name: The file, for sentences.
        file: Open at its start.

    Raises:
        UdpFileError: Damaged, cut off, or nothing that a UDP can be.
    """
    data = file.read()
    header = read_header(name, data)
    check_blocks(name, data, header)
    left, top, right, bottom = header.data_window
    try:
        with OpenEXR.File(io.BytesIO(data), separate_channels=True, num_threads=0) as picture:
            channels = picture.channels()
            planes = [channels[channel].pixels for channel in header.channels]
    except (RuntimeError, ValueError, KeyError, IndexError, TypeError, MemoryError) as error:
        raise UdpFileError(
            f"UDP {name} is a damaged EXR: its pixels cannot be decoded; write the file again"
        ) from error
    if any(plane.shape != (bottom - top, right - left) for plane in planes):
        raise UdpFileError(f"UDP {name} is a damaged EXR; write the file again")
    pixels = np.empty((bottom - top, right - left, len(planes)), np.float32)
    for index, plane in enumerate(planes):
        pixels[..., index] = plane
    return _on_canvas(pixels, header)


def exr_size(name: str, file: IO[bytes]) -> tuple[int, int]:
    """Return ``(width, height)`` from the header alone.

    Raises:
        UdpFileError: As ``decode_exr``, but damaged pixels stay unnoticed.
    """
    left, top, right, bottom = read_header(name, file.read(MAX_HEADER_BYTES)).display_window
    return right - left, bottom - top


def encode_exr(pixels: NDArray[np.floating[Any]]) -> bytes:
    """Return ``[H, W, 4]`` float16 or float32 as a scanline EXR with ZIP compression."""
    planes = {letter: np.ascontiguousarray(pixels[..., i]) for i, letter in enumerate(CHANNELS)}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    buffer = io.BytesIO()
    with OpenEXR.File(header, planes, num_threads=0) as file:
        file.write(buffer)
    return buffer.getvalue()


def _on_canvas(pixels: NDArray[np.float32], header: ExrHeader) -> NDArray[np.float32]:
    """Put stored pixels where they belong in the whole picture; some programs store a crop."""
    data, display = header.data_window, header.display_window
    if data == display:
        return pixels
    canvas = np.zeros((display[3] - display[1], display[2] - display[0], 4), np.float32)
    shared: Window = (
        *(max(data[0], display[0]), max(data[1], display[1])),
        *(min(data[2], display[2]), min(data[3], display[3])),
    )
    if shared[0] < shared[2] and shared[1] < shared[3]:
        canvas[_slices(shared, display)] = pixels[_slices(shared, data)]
    return canvas


def _slices(window: Window, origin: Window) -> tuple[slice, slice]:
    return (
        slice(window[1] - origin[1], window[3] - origin[1]),
        slice(window[0] - origin[0], window[2] - origin[0]),
    )
