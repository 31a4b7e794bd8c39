from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from avatar_app.commands.bench_conr import conr_rows
from avatar_app.commands.bench_plan import BenchPlan, default_sizes, default_views
from avatar_app.commands.bench_table import conr_table, ratios
from avatar_app.paths import DEFAULT_AVATAR_NAME, find_avatar
from renderer.conr.config import ConrConfig
from renderer.conr.stage_speed import PEAK_SIDE

FRAME_STAGES = (
    "CoNR target encoder",
    *(f"CoNR shader block {level}" for level in range(6)),
    "CoNR RGBA head",
)


def measured(**changes: Any) -> list[dict[str, Any]]:
    given = {"device": "cpu", "sizes": (128,), "views": (2,), "seconds": 0.0}
    return list(conr_rows(**(given | changes), config=ConrConfig.tiny()))


@pytest.fixture(scope="module", autouse=True)
def one_thread_and_a_small_peak() -> Iterator[None]:
    """Figures do not matter here, so let them come quickly."""
    threads, side = torch.get_num_threads(), PEAK_SIDE["cpu"]
    torch.set_num_threads(1)
    PEAK_SIDE["cpu"] = 128
    yield
    torch.set_num_threads(threads)
    PEAK_SIDE["cpu"] = side


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return measured()


def test_every_stage_has_its_work_time_and_share_of_the_peak(rows: list[dict[str, Any]]) -> None:
    stages = [row["stage"] for row in rows]
    assert [name for name in stages if name in FRAME_STAGES] == list(FRAME_STAGES)
    assert "CoNR sheet encoding" in stages
    for row in rows:
        assert row["gflop"] > 0
        assert row["share_of_peak"] >= 0
        assert 0 < row["p50_ms"] <= row["p95_ms"]
        assert (row["size"], row["device"]) == (128, "cpu")


def test_the_work_of_a_frame_is_that_of_its_stages(rows: list[dict[str, Any]]) -> None:
    parts = sum(row["gflop"] for row in rows if row["stage"] in FRAME_STAGES)
    for row in rows:
        if row["stage"] == "CoNR frame":
            assert row["gflop"] == pytest.approx(parts, abs=0.01)


def test_the_published_form_stands_beside_and_works_more(rows: list[dict[str, Any]]) -> None:
    by_stage = {row["stage"]: row for row in rows}
    first, later = by_stage["CoNR published, first frame"], by_stage["CoNR published"]
    assert first["gflop"] > later["gflop"] > by_stage["CoNR frame"]["gflop"]
    assert {first["dtype"], later["dtype"]} == {"float32"}


def test_frames_say_how_many_times_as_fast_they_are(rows: list[dict[str, Any]]) -> None:
    by_stage = {row["stage"]: row for row in rows if row["dtype"] == "float32"}
    frame, published = by_stage["CoNR frame"], by_stage["CoNR published"]
    ratio = published["p50_ms"] / frame["p50_ms"]
    assert frame["ratio_to_published"] == pytest.approx(ratio, rel=0.02, abs=0.01)
    assert frame["ratio_to_published_first"] > 0
    assert any("times as fast as the published form" in line for line in ratios(rows))


def test_without_a_checkout_only_the_published_form_is_left_out(tmp_path: Path) -> None:
    rows = measured(published=tmp_path / "none.py")
    assert not any("published" in row["stage"] for row in rows)
    assert not any("ratio_to_published" in row for row in rows)
    assert list(ratios(rows)) == []
    assert rows[-1]["stage"] == "CoNR frame"


def test_the_table_fits_a_terminal(rows: list[dict[str, Any]]) -> None:
    lines = [conr_table(None), *(conr_table(row) for row in rows)]
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) <= 90


def plan(**changes: Any) -> BenchPlan:
    given: dict[str, Any] = {
        "avatar": find_avatar(DEFAULT_AVATAR_NAME),
        "video": None,
        "decoder": "conr",
        "device": "cpu",
        "sizes": (256,),
        "views": (4,),
        "seconds": 1.0,
        "stages": ("decoder",),
        "gl_backend": None,
    }
    return BenchPlan(**(given | changes))


def test_a_size_that_conr_cannot_paint_is_refused() -> None:
    with pytest.raises(ValueError, match="unexpected size: 192; CoNR paints multiples of 128"):
        plan(sizes=(256, 192))
    assert plan(sizes=(192,), decoder="guided").sizes == (192,)


def test_a_processor_is_asked_for_one_size_and_four_views() -> None:
    assert default_sizes("conr", "cpu") == (256,)
    assert default_views("conr", "cpu") == (4,)
    assert default_sizes("guided", "cpu") == (256, 384, 512)
    assert default_views("guided", "cpu") == (4, 8, 32)
