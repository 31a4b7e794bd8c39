"""Broken weights and broken UDP reach the user as a sentence or a right picture."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.engine import decoder_choice
from renderer.guided.guided_decoder import GuidedDecoder
from renderer.guided.network import GuidedConfig, GuidedNetwork
from renderer.guided.network_file import NetworkManifest, manifest_path, save_network
from renderer.types import CharacterSheet
from tests.fakes.landmark_scene import NO_INK, doll_view, draw_doll
from udp_live.types import UdpMap

SHEET = CharacterSheet((doll_view("front", 96), doll_view("back", 80, yaw_rad=3.14)), {}, NO_INK)
TINY = GuidedConfig((8, 12), (8,))
COMMANDS = {
    "live": ("--source", "clip:hello", "--output", "none", "--every-frame", "--frames", "1"),
    "bench": ("--stage", "decoder", "--size", "64", "--views", "4", "--seconds", "0.01"),
    "evaluate": ("--avatar", "yuzu", "--size", "64", "--poses", "1"),
}


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Weights of a network that the app takes for its own."""
    torch.manual_seed(5)
    path = tmp_path / "guided-small.safetensors"
    helpful = NetworkManifest(TINY, {"psnr_db": 30.0, "filled_psnr_db": 29.0})
    save_network(GuidedNetwork(TINY).eval(), path, helpful)
    monkeypatch.setattr(decoder_choice, "guided_network_file", lambda: path)
    return path


def noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(1).bytes(4000))


def another_hash(path: Path) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[-1] ^= 1
    path.write_bytes(damaged)


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def no_manifest(path: Path) -> None:
    manifest_path(path).unlink()


def run(command: str, *options: object) -> int:
    arguments = parse_arguments([command, *map(str, options)])
    arguments.gl_backend, arguments.has_screen = None, False
    return run_command(arguments)


@pytest.mark.usefixtures("default_avatar")
@pytest.mark.parametrize(
    ("command", "harm"),
    [
        *(("live", noise), ("live", another_hash), ("bench", another_hash)),
        *(("bench", no_manifest), ("evaluate", another_hash), ("evaluate", cut_off)),
    ],
)
def test_wrong_weights_are_one_sentence(
    weights: Path,
    command: str,
    harm: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    harm(weights)
    assert run(command, *COMMANDS[command]) == 1
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert weights.stem in errors[0].getMessage()
    assert errors[0].exc_info is None


def test_broken_landmarks_harm_only_what_the_network_sees_of_them(weights: Path) -> None:
    decoder = GuidedDecoder(torch.device("cpu"), None, weights, engine="fp32")
    encoding = decoder.encode(SHEET)
    whole = draw_doll(97)[1]
    broken, empty = whole.copy(), np.zeros_like(whole)
    broken[44:48, 40:50, :3] = np.nan
    pictures = [decoder.decode(encoding, UdpMap(udp), {}) for udp in (whole, broken, empty)]
    assert decoder.refines
    assert not pictures[2].any()
    far = np.ones((97, 97), bool)
    far[24:68, 20:70] = False
    difference = np.abs(pictures[0].astype(int) - pictures[1].astype(int))[far]
    assert difference.max() <= 2
    shown = [(picture[..., 3] > 127).sum() for picture in pictures]
    assert shown[1] > shown[0] - 100


@pytest.mark.parametrize("count", [1, 32])
@pytest.mark.parametrize(("size", "supersampling"), [(37, 1), (51, 2)])
def test_any_number_of_drawings_and_any_size_is_refined(
    weights: Path, count: int, size: int, supersampling: int
) -> None:
    views = [doll_view(f"view {i}", 40 + i, yaw_rad=0.2 * i) for i in range(count)]
    decoder = GuidedDecoder(torch.device("cpu"), None, weights, engine="fp32")
    encoding = decoder.encode(CharacterSheet(tuple(views), {}, NO_INK))
    truth, _ = draw_doll(size)
    udp = draw_doll(size * supersampling)[1]
    picture = decoder.decode(encoding, UdpMap(udp), {}, supersampling)
    assert picture.shape == (size, size, 4)
    assert np.all(picture[..., :3] <= picture[..., 3:])
    shown = (picture[..., 3] > 127) == (truth[..., 3] > 127)
    assert shown.mean() > 0.97
