"""Typed arrays out of glTF accessors: strides, sparse values, normalised integers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.loaders.gltf_file import GltfFile, Json

COMPONENT_TYPES: dict[Json, np.dtype[Any]] = {
    5120: np.dtype("<i1"),
    5121: np.dtype("<u1"),
    5122: np.dtype("<i2"),
    5123: np.dtype("<u2"),
    5125: np.dtype("<u4"),
    5126: np.dtype("<f4"),
}
ELEMENT_SIZES: dict[Json, int] = {
    "SCALAR": 1,
    "VEC2": 2,
    "VEC3": 3,
    "VEC4": 4,
    "MAT2": 4,
    "MAT3": 9,
    "MAT4": 16,
}
MAX_ELEMENTS = 20_000_000  # refuses counts that would only exhaust the memory


def read_accessor(gltf: GltfFile, index: Json) -> NDArray[Any]:
    """Return an accessor's elements, ``[count, components]`` in the file's own number type.

    Normalised integers become float32 in [-1, 1] or [0, 1].

    Raises:
        RigFormatError: The accessor does not exist or reaches past its buffer.
    """
    accessor = gltf.item("accessors", index)
    dtype, width, count = _layout(gltf, index, accessor)
    if "bufferView" in accessor:
        values = _strided(gltf, accessor, dtype, (count, width)).copy()
    else:
        values = np.zeros((count, width), dtype)
    if "sparse" in accessor:
        _apply_sparse(gltf, accessor["sparse"], values)
    if accessor.get("normalized") and dtype.kind in "iu":
        scaled = values.astype(np.float32) / np.float32(np.iinfo(dtype).max)
        return np.maximum(scaled, np.float32(-1.0))
    return values


def read_floats(gltf: GltfFile, index: Json, width: int) -> NDArray[np.float32]:
    """Return an accessor as ``[count, width]`` float32, all finite.

    Raises:
        RigFormatError: The accessor has another width, or holds NaN or infinity.
    """
    values = read_accessor(gltf, index)
    if values.shape[1] != width:
        raise gltf.error(f"accessor {index} has {values.shape[1]} components, expected {width}")
    floats = values.astype(np.float32)
    if not np.isfinite(floats).all():
        raise gltf.error(f"accessor {index} holds values that are not numbers")
    return floats


def _layout(
    gltf: GltfFile, index: Json, accessor: dict[str, Json]
) -> tuple[np.dtype[Any], int, int]:
    """Return number type, components per element and element count of an accessor."""
    dtype = COMPONENT_TYPES.get(accessor.get("componentType"))
    width = ELEMENT_SIZES.get(accessor.get("type"))
    count = accessor.get("count")
    if dtype is None or width is None or not isinstance(count, int):
        raise gltf.error(f"accessor {index} has an unknown type")
    if not 0 <= count <= MAX_ELEMENTS:
        raise gltf.error(f"accessor {index} claims {count} elements")
    return dtype, width, count


def _strided(
    gltf: GltfFile, source: dict[str, Json], dtype: np.dtype[Any], shape: tuple[int, int]
) -> NDArray[Any]:
    """View ``shape`` elements in a buffer view; the source names view and offset."""
    data = gltf.view_bytes(source["bufferView"])
    view = gltf.item("bufferViews", source["bufferView"])
    size = shape[1] * dtype.itemsize
    stride = int(view.get("byteStride", 0)) or size
    offset = int(source.get("byteOffset", 0))
    end = offset + (shape[0] - 1) * stride + size if shape[0] else offset
    if offset < 0 or stride < size or end > len(data):
        raise gltf.error("an accessor reaches past the end of its buffer view (truncated?)")
    return np.ndarray(shape, dtype, data, offset, (stride, dtype.itemsize))


def _apply_sparse(gltf: GltfFile, sparse: dict[str, Json], values: NDArray[Any]) -> None:
    """Overwrite single elements of ``values``."""
    count = int(sparse["count"])
    if not 0 <= count <= len(values):
        raise gltf.error(f"a sparse accessor replaces {count} of {len(values)} elements")
    index_type = COMPONENT_TYPES.get(sparse["indices"]["componentType"])
    if index_type is None or index_type.kind != "u":
        raise gltf.error("a sparse accessor has no integer indices")
    where = _strided(gltf, sparse["indices"], index_type, (count, 1))[:, 0]
    if count and int(where.max()) >= len(values):
        raise gltf.error("a sparse accessor replaces an element that does not exist")
    values[where] = _strided(gltf, sparse["values"], values.dtype, (count, values.shape[1]))
