"""Sheet encodings survive on disk, and only whole ones are used."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from renderer.guided import encoding_cache
from renderer.guided.encoding_cache import cached_encoding, sheet_key
from renderer.guided.sheet_encoding import SheetEncoding
from renderer.types import CharacterSheet
from tests.fakes.landmark_scene import doll_sheet


@pytest.fixture(scope="module")
def sheet() -> CharacterSheet:
    return doll_sheet(64)


def _assert_same(one: SheetEncoding, other: SheetEncoding) -> None:
    assert torch.equal(one.landmark, other.landmark)
    assert torch.equal(one.colour, other.colour)
    assert torch.equal(one.row_start, other.row_start)
    assert one.densities == other.densities
    assert (one.ink, one.key, dict(one.regions)) == (other.ink, other.key, dict(other.regions))
    tables = [(one.body, other.body)]
    assert len(one.expressions) == len(other.expressions) > 0
    for a, b in zip(one.expressions, other.expressions, strict=True):
        assert (a.region, a.expression) == (b.region, b.expression)
        tables.append((a.table, b.table))
    for left, right in tables:
        assert left.low == right.low
        assert left.cell == right.cell
        assert torch.equal(left.brick_of_cell, right.brick_of_cell)
        assert torch.equal(left.row_of_voxel, right.row_of_voxel)
        assert torch.equal(left.candidates, right.candidates)


def test_a_second_start_reads_what_the_first_wrote(
    sheet: CharacterSheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cached_encoding(sheet, tmp_path)
    monkeypatch.delattr(encoding_cache, "encode_sheet")
    _assert_same(first, cached_encoding(sheet, tmp_path))


@pytest.mark.parametrize("damage", [b"", b"rubbish", None])
def test_a_damaged_file_is_built_anew(
    sheet: CharacterSheet, tmp_path: Path, damage: bytes | None
) -> None:
    first = cached_encoding(sheet, tmp_path)
    (path,) = tmp_path.glob("*.safetensors")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
    _assert_same(first, cached_encoding(sheet, tmp_path))
    assert path.stat().st_size == len(whole)


def _contents(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    with safe_open(str(path), framework="pt") as file:
        header = json.loads(file.metadata()["header"])
        return {name: file.get_tensor(name) for name in file.keys()}, header  # noqa: SIM118


@pytest.mark.parametrize(
    ("tensor", "value"),
    [
        ("landmark", torch.zeros(64)),
        ("colour", torch.zeros(8, dtype=torch.int32)),
        ("row_start", torch.zeros(0, dtype=torch.int32)),
        ("0.candidates", torch.zeros(1, 0, 2, 4, dtype=torch.int64)),
        ("0.candidates", torch.zeros(1, 1, 2, 15)),
        ("0.row_of_voxel", torch.zeros(0, 512, dtype=torch.int32)),
        ("0.brick_of_cell", torch.zeros(4, dtype=torch.int32)),
    ],
)
def test_a_file_with_other_tensors_is_built_anew(
    sheet: CharacterSheet, tmp_path: Path, tensor: str, value: torch.Tensor
) -> None:
    first = cached_encoding(sheet, tmp_path)
    (path,) = tmp_path.glob("*.safetensors")
    tensors, header = _contents(path)
    save_file(tensors | {tensor: value}, path, {"header": json.dumps(header)})
    _assert_same(first, cached_encoding(sheet, tmp_path))


def test_a_file_of_an_older_version_is_built_anew(
    sheet: CharacterSheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = cached_encoding(sheet, tmp_path)
    (path,) = tmp_path.glob("*.safetensors")
    tensors, header = _contents(path)
    older = {**header, "version": encoding_cache.FORMAT_VERSION - 1}
    save_file(tensors, path, {"header": json.dumps(older)})
    _assert_same(first, cached_encoding(sheet, tmp_path))
    assert _contents(path)[1] == header


@pytest.mark.skipif(not Path("/proc/self/maps").is_file(), reason="the system does not tell")
def test_what_is_not_looked_at_is_not_read(sheet: CharacterSheet, tmp_path: Path) -> None:
    cached_encoding(sheet, tmp_path)
    encoding = cached_encoding(sheet, tmp_path)
    (path,) = tmp_path.glob("*.safetensors")
    places = [
        tuple(int(end, 16) for end in line.split()[0].split("-"))
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.endswith(str(path))
    ]
    for tensor in (encoding.landmark, encoding.colour, encoding.body.candidates):
        assert any(low <= tensor.data_ptr() < high for low, high in places)


def test_an_encoding_is_small(tmp_path: Path) -> None:
    sheet = doll_sheet(256)
    encoding = cached_encoding(sheet, tmp_path)
    (path,) = tmp_path.glob("*.safetensors")
    shown = int((encoding.landmark.view(torch.int16).view(-1, 4)[:, 3] > 0).sum())
    assert len(encoding.landmark) < 1.5 * shown  # no empty pixels but gutters and gaps
    tables = [encoding.body, *(entry.table for entry in encoding.expressions)]
    rows = sum(t.brick_of_cell.nbytes + t.row_of_voxel.nbytes for t in tables)
    candidates = sum(table.candidates.nbytes for table in tables)
    assert path.stat().st_size < 12 * len(encoding.landmark) + candidates + rows + 100_000


@pytest.mark.parametrize("field", ["regions", "tables", "ink"])
def test_a_file_with_another_header_is_built_anew(
    sheet: CharacterSheet, tmp_path: Path, field: str
) -> None:
    first = cached_encoding(sheet, tmp_path)
    (path,) = tmp_path.glob("*.safetensors")
    tensors, header = _contents(path)
    save_file(tensors, path, {"header": json.dumps({**header, field: []})})
    _assert_same(first, cached_encoding(sheet, tmp_path))


def test_the_key_follows_every_input(sheet: CharacterSheet) -> None:
    view = sheet.views[0]
    image, udp = view.image.copy(), view.udp.copy()
    image[30, 30, 0] ^= 1
    udp[30, 30, 0] += np.float16(0.01)
    changed = [
        replace(sheet, views=(replace(view, image=image), *sheet.views[1:])),
        replace(sheet, views=(replace(view, udp=udp), *sheet.views[1:])),
        replace(sheet, views=(replace(view, expression="oh"), *sheet.views[1:])),
        replace(sheet, regions={}),
        replace(sheet, ink=replace(sheet.ink, width=0.01)),
    ]
    keys = {sheet_key(sheet), *map(sheet_key, changed)}
    assert len(keys) == 1 + len(changed)
    assert sheet_key(replace(sheet, views=sheet.views[::-1])) == sheet_key(sheet)


def test_a_folder_that_cannot_be_written_costs_only_time(
    sheet: CharacterSheet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    _assert_same(cached_encoding(sheet, blocked), cached_encoding(sheet, None))
    assert "not cached" in caplog.text
    caplog.clear()


def test_old_encodings_are_deleted(sheet: CharacterSheet, tmp_path: Path) -> None:
    for width in (0.001, 0.002, 0.003, 0.004, 0.005, 0.006):
        cached_encoding(replace(sheet, ink=replace(sheet.ink, width=width)), tmp_path)
    assert len(list(tmp_path.iterdir())) == encoding_cache.KEPT_ENCODINGS


def test_a_sheet_that_cannot_be_registered_is_encoded_as_it_is(
    sheet: CharacterSheet, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_: CharacterSheet) -> None:
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setattr(encoding_cache, "register_drawings", fails)
    encoding = cached_encoding(sheet, None)
    assert torch.equal(encoding.landmark, cached_encoding(sheet, None, register=False).landmark)
    assert "registering the drawings failed: singular" in caplog.text
    caplog.clear()
