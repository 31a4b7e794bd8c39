"""PLY files of point clouds, binary little endian, as MeshLab, Blender and CloudCompare read them.

Landmarks are y up with the character's front at +z. A PLY file says nothing about axes, but what
reads it thinks of z as up and looks from -y, and so do CoNR's own point clouds. Hence the file
holds ``(x, 1 - z, y)`` of each landmark ``(x, y, z)``: a turn about the x axis, still in [0, 1].
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from renderer.errors import SheetError
from renderer.sheet.point_cloud import MAX_POINTS, PointCloud
from udp_live.whole_file import write_whole

VERTEX = np.dtype(
    [*((axis, "<f4") for axis in "xyz"), *((colour, "u1") for colour in ("red", "green", "blue"))]
)
HEADER = """ply
format binary_little_endian 1.0
comment Kigurumi point cloud: landmarks of the canonical A-pose, 1 is 1.2 figure heights
comment x to the character's left, y to its back, z up
element vertex {count}
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
end_header
"""
MAX_HEADER_BYTES = 4096


def write_ply(path: Path, cloud: PointCloud) -> None:
    """Write a cloud, whole or not at all, with the axes of the module's docstring.

    Raises:
        SheetError: The file cannot be written.
    """
    vertices = np.empty(len(cloud), VERTEX)
    x, y, z = cloud.positions.T
    for axis, values in zip("xyz", (x, 1 - z, y), strict=True):
        vertices[axis] = values
    for colour, values in zip(("red", "green", "blue"), cloud.colours.T, strict=True):
        vertices[colour] = values
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, HEADER.format(count=len(cloud)).encode("ascii") + vertices.tobytes())
    except OSError as error:
        raise SheetError(f"cannot write the point cloud {path}: {error}") from error


def read_ply(path: Path) -> PointCloud:
    """Read a cloud that ``write_ply`` wrote.

    Raises:
        SheetError: Missing, damaged, or laid out in another way.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(MAX_HEADER_BYTES)
            count, start = _parse_header(path, head)
            if size != start + count * VERTEX.itemsize:
                raise SheetError(f"point cloud {path} is damaged: {size} bytes for {count} points")
            stream.seek(start)
            vertices = np.frombuffer(stream.read(), VERTEX)
    except OSError as error:
        raise SheetError(f"cannot read the point cloud {path}: {error}") from error
    positions = _columns(vertices, ("x", "z", "y")).astype(np.float32)
    positions[:, 2] = 1 - positions[:, 2]
    return PointCloud(positions, _columns(vertices, ("red", "green", "blue")).astype(np.uint8))


def _columns(vertices: NDArray[np.void], names: tuple[str, ...]) -> NDArray[np.generic]:
    return np.stack([vertices[name] for name in names], axis=1)


def _parse_header(path: Path, head: bytes) -> tuple[int, int]:
    """Return the number of points and where they begin."""
    pattern = re.escape(HEADER.encode("ascii")).replace(rb"\{count\}", rb"(\d{1,8})")
    match = re.match(pattern, head)
    if match is None or int(match[1]) > MAX_POINTS:
        raise SheetError(f"{path} is not a point cloud of this program; give a file that it wrote")
    return int(match[1]), match.end()
