"""CoNR on a GPU: half precision, CUDA graphs and onnxruntime against plain torch."""

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from renderer.conr.config import ConrConfig
from renderer.conr.conr_decoder import ConrDecoder
from renderer.conr.networks import ConrNetworks
from renderer.conr.painters.cuda_graph import GraphPainter
from renderer.conr.painters.frame_painter import FramePainter
from renderer.conr.painters.onnx_painter import OnnxPainter
from renderer.conr.painters.painter import Painter
from renderer.engines.read_back import read_back
from renderer.types import CharacterSheet
from tests.fakes.landmark_scene import NO_INK, doll_view, draw_doll
from tests.fakes.lively_conr import ConrInput, figures, lively_networks
from udp_live.types import UdpMap

pytestmark = pytest.mark.gpu

SIDE = 256
PROCESSOR = torch.device("cpu")
HALF_PRECISION_DB = 45.0
SAME_PICTURE = 1e-4
SAME_HALVES = 4e-3  # another kernel rounds half precision otherwise: one step of eight bits


@pytest.fixture(scope="module")
def tiny() -> ConrNetworks:
    return lively_networks(ConrConfig.tiny())


@pytest.fixture(scope="module")
def published_size() -> ConrNetworks:
    return lively_networks(ConrConfig())


def painted(painter: Painter, given: ConrInput) -> Tensor:
    return painter.paint(painter.encode(given.drawings), given.target).cpu().clone()


def psnr_db(picture: Tensor, truth: Tensor) -> float:
    return float(-10 * torch.log10(((picture - truth) ** 2).mean()))


@pytest.mark.usefixtures("single_precision")
@pytest.mark.parametrize("count", [1, 4])
def test_the_gpu_paints_like_the_processor(
    gpu: torch.device, tiny: ConrNetworks, count: int
) -> None:
    given = figures(count, SIDE, SIDE)
    picture = painted(FramePainter(tiny, gpu, torch.float32), given)
    truth = painted(FramePainter(tiny, PROCESSOR, torch.float32), given)
    assert (picture - truth).abs().max() <= SAME_PICTURE


@pytest.mark.usefixtures("single_precision")
@pytest.mark.parametrize("size", ["tiny", "published_size"])
def test_half_precision_is_close_to_single_precision(
    gpu: torch.device, request: pytest.FixtureRequest, size: str
) -> None:
    networks = request.getfixturevalue(size)
    given = figures(4, SIDE, SIDE)
    half = FramePainter(networks, gpu)
    assert half.dtype == torch.float16
    truth = painted(FramePainter(networks, gpu, torch.float32), given)
    assert psnr_db(painted(half, given), truth) >= HALF_PRECISION_DB


@pytest.mark.parametrize("size", ["tiny", "published_size"])
def test_graphs_paint_like_single_launches(
    gpu: torch.device,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    size: str,
) -> None:
    eager = FramePainter(request.getfixturevalue(size), gpu)
    painter = GraphPainter(eager)
    for count, seed in ((4, 1), (4, 2), (1, 3), (4, 1)):
        given = figures(count, SIDE, SIDE, seed=seed)
        picture = painted(painter, given)
        assert (picture - painted(eager, given)).abs().max() <= SAME_HALVES
    assert not caplog.records  # recording did not fail


def test_a_picture_read_back_is_whole_and_stays(gpu: torch.device, tiny: ConrNetworks) -> None:
    painter = GraphPainter(FramePainter(tiny, gpu))
    pictures, expected = [], []
    for seed in range(4):
        given = figures(2, SIDE, SIDE, seed=seed)
        rgba = painter.paint(painter.encode(given.drawings), given.target)[0].permute(1, 2, 0)
        whole = (rgba * 255).round().byte().contiguous()
        pictures.append(read_back(whole))
        expected.append(whole.cpu().numpy())
    np.testing.assert_array_equal(pictures, expected)


@pytest.mark.usefixtures("single_precision")
def test_one_onnx_model_paints_any_number_of_views_like_torch(
    gpu: torch.device, tiny: ConrNetworks, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    painter = OnnxPainter(tiny, gpu, torch.float32, tmp_path)
    by_torch = FramePainter(tiny, gpu, torch.float32)
    for count in (1, 3, 4, 8):
        given = figures(count, SIDE, SIDE, seed=count)
        difference = painted(painter, given) - painted(by_torch, given)
        assert difference.abs().max() <= SAME_PICTURE
    assert len(list(tmp_path.glob("*.onnx"))) == 1
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.usefixtures("single_precision")
@pytest.mark.parametrize("size", ["tiny", "published_size"])
def test_onnx_in_half_precision_is_close_to_single_precision(
    gpu: torch.device,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    size: str,
) -> None:
    networks = request.getfixturevalue(size)
    given = figures(4, SIDE, SIDE)
    picture = painted(OnnxPainter(networks, gpu, cache_folder=tmp_path), given)
    truth = painted(FramePainter(networks, gpu, torch.float32), given)
    assert psnr_db(picture, truth) >= HALF_PRECISION_DB
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_the_decoder_paints_like_on_the_processor(
    gpu: torch.device, tiny: ConrNetworks, caplog: pytest.LogCaptureFixture
) -> None:
    sheet = CharacterSheet((doll_view("a", 96), doll_view("b", 96, yaw_rad=3.14)), {}, NO_INK)
    pictures = []
    for device in (gpu, PROCESSOR):
        decoder = ConrDecoder(tiny, device)
        encoding = decoder.encode(sheet)
        maps = [UdpMap(draw_doll(200, yaw_rad=yaw)[1]) for yaw in (0.0, 0.4)]
        pictures.append([decoder.decode(encoding, udp, {}, 2) for udp in maps])
        decoder.close()
    # Half precision here, brain floats there.
    shades = torch.from_numpy(np.array(pictures)).float() / 255
    assert psnr_db(shades[0], shades[1]) >= HALF_PRECISION_DB - 6
    assert (shades[0, 0] - shades[0, 1]).abs().max() > 0.01
    assert not caplog.records
