"""``train`` goes on where it stopped and leaves weights that the decoder takes."""

import errno
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from avatar_app.commands.cli import (
    FAILED,
    INTERRUPTED,
    MISUSED,
    OK,
    parse_arguments,
    run_command,
)
from avatar_app.commands.training_log import TrainingLog
from renderer.guided.network_file import load_network
from renderer.training import curves
from renderer.training.sample_store import write_shards
from renderer.training.trainer import StepNews
from tests.fakes.doll_pairs import DollPairs


def train(folder: Path, *more: str) -> int:
    """Train on the doll for two steps."""
    words = ["train", "--data", str(folder), "--output", str(folder / "run"), "--sheets", "1"]
    words += ["--validation-sheets", "1", "--steps", "2", "--crop", "32", "--batch", "2"]
    arguments = parse_arguments([*words, "--device", "cpu", *more])
    arguments.gl_backend = None
    return run_command(arguments)


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sheet's samples; rendering them takes longer than training on them."""
    folder = tmp_path_factory.mktemp("rendered")
    assert len(list(write_shards(DollPairs(), folder, range(1)))) == 1
    return folder


@pytest.fixture
def folder(tmp_path: Path, rendered: Path) -> Path:
    for split in ("train", "validation"):
        shutil.copytree(rendered, tmp_path / "run" / "samples" / split)
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
    told = capsys.readouterr().out
    assert "classical" in told
    assert "perceptual term skipped" in told
    assert train(folder) == OK
    assert "continuing at step 2" in capsys.readouterr().out


def test_another_length_needs_another_folder(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert train(folder) == OK
    assert train(folder, "--steps", "3") == FAILED
    assert "steps 2, now 3" in caplog.text


def test_rendering_alone_trains_nothing(folder: Path) -> None:
    assert train(folder, "--render-only") == OK
    assert not (folder / "run" / "state.safetensors").exists()


def test_a_folder_without_rigs_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert train(tmp_path) == MISUSED
    assert "no validation characters" in caplog.text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--crop", "33"), "unexpected crop: 33"),
        (("--batch", "3"), "unexpected batch: 3"),
        (("--minutes", "-1"), "--minutes must be positive"),
        (("--rate", "0"), "--rate must be positive"),
        (("--sheets", "0"), "--sheets and --validation-sheets must be positive"),
        (("--size", "-1"), "unexpected options"),
        (("--size", "24"), "--crop 32 does not fit into --size 24"),
    ],
)
def test_settings_that_cannot_be_are_misuse(
    tmp_path: Path, words: tuple[str, str], sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert train(tmp_path, *words) == MISUSED
    assert sentence in caplog.text


def test_ctrl_c_saves_the_state_and_the_same_command_goes_on(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hear, before = TrainingLog.hear, signal.getsignal(signal.SIGINT)

    def interrupt(self: TrainingLog, news: StepNews) -> None:
        hear(self, news)
        os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(TrainingLog, "hear", interrupt)
        assert train(folder) == INTERRUPTED
    assert signal.getsignal(signal.SIGINT) == before
    assert "stopped after step 1" in capsys.readouterr().out
    assert train(folder) == OK
    assert "continuing at step 1" in capsys.readouterr().out


def test_a_network_is_distilled_into_another(folder: Path) -> None:
    assert train(folder, "--distil", "small", "--teacher-weight", "0.5") == OK
    _, manifest = load_network(folder / "run" / "small" / "guided-small.safetensors")
    header = (folder / "run" / "small" / "curves.csv").read_text().splitlines()
    assert float(header[1].split(",")[header[0].split(",").index("teacher")]) > 0
    assert manifest.data["steps"] == 2
    assert not (folder / "run" / "small" / "samples").exists()


def test_a_full_disk_is_told_of(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(path: Path, data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(curves, "write_whole", refuse)
    assert train(folder) == FAILED
    assert "No space left on device; make room" in caplog.text


def test_a_teacher_that_is_not_there_is_told_of(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert train(folder, "--teacher", str(folder / "nobody.safetensors")) == FAILED
    assert "not found" in caplog.text


def test_folders_of_this_machine_stay_out_of_the_manifest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["main.py", "train", "--data", str(folder), f"--teacher={folder}/x", "--steps", "2"]
    monkeypatch.setattr("sys.argv", words)
    assert train(folder) == OK
    _, manifest = load_network(folder / "run" / "guided-small.safetensors")
    assert manifest.command == "train --data DIR --teacher=DIR --steps 2"


def test_processes_that_torchrun_did_not_number_are_misuse(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("RANK", "first")
    assert train(folder) == MISUSED
    assert "'first'" in caplog.text
