"""The header of an OpenEXR file, checked before the library sees a byte of it.

The library is C++ and hostile files have crashed it before; it also reads half a file without
complaint. So what a UDP never has is refused here: several parts, deep pixels, mipmaps, lossy
compression, absurd sizes, blocks that lie outside the file. Layout: "OpenEXR File Layout",
openexr.com.
"""

import struct
from dataclasses import dataclass

from udp_live.errors import UdpFileError
from udp_live.udp_files.limits import MAX_SIDE_PX, check_size

EXR_MAGIC = b"\x76\x2f\x31\x01"
TILED, DEEP, MULTI_PART = 0x200, 0x800, 0x1000
MAX_NAME_BYTES = 255
MAX_SAMPLES = 4 * MAX_SIDE_PX * MAX_SIDE_PX  # of all channels; the library decodes every one
HALF, FLOAT = 1, 2
# Rows in a block, by code of compression; those left out mix neighbours or are too new.
BLOCK_ROWS = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16}  # none, RLE, ZIPS, ZIP, PIZ, PXR24
CHANNELS = "RGBA"

Window = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class ExrHeader:
    """What of a header matters here.

    Attributes:
        channels: Name of the channels that hold x, y, z and mask, in this order.
        data_window: ``(left, top, right, bottom)`` of the stored pixels, right and bottom
            excluded.
        display_window: The same of the whole picture.
        table: Where the table of blocks begins in the file.
        block_count: Blocks of pixels, so many entries has the table.
        block_lead: Bytes in a block before its length.
    """

    channels: tuple[str, ...]
    data_window: Window
    display_window: Window
    table: int
    block_count: int
    block_lead: int


def read_header(name: str, data: bytes) -> ExrHeader:
    """Parse and check a header.

    Args:
        name: The file, for sentences.
        data: The file, or so much of it that its header is complete.

    Raises:
        UdpFileError: Damaged or nothing that a UDP can be.
    """
    try:
        return _read_header(name, data)
    except (struct.error, ValueError, KeyError, IndexError) as error:
        raise UdpFileError(
            f"UDP {name} is a damaged EXR: its header makes no sense; write the file again"
        ) from error


def check_blocks(name: str, data: bytes, header: ExrHeader) -> None:
    """Refuse a file that does not contain every block that its table names.

    Args:
        name: The file, for sentences.
        data: The whole file.
        header: Its header.

    Raises:
        UdpFileError: The file is cut off.
    """
    sentence = f"UDP {name} is an EXR that is cut off; write the file again"
    lead, end = header.block_lead, header.table + 8 * header.block_count
    if end > len(data):
        raise UdpFileError(sentence)
    for offset in struct.unpack_from(f"<{header.block_count}Q", data, header.table):
        begin = offset + lead + 4
        if offset < end or begin > len(data):
            raise UdpFileError(sentence)
        (length,) = struct.unpack_from("<i", data, offset + lead)
        if not 0 <= length <= len(data) - begin:
            raise UdpFileError(sentence)


def _read_header(name: str, data: bytes) -> ExrHeader:
    (version,) = struct.unpack_from("<I", data, 4)
    if version & 0xFF != 2 or version & (DEEP | MULTI_PART):
        raise UdpFileError(
            f"UDP {name} is a deep or multi-part EXR; save it as a single picture with R, G, B, A"
        )
    attributes, end = _attributes(data, 8)
    compression = attributes["compression"][0]
    if compression not in BLOCK_ROWS:
        raise UdpFileError(
            f"UDP {name} is an EXR with a compression that spoils landmarks or is unknown; "
            "save it with ZIP, PIZ or none"
        )
    window = _window(name, attributes["dataWindow"])
    if version & TILED:
        count, lead = _tile_count(name, window, attributes["tiles"]), 16
    else:
        count, lead = _ceil_div(window[3] - window[1], BLOCK_ROWS[compression]), 4
    area = (window[2] - window[0]) * (window[3] - window[1])
    channels = _channels(name, attributes["channels"], area)
    display = _window(name, attributes["displayWindow"])
    return ExrHeader(channels, window, display, end, count, lead)


def _attributes(data: bytes, position: int) -> tuple[dict[str, bytes], int]:
    """Return attribute values by name, and where the header ends."""
    attributes: dict[str, bytes] = {}
    while data[position] != 0:
        name, position = _text(data, position)
        _, position = _text(data, position)
        (length,) = struct.unpack_from("<i", data, position)
        position += 4
        if not 0 <= length <= len(data) - position or name in attributes:
            raise ValueError(f"its attribute {name!r} does not fit")
        attributes[name] = data[position : position + length]
        position += length
    return attributes, position + 1


def _text(data: bytes, position: int) -> tuple[str, int]:
    end = data.index(b"\0", position, position + MAX_NAME_BYTES + 1)
    return data[position:end].decode("latin-1"), end + 1


def _channels(name: str, value: bytes, area: int) -> tuple[str, ...]:
    """Return the names of the channels R, G, B, A; a layer's name may stand before them."""
    found: dict[str, str] = {}
    position, count = 0, 0
    while value[position] != 0:
        channel, position = _text(value, position)
        kind, _, step_x, step_y = struct.unpack_from("<iIii", value, position)
        position += 16
        count += 1
        if count * area > MAX_SAMPLES:
            raise UdpFileError(
                f"UDP {name} is an EXR with too many channels; save R, G, B, A alone"
            )
        if (step_x, step_y) != (1, 1) or kind not in (0, HALF, FLOAT):
            raise UdpFileError(f"UDP {name} is an EXR whose channel {channel} is not a full map")
        letter = channel.rpartition(".")[2].upper()
        if letter in CHANNELS:
            if letter in found or kind == 0:
                raise UdpFileError(
                    f"UDP {name} is an EXR with several layers or whole numbers in {channel}; "
                    "save one layer of half or float"
                )
            found[letter] = channel
    missing = [letter for letter in CHANNELS if letter not in found]
    if missing:
        raise UdpFileError(
            f"UDP {name} is an EXR without channel {', '.join(missing)}; "
            "a UDP has x, y, z and the mask in R, G, B, A: save it with alpha"
        )
    return tuple(found[letter] for letter in CHANNELS)


def _window(name: str, value: bytes) -> Window:
    left, top, right, bottom = struct.unpack("<4i", value)
    check_size(name, right - left + 1, bottom - top + 1)
    return left, top, right + 1, bottom + 1


def _tile_count(name: str, window: Window, value: bytes) -> int:
    width: int
    height: int
    width, height, mode = struct.unpack("<IIB", value)
    if mode & 0xF:
        raise UdpFileError(f"UDP {name} is an EXR with mipmaps; save it with one level")
    if not (1 <= width <= 1 << 16 and 1 <= height <= 1 << 16):
        raise ValueError(f"its tiles are {width}x{height} px")
    across, down = window[2] - window[0], window[3] - window[1]
    return _ceil_div(across, width) * _ceil_div(down, height)


def _ceil_div(value: int, step: int) -> int:
    return -(-value // step)
