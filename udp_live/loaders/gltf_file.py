"""The container of a glTF 2.0 file: JSON document, binary chunk, buffers beside the file."""

import base64
import binascii
import json
import struct
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from udp_live.errors import RigFormatError

Json = Any  # a decoded JSON value; its shape is checked where it is used

# What reading a document raises whose JSON is not shaped as glTF says.
BROKEN_DATA = (
    *(ArithmeticError, AttributeError, IndexError, KeyError),
    *(RecursionError, TypeError, ValueError, struct.error),
)
MAX_FILE_BYTES = 1 << 30
MAX_NUMBER = 1e6  # in metres, degrees or weights far beyond any avatar
GLB_MAGIC = b"glTF"
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
UNREADABLE_EXTENSIONS = {
    "KHR_draco_mesh_compression": "Draco compression",
    "EXT_meshopt_compression": "meshopt compression",
    "KHR_texture_basisu": "Basis textures",
}


class GltfFile:
    """A parsed glTF document and the bytes that it refers to.

    Attributes:
        path: Where it was read from.
        document: The JSON root object.
    """

    def __init__(self, path: Path, document: dict[str, Json], binary: bytes | None) -> None:
        self.path = path
        self.document = document
        self._binary = binary
        self._buffers: dict[int, bytes] = {}

    def items(self, kind: str) -> list[Json]:
        """Return a top-level array such as ``nodes``; empty when the file has none."""
        items = self.document.get(kind, [])
        if not isinstance(items, list):
            raise self.error(f"'{kind}' is not a list")
        return items

    def item(self, kind: str, index: Json) -> dict[str, Json]:
        """Return one entry of a top-level array.

        Raises:
            RigFormatError: There is no such entry.
        """
        items = self.items(kind)
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(items):
            raise self.error(f"refers to entry {index!r} of '{kind}', which has {len(items)}")
        if not isinstance(items[index], dict):
            raise self.error(f"entry {index} of '{kind}' is not an object")
        return dict(items[index])

    def extension(self, name: str) -> dict[str, Json] | None:
        """Return a top-level extension object, or None."""
        extensions = self.document.get("extensions", {})
        found = extensions.get(name) if isinstance(extensions, dict) else None
        return found if isinstance(found, dict) else None

    def view_bytes(self, index: Json) -> memoryview:
        """Return the bytes of a buffer view."""
        view = self.item("bufferViews", index)
        data = self._buffer(view["buffer"])
        start, length = int(view.get("byteOffset", 0)), int(view["byteLength"])
        if start < 0 or length < 0 or start + length > len(data):
            raise self.error(f"buffer view {index} reaches past the end of its buffer (truncated?)")
        return memoryview(data)[start : start + length]

    def uri_bytes(self, uri: str) -> bytes:
        """Read a data URI, or a file in the glTF's own folder or below."""
        if uri.startswith("data:"):
            try:
                return base64.b64decode(uri.partition(",")[2], validate=False)
            except binascii.Error as error:
                raise self.error("a data URI is not valid base64") from error
        folder = self.path.resolve().parent
        target = (folder / unquote(uri)).resolve()
        if ":" in uri or not target.is_relative_to(folder):
            raise self.error(f"refers to '{uri}', which is outside the model's folder")
        return read_limited(target, f"{self.path}: refers to")

    def error(self, message: str) -> RigFormatError:
        """Make an error that names this file."""
        return RigFormatError(f"{self.path}: {message}; export the model again")

    def _buffer(self, index: Json) -> bytes:
        if index not in self._buffers:
            buffer = self.item("buffers", index)
            uri = buffer.get("uri")
            data = self._binary if uri is None else self.uri_bytes(str(uri))
            if data is None:
                raise self.error(f"buffer {index} has no data")
            self._buffers[index] = data
        return self._buffers[index]


def number(value: Json) -> float:
    """Read a number of sane size; JSON allows NaN and 1e308.

    Raises:
        ValueError: It is none.
    """
    result = float(value)
    if not abs(result) <= MAX_NUMBER:
        raise ValueError(f"{result} is no usable number")
    return result


def read_gltf(path: Path) -> GltfFile:
    """Read a ``.glb``, ``.vrm``, ``.vrma`` or ``.gltf`` file.

    Raises:
        RigFormatError: The file is missing, truncated, not glTF 2.0, or compressed.
    """
    data = read_limited(path, "cannot read")
    if data[:4] == GLB_MAGIC:
        document, binary = _split_glb(path, data)
    else:
        document, binary = data, None
    try:
        parsed = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise RigFormatError(
            f"{path}: not a glTF file; choose a .vrm, .glb or .gltf model"
        ) from error
    if not isinstance(parsed, dict) or not isinstance(parsed.get("asset"), dict):
        raise RigFormatError(f"{path}: JSON, but not a glTF model; choose a .vrm, .glb or .gltf")
    gltf = GltfFile(path, parsed, binary)
    _check_version(gltf)
    return gltf


def read_limited(path: Path, context: str) -> bytes:
    """Read a whole file of sane size, or say clearly why not."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise RigFormatError(f"{context} {path}: {size >> 20} MiB is more than 1024 MiB")
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise RigFormatError(f"{context} {path}: {reason}; check the path") from error
    if not data:
        raise RigFormatError(f"{context} {path}: the file is empty; copy or export it again")
    return data


def _split_glb(path: Path, data: bytes) -> tuple[bytes, bytes | None]:
    """Return the JSON and binary chunks of a GLB."""
    chunks: dict[int, bytes] = {}
    if len(data) < 20:
        raise RigFormatError(f"{path}: truncated; copy or export it again")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise RigFormatError(f"{path}: glTF version {version}, expected 2; export it as glTF 2.0")
    if length > len(data):
        raise RigFormatError(
            f"{path}: truncated, {len(data)} of {length} bytes; copy or export it again"
        )
    offset = 12
    while offset + 8 <= length:
        size, kind = struct.unpack_from("<II", data, offset)
        if offset + 8 + size > len(data):
            raise RigFormatError(f"{path}: a chunk is truncated; copy or export it again")
        chunks.setdefault(kind, data[offset + 8 : offset + 8 + size])
        offset += 8 + size
    if JSON_CHUNK not in chunks:
        raise RigFormatError(f"{path}: a GLB without JSON; export it again")
    return chunks[JSON_CHUNK], chunks.get(BINARY_CHUNK)


def _check_version(gltf: GltfFile) -> None:
    """Refuse other versions and features that cannot be read."""
    version = str(gltf.document["asset"].get("version", "2.0"))
    if not version.startswith("2."):
        raise RigFormatError(f"{gltf.path}: glTF {version}, expected 2.0; export it as glTF 2.0")
    for extension in gltf.items("extensionsRequired"):
        if isinstance(extension, str) and extension in UNREADABLE_EXTENSIONS:
            raise RigFormatError(
                f"{gltf.path}: uses {UNREADABLE_EXTENSIONS[extension]} ({extension}), which is "
                "not supported; export it without"
            )
