"""The network refines the classical picture, begins with it, and keeps to its budget."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from renderer.errors import WeightsError
from renderer.guided.encoder import encode_sheet
from renderer.guided.guided_decoder import GuidedDecoder
from renderer.guided.network import PRESETS, GuidedConfig, GuidedNetwork, inked, shift
from renderer.guided.network_file import (
    MAX_FILE_BYTES,
    NetworkManifest,
    load_network,
    manifest_path,
    save_network,
)
from renderer.guided.slots import (
    ALPHA,
    COLOUR,
    INK,
    PAINT,
    PICTURE_CHANNELS,
    SHAPE,
    TINT,
    UDP,
    Slots,
)
from tests.fakes.landmark_scene import doll_sheet, draw_doll
from udp_live.types import UdpMap

TINY = GuidedConfig((8, 12, 16), (8, 8))
CPU = torch.device("cpu")
BETTER = {"psnr_db": 30.0, "filled_psnr_db": 29.0}


def random_inputs(count: int = 3, side: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    slots = torch.rand((1, count, 5, side, side), generator=generator)
    picture = torch.rand((1, PICTURE_CHANNELS, side, side), generator=generator)
    return slots, picture


def trained_somehow(seed: int = 1) -> GuidedNetwork:
    """Return a network whose every part has a say."""
    torch.manual_seed(seed)
    network = GuidedNetwork(TINY)
    with torch.no_grad():
        for head in (network.picture_head, network.slot_head):
            head.weight.normal_(std=0.2)
    network.train()
    network(*random_inputs())  # normalisations get statistics of their own
    return network.eval()


@pytest.mark.parametrize("preset", PRESETS)
def test_an_untrained_network_gives_the_classical_picture_back(preset: str) -> None:
    torch.manual_seed(0)
    network = GuidedNetwork(PRESETS[preset]).eval()
    ramp = torch.linspace(0, 1, 64)
    picture = torch.zeros(1, PICTURE_CHANNELS, 64, 64)
    picture[:, PAINT], picture[:, PAINT + 1], picture[:, ALPHA] = ramp, ramp[:, None], ramp
    picture[:, TINT:UDP] = 0.25
    picture[:, INK:SHAPE, 20:24] = 0.8
    picture[:, COLOUR:ALPHA] = picture[:, PAINT:INK] * (1 - 0.75 * picture[:, INK, None])
    picture[:, COLOUR, 30] *= 0.9  # inked elsewhere than the pixel's mean says
    slots = torch.zeros(1, 2, 5, 64, 64)
    slots[:, :, :3] = picture[:, None, PAINT:INK]
    with torch.inference_mode():
        colour, alpha = network(slots, picture)
    torch.testing.assert_close(colour, picture[:, :3], atol=2 / 255, rtol=0)
    torch.testing.assert_close(alpha, picture[:, ALPHA], atol=2 / 255, rtol=0)


def test_the_order_of_candidates_has_no_effect() -> None:
    network = trained_somehow()
    slots, picture = random_inputs()
    with torch.inference_mode():
        one = network(slots, picture)
        other = network(slots[:, [2, 0, 1]], picture)
        less = network(slots[:, :2], picture)
    torch.testing.assert_close(one, other, atol=1e-5, rtol=0)
    assert (one[0] - less[0]).abs().max() > 1e-3


@pytest.mark.parametrize("count", [1, 2, 5])
def test_any_number_of_candidates_will_do(count: int) -> None:
    colour, alpha = trained_somehow()(*random_inputs(count))
    assert colour.shape == (1, 3, 32, 32)
    assert alpha.shape == (1, 32, 32)


def test_small_keeps_to_its_budget() -> None:
    network = GuidedNetwork(PRESETS["small"]).eval().folded()
    counter = FlopCounterMode(display=False)
    with counter, torch.inference_mode():
        network(*random_inputs(2, 256))
    assert counter.get_total_flops() <= 1.8e9


@pytest.mark.parametrize("preset", PRESETS)
def test_weights_are_small_enough_to_be_shipped(preset: str) -> None:
    numbers = sum(p.numel() for p in GuidedNetwork(PRESETS[preset]).state_dict().values())
    assert 4 * numbers < MAX_FILE_BYTES


def test_folding_changes_nothing() -> None:
    network = trained_somehow()
    with torch.inference_mode():
        plain, folded = network(*random_inputs()), network.folded()(*random_inputs())
    torch.testing.assert_close(plain, folded, atol=1e-5, rtol=0)


def test_pictures_of_odd_sizes_are_refined() -> None:
    slots, picture = random_inputs(2, 64)
    with torch.inference_mode():
        colour, alpha = trained_somehow().refine(
            Slots(slots[0, :, :, :37, :51], picture[0, :, :37, :51])
        )
    assert colour.shape == (3, 37, 51)
    assert alpha.shape == (37, 51)


def test_flow_moves_a_picture_by_pixels_and_no_further_than_allowed() -> None:
    picture = torch.zeros(1, 1, 16, 16)
    picture[0, 0, 8, 8] = 1
    flow = torch.zeros(1, 2, 8, 8)
    torch.testing.assert_close(shift(picture, flow), picture, atol=1e-5, rtol=0)
    flow[:, 0] = 100.0
    moved = shift(picture, flow)
    assert moved[0, 0, 8, 4] == pytest.approx(1, abs=1e-4)


def test_lines_can_be_added_and_taken_away() -> None:
    picture = torch.zeros(1, PICTURE_CHANNELS, 8, 8)
    picture[:, PAINT:INK], picture[:, INK:SHAPE], picture[:, TINT:UDP] = 0.8, 0.5, 0.25
    picture[:, COLOUR:ALPHA] = 0.5
    paint = picture[:, PAINT:INK]
    for more, colour in ((0.0, 0.5), (0.5, 0.2), (2.0, 0.2), (-0.5, 0.8)):
        drawn = inked(paint, picture, torch.full((1, 1, 8, 8), more))
        torch.testing.assert_close(drawn, torch.full((1, 3, 8, 8), colour))


def saved(folder: Path, metrics: dict[str, float] | None = None) -> Path:
    path = folder / "guided-small.safetensors"
    save_network(trained_somehow(), path, NetworkManifest(TINY, metrics or BETTER))
    return path


def test_weights_survive_the_disk(tmp_path: Path) -> None:
    network, manifest = load_network(saved(tmp_path))
    assert manifest.config == TINY
    assert manifest.gain_db == pytest.approx(1.0)
    with torch.inference_mode():
        torch.testing.assert_close(
            network(*random_inputs()), trained_somehow()(*random_inputs()), atol=1e-6, rtol=0
        )


def test_missing_weights_are_told_of(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="not found"):
        load_network(tmp_path / "none.safetensors")
    path = saved(tmp_path)
    manifest_path(path).unlink()
    with pytest.raises(WeightsError, match="not found"):
        load_network(path)


def test_weights_with_another_hash_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match=r"sha256 begins with .*expected"):
        load_network(path)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "another"},
        {"config": {"widths": [8, 12], "slot_widths": [8]}},
        {"config": {"widths": [10**9, 12], "slot_widths": [8]}},
        {"config": 7},
        {"metrics": ["x"]},
        {"sha256": None},
    ],
)
def test_manifests_that_do_not_fit_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = saved(tmp_path)
    document = json.loads(manifest_path(path).read_text())
    manifest_path(path).write_text(json.dumps(document | change))
    with pytest.raises(WeightsError, match=r"guided-small"):
        load_network(path)


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    network = trained_somehow()
    with torch.no_grad():
        network.slot_head.weight[0] = torch.nan
    path = tmp_path / "w.safetensors"
    save_network(network, path, NetworkManifest(TINY, BETTER))
    with pytest.raises(WeightsError, match="not finite"):
        load_network(path)


def test_the_decoder_refines_with_weights_that_help(tmp_path: Path) -> None:
    classical, refining = GuidedDecoder(CPU), GuidedDecoder(CPU, None, saved(tmp_path))
    encoding = encode_sheet(doll_sheet(96))
    _, udp = draw_doll(70, yaw_rad=0.3)
    one, other = (d.decode(encoding, UdpMap(udp), {}) for d in (classical, refining))
    assert refining.refines
    assert other.shape == (70, 70, 4)
    assert np.abs(one.astype(int) - other).max() > 0
    assert np.all(other[..., :3] <= other[..., 3:])


def test_weights_that_did_not_help_in_validation_are_left_out(tmp_path: Path) -> None:
    metrics = {"psnr_db": 28.0, "filled_psnr_db": 29.0}
    assert not GuidedDecoder(CPU, None, saved(tmp_path, metrics)).refines


def test_wrong_weights_stop_the_decoder_with_a_sentence(tmp_path: Path) -> None:
    path = saved(tmp_path)
    path.write_bytes(b"no tensors")
    with pytest.raises(WeightsError):
        GuidedDecoder(CPU, None, path)
