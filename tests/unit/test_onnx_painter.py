"""CoNR's frame part exported to ONNX and painted by onnxruntime, against torch."""

import logging
from pathlib import Path

import pytest
import torch

from renderer.conr.config import ConrConfig
from renderer.conr.networks import ConrNetworks
from renderer.conr.networks.shading import SheetFeatures
from renderer.conr.painters import onnx_export, onnx_painter
from renderer.conr.painters.frame_painter import FramePainter
from renderer.conr.painters.onnx_export import cached_frame, export_frame, frame_digest
from renderer.conr.painters.onnx_painter import OnnxPainter
from renderer.conr.painters.painter import Painter
from renderer.engines import onnx_session
from renderer.engines.onnx_session import CPU, CUDA, TENSORRT, provider_choices, runs_on_gpu
from renderer.errors import AcceleratorError
from tests.fakes.lively_conr import figures, lively_networks

PROCESSOR = torch.device("cpu")
SAME_PICTURE = 1e-4
HALF_PRECISION_DB = 45.0


@pytest.fixture(scope="module")
def networks() -> ConrNetworks:
    return lively_networks(ConrConfig.tiny())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def model(networks: ConrNetworks, folder: Path) -> Path:
    return cached_frame(networks, 128, torch.float32, folder)


@pytest.fixture(scope="module")
def painter(networks: ConrNetworks, folder: Path) -> OnnxPainter:
    return OnnxPainter(networks, PROCESSOR, cache_folder=folder)


@pytest.fixture(scope="module")
def by_torch(networks: ConrNetworks) -> Painter:
    return FramePainter(networks, PROCESSOR, torch.float32)


@pytest.mark.parametrize("count", [1, 3, 4, 8])
def test_one_model_paints_any_number_of_views_like_torch(
    painter: OnnxPainter, by_torch: Painter, folder: Path, count: int
) -> None:
    given = figures(count, 128, 128, seed=count)
    sheet = painter.encode(given.drawings)
    difference = painter.paint(sheet, given.target) - by_torch.paint(sheet, given.target)
    assert difference.abs().max() <= SAME_PICTURE
    assert len(list(folder.glob("*.onnx"))) == 1
    assert painter.engine(128) == "CPU"


def test_frames_follow_their_own_target_and_sheet(painter: OnnxPainter, by_torch: Painter) -> None:
    one, other = figures(3, 128, 128, seed=1), figures(2, 128, 128, seed=2)
    sheets = painter.encode(one.drawings), painter.encode(other.drawings)
    for sheet in (*sheets, sheets[0]):
        for target in (one.target, other.target):
            difference = painter.paint(sheet, target) - by_torch.paint(sheet, target)
            assert difference.abs().max() <= SAME_PICTURE


def test_features_of_another_type_and_layout_are_taken(
    painter: OnnxPainter, networks: ConrNetworks
) -> None:
    given = figures(2, 128, 128)
    half = FramePainter(networks, PROCESSOR, torch.float16)
    picture = painter.paint(half.encode(given.drawings), given.target).clone()
    exact = painter.paint(painter.encode(given.drawings), given.target)
    assert 0 < (picture - exact).abs().max() < 0.02


def test_half_precision_is_close_to_single_precision(
    networks: ConrNetworks, by_torch: Painter
) -> None:
    given = figures(4, 128, 128)
    half = OnnxPainter(networks, PROCESSOR, torch.float16)
    picture = half.paint(half.encode(given.drawings), given.target)
    exact = by_torch.paint(by_torch.encode(given.drawings), given.target)
    assert picture.dtype == torch.float32
    error = ((picture - exact) ** 2).mean()
    assert -10 * torch.log10(error) >= HALF_PRECISION_DB


def test_features_that_do_not_fit_the_networks_are_an_error_with_a_way_out(
    painter: OnnxPainter,
) -> None:
    given = figures(2, 128, 128)
    sheet = painter.encode(given.drawings)
    broken = SheetFeatures(sheet.references, sheet.features, sheet.first_share[:, 1:])
    with pytest.raises(AcceleratorError, match="choose a smaller size"):
        painter.paint(broken, given.target)


def test_a_kept_model_is_not_exported_again(
    networks: ConrNetworks, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "export_frame", None)
    assert cached_frame(networks, 128, torch.float32, model.parent) == model


def test_a_damaged_model_is_exported_anew(
    networks: ConrNetworks, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = model.read_bytes()
    monkeypatch.setattr(onnx_export, "export_frame", lambda *given: given[-1].write_bytes(whole))
    (tmp_path / model.name).write_bytes(whole[: len(whole) // 2])
    given = figures(1, 128, 128)
    painter = OnnxPainter(networks, PROCESSOR, cache_folder=tmp_path)
    painter.paint(painter.encode(given.drawings), given.target)
    assert (tmp_path / model.name).read_bytes() == whole


def test_a_folder_that_cannot_be_written_leaves_torch_to_paint(
    networks: ConrNetworks, tmp_path: Path, caplog: pytest.LogCaptureFixture, by_torch: Painter
) -> None:
    (tmp_path / "file").write_bytes(b"")
    painter = OnnxPainter(networks, PROCESSOR, cache_folder=tmp_path / "file")
    given = figures(2, 128, 128)
    sheet = painter.encode(given.drawings)
    for _ in range(2):
        assert torch.equal(painter.paint(sheet, given.target), by_torch.paint(sheet, given.target))
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert painter.engine(128) == "torch"


def test_few_models_are_kept(
    networks: ConrNetworks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "export_frame", lambda *given: given[-1].write_bytes(b""))
    sides = [128 * number for number in range(1, onnx_export.KEPT_MODELS + 2)]
    paths = [cached_frame(networks, side, torch.float32, tmp_path) for side in sides]
    assert len(list(tmp_path.glob("*.onnx"))) == onnx_export.KEPT_MODELS
    assert paths[-1].is_file()


def test_few_sizes_are_kept(networks: ConrNetworks, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []
    monkeypatch.setattr(OnnxPainter, "_open", lambda _, side: opened.append(side))
    monkeypatch.setattr(onnx_painter, "KEPT_SIDES", 1)
    painter = OnnxPainter(networks, PROCESSOR)
    for side in (128, 256, 256, 128):
        given = figures(1, side, side)
        painter.paint(painter.encode(given.drawings), given.target)
    assert opened == [128, 256, 128]


def test_a_models_name_depends_on_all_that_it_holds(networks: ConrNetworks) -> None:
    other = lively_networks(ConrConfig.tiny(), seed=1)
    names = {
        frame_digest(networks, 128, torch.float32),
        frame_digest(networks, 256, torch.float32),
        frame_digest(networks, 128, torch.float16),
        frame_digest(other, 128, torch.float32),
    }
    assert len(names) == 4


@pytest.mark.parametrize("side", [0, 100, 192])
def test_sizes_that_the_networks_cannot_take_are_refused(
    networks: ConrNetworks, tmp_path: Path, side: int
) -> None:
    with pytest.raises(ValueError, match="no multiple of 128"):
        export_frame(networks, side, torch.float32, tmp_path / "conr.onnx")


def test_the_processor_asks_for_no_gpu(tmp_path: Path) -> None:
    choices = provider_choices(PROCESSOR, tmp_path, half=False, stream=0)
    assert choices == [(CPU, {})]


@pytest.mark.parametrize("has_tensorrt", [True, False])
def test_a_gpu_is_asked_for_on_torchs_stream_with_tensorrt_where_present(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_tensorrt: bool
) -> None:
    monkeypatch.setattr(onnx_session, "_has_tensorrt", lambda: has_tensorrt)
    monkeypatch.setattr(
        onnx_session.onnxruntime, "get_available_providers", lambda: [TENSORRT, CUDA, CPU]
    )
    device = torch.device("cuda", 1)
    choices = provider_choices(device, tmp_path / "trt", half=True, stream=4096)
    assert [name for name, _ in choices] == ([TENSORRT] if has_tensorrt else []) + [CUDA, CPU]
    for _, options in choices[:-1]:
        assert options["device_id"] == "1"
        assert options["user_compute_stream"] == "4096"
    if has_tensorrt:
        assert choices[0][1]["trt_engine_cache_path"] == str(tmp_path / "trt")
        assert choices[0][1]["trt_fp16_enable"] == "1"


def test_a_session_on_the_processor_says_so_and_prints_nothing(
    model: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    session = onnx_session.open_session(model, PROCESSOR)
    assert not runs_on_gpu(session)
    assert capfd.readouterr() == ("", "")
