"""UDP as npz: CoNR's key ``i`` ``[H, W, 4]``, and ``udp`` ``[1, 4, H, W]`` as Live3D-v2 writes it.

Nothing pickled is ever loaded, and the header's shape is checked before pixels are unpacked, so
that a small file cannot claim all memory.
"""

import io
import lzma
import tokenize
import zipfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from udp_live.errors import UdpFileError
from udp_live.udp_files.limits import check_size

if TYPE_CHECKING:
    from collections.abc import Iterator

NPZ_MAGIC = b"PK"
KEY, BATCH_KEY = "i", "udp"
MAX_HEADER_BYTES = 1 << 12
# What zipfile and numpy raise; MemoryError because a header may claim any shape.
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, SyntaxError, RecursionError),
    *(KeyError, ValueError, TypeError, IndexError, EOFError, OSError, MemoryError),
    *(OverflowError, AttributeError, tokenize.TokenError),
)


def decode_npz(name: str, file: IO[bytes]) -> NDArray[np.floating[Any]]:
    """Return the map as ``[H, W, 4]`` of the file's own float type.

    Args:
        name: The file, for sentences.
        file: Open at its start.

    Raises:
        UdpFileError: Damaged, without a known key, or not floats of that shape.
    """
    with _member(name, file) as stream:
        shape, dtype = _read_header(stream)
        _check(name, shape, dtype)
        stream.seek(0)
        pixels = npy.read_array(stream, allow_pickle=False)  # type: ignore[no-untyped-call]
    return _as_image(pixels)


def npz_size(name: str, file: IO[bytes]) -> tuple[int, int]:
    """Return ``(width, height)`` from the header alone.

    Raises:
        UdpFileError: As ``decode_npz``, but damaged pixels stay unnoticed.
    """
    with _member(name, file) as stream:
        shape, dtype = _read_header(stream)
    return _check(name, shape, dtype)


def encode_npz(pixels: NDArray[np.floating[Any]]) -> bytes:
    """Return ``[H, W, 4]`` as the bytes of a compressed npz with key ``i``."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{KEY: pixels})
    return buffer.getvalue()


@contextmanager
def _member(name: str, file: IO[bytes]) -> "Iterator[IO[bytes]]":
    """Open the array of the first known key; what breaks inside becomes a sentence."""
    try:
        with (
            zipfile.ZipFile(file) as archive,
            archive.open(_known_member(name, archive)) as stream,
        ):
            yield stream
    except DAMAGE as error:
        raise UdpFileError(f"UDP {name} is damaged: {error}; write the file again") from error
    except (NotImplementedError, RuntimeError) as error:
        raise UdpFileError(f"UDP {name} is packed in an unknown way: {error}") from error


def _known_member(name: str, archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    names = archive.namelist()
    for key in (KEY, BATCH_KEY):
        if f"{key}.npy" in names:
            return archive.getinfo(f"{key}.npy")
    found = ", ".join(entry.removesuffix(".npy") for entry in names[:5]) or "nothing"
    raise UdpFileError(
        f"UDP {name} has no array '{KEY}', it holds: {found}; "
        f"save the map as numpy.savez_compressed(file, {KEY}=udp), udp of shape [H, W, 4]"
    )


def _read_header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = npy.read_magic(stream)  # type: ignore[no-untyped-call]
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = read(stream, MAX_HEADER_BYTES)  # type: ignore[no-untyped-call, call-arg]
    return shape, dtype


def _check(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, int]:
    """Return ``(width, height)`` of an array that can be a map."""
    if dtype.kind != "f" or dtype.itemsize > 8:
        what = "pickled objects" if dtype.hasobject else str(dtype)
        raise UdpFileError(f"UDP {name} holds {what}; a UDP is float16, float32 or float64")
    size = _image_size(shape)
    if size is None:
        raise UdpFileError(
            f"UDP {name} has shape {list(shape)}; expected [H, W, 4], one map in each file"
        )
    check_size(name, *size)
    return size


def _image_size(shape: tuple[int, ...]) -> tuple[int, int] | None:
    if len(shape) == 3 and shape[2] == 4:
        return shape[1], shape[0]
    planes = shape[1:] if len(shape) == 4 and shape[0] == 1 else shape
    if len(planes) == 3 and planes[0] == 4:
        return planes[2], planes[1]
    return None


def _as_image(pixels: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        return pixels
    return np.moveaxis(pixels.reshape(pixels.shape[-3:]), 0, 2)
