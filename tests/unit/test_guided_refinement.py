"""With the network switched on the guided decoder stands whatever it is given."""

from pathlib import Path

import numpy as np
import pytest
import torch

from renderer.errors import AcceleratorError, WeightsError
from renderer.guided import guided_decoder
from renderer.guided.encoder import encode_sheet
from renderer.guided.guided_decoder import GuidedDecoder
from renderer.guided.network_engine import ENGINE_NAMES
from renderer.guided.network_file import NetworkManifest, manifest_path, save_network
from renderer.guided.sheet_encoding import SheetEncoding
from renderer.types import CharacterSheet
from tests.fakes.landmark_scene import NO_INK, doll_sheet, doll_view, draw_doll
from tests.fakes.lively_guided import TINY, lively_guided
from udp_live.types import UdpMap

CPU = torch.device("cpu")
BETTER = {"psnr_db": 30.0, "filled_psnr_db": 29.0}
CLASSICAL = GuidedDecoder(CPU)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "guided.safetensors"
    save_network(lively_guided(), path, NetworkManifest(TINY, BETTER))
    return path


@pytest.fixture(scope="module", params=ENGINE_NAMES)
def decoder(request: pytest.FixtureRequest, weights: Path) -> GuidedDecoder:
    return GuidedDecoder(CPU, None, weights, engine=request.param)


@pytest.fixture(scope="module")
def refining(weights: Path) -> GuidedDecoder:
    return GuidedDecoder(CPU, None, weights)


@pytest.fixture(scope="module")
def encoding() -> SheetEncoding:
    return encode_sheet(doll_sheet(96))


def sound(picture: np.ndarray) -> bool:
    return bool(np.all(picture[..., :3] <= picture[..., 3:]))


def test_names_say_what_paints(weights: Path, decoder: GuidedDecoder) -> None:
    assert CLASSICAL.name == "lookup"
    assert CLASSICAL.engine is None
    assert GuidedDecoder(CPU, None, weights).name == "guided"
    assert decoder.name == f"guided-{decoder.engine}"


def test_engines_paint_alike(
    decoder: GuidedDecoder, refining: GuidedDecoder, encoding: SheetEncoding
) -> None:
    udp = UdpMap(draw_doll(70, yaw_rad=0.3)[1])
    one, other = (d.decode(encoding, udp, {"aa": 1.0}).astype(int) for d in (decoder, refining))
    assert sound(one)
    assert np.sqrt(np.mean((one - other) ** 2)) < 255 * 10 ** (-45 / 20)
    assert np.abs(one - CLASSICAL.decode(encoding, udp, {"aa": 1.0})).max() > 3


@pytest.mark.parametrize(("height", "width", "scale"), [(37, 51, 1), (33, 64, 3), (5, 7, 1)])
def test_odd_sizes_are_refined(
    decoder: GuidedDecoder, encoding: SheetEncoding, height: int, width: int, scale: int
) -> None:
    side = max(height, width) * scale
    udp = draw_doll(side)[1][: height * scale, : width * scale]
    painted = decoder.decode(encoding, UdpMap(np.ascontiguousarray(udp)), {}, scale)
    assert painted.shape == (height, width, 4)
    assert sound(painted)


@pytest.mark.parametrize("count", [1, 32])
def test_any_number_of_views_is_refined(decoder: GuidedDecoder, count: int) -> None:
    views = [doll_view(f"v{i:02}", 40 + i, yaw_rad=6.28 * i / count) for i in range(count)]
    painted = decoder.decode(
        encode_sheet(CharacterSheet(tuple(views), {}, NO_INK)), UdpMap(draw_doll(48)[1]), {}
    )
    assert sound(painted)
    assert painted[..., 3].max() > 200


def test_an_empty_map_stays_empty(decoder: GuidedDecoder, encoding: SheetEncoding) -> None:
    painted = decoder.decode(encoding, UdpMap(np.zeros((20, 30, 4), np.float32)), {})
    assert painted.shape == (20, 30, 4)
    assert not painted.any()


def test_a_single_pixel_is_refined(decoder: GuidedDecoder, encoding: SheetEncoding) -> None:
    udp = np.zeros((9, 9, 4), np.float32)
    udp[0, 8] = (0.5, 0.45, 0.59, 1.0)
    assert sound(decoder.decode(encoding, UdpMap(udp), {}))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channel", [0, 3])
def test_pixels_that_are_not_numbers_harm_no_others(
    decoder: GuidedDecoder, encoding: SheetEncoding, wrong: float, channel: int
) -> None:
    udp = draw_doll(96)[1]
    whole = decoder.decode(encoding, UdpMap(udp.copy()), {})
    udp[50:53, 46:49, channel] = wrong
    painted = decoder.decode(encoding, UdpMap(udp), {})
    far = np.ones((96, 96), bool)
    far[20:83, 16:79] = False
    assert np.abs(painted[far].astype(int) - whole[far]).mean() < 2
    assert sound(painted)


def test_landmarks_far_outside_do_not_stop_it(
    decoder: GuidedDecoder, encoding: SheetEncoding
) -> None:
    udp = draw_doll(48)[1]
    udp[20:24, :, :3] = (1e30, -1e30, 7.0)
    assert sound(decoder.decode(encoding, UdpMap(udp), {}))


def test_the_same_map_gives_the_same_picture(
    decoder: GuidedDecoder, encoding: SheetEncoding
) -> None:
    one, other = (UdpMap(draw_doll(side)[1]) for side in (64, 40))
    first = decoder.decode(encoding, one, {})
    decoder.decode(encoding, other, {})
    np.testing.assert_array_equal(decoder.decode(encoding, one, {}), first)


def test_truncated_weights_are_told_of(weights: Path, tmp_path: Path) -> None:
    data = weights.read_bytes()
    path = tmp_path / weights.name
    path.write_bytes(data[: len(data) // 2])
    manifest_path(path).write_bytes(manifest_path(weights).read_bytes())
    with pytest.raises(WeightsError, match=r"is not what guided.json describes: .* sha256 begins"):
        GuidedDecoder(CPU, None, path)


def test_weights_of_another_size_are_told_of(tmp_path: Path) -> None:
    path = tmp_path / "guided.safetensors"
    other = NetworkManifest(type(TINY)((12, 16), (8,)), BETTER)
    save_network(lively_guided(), path, other)
    with pytest.raises(WeightsError, match=r"guided.safetensors is damaged: .*; install"):
        GuidedDecoder(CPU, None, path)


def test_where_an_engine_does_not_work_torch_takes_over(
    weights: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opened = guided_decoder.open_engine

    def refuse(name: str, *rest: object) -> object:
        if name == "onnx":
            raise AcceleratorError("onnxruntime cannot use cuda:0")
        return opened(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(guided_decoder, "open_engine", refuse)
    assert GuidedDecoder(CPU, None, weights, engine="onnx").engine == "fp32"
    assert "runs with torch: onnxruntime cannot use" in caplog.text
    caplog.clear()


def test_a_device_that_is_full_is_told_of(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> object:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(guided_decoder, "open_fastest", refuse)
    with pytest.raises(AcceleratorError, match="too little free memory for the network"):
        GuidedDecoder(CPU, None, weights)
