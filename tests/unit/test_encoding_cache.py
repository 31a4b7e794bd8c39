"""Sheet encodings survive on disk, and only whole ones are used."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

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
