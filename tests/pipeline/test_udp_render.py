"""``render --udp`` with a decoder that shows landmarks as colours."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

import avatar_app.engine
from avatar_app.commands import live_options
from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.engine import EngineConfig
from renderer.conr.landmarks.landmark_convention import named_convention
from tests.fakes.engine_parts import FakeParts
from udp_live.types import UdpMap
from udp_live.udp_files import SequenceNotes, write_notes, write_udp

Run = Callable[..., int]
CANVAS = (120, 90)
FIGURE = (20, 40)  # width and height


class LandmarkDecoder:
    """Paint the landmarks themselves, premultiplied with occupancy."""

    name, device = "landmarks", "cpu"

    def __init__(self) -> None:
        self.sides: list[int] = []

    def encode(self, sheet: Any) -> None:
        """Nothing to prepare."""

    def decode(
        self,
        encoding: Any,
        udp_map: UdpMap,
        expressions: Mapping[str, float],
        supersampling: int = 1,
    ) -> NDArray[np.uint8]:
        side = udp_map.xyzv.shape[0] // supersampling
        self.sides.append(side)
        xyzv = cv2.resize(udp_map.xyzv, (side, side), interpolation=cv2.INTER_AREA)
        xyzv[..., :3] *= xyzv[..., 3:]
        return np.rint(255 * xyzv).astype(np.uint8)

    def close(self) -> None:
        """Nothing to release."""


class Parts(FakeParts):
    """Fakes, with the decoder of landmarks."""

    def __init__(self) -> None:
        super().__init__()
        self.decoder = LandmarkDecoder()

    def open_decoder(self, config: EngineConfig) -> Any:
        return self.decoder


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, parts: Parts) -> Run:
    monkeypatch.setattr(live_options, "find_avatar", lambda name: Path("nowhere"))
    monkeypatch.setattr(avatar_app.engine, "EngineParts", lambda: parts)

    def render(*options: object) -> int:
        arguments = parse_arguments(["render", "--size", "128", *map(str, options)])
        arguments.gl_backend, arguments.has_screen = None, False
        return run_command(arguments)

    return render


def figure_at(left: int, top: int) -> UdpMap:
    """Return a canvas with one upright figure, each half of another colour."""
    width, height = FIGURE
    xyzv = np.zeros((CANVAS[1], CANVAS[0], 4), np.float32)
    xyzv[top : top + height, left : left + width] = (0.5, 0.25, 0.5, 1.0)
    xyzv[top : top + height // 2, left : left + width, 1] = 0.75
    return UdpMap(xyzv)


@pytest.fixture
def sequence(tmp_path: Path) -> Path:
    """Three figures and an empty frame, with names that text order would mix up."""
    folder = tmp_path / "udp"
    folder.mkdir()
    write_udp(folder / "1.npz", figure_at(10, 20))
    write_udp(folder / "2.npz", figure_at(50, 30))
    write_udp(folder / "10.npz", figure_at(90, 45))
    write_udp(folder / "9.npz", UdpMap(np.zeros((CANVAS[1], CANVAS[0], 4), np.float32)))
    return folder


def picture(path: Path) -> NDArray[np.uint8]:
    """Read a PNG as straight RGBA."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA), np.uint8)


def box_of(image: NDArray[np.uint8]) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(image[..., 3] > 127)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_names_canvas_and_place_of_every_frame_are_kept(
    tmp_path: Path, run: Run, sequence: Path
) -> None:
    assert run("--udp", sequence, "--output", f"{tmp_path}/out/") == 0
    pictures = {path.stem: picture(path) for path in (tmp_path / "out").glob("*.png")}
    assert sorted(pictures) == ["1", "10", "2", "9"]
    assert {image.shape for image in pictures.values()} == {(90, 120, 4)}
    for name, place in {"1": (10, 20), "2": (50, 30), "10": (90, 45)}.items():
        expected = (*place, place[0] + FIGURE[0], place[1] + FIGURE[1])
        np.testing.assert_allclose(box_of(pictures[name]), expected, atol=1)
    assert not pictures["9"].any()


def test_colours_are_straight_up_to_the_edge(tmp_path: Path, run: Run, sequence: Path) -> None:
    run("--udp", sequence, "--output", f"{tmp_path}/out/")
    image = picture(tmp_path / "out" / "1.png").astype(int)
    figure = image[image[..., 3] > 20]
    np.testing.assert_allclose(figure[:, 0], 128, atol=8)  # not darker where alpha is low
    assert image[40 + 10, 20].tolist()[:3] == pytest.approx([128, 64, 128], abs=2)


def test_an_image_lies_behind_pictures_of_the_sequences_own_shape(
    tmp_path: Path, run: Run, sequence: Path
) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((40, 40, 3), (255, 0, 0), np.uint8))
    background = ("--background", tmp_path / "wall.png")
    assert run("--udp", sequence, "--output", f"{tmp_path}/out/", *background) == 0
    image = picture(tmp_path / "out" / "1.png")
    assert image.shape == (90, 120, 4)
    assert image[0, 0].tolist() == image[-1, -1].tolist() == [0, 0, 255, 255]
    assert image[50, 20].tolist() == pytest.approx([128, 64, 128, 255], abs=3)


def test_a_film_follows_natural_order_at_the_decoders_size(
    tmp_path: Path, run: Run, sequence: Path, parts: Parts
) -> None:
    assert run("--udp", sequence, "--output", tmp_path / "out.mp4", "--fps", "10") == 0
    with av.open(str(tmp_path / "out.mp4")) as film:
        frames = list(film.decode(video=0))
    assert [frame.time for frame in frames] == pytest.approx([0.0, 0.1, 0.2, 0.3], abs=1e-3)
    lefts = [(frame.to_ndarray(format="rgb24")[..., 1] < 215).any(axis=0) for frame in frames]
    starts = [int(np.argmax(left)) for left in lefts]
    assert starts[0] < starts[1] < starts[3]
    assert not lefts[2].any()  # the empty frame
    assert (frames[0].width, frames[0].height) == (128, 128)
    assert set(parts.decoder.sides) == {128}


def test_notes_beside_the_files_give_rate_and_landmarks(
    tmp_path: Path, run: Run, sequence: Path
) -> None:
    convention = named_convention("A")
    for name, udp in (("1", figure_at(10, 20)), ("2", figure_at(50, 30))):
        write_udp(sequence / f"{name}.npz", convention.apply_to_map(udp))
    for name in ("9", "10"):
        (sequence / f"{name}.npz").unlink()
    write_notes(sequence, SequenceNotes(fps=4.0, landmarks="A"))
    assert run("--udp", sequence, "--output", tmp_path / "out.mp4") == 0
    with av.open(str(tmp_path / "out.mp4")) as film:
        assert film.duration / av.time_base == pytest.approx(0.5, abs=2e-3)
    assert run("--udp", sequence, "--output", f"{tmp_path}/out/", "--landmarks", "A") == 0
    middle = picture(tmp_path / "out" / "1.png")[50, 20]
    assert middle.tolist() == pytest.approx([128, 64, 128, 255], abs=3)


def test_it_goes_on_with_the_pictures_that_are_missing(
    tmp_path: Path, run: Run, sequence: Path, parts: Parts
) -> None:
    run("--udp", sequence, "--output", f"{tmp_path}/out/")
    (tmp_path / "out" / "2.png").unlink()
    parts.decoder.sides.clear()
    assert run("--udp", sequence, "--output", f"{tmp_path}/out/") == 0
    assert len(parts.decoder.sides) == 1
    assert (tmp_path / "out" / "2.png").is_file()


def test_another_sequence_is_not_mixed_in(
    tmp_path: Path, run: Run, sequence: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run("--udp", sequence, "--output", f"{tmp_path}/out/")
    write_udp(sequence / "3.npz", figure_at(1, 1))
    assert run("--udp", sequence, "--output", f"{tmp_path}/out/") == 2
    assert "was begun with another UDP sequence" in caplog.text


def test_frames_of_several_sizes_are_one_sentence(
    tmp_path: Path, run: Run, sequence: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_udp(sequence / "11.npz", UdpMap(np.zeros((8, 8, 4), np.float32)))
    assert run("--udp", sequence, "--output", f"{tmp_path}/out/") == 1
    assert "all frames of a sequence have one size" in caplog.text
    assert not (tmp_path / "out").exists()


def test_a_sequence_without_any_figure_is_one_sentence(
    tmp_path: Path, run: Run, sequence: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("1", "2", "10"):
        (sequence / f"{name}.npz").unlink()
    assert run("--udp", sequence, "--output", tmp_path / "out.mp4") == 1
    assert "no figure in any frame" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["udp"]


def test_a_frame_that_is_not_all_numbers_is_named(
    tmp_path: Path, run: Run, sequence: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = figure_at(50, 30).xyzv.copy()
    broken[35, 55] = np.nan
    write_udp(sequence / "2.npz", UdpMap(broken))
    assert run("--udp", sequence, "--output", f"{tmp_path / 'out'}/") == 1
    assert "2.npz has NaN or infinity in its mask" in caplog.text


def test_the_sequence_itself_is_no_output(
    run: Run, sequence: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert run("--udp", sequence, "--output", f"{sequence}/") == 2
    assert "the output is the UDP folder itself" in caplog.text
