"""``avatar.toml``: the part of an avatar folder that a person reads and edits."""

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from renderer.errors import AvatarFileError
from renderer.types import InkStyle, LandmarkBox
from udp_live.rig.framing import Framing

MANIFEST_NAME = "avatar.toml"
MANIFEST_VERSION = 1
MAX_MANIFEST_BYTES = 1 << 20
MAX_VIEWS = 32
MAX_REGIONS = 16
MAX_INK_WIDTH = 0.015  # drawing wider lines would hold up every frame
MAX_REGION_SIDE = 0.3  # landmark units; a face region beyond half a metre is no mouth or eye

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ManifestView:
    """One sheet view: PNG path relative to the folder, yaw of the drawing, expression tag."""

    file: str
    yaw_deg: float = 0.0
    expression: str | None = None

    @property
    def udp_file(self) -> str:
        """Path of the drawing's UDP, beside the drawing."""
        return str(PurePosixPath(self.file).with_suffix(".udp.npz"))


@dataclass(frozen=True, slots=True)
class AvatarManifest:
    """Contents of ``avatar.toml``; all paths are relative, with forward slashes, and stay inside.

    Attributes:
        name, author, licence: Free text.
        views: 1 to 32.
        framing: How the avatar likes to be shown.
        regions: Face regions, as in CharacterSheet.
        ink: Outline style.
        proxy: Path of the rigged mesh.
    """

    name: str
    views: tuple[ManifestView, ...]
    author: str = ""
    licence: str = ""
    framing: Framing = Framing.BUST
    regions: Mapping[str, LandmarkBox] = field(default_factory=dict)
    ink: InkStyle = field(default_factory=InkStyle)
    proxy: str = "proxy.glb"


def read_manifest(folder: Path) -> AvatarManifest:
    """Read ``avatar.toml`` of an avatar folder.

    Raises:
        AvatarFileError: The file is missing, not TOML, or says something impossible.
    """
    path = folder / MANIFEST_NAME
    if not folder.is_dir():
        raise AvatarFileError(f"avatar not found: {folder} is not a folder; check the path")
    if not path.is_file():
        raise AvatarFileError(f"not an avatar: {folder} has no {MANIFEST_NAME}")
    try:
        if path.stat().st_size > MAX_MANIFEST_BYTES:
            raise AvatarFileError(f"{path} is too large: more than 1 MB of text")
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, not TOML
        raise AvatarFileError(f"cannot read {path}: {error}") from error
    return _parse(_Reader(path, document))


class _Reader:
    """Typed access to a TOML table, with errors that say where."""

    def __init__(self, path: Path, table: Table, where: str = "") -> None:
        self._path = path
        self._table = table
        self._where = where

    def fail(self, key: str, expected: str) -> AvatarFileError:
        found = repr(self._table[key])[:80] if key in self._table else "nothing"
        return AvatarFileError(
            f"{self._path}: {self._where}{key} is {found}, expected {expected}; correct the file"
        )

    def text(self, key: str, default: str | None = None) -> str:
        value = self._table.get(key, default)
        if not isinstance(value, str) or len(value) > 10_000:
            raise self.fail(key, "text")
        return value

    def number(self, key: str, default: float, low: float, high: float) -> float:
        value = self._table.get(key, default)
        if not _is_number(value) or not low <= value <= high:
            raise self.fail(key, f"a number from {low:g} to {high:g}")
        return float(value)

    def triple(
        self, key: str, default: tuple[float, float, float] | None = None
    ) -> tuple[float, float, float]:
        value = self._table.get(key, default)
        if not isinstance(value, list | tuple) or len(value) != 3:
            raise self.fail(key, "three numbers from 0 to 1")
        if not all(_is_number(part) and 0 <= part <= 1 for part in value):
            raise self.fail(key, "three numbers from 0 to 1")
        return float(value[0]), float(value[1]), float(value[2])

    def file(self, key: str, suffix: str, default: str | None = None) -> str:
        value = self.text(key, default)
        if not is_safe_path(value) or PurePosixPath(value).suffix.lower() != suffix:
            raise self.fail(key, f"a relative path to a {suffix} file inside the avatar's folder")
        return value

    def table(self, key: str) -> "_Reader":
        value = self._table.get(key, {})
        if not isinstance(value, dict):
            raise self.fail(key, "a table")
        return _Reader(self._path, value, f"{self._where}{key}.")

    def tables(self, key: str) -> "list[_Reader]":
        value = self._table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self.fail(key, f"a list of tables ([[{key}]])")
        return [_Reader(self._path, entry, f"{key}[{i}].") for i, entry in enumerate(value)]

    def keys(self) -> list[str]:
        return list(self._table)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < math.inf  # math.isfinite overflows on integers of TOML's unlimited size


def is_safe_path(name: str) -> bool:
    """Tell whether a path in a manifest or archive stays below its folder on every system."""
    if not name or len(name) > 240 or "\\" in name or ":" in name or "\0" in name:
        return False
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.parts != ()


def _parse(reader: _Reader) -> AvatarManifest:
    if reader.number("version", 1, 0, 1e9) > MANIFEST_VERSION:
        raise reader.fail("version", f"at most {MANIFEST_VERSION}, or a newer Kigurumi")
    views = tuple(_parse_view(entry) for entry in reader.tables("views"))
    if not 1 <= len(views) <= MAX_VIEWS:
        raise reader.fail("views", f"1 to {MAX_VIEWS} [[views]], found {len(views)}")
    stems = [PurePosixPath(view.file).stem.lower() for view in views]
    if len(set(stems)) != len(stems):
        raise reader.fail("views", "a different file name in each view")
    framing = reader.text("framing", Framing.BUST.value)
    if framing not in {choice.value for choice in Framing}:
        raise reader.fail("framing", "one of " + ", ".join(c.value for c in Framing))
    return AvatarManifest(
        reader.text("name"),
        views,
        reader.text("author", ""),
        reader.text("licence", ""),
        Framing(framing),
        _parse_regions(reader),
        _parse_ink(reader.table("ink")),
        reader.file("proxy", ".glb", "proxy.glb"),
    )


def _parse_view(reader: _Reader) -> ManifestView:
    expression = reader.text("expression", "")
    return ManifestView(
        reader.file("file", ".png"), reader.number("yaw_deg", 0.0, -360, 360), expression or None
    )


def _parse_regions(reader: _Reader) -> dict[str, LandmarkBox]:
    table = reader.table("regions")
    if len(table.keys()) > MAX_REGIONS:
        raise reader.fail("regions", f"at most {MAX_REGIONS} face regions")
    regions = {}
    for name in table.keys():  # noqa: SIM118 (a reader, not a dict)
        entry = table.table(name)
        box = LandmarkBox(entry.triple("low"), entry.triple("high"))
        if not all(low < high for low, high in zip(box.low, box.high, strict=True)):
            raise entry.fail("high", "a corner above 'low' on every axis")
        if any(high - low > MAX_REGION_SIDE for low, high in zip(box.low, box.high, strict=True)):
            raise entry.fail("high", f"a corner within {MAX_REGION_SIDE} of 'low' on every axis")
        regions[name] = box
    return regions


def _parse_ink(reader: _Reader) -> InkStyle:
    default = InkStyle()
    return InkStyle(
        reader.number("width", default.width, 0, MAX_INK_WIDTH), reader.triple("tint", default.tint)
    )


def format_manifest(manifest: AvatarManifest) -> str:
    """Write a manifest as TOML that ``read_manifest`` reads back."""
    lines = [
        f"version = {MANIFEST_VERSION}",
        f"name = {_quoted(manifest.name)}",
        f"author = {_quoted(manifest.author)}",
        f"licence = {_quoted(manifest.licence)}",
        f"framing = {_quoted(manifest.framing.value)} # bust, half or full",
        f"proxy = {_quoted(manifest.proxy)}",
        "",
        "[ink] # outlines: width as a fraction of the picture's height, colour multiplier",
        f"width = {manifest.ink.width:.6g}",
        f"tint = {_numbers(manifest.ink.tint)}",
    ]
    for name, box in manifest.regions.items():
        lines += ["", f"[regions.{_quoted(name)}] # where expression views take over, landmarks"]
        lines += [f"low = {_numbers(box.low)}", f"high = {_numbers(box.high)}"]
    for view in manifest.views:
        lines += ["", "[[views]]", f"file = {_quoted(view.file)}", f"yaw_deg = {view.yaw_deg:.6g}"]
        if view.expression is not None:
            lines.append(f"expression = {_quoted(view.expression)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a TOML basic string; JSON escapes the same way, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _numbers(values: tuple[float, ...]) -> str:
    return "[" + ", ".join(f"{value:.6g}" for value in values) + "]"
