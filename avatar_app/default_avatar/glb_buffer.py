"""The binary chunk of a GLB file under construction, with its views and accessors."""

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

Json = dict[str, Any]

COMPONENT_TYPES = {"float32": 5126, "uint32": 5125, "uint16": 5123, "uint8": 5121}
ELEMENT_TYPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
GLB_MAGIC, JSON_CHUNK, BINARY_CHUNK = 0x46546C67, 0x4E4F534A, 0x004E4942


class GlbBuffer:
    """Collects arrays and files them as glTF accessors.

    Attributes:
        views: ``bufferViews`` of the document.
        accessors: ``accessors`` of the document.
    """

    def __init__(self) -> None:
        self.views: list[Json] = []
        self.accessors: list[Json] = []
        self._data = bytearray()

    def add_bytes(self, data: bytes, target: int | None = None) -> int:
        """Append bytes, aligned to four, and return the index of their view."""
        self._data.extend(b"\0" * (-len(self._data) % 4))
        view: Json = {"buffer": 0, "byteOffset": len(self._data), "byteLength": len(data)}
        if target is not None:
            view["target"] = target
        self._data.extend(data)
        self.views.append(view)
        return len(self.views) - 1

    def add_array(
        self, array: NDArray[Any], *, target: int | None = None, bounds: bool = False
    ) -> int:
        """Append ``[N]`` or ``[N, K]`` elements and return the index of their accessor."""
        accessor = {
            "bufferView": self.add_bytes(np.ascontiguousarray(array).tobytes(), target),
            **_describe(array),
        }
        if bounds:
            accessor["min"] = [float(v) for v in array.min(axis=0)]
            accessor["max"] = [float(v) for v in array.max(axis=0)]
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def add_sparse(
        self, indices: NDArray[np.uint32], values: NDArray[np.float32], count: int
    ) -> int:
        """Append ``count`` vectors that are zero except at ``indices``."""
        full = np.zeros((count, values.shape[1]), np.float32)
        full[indices] = values
        accessor = {
            **_describe(full),
            "min": [float(v) for v in full.min(axis=0)],
            "max": [float(v) for v in full.max(axis=0)],
            "sparse": {
                "count": len(indices),
                "indices": {
                    "bufferView": self.add_bytes(indices.astype(np.uint32).tobytes()),
                    "componentType": COMPONENT_TYPES["uint32"],
                },
                "values": {"bufferView": self.add_bytes(np.ascontiguousarray(values).tobytes())},
            },
        }
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def to_glb(self, document: Json) -> bytes:
        """Return the file: header, JSON chunk, binary chunk."""
        binary = bytes(self._data) + b"\0" * (-len(self._data) % 4)
        whole = {
            **document,
            "buffers": [{"byteLength": len(binary)}],
            "bufferViews": self.views,
            "accessors": self.accessors,
        }
        text = json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()
        text += b" " * (-len(text) % 4)
        length = 12 + 8 + len(text) + 8 + len(binary)
        return b"".join(
            (
                struct.pack("<III", GLB_MAGIC, 2, length),
                struct.pack("<II", len(text), JSON_CHUNK),
                text,
                struct.pack("<II", len(binary), BINARY_CHUNK),
                binary,
            )
        )


def _describe(array: NDArray[Any]) -> Json:
    width = 1 if array.ndim == 1 else array.shape[1]
    return {
        "componentType": COMPONENT_TYPES[str(array.dtype)],
        "count": len(array),
        "type": ELEMENT_TYPES[width],
    }
