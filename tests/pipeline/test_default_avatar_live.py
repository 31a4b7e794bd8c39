"""The real command with the shipped avatar: clip, OpenGL, decoder, recording."""

import json
import logging
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.engine import EngineConfig, EngineParts
from avatar_app.paths import avatar_names
from renderer.sheet.avatar_archive import pack_avatar
from tests.fakes.video import write_video

SIZE = 96
FRAMES = 4


pytestmark = pytest.mark.usefixtures("default_avatar")


def record(folder: Path, *options: str) -> list[NDArray[np.uint8]]:
    """Run ``live`` on the clip and read the pictures back."""
    arguments = parse_arguments(
        [
            *("live", "--source", "clip:hello", "--every-frame", "--frames", str(FRAMES)),
            *("--size", str(SIZE), "--device", "cpu", "--output", f"{folder}/"),
            *("--background", "transparent", "--report", str(folder / "r.json"), *options),
        ]
    )
    arguments.gl_backend, arguments.has_screen = None, False
    assert run_command(arguments) == 0
    files = sorted(folder.glob("*.png"))
    return [cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in files]


def test_two_runs_paint_the_same_pictures(tmp_path: Path) -> None:
    first = record(tmp_path / "a")
    second = record(tmp_path / "b")
    assert len(first) == FRAMES
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_the_avatar_stands_in_the_middle_of_a_transparent_picture(tmp_path: Path) -> None:
    picture = record(tmp_path)[0]
    assert picture.shape == (SIZE, SIZE, 4)
    covered = picture[..., 3] > 128
    assert 0.2 < covered.mean() < 0.8
    assert covered[SIZE // 2, SIZE // 2]
    assert not covered[0].any()
    assert len(np.unique(picture[covered][:, :3] // 32, axis=0)) > 10


def test_full_framing_shows_a_smaller_figure_than_bust(tmp_path: Path) -> None:
    bust = record(tmp_path / "bust")[0]
    full = record(tmp_path / "full", "--framing", "full")[0]
    assert (full[..., 3] > 128).mean() < 0.6 * (bust[..., 3] > 128).mean()


def test_the_report_names_what_was_used(tmp_path: Path) -> None:
    record(tmp_path)
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert (report["frames_in"], report["frames_out"], report["dropped"]) == (FRAMES, FRAMES, 0)
    assert (report["decoder"], report["device"], report["size"]) == ("guided", "cpu", SIZE)
    assert {"springs", "rasterizing", "decoding", "compositing", "sending"} <= set(report["stages"])
    assert report["face_found"] is None


def test_bench_writes_rows_of_the_agreed_form(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4")
    arguments = parse_arguments(
        [
            *("bench", "--stage", "capture", "--stage", "springs", "--stage", "udp"),
            *("--video", str(video), "--seconds", "0.01", "--json", str(tmp_path / "b.json")),
        ]
    )
    arguments.gl_backend = None
    assert run_command(arguments) == 0
    content = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    assert content["machine"]
    stages = [row["stage"] for row in content["rows"]]
    assert stages == ["capture decode", "springs", *["udp raster with read-back"] * 3]
    keys = {"stage", "size", "views", "device", "dtype", "fps", "p50_ms", "p95_ms", "gflop"}
    assert all(set(row) == keys and row["fps"] > 0 for row in content["rows"])


def test_a_packed_avatar_is_unpacked_once_and_used(tmp_path: Path) -> None:
    archive = tmp_path / "yuzu.kigurumi"
    pack_avatar(avatar_names()["yuzu"], archive)
    parts = EngineParts(cache_folder=tmp_path / "cache" / "encodings")
    config = EngineConfig(avatar=archive)
    first = parts.load_avatar(config)
    assert first.folder.parent == tmp_path / "cache" / "unpacked"
    assert parts.load_avatar(config).folder == first.folder


@pytest.mark.parametrize("every_frame", [[], ["--every-frame"]])
def test_without_opengl_the_command_ends_with_one_sentence(
    every_frame: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    argv = ["live", "--source", "clip:hello", "--output", "none", *every_frame]
    arguments = parse_arguments(argv)
    arguments.gl_backend, arguments.has_screen = "no-such-backend", False
    assert run_command(arguments) == 1
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "no OpenGL 3.3 context: tried no-such-backend" in errors[0].getMessage()


def test_a_gpu_that_is_not_there_is_one_sentence(caplog: pytest.LogCaptureFixture) -> None:
    if torch.cuda.is_available():
        pytest.skip("this computer has a GPU")
    argv = ["live", "--source", "clip:hello", "--output", "none", "--every-frame"]
    arguments = parse_arguments([*argv, "--device", "cuda"])
    arguments.gl_backend, arguments.has_screen = None, False
    assert run_command(arguments) == 1
    assert "no GPU for 'cuda'" in caplog.text
