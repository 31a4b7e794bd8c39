"""A render goes on only where everything that its pictures depend on is as before."""

from dataclasses import replace
from pathlib import Path

import pytest

from avatar_app.engine import EngineConfig
from avatar_app.paths import find_avatar
from avatar_app.rendering import render_order
from avatar_app.rendering.render_order import RenderOrder, painting_inputs


@pytest.fixture
def order(tmp_path: Path) -> RenderOrder:
    return RenderOrder(EngineConfig(avatar=find_avatar("yuzu")), tmp_path / "out.mp4", False)


def weights_of(order: RenderOrder, decoder: str) -> str:
    order = replace(order, config=replace(order.config, decoder=decoder))
    return painting_inputs(order)["weights"]


def test_other_weights_of_the_network_are_another_render(
    order: RenderOrder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "weights.safetensors"
    monkeypatch.setattr(render_order, "guided_network_file", lambda: weights)
    weights.write_bytes(b"one")
    first = {name: weights_of(order, name) for name in ("guided", "guided-onnx", "lookup")}
    weights.write_bytes(b"two")
    second = {name: weights_of(order, name) for name in first}
    assert first["guided"] == first["guided-onnx"] != second["guided"]
    assert first["guided"].startswith("sha256:")
    assert first["lookup"] == second["lookup"] == "none"


def test_without_weights_there_is_nothing_to_compare(
    order: RenderOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render_order, "guided_network_file", lambda: None)
    assert weights_of(order, "guided") == "none"
