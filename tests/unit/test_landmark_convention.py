from pathlib import Path

import numpy as np
import pytest

from renderer.conr.landmarks.convention_file import (
    convention_name,
    read_convention,
    write_convention,
)
from renderer.conr.landmarks.landmark_convention import (
    LandmarkConvention,
    landmark_box,
    named_convention,
    rig_box,
    sheet_box,
)
from renderer.errors import WeightsError
from renderer.types import CharacterSheet, LandmarkBox, SheetView
from tests.fakes.tiny_rig import tiny_rig
from udp_live.types import UdpMap

BOX = LandmarkBox((0.1, 0.08, 0.4), (0.9, 0.92, 0.7))
FITTED = LandmarkConvention("fitted", (2, 0, 1), (-3.0, 1.5, 0.7), (2.0, -0.25, 0.1))


def test_candidate_a_scales_by_the_figures_height_and_stretches_depth_about_its_axis() -> None:
    sole, top = 0.5 - 0.5 / 1.2, 0.5 + 0.5 / 1.2
    ours = np.array([[0.5, sole, 0.5], [0.5 + 0.4 / 1.2, top, 0.5 + 0.1 / 1.2]], np.float32)
    theirs = named_convention("A").apply(ours)
    np.testing.assert_allclose(theirs, [[0.5, 0.5, 0.0], [0.9, 0.1, 1.0]], atol=1e-6)


def test_every_candidate_puts_the_left_hand_the_back_and_the_head_high() -> None:
    for name in ("A", "A'", "B"):
        convention = named_convention(name, BOX)
        right_front_foot, left_back_head = convention.apply(
            np.array([[0.4, 0.1, 0.6], [0.6, 0.9, 0.45]], np.float32)
        )
        assert (right_front_foot < left_back_head).all(), name
        assert not convention.mirrors()


def test_candidate_b_fills_the_unit_cube_and_a_prime_only_its_depth() -> None:
    corners = np.array([[0.1, 0.08, 0.7], [0.9, 0.92, 0.4]], np.float32)
    np.testing.assert_allclose(
        named_convention("B", BOX).apply(corners), [[0, 0, 0], [1, 1, 1]], atol=1e-6
    )
    prime = named_convention("A'", BOX).apply(corners)
    np.testing.assert_allclose(prime[:, 1], [0, 1], atol=1e-6)
    np.testing.assert_allclose(prime[:, [0, 2]], named_convention("A").apply(corners)[:, [0, 2]])


def test_candidates_that_depend_on_the_figure_ask_for_its_box() -> None:
    with pytest.raises(ValueError, match="B depends on the figure"):
        named_convention("B")
    with pytest.raises(ValueError, match="axis 2 is flat"):
        named_convention("A'", LandmarkBox((0, 0, 0.5), (1, 1, 0.5)))
    with pytest.raises(ValueError, match="unknown convention: 'C'"):
        named_convention("C")


@pytest.mark.parametrize("convention", [named_convention("A"), named_convention("B", BOX), FITTED])
def test_the_way_back_undoes_the_way_there(
    convention: LandmarkConvention, rng: np.random.Generator
) -> None:
    ours = rng.random((7, 5, 3), np.float32)
    np.testing.assert_allclose(convention.invert(convention.apply(ours)), ours, atol=1e-5)


def test_a_map_is_clipped_and_its_background_stays_empty() -> None:
    xyzv = np.zeros((2, 2, 4), np.float32)
    xyzv[0, 0] = (0.5, 0.5, 0.95, 1.0)
    xyzv[0, 1, :3] = 0.7  # what a rasterizer may leave where nothing is
    theirs = named_convention("A").apply_to_map(UdpMap(xyzv)).xyzv
    np.testing.assert_allclose(theirs[0, 0], (0.5, 0.0, 0.5, 1.0), atol=1e-6)
    assert not theirs[0, 1].any()
    assert not theirs[1].any()


def test_a_map_survives_the_way_there_and_back() -> None:
    xyzv = np.ones((1, 1, 4), np.float32) * 0.55
    convention = named_convention("A")
    back = convention.invert_map(convention.apply_to_map(UdpMap(xyzv))).xyzv
    np.testing.assert_allclose(back, xyzv, atol=1e-5)


@pytest.mark.parametrize(
    ("axes", "scale", "offset"),
    [
        ((0, 0, 1), (1, 1, 1), (0, 0, 0)),
        ((0, 1, 2), (1, 0, 1), (0, 0, 0)),
        ((0, 1, 2), (1, float("nan"), 1), (0, 0, 0)),
        ((0, 1, 2), (1, 1, 1), (0, float("inf"), 0)),
    ],
)
def test_an_impossible_map_is_refused(axes: tuple, scale: tuple, offset: tuple) -> None:
    with pytest.raises(ValueError, match="unexpected"):
        LandmarkConvention("mine", axes, scale, offset)


def test_a_mirroring_map_is_known_as_one() -> None:
    assert LandmarkConvention("m", (0, 1, 2), (-1, 1, 1), (1, 0, 0)).mirrors()
    assert LandmarkConvention("m", (1, 0, 2), (1, 1, 1), (0, 0, 0)).mirrors()
    assert not LandmarkConvention("m", (1, 2, 0), (1, 1, 1), (0, 0, 0)).mirrors()


def test_boxes_come_from_a_rig_and_from_what_a_sheet_shows() -> None:
    box = rig_box(tiny_rig())
    assert box.low[1] == pytest.approx(0.5 - 0.5 / 1.2, abs=1e-3)
    assert box.high[1] == pytest.approx(0.5 + 0.5 / 1.2, abs=1e-3)
    udp = np.zeros((4, 4, 4), np.float16)
    udp[1, 1] = (0.25, 0.5, 0.75, 1.0)
    udp[2, 2] = (0.5, 0.25, 0.5, 1.0)
    udp[3, 3] = (0.9, 0.9, 0.9, 0.0)
    sheet = CharacterSheet((SheetView("front", np.zeros((4, 4, 4), np.uint8), udp),))
    assert sheet_box(sheet) == LandmarkBox((0.25, 0.25, 0.5), (0.5, 0.5, 0.75))
    with pytest.raises(ValueError, match="figure is empty"):
        landmark_box([])


@pytest.mark.parametrize("convention", [named_convention("A"), named_convention("B", BOX), FITTED])
def test_a_written_convention_is_read_back(tmp_path: Path, convention: LandmarkConvention) -> None:
    path = write_convention(tmp_path / "weights", convention)
    assert read_convention(path.parent, BOX) == convention
    assert convention_name(path.parent) == convention.name


def test_a_candidate_is_kept_by_name_so_that_it_fits_the_next_figure(tmp_path: Path) -> None:
    write_convention(tmp_path, named_convention("B", BOX))
    other = LandmarkBox((0.2, 0.1, 0.3), (0.8, 0.9, 0.8))
    assert read_convention(tmp_path, other) == named_convention("B", other)


def test_without_a_file_the_default_convention_holds(tmp_path: Path) -> None:
    assert read_convention(tmp_path) == named_convention("A")
    assert convention_name(tmp_path) == "A"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name = ", "cannot read .*conr.toml"),
        ("version = 2\nname = 'A'", "version is 2, expected 1"),
        ("version = 1", "name is nothing"),
        ("name = 7", "name is 7"),
        ("name = 'mine'", "axes is nothing, expected x, y, z"),
        ("name = 'mine'\naxes = ['x', 'x', 'z']", "axes is"),
        ("name = 'mine'\naxes = ['x', 'y', 'z']\nscale = [1, 2]", "scale is .*three numbers"),
        (
            f"name = 'm'\naxes = ['x', 'y', 'z']\nscale = [1, 1, 1]\noffset = [1{'0' * 400}, 0, 0]",
            "offset is",
        ),
        (
            "name = 'm'\naxes = ['x', 'y', 'z']\nscale = [1, nan, 1]\noffset = [0, 0, 0]",
            "scale is",
        ),
        (
            "name = 'm'\naxes = ['x', 'y', 'z']\nscale = [1, 0, 1]\noffset = [0, 0, 0]",
            "unexpected scale",
        ),
        ("[" * 5000, "cannot read"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "conr.toml").write_text(text, encoding="utf-8")
    with pytest.raises(WeightsError, match=sentence):
        read_convention(tmp_path)


def test_an_absurdly_large_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "conr.toml").write_bytes(b"#" * (1 << 17))
    with pytest.raises(WeightsError, match="too large"):
        read_convention(tmp_path)
