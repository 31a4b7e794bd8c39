"""Whatever runs the guided network paints what torch paints in single precision."""

import logging
from pathlib import Path

import pytest
import torch
from torch import Tensor

from renderer.errors import AcceleratorError
from renderer.guided import graph_engine, onnx_engine
from renderer.guided.graph_engine import STEP_PX, GraphEngine
from renderer.guided.network import PRESETS, GuidedNetwork
from renderer.guided.network_engine import ENGINE_NAMES, NetworkEngine, open_engine
from renderer.guided.onnx_engine import OnnxEngine, exported
from renderer.guided.torch_engine import TorchEngine
from tests.fakes.lively_guided import guided_inputs, lively_guided
from tests.fakes.rerun_recorder import RerunRecorder

CPU = torch.device("cpu")
SAME_PICTURE = 1e-4
HALF_PRECISION_DB = 45.0


@pytest.fixture(scope="module")
def network() -> GuidedNetwork:
    return lively_guided()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def onnx(network: GuidedNetwork, folder: Path) -> NetworkEngine:
    return open_engine("onnx", network, CPU, folder)


def by_network(network: GuidedNetwork, slots: Tensor, picture: Tensor) -> Tensor:
    with torch.inference_mode():
        colour, alpha = network.refine_any(slots[None], picture[None])
    return torch.cat([colour[0], alpha])


def difference_db(one: Tensor, other: Tensor) -> float:
    return float(-10 * (one - other).square().mean().clamp_min(1e-12).log10())


SIZES = [(1, 16, 16), (2, 48, 32), (3, 37, 51), (5, 8, 90), (32, 1, 1)]


@pytest.mark.parametrize(("count", "height", "width"), SIZES)
def test_the_painting_form_paints_like_the_trained_form(
    network: GuidedNetwork, count: int, height: int, width: int
) -> None:
    given = guided_inputs(count, height, width)
    engine = open_engine("fp32", network, CPU)
    assert engine.name == "fp32"
    expected = by_network(network, *given)
    torch.testing.assert_close(engine.refine(*given), expected, atol=SAME_PICTURE, rtol=0)
    assert expected.std() > 0.01 or height == 1


@pytest.mark.parametrize("preset", PRESETS)
def test_all_presets_have_a_painting_form(preset: str) -> None:
    network = lively_guided(PRESETS[preset])
    given = guided_inputs(2, 64, 96)
    painted = open_engine("fp32", network, CPU).refine(*given)
    torch.testing.assert_close(painted, by_network(network, *given), atol=SAME_PICTURE, rtol=0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_loses_nothing_that_shows(
    network: GuidedNetwork, dtype: torch.dtype
) -> None:
    given = guided_inputs(2, 96, 64)
    painted = TorchEngine(network, CPU, dtype).refine(*given)
    assert painted.dtype == torch.float32
    assert HALF_PRECISION_DB <= difference_db(painted, by_network(network, *given)) < 110


def test_half_precision_is_bfloat16_on_a_processor(network: GuidedNetwork) -> None:
    given = guided_inputs(2, 32, 32)
    half = open_engine("half", network, CPU)
    assert half.name == "half"
    expected = TorchEngine(network, CPU, torch.bfloat16).refine(*given)
    assert torch.equal(half.refine(*given), expected)


@pytest.mark.parametrize(("count", "height", "width"), SIZES)
def test_one_onnx_model_paints_all_sizes_and_candidates(
    network: GuidedNetwork,
    onnx: NetworkEngine,
    folder: Path,
    count: int,
    height: int,
    width: int,
) -> None:
    given = guided_inputs(count, height, width)
    painted, expected = onnx.refine(*given), by_network(network, *given)
    torch.testing.assert_close(painted, expected, atol=SAME_PICTURE, rtol=0)
    assert len(list(folder.glob("*.onnx"))) == 1


def test_a_network_is_exported_once(
    network: GuidedNetwork, onnx: NetworkEngine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(onnx_engine, "_export")
    assert exported(network, folder).is_file()
    given = guided_inputs(2, 16, 16)
    assert torch.equal(OnnxEngine(network, CPU, folder).refine(*given), onnx.refine(*given))


def test_other_weights_get_a_model_of_their_own(network: GuidedNetwork, tmp_path: Path) -> None:
    first, other = exported(network, tmp_path), exported(lively_guided(seed=2), tmp_path)
    assert first != other
    assert sorted(tmp_path.iterdir()) == sorted((first, other))


def test_a_damaged_model_is_exported_anew(network: GuidedNetwork, tmp_path: Path) -> None:
    path = exported(network, tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    given = guided_inputs(1, 16, 16)
    painted = OnnxEngine(network, CPU, tmp_path).refine(*given)
    torch.testing.assert_close(painted, by_network(network, *given), atol=SAME_PICTURE, rtol=0)
    assert path.stat().st_size == len(whole)


def test_onnx_keeps_nothing_without_a_folder(network: GuidedNetwork) -> None:
    given = guided_inputs(2, 16, 16)
    painted = open_engine("onnx", network, CPU).refine(*given)
    torch.testing.assert_close(painted, by_network(network, *given), atol=SAME_PICTURE, rtol=0)


def test_a_folder_that_cannot_be_written_is_told_of(network: GuidedNetwork, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(AcceleratorError, match="onnxruntime failed on cpu"):
        open_engine("onnx", network, CPU, blocked)


def test_recordings_serve_all_sizes_of_a_step(network: GuidedNetwork) -> None:
    recorder = RerunRecorder()
    engine = GraphEngine(TorchEngine(network, CPU), recorder)
    assert engine.name == "fp32"
    for height, width, seed in ((40, 60, 1), (50, 30, 2), (40, 60, 3), (STEP_PX + 2, 30, 4)):
        given = guided_inputs(2, height, width, seed)
        painted = engine.refine(*given)
        assert painted.shape == (4, height, width)
        middle = (slice(None), slice(0, height // 2), slice(0, width // 2))
        expected = by_network(network, *given)
        torch.testing.assert_close(painted[middle], expected[middle], atol=0.02, rtol=0)
    assert (recorder.recorded, recorder.replayed) == (2, 4)


def test_recordings_are_dropped_when_there_are_many(
    network: GuidedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph_engine, "KEPT_RECORDINGS", 1)
    recorder = RerunRecorder()
    engine = GraphEngine(TorchEngine(network, CPU), recorder)
    for count in (1, 2, 2, 1):
        engine.refine(*guided_inputs(count, 16, 16))
    assert recorder.recorded == 3


class BrokenRecorder:
    """Can record nothing."""

    def record(self, work: object) -> None:
        raise RuntimeError("operation not permitted when stream is capturing")


def test_without_recordings_the_network_runs_plainly(
    network: GuidedNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    engine = GraphEngine(TorchEngine(network, CPU), BrokenRecorder())  # type: ignore[arg-type]
    given = guided_inputs(2, 24, 16)
    for _ in range(2):
        painted = engine.refine(*given)
        torch.testing.assert_close(painted, by_network(network, *given), atol=SAME_PICTURE, rtol=0)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    caplog.clear()


def test_an_unknown_engine_is_refused(network: GuidedNetwork) -> None:
    with pytest.raises(ValueError, match=f"unknown engine: 'fast' not in {ENGINE_NAMES[0]}"):
        open_engine("fast", network, CPU)
