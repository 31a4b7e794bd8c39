"""``detect-udp`` from end to end, with tiny weights in a home of the test's own."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.paths import weights_folder
from renderer.conr.config import ConrConfig
from renderer.conr.landmarks.convention_file import write_convention
from renderer.conr.landmarks.landmark_convention import named_convention
from renderer.conr.networks import random_networks
from renderer.conr.weights.weights_file import WEIGHTS_NAME, save_networks
from renderer.sheet.ply_file import read_ply
from renderer.sheet.sheet_files import encode_png
from renderer.types import LandmarkBox
from tests.fakes.alpha_video import draw_figure, on_green, write_figure_video
from udp_live.udp_files import read_notes, read_udp


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and a folder to work in."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def weights(home: Path) -> Path:
    """Networks that see a landmark of about one half wherever they look."""
    networks = random_networks(ConrConfig.tiny(), 4)
    with torch.no_grad():
        networks.parser.final_conv.weight *= 0.2
        networks.parser.final_conv.bias.copy_(torch.tensor([0.5, 0.5, 0.5, 0.9]))
    save_networks(networks, weights_folder() / WEIGHTS_NAME)
    return home


def detect(*argv: object) -> int:
    return run_command(parse_arguments(["detect-udp", *map(str, argv), "--size", "64"]))


def draw(path: Path, image: NDArray[np.uint8] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode_png(draw_figure() if image is None else image))
    return path


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_drawing_becomes_one_udp_file_of_its_name_and_size(weights: Path) -> None:
    drawing = draw(weights / "front.png")
    assert detect(drawing, "--output", weights / "udp") == 0
    assert names_in(weights / "udp") == ["front.npz", "sequence.json"]
    found = read_udp(weights / "udp" / "front.npz").xyzv
    assert found.shape == (128, 96, 4)
    drawn = draw_figure()[..., 3] > 0
    assert found[drawn, 3].mean() > 0.5
    assert len(np.unique(found[drawn, 3])) > 50  # soft, as CoNR's own


def test_our_landmarks_are_the_conventions_inverse_with_a_hard_mask(weights: Path) -> None:
    drawing = draw(weights / "front.png")
    assert detect(drawing, "--output", weights / "theirs") == 0
    options = ("--landmarks", "canonical", "--format", "exr")
    assert detect(drawing, "--output", weights / "ours", *options) == 0
    theirs = read_udp(weights / "theirs" / "front.npz").xyzv
    ours = read_udp(weights / "ours" / "front.exr").xyzv
    clear = ours[..., 3] == 1
    assert set(np.unique(ours[..., 3])) == {0, 1}
    assert (theirs[clear, 3] > 0.499).all()
    expected = np.clip(named_convention("A").invert(theirs[clear, :3]), 0, 1)
    np.testing.assert_allclose(ours[clear, :3], expected, atol=1e-3)


def test_a_folder_gives_a_file_per_drawing_a_cloud_and_a_picture(weights: Path) -> None:
    for name in ("view10", "view2", "back"):
        draw(weights / "sheet" / f"{name}.png")
    (weights / "sheet" / "notes.txt").write_text("not a picture")
    outputs = ("--ply", weights / "out" / "cloud.ply", "--picture", weights / "out" / "seen.png")
    assert detect(weights / "sheet", "--output", weights / "udp", *outputs) == 0
    names = names_in(weights / "udp")
    assert names == ["back.npz", "sequence.json", "view10.npz", "view2.npz"]
    cloud = read_ply(weights / "out" / "cloud.ply")
    assert len(cloud) > 100
    assert {(230, 180, 150), (40, 90, 220)} & set(map(tuple, cloud.colours.tolist()))
    picture = cv2.imread(str(weights / "out" / "seen.png"))
    assert picture.shape[1] > picture.shape[0] > 300


def test_a_drawing_that_cannot_be_used_is_named_and_the_others_go_on(
    weights: Path, caplog: pytest.LogCaptureFixture
) -> None:
    draw(weights / "sheet" / "good.png")
    draw(weights / "sheet" / "page.png", on_green(draw_figure()))
    (weights / "sheet" / "cut.png").write_bytes((weights / "sheet" / "good.png").read_bytes()[:60])
    assert detect(weights / "sheet", "--output", weights / "udp") == 1
    assert names_in(weights / "udp") == ["good.npz", "sequence.json"]
    assert "page: the background must be transparent" in caplog.text
    assert "cut.png is damaged" in caplog.text


@pytest.mark.parametrize("suffix", [".webm", ".mov"])
def test_a_video_with_alpha_becomes_numbered_frames(weights: Path, suffix: str) -> None:
    pictures = [draw_figure(-10), draw_figure(10), np.zeros_like(draw_figure())]
    video = write_figure_video(weights / f"dance{suffix}", pictures)
    assert detect(video, "--output", weights / "udp") == 0
    notes = read_notes(weights / "udp")
    assert notes is not None
    assert (notes.fps, notes.landmarks, notes.source) == (12.0, "A", video.name)
    frames = [read_udp(weights / "udp" / f"{n:04d}.npz").xyzv for n in (1, 2, 3)]
    columns = [np.flatnonzero(frame[..., 3].any(axis=0)).mean() for frame in frames[:2]]
    assert columns[1] > columns[0] + 3
    assert not frames[2].any()


def test_a_plain_background_is_cut_out_by_its_colour(weights: Path) -> None:
    video = write_figure_video(weights / "green.mp4", [draw_figure(), draw_figure(5)])
    draw(weights / "still.png", on_green(draw_figure()))
    assert detect(video, "--output", weights / "udp", "--key", "#00ff00") == 0
    options = ("--key", "#00ff00", "--overwrite")
    assert detect(weights / "still.png", "--output", weights / "udp", *options) == 0
    drawn = draw_figure()[..., 3] > 0
    for name in ("0001", "still"):
        assert read_udp(weights / "udp" / f"{name}.npz").xyzv[drawn, 3].mean() > 0.5


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("gone.png", None, "not found: "),
        ("empty.png", b"", "is empty (0 bytes)"),
        ("text.png", b"hello", "is no PNG, JPEG or WebP picture"),
        ("text.webm", b"hello", "cannot read the video"),
        ("text.txt", b"hello", "is neither a picture"),
    ],
)
def test_a_bad_input_is_one_sentence_and_leaves_nothing(
    weights: Path,
    name: str,
    content: bytes | None,
    sentence: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if content is not None:
        (weights / name).write_bytes(content)
    assert detect(weights / name, "--output", weights / "udp") == 1
    assert sentence in caplog.text
    assert not (weights / "udp").exists()


def test_bad_videos_and_folders_are_one_sentence(
    weights: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opaque = write_figure_video(weights / "opaque.mp4", [draw_figure()])
    solid = write_figure_video(weights / "solid.mov", [on_green(draw_figure())])
    draw(weights / "twins" / "a.png")
    (weights / "twins" / "a.webp").write_bytes(b"any")
    (weights / "none").mkdir()
    for path in (opaque, solid, weights / "twins", weights / "none"):
        assert detect(path, "--output", weights / "udp") == 1
    assert "has no alpha: the figure must stand on a transparent background" in caplog.text
    assert "frame 0001: the background must be transparent" in caplog.text
    assert "two pictures in" in caplog.text
    assert "no pictures in" in caplog.text
    assert not (weights / "udp").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--key", "green"], "key not understood: 'green'"),
        (["--ply", "cloud.obj"], "output not understood: 'cloud.obj'"),
        (["--picture", "seen.jpg"], "output not understood: 'seen.jpg'"),
    ],
)
def test_a_wrong_option_is_one_sentence_and_exit_code_2(
    weights: Path, options: list[str], sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert detect(draw(weights / "a.png"), "--output", weights / "udp", *options) == 2
    assert sentence in caplog.text


def test_without_weights_the_sentence_says_how_to_get_them(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert detect(draw(home / "a.png"), "--output", home / "udp") == 1
    assert "weights fetch conr" in caplog.text
    assert not (home / "udp").exists()


def test_a_convention_that_depends_on_the_figure_serves_only_its_own_landmarks(
    weights: Path, caplog: pytest.LogCaptureFixture
) -> None:
    drawing = draw(weights / "a.png")
    box = LandmarkBox((0.1, 0.1, 0.4), (0.9, 0.9, 0.6))
    write_convention(weights_folder(), named_convention("B", box))
    assert detect(drawing, "--output", weights / "udp") == 0
    assert detect(drawing, "--output", weights / "ours", "--ply", weights / "a.ply") == 2
    assert "the landmark convention B depends on the figure" in caplog.text


def test_an_output_that_is_a_file_is_one_sentence(
    weights: Path, caplog: pytest.LogCaptureFixture
) -> None:
    drawing = draw(weights / "a.png")
    assert detect(drawing, "--output", drawing) == 1
    assert "cannot write" in caplog.text
    assert drawing.read_bytes() == encode_png(draw_figure())


def test_what_was_detected_before_is_replaced_only_on_request(
    weights: Path, caplog: pytest.LogCaptureFixture
) -> None:
    long = write_figure_video(weights / "long.webm", [draw_figure()] * 3)
    short = write_figure_video(weights / "short.webm", [draw_figure()])
    assert detect(long, "--output", weights / "udp") == 0
    assert detect(short, "--output", weights / "udp") == 1
    assert "is not empty; give another --output, or --overwrite" in caplog.text
    assert len(names_in(weights / "udp")) == 4
    assert detect(short, "--output", weights / "udp", "--overwrite") == 0
    assert names_in(weights / "udp") == ["0001.npz", "sequence.json"]
