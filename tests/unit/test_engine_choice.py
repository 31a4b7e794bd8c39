"""The fastest engine is measured once and remembered; a broken memory costs a measurement."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from renderer.errors import AcceleratorError
from renderer.guided import engine_choice
from renderer.guided.engine_choice import (
    KEPT_CHOICES,
    MEMORY,
    circumstances,
    fastest,
    open_fastest,
    recall,
    remember,
)
from renderer.guided.network import GuidedNetwork
from renderer.guided.network_engine import ENGINE_NAMES
from tests.fakes.lively_guided import lively_guided

CPU = torch.device("cpu")


class Clock:
    """Goes on when told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class TimedEngine:
    """Takes some time and refines nothing."""

    name: str
    clock: Clock
    seconds: float
    first_s: float = 0.0
    runs: int = 0

    def refine(self, slots: Tensor, picture: Tensor) -> Tensor:
        raise NotImplementedError

    def run(self) -> None:
        self.clock.now_s += self.seconds + (0 if self.runs else self.first_s)
        self.runs += 1


def measured(
    *engines: tuple[str, float, float],
    failing: str | None = None,
    error: Exception | None = None,
    seconds: float = 2.0,
) -> tuple[str, dict[str, float], float]:
    clock = Clock()
    made = [TimedEngine(name, clock, each, first) for name, each, first in engines]

    def opener(engine: TimedEngine) -> Callable[[], TimedEngine]:
        def opened() -> TimedEngine:
            if engine.name == failing:
                raise error or AcceleratorError("not here")
            return engine

        return opened

    best, times_ms = fastest(
        {engine.name: opener(engine) for engine in made},
        lambda engine: engine.run(),  # type: ignore[attr-defined]
        seconds,
        clock,
    )
    return best.name, times_ms, clock.now_s


def test_the_fastest_engine_wins_whatever_its_first_call_takes() -> None:
    name, times_ms, spent_s = measured(
        ("fp32", 0.03, 0.0), ("half", 0.02, 0.3), ("onnx", 0.04, 0.0)
    )
    assert name == "half"
    assert times_ms == {"fp32": 30.0, "half": 20.0, "onnx": 40.0}
    assert spent_s < 2.0 + 0.1


def test_little_gain_is_not_worth_half_precision() -> None:
    assert measured(("fp32", 0.020, 0.0), ("half", 0.019, 0.0))[0] == "fp32"


def test_slow_engines_are_measured_once() -> None:
    name, times_ms, spent_s = measured(("fp32", 0.02, 0.0), ("half", 5.0, 0.0))
    assert name == "fp32"
    assert times_ms["half"] == 5000.0
    assert spent_s < 12.0


@pytest.mark.parametrize("error", [AcceleratorError("not here"), torch.OutOfMemoryError("full")])
def test_engines_that_do_not_open_are_left_out(error: Exception) -> None:
    engines = ("fp32", 0.03, 0.0), ("onnx", 0.01, 0.0)
    name, times_ms, _ = measured(*engines, failing="onnx", error=error)
    assert (name, list(times_ms)) == ("fp32", ["fp32"])


def test_where_the_safe_engine_does_not_run_none_is_chosen() -> None:
    def run(_: object) -> None:
        raise torch.OutOfMemoryError("full")

    with pytest.raises(torch.OutOfMemoryError):
        fastest({"fp32": lambda: TimedEngine("fp32", Clock(), 0.01)}, run)


@pytest.fixture(scope="module")
def network() -> GuidedNetwork:
    return lively_guided()


@pytest.fixture
def measurements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the measurement always find the same engine, and count how often."""
    made: list[str] = []

    def pretend(openers: Any, run: Any) -> Any:
        made.append("half")
        run(openers["fp32"]())
        return openers["half"](), {"fp32": 2.0, "half": 1.0}

    monkeypatch.setattr(engine_choice, "fastest", pretend)
    return made


def test_a_choice_is_remembered(
    network: GuidedNetwork, tmp_path: Path, measurements: list[str]
) -> None:
    for _ in range(3):
        assert open_fastest(network, CPU, tmp_path).name == "half"
    assert len(measurements) == 1


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b'{"choices": 7}',
        b'{"choices": {"KEY": 7}}',
        b'{"choices": {"KEY": {"engine": "warp"}}}',
        b'{"choices": {"KEY": {"engine": ["half"]}}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_broken_memory_is_ignored_and_written_anew(
    network: GuidedNetwork, tmp_path: Path, measurements: list[str], damage: bytes
) -> None:
    memory = tmp_path / MEMORY
    key = circumstances(network, CPU)
    memory.write_bytes(damage.replace(b"KEY", key.encode()))
    assert open_fastest(network, CPU, tmp_path).name == "half"
    assert recall(memory)[key]["engine"] == "half"
    assert open_fastest(network, CPU, tmp_path).name == "half"
    assert len(measurements) == 1


def test_other_circumstances_are_measured_anew(
    network: GuidedNetwork,
    tmp_path: Path,
    measurements: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_fastest(network, CPU, tmp_path)
    open_fastest(lively_guided(seed=5), CPU, tmp_path)
    monkeypatch.setattr(engine_choice, "_processor", lambda: "another processor")
    open_fastest(network, CPU, tmp_path)
    monkeypatch.setattr(torch, "__version__", "99.0")
    open_fastest(network, CPU, tmp_path)
    assert len(measurements) == 4
    assert len(recall(tmp_path / MEMORY)) == 4


def test_what_a_busy_machine_says_is_not_remembered(
    network: GuidedNetwork,
    tmp_path: Path,
    measurements: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_choice, "DISTURBED_MS", 1.5)
    for _ in range(2):
        assert open_fastest(network, CPU, tmp_path).name == "half"
    assert len(measurements) == 2
    assert not list(tmp_path.iterdir())


def test_without_a_folder_nothing_is_measured(
    network: GuidedNetwork, measurements: list[str]
) -> None:
    assert open_fastest(network, CPU, None).name == "fp32"
    assert not measurements


def test_a_folder_that_cannot_be_written_costs_only_time(
    network: GuidedNetwork,
    tmp_path: Path,
    measurements: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    for _ in range(2):
        assert open_fastest(network, CPU, blocked).name == "half"
    assert len(measurements) == 2
    assert "not remembered" in caplog.text
    caplog.clear()


def test_only_the_latest_choices_are_kept(tmp_path: Path) -> None:
    memory = tmp_path / MEMORY
    for number in range(KEPT_CHOICES + 3):
        remember(memory, f"machine {number}", {"engine": "onnx"})
    kept = json.loads(memory.read_text())["choices"]
    assert len(kept) == KEPT_CHOICES
    assert f"machine {KEPT_CHOICES + 2}" in kept


def test_a_real_measurement_picks_an_engine_that_works(
    network: GuidedNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fastest, "__defaults__", (0.0, engine_choice.time.perf_counter))
    monkeypatch.setattr(engine_choice, "SIZE_PX", {"cpu": (16, 24)})
    monkeypatch.setattr(engine_choice, "DISTURBED_MS", 1e9)
    assert open_fastest(network, CPU, tmp_path).name in ENGINE_NAMES
    (choice,) = recall(tmp_path / MEMORY).values()
    assert set(choice["ms"]) == set(ENGINE_NAMES)
