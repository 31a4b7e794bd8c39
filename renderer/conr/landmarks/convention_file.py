"""``conr.toml``: the landmark convention that belongs to the weights beside it."""

import json
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from renderer.conr.landmarks.landmark_convention import (
    CONVENTION_NAMES,
    DEFAULT_CONVENTION,
    LandmarkConvention,
    named_convention,
)
from renderer.errors import WeightsError
from renderer.types import LandmarkBox
from udp_live.whole_file import write_whole

CONVENTION_NAME = "conr.toml"
CONVENTION_VERSION = 1
MAX_FILE_BYTES = 1 << 16
AXIS_LETTERS = "xyz"
HEAD = """\
# How this program's landmarks become those of the CoNR weights in this folder.
# Either name = "A", "A'" or "B" alone, or a map of your own:
#   their x, y, z = offset + scale * our axis of that place in 'axes'
"""


def read_convention(folder: Path, box: LandmarkBox | None = None) -> LandmarkConvention:
    """Read the convention of a weights folder; the default one where there is no ``conr.toml``.

    Args:
        folder: Of the weights.
        box: The figure's landmark box, for candidates that depend on it.

    Raises:
        WeightsError: The file is not TOML, or says something impossible.
        ValueError: The convention needs a box and there is none.
    """
    path = folder / CONVENTION_NAME
    if not path.is_file():
        return named_convention(DEFAULT_CONVENTION)
    document = _document(path)
    name = _name(path, document)
    if name in CONVENTION_NAMES:
        return named_convention(name, box)
    axes = document.get("axes")
    if not isinstance(axes, list) or sorted(map(str, axes)) != list(AXIS_LETTERS):
        raise _wrong(path, "axes", document, "x, y, z in some order, such as ['x', 'z', 'y']")
    x, y, z = (AXIS_LETTERS.index(letter) for letter in axes)
    scale, offset = (_triple(path, document, key) for key in ("scale", "offset"))
    try:
        return LandmarkConvention(name, (x, y, z), scale, offset)
    except ValueError as error:
        raise WeightsError(f"{path}: {error}; correct the file or delete it") from error


def convention_name(folder: Path) -> str:
    """Return the name of a weights folder's convention without making it.

    Raises:
        WeightsError: The file is not TOML, or has no name.
    """
    path = folder / CONVENTION_NAME
    return _name(path, _document(path)) if path.is_file() else DEFAULT_CONVENTION


def write_convention(folder: Path, convention: LandmarkConvention) -> Path:
    """Write a convention beside the weights in one step: a candidate by name, others in full.

    Raises:
        WeightsError: The file cannot be written.
    """
    lines = [f"version = {CONVENTION_VERSION}", f"name = {json.dumps(convention.name)}"]
    if convention.name not in CONVENTION_NAMES:
        axes = ", ".join(f'"{AXIS_LETTERS[axis]}"' for axis in convention.axes)
        lines += [
            f"axes = [{axes}]",
            f"scale = {_numbers(convention.scale)}",
            f"offset = {_numbers(convention.offset)}",
        ]
    path = folder / CONVENTION_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, (HEAD + "\n".join(lines) + "\n").encode())
    except OSError as error:
        raise WeightsError(f"cannot write {path}: {error.strerror}") from error
    return path


def _document(path: Path) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise WeightsError(f"{path} is too large for a landmark convention; delete it")
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, not TOML
        raise WeightsError(f"cannot read {path}: {error}; correct the file or delete it") from error
    version = document.get("version", CONVENTION_VERSION)
    if version != CONVENTION_VERSION:
        raise _wrong(path, "version", document, f"{CONVENTION_VERSION}, or a newer Kigurumi")
    return document


def _name(path: Path, document: Mapping[str, Any]) -> str:
    name = document.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= 100 or not name.isprintable():
        raise _wrong(path, "name", document, f"{', '.join(CONVENTION_NAMES)} or a name of your own")
    return name


def _triple(path: Path, document: Mapping[str, Any], key: str) -> tuple[float, float, float]:
    value = document.get(key)
    if not isinstance(value, list) or len(value) != 3 or not all(_is_number(v) for v in value):
        raise _wrong(path, key, document, "three numbers")
    return float(value[0]), float(value[1]), float(value[2])


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1e9 and not math.isnan(value)  # before float(), which overflows


def _numbers(values: tuple[float, ...]) -> str:
    return "[" + ", ".join(repr(float(value)) for value in values) + "]"


def _wrong(path: Path, key: str, document: Mapping[str, Any], expected: str) -> WeightsError:
    found = repr(document[key])[:80] if key in document else "nothing"
    return WeightsError(
        f"{path}: {key} is {found}, expected {expected}; correct the file or delete it"
    )
