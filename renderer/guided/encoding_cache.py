"""Sheet encodings on disk, named after the content they were made from."""

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from renderer.cache_folder import keep_newest
from renderer.guided.candidate_record import WORDS
from renderer.guided.encoder import encode_sheet
from renderer.guided.sheet_encoding import (
    BRICK,
    ExpressionTable,
    LandmarkTable,
    SheetEncoding,
)
from renderer.registration import register_drawings
from renderer.types import CharacterSheet, InkStyle, LandmarkBox
from udp_live.whole_file import replaced

logger = logging.getLogger(__name__)

FORMAT_VERSION = 14  # raise whenever registration, encoder or the layout below changes
KEPT_ENCODINGS = 4  # per folder; older ones are deleted
ATLAS = {"landmark": torch.int64, "colour": torch.int32, "row_start": torch.int32}
# What reading raises: of the file, of its header, of tensors without the elements they should have.
DAMAGE = (
    *(SafetensorError, OSError, ValueError, TypeError),
    *(AttributeError, LookupError, RuntimeError),
)
# What registration of a strange sheet may raise: of images, of numbers, of equations.
UNREPAIRABLE = (cv2.error, ValueError, ArithmeticError, LookupError, RuntimeError)


def sheet_key(sheet: CharacterSheet, register: bool = True) -> str:
    """Return a hash of everything that the encoding depends on, alike for any order of views."""
    digest = hashlib.sha256(f"guided {FORMAT_VERSION} {register}".encode())
    for view in sorted(sheet.views, key=lambda view: view.name):
        head = (view.name, view.expression, view.image.shape, view.udp.dtype.name)
        digest.update(repr(head).encode())
        digest.update(np.ascontiguousarray(view.image).data)
        digest.update(np.ascontiguousarray(view.udp).data)
    regions = sorted((name, box.low, box.high) for name, box in sheet.regions.items())
    digest.update(repr((regions, sheet.ink)).encode())
    return digest.hexdigest()[:32]


def cached_encoding(
    sheet: CharacterSheet, folder: Path | None, register: bool = True
) -> SheetEncoding:
    """Read the encoding of a sheet from a cache folder, or build it and leave it there.

    A damaged file is built anew; a folder that cannot be written costs only the time.

    Args:
        sheet: To encode.
        folder: Created where missing; None keeps nothing.
        register: Repair the sheet's landmarks first, where they lie beside the drawings.
    """
    key = sheet_key(sheet, register)
    if folder is None:
        return _encoded(sheet, key, register)
    path = folder / f"guided-{key}.safetensors"
    if path.is_file():
        try:
            return read_encoding(path, key)
        except DAMAGE as error:
            logger.info("building the sheet encoding anew: %s is damaged: %s", path, error)
    encoding = _encoded(sheet, key, register)
    try:
        write_encoding(path, encoding)
        keep_newest(folder, "guided-*.safetensors", KEPT_ENCODINGS)
    except OSError as error:
        logger.warning("sheet encoding not cached: cannot write %s: %s", path, error)
    return encoding


def _encoded(sheet: CharacterSheet, key: str, register: bool) -> SheetEncoding:
    return encode_sheet(_registered(sheet) if register else sheet, key)


def _registered(sheet: CharacterSheet) -> CharacterSheet:
    """Return the sheet with repaired landmarks; as it is where they cannot be repaired."""
    try:
        found = register_drawings(sheet)
    except UNREPAIRABLE as error:
        logger.warning("landmarks stay as they are: registering the drawings failed: %s", error)
        return sheet
    for view in found.views if found.repaired else ():
        logger.debug(
            "%s: landmarks moved by %.1f px, %.0f %% of the silhouettes agree, before %.0f %%",
            view.name,
            view.mean_shift_px,
            100 * view.overlap_after,
            100 * view.overlap_before,
        )
    return found.sheet


def write_encoding(path: Path, encoding: SheetEncoding) -> None:
    """Write an encoding so that a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, Tensor] = {name: getattr(encoding, name) for name in ATLAS}
    tables = []
    for index, (head, table) in enumerate(_tables(encoding)):
        tensors[f"{index}.brick_of_cell"] = table.brick_of_cell
        tensors[f"{index}.row_of_voxel"] = table.row_of_voxel
        tensors[f"{index}.candidates"] = table.candidates
        tables.append({**head, "low": table.low, "cell": table.cell})
    header = {
        "version": FORMAT_VERSION,
        "key": encoding.key,
        "densities": encoding.densities,
        "tables": tables,
        "regions": {name: asdict(box) for name, box in encoding.regions.items()},
        "ink": asdict(encoding.ink),
    }
    with replaced(path) as temporary:
        save_file(tensors, temporary, {"header": json.dumps(header)})


def read_encoding(path: Path, key: str) -> SheetEncoding:
    """Map an encoding into memory: what is not looked at is not read.

    Raises:
        DAMAGE: Any of them where the file is damaged or of another version.
    """
    with safe_open(str(path), framework="pt") as file:
        header = json.loads(file.metadata()["header"])
        tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if header["version"] != FORMAT_VERSION or header["key"] != key:
        raise ValueError("it belongs to another sheet or version")
    tables = [_read_table(index, head, tensors) for index, head in enumerate(header["tables"])]
    atlas = [(tensors[name].dtype, tensors[name].ndim) for name in ATLAS]
    if atlas != [(dtype, 1) for dtype in ATLAS.values()]:
        raise ValueError("its atlas has another type")
    if not len(tensors["landmark"]) == len(tensors["colour"]) > 1 or not len(tensors["row_start"]):
        raise ValueError("its atlas has another size")
    if any(len(table.candidates) != len(header["densities"]) for table in tables):
        raise ValueError("a table has another number of levels")
    expressions = [
        ExpressionTable(head["region"], head["expression"], table)
        for head, table in zip(header["tables"][1:], tables[1:], strict=True)
    ]
    return SheetEncoding(
        tensors["landmark"],
        tensors["colour"],
        tensors["row_start"],
        tuple(header["densities"]),
        tables[0],
        tuple(expressions),
        MappingProxyType(
            {
                name: LandmarkBox(tuple(box["low"]), tuple(box["high"]))
                for name, box in header["regions"].items()
            }
        ),
        InkStyle(header["ink"]["width"], tuple(header["ink"]["tint"])),
        key,
    )


def _tables(encoding: SheetEncoding) -> Iterator[tuple[dict[str, str], LandmarkTable]]:
    """Yield the body's table, then those of the expressions, each with what it is for."""
    yield {}, encoding.body
    for entry in encoding.expressions:
        yield {"region": entry.region, "expression": entry.expression}, entry.table


def _read_table(index: int, head: dict[str, Any], tensors: dict[str, Tensor]) -> LandmarkTable:
    bricks, rows, candidates = (
        tensors[f"{index}.{name}"] for name in ("brick_of_cell", "row_of_voxel", "candidates")
    )
    types = (bricks.dtype, rows.dtype, candidates.dtype)
    if types != (torch.int32, torch.int32, torch.int64):
        raise TypeError("a table has another type")
    last = max(int(rows.max()), -1 - int(bricks.min()))
    shapes = (bricks.ndim, rows.shape[1:], candidates.ndim, candidates.shape[-1:])
    if shapes != (3, (BRICK**3,), 4, (WORDS,)):
        raise ValueError("a table has another shape")
    if int(rows.min()) < 0 or last >= candidates.shape[1] or int(bricks.max()) >= len(rows):
        raise ValueError("a table leads out of itself")
    low = tuple(float(value) for value in head["low"])
    return LandmarkTable((low[0], low[1], low[2]), float(head["cell"]), bricks, rows, candidates)
