"""The guided decoder taken apart: look-up, network and total of every engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avatar_app.commands import bench_guided
from avatar_app.commands.bench_guided import GuidedBench
from avatar_app.commands.bench_table import stage_table
from renderer.guided.encoder import encode_sheet
from renderer.guided.guided_stages import take_apart
from renderer.guided.network_engine import ENGINE_NAMES
from renderer.types import CharacterSheet
from tests.fakes.landmark_scene import NO_INK, doll_view, draw_doll
from udp_live.types import UdpMap


def measured(stage: str, call: Callable[[], object]) -> dict[str, Any]:
    call()
    times = {"fps": 500.0, "p50_ms": 2.0, "p95_ms": 3.0}
    return {"stage": stage, "size": 32, "views": 1, "device": "cpu", "gflop": None, **times}


def test_every_engine_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_guided, "guided_network_file", lambda: None)
    encoding = encode_sheet(CharacterSheet((doll_view("front", 64),), {}, NO_INK))
    maps = [UdpMap(draw_doll(64, yaw_rad=yaw)[1]) for yaw in (0.1, 0.3)]
    rows = list(GuidedBench("cpu", tmp_path).rows(encoding, maps, 2, measured))
    stages = [row["stage"] for row in rows]
    assert stages[:2] == ["guided look-up, fill", "guided slots"]
    for name in ENGINE_NAMES:
        assert f"guided network {name}" in stages
        assert f"guided total {name}" in stages
    work = rows[-1]["gflop"]
    assert 0 < work < 0.2
    assert stage_table(rows[-1]).endswith(f"{work:.2f}")
    assert stage_table(rows[0]).endswith("3.00")


def test_an_empty_map_cannot_be_taken_apart() -> None:
    encoding = encode_sheet(CharacterSheet((doll_view("front", 64),), {}, NO_INK))
    with pytest.raises(ValueError, match="empty"):
        take_apart(encoding, UdpMap(np.zeros((8, 8, 4), np.float32)), 1, {})
