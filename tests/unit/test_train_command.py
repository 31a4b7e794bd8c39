"""``train`` goes on where it stopped and leaves weights that the decoder takes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from avatar_app.commands.cli import MISUSED, OK, parse_arguments, run_command
from renderer.guided.network_file import load_network
from renderer.training.sample_store import write_shards
from tests.fakes.doll_pairs import DollPairs


def train(folder: Path, *more: str) -> int:
    """Train on the doll for two steps."""
    words = ["train", "--data", str(folder), "--output", str(folder / "run"), "--sheets", "1"]
    words += ["--validation-sheets", "1", "--steps", "2", "--crop", "32", "--batch", "2"]
    arguments = parse_arguments([*words, "--device", "cpu", *more])
    arguments.gl_backend = None
    return run_command(arguments)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for split in ("train", "validation"):
        list(write_shards(DollPairs(), tmp_path / "run" / "samples" / split, range(1)))
    return tmp_path


def test_a_run_leaves_weights_curves_and_a_preview(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(folder) == OK
    network, manifest = load_network(folder / "run" / "guided-small.safetensors")
    assert not network.training
    assert manifest.data["characters"] == ["doll"]
    assert {"psnr_db", "filled_psnr_db"} <= manifest.metrics.keys()
    assert str(folder) not in manifest.command
    assert (folder / "run" / "preview.png").read_bytes().startswith(b"\x89PNG")
    assert len((folder / "run" / "curves.csv").read_text().splitlines()) == 2
    assert "classical" in capsys.readouterr().out
    assert train(folder) == OK
    assert "continuing at step 2" in capsys.readouterr().out


def test_another_length_needs_another_folder(folder: Path) -> None:
    assert train(folder) == OK
    assert train(folder, "--steps", "3") != OK


def test_rendering_alone_trains_nothing(folder: Path) -> None:
    assert train(folder, "--render-only") == OK
    assert not (folder / "run" / "state.safetensors").exists()


def test_a_folder_without_rigs_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert train(tmp_path) == MISUSED
    assert "no validation characters" in caplog.text


@pytest.mark.parametrize("words", [("--crop", "33"), ("--batch", "3"), ("--minutes", "-1")])
def test_settings_that_cannot_be_are_misuse(tmp_path: Path, words: tuple[str, str]) -> None:
    assert train(tmp_path, *words) == MISUSED
