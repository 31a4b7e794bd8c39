"""Ultra-Dense Pose maps and their files, made on the spot."""

import io
from typing import Any

import numpy as np
import OpenEXR
from numpy.typing import NDArray

from udp_live.types import UdpMap


def disc_map(width: int = 40, height: int = 30, centre: tuple[int, int] = (20, 15)) -> UdpMap:
    """A disc of radius 8 whose landmarks are ramps; every value is exact in float16."""
    rows, columns = np.mgrid[:height, :width]
    figure = np.hypot(columns - centre[0], rows - centre[1]) <= 8.0
    channels = (columns / 64, rows / 64, (columns + rows) / 128, np.ones_like(rows))
    return UdpMap((np.stack(channels, axis=-1) * figure[..., None]).astype(np.float32))


def exr_bytes(planes: dict[str, NDArray[Any]], compression: str = "ZIP", **header: Any) -> bytes:
    """Channels as an EXR file; ``tile=32`` cuts it into tiles, other words go to the header."""
    fields = {"compression": getattr(OpenEXR, f"{compression}_COMPRESSION"), **header}
    fields["type"] = OpenEXR.scanlineimage
    if tile := fields.pop("tile", None):
        fields["type"], fields["tiles"] = OpenEXR.tiledimage, OpenEXR.TileDescription()
        fields["tiles"].xSize = fields["tiles"].ySize = tile
    buffer = io.BytesIO()
    planes = {name: np.ascontiguousarray(plane) for name, plane in planes.items()}
    with OpenEXR.File(fields, planes) as file:
        file.write(buffer)
    return buffer.getvalue()


def rgba_planes(udp_map: UdpMap, dtype: str = "f2") -> dict[str, NDArray[Any]]:
    """A map's channels by the letters of EXR."""
    return {letter: udp_map.xyzv[..., i].astype(dtype) for i, letter in enumerate("RGBA")}
