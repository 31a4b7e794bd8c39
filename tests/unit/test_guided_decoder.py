"""The guided decoder paints what the sheet shows."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from renderer.errors import AcceleratorError
from renderer.evaluation import figure_psnr
from renderer.guided.encoder import encode_sheet
from renderer.guided.exact_lookup import exact_lookup
from renderer.guided.filled_picture import pick_level
from renderer.guided.guided_decoder import GuidedDecoder, figure_box
from renderer.guided.sheet_encoding import SheetEncoding
from renderer.types import CharacterSheet, InkStyle
from tests.fakes.landmark_scene import (
    FACE_WINDOW,
    LEFT_EYE,
    MOUTH,
    NO_INK,
    RIGHT_EYE,
    doll_sheet,
    doll_view,
    draw_doll,
)
from udp_live.types import UdpMap

CPU = torch.device("cpu")
DECODER = GuidedDecoder(CPU)


@pytest.fixture(scope="module")
def sheet() -> CharacterSheet:
    return doll_sheet(256)


@pytest.fixture(scope="module")
def encoding(sheet: CharacterSheet) -> SheetEncoding:
    return encode_sheet(sheet)


def _in_box(udp: np.ndarray, box: object) -> np.ndarray:
    low, high = np.array(box.low), np.array(box.high)  # type: ignore[attr-defined]
    middle, half = (low + high) / 2, (high - low) / 4
    return np.all(np.abs(udp[..., :3] - middle) < half, -1) & (udp[..., 3] > 0.5)


def test_a_new_pose_is_painted_like_the_truth(encoding: SheetEncoding) -> None:
    truth, udp = draw_doll(192, yaw_rad=0.4, swing_rad=0.5)
    painted = DECODER.decode(encoding, UdpMap(udp), {})
    assert figure_psnr(truth, painted) > 30


def test_a_drawings_own_udp_gives_the_drawing_back(encoding: SheetEncoding) -> None:
    truth, udp = draw_doll(256)
    assert figure_psnr(truth, DECODER.decode(encoding, UdpMap(udp), {})) > 34


def test_supersampled_maps_give_pictures_of_half_their_size(encoding: SheetEncoding) -> None:
    truth, _ = draw_doll(128, yaw_rad=0.2)
    _, udp = draw_doll(256, yaw_rad=0.2)
    painted = DECODER.decode(encoding, UdpMap(udp), {}, supersampling=2)
    assert painted.shape == (128, 128, 4)
    assert figure_psnr(truth, painted) > 26


def test_a_device_that_is_full_is_told_of(
    sheet: CharacterSheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: SheetEncoding, device: torch.device) -> SheetEncoding:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(SheetEncoding, "to", refuse)
    with pytest.raises(AcceleratorError, match="too little free memory"):
        GuidedDecoder(torch.device("cpu")).encode(sheet)


def test_the_order_of_views_has_no_effect(sheet: CharacterSheet, encoding: SheetEncoding) -> None:
    shuffled = replace(sheet, views=tuple(reversed(sheet.views)))
    _, udp = draw_doll(128, yaw_rad=0.3, window=FACE_WINDOW)
    one = DECODER.decode(encoding, UdpMap(udp), {"aa": 1.0})
    other = DECODER.decode(encode_sheet(shuffled), UdpMap(udp), {"aa": 1.0})
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("count", [1, 2, 32])
def test_any_number_of_views_will_do(count: int) -> None:
    views = [doll_view(f"v{i:02}", 64 + 2 * i, yaw_rad=6.28 * i / count) for i in range(count)]
    encoding = encode_sheet(CharacterSheet(tuple(views), {}, NO_INK))
    truth, udp = draw_doll(96)
    painted = DECODER.decode(encoding, UdpMap(udp), {})
    assert figure_psnr(truth, painted) > 20


def test_an_empty_map_gives_an_empty_picture(encoding: SheetEncoding) -> None:
    painted = DECODER.decode(encoding, UdpMap(np.zeros((40, 50, 4), np.float32)), {})
    assert painted.shape == (40, 50, 4)
    assert not painted.any()


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_pixels_that_are_not_numbers_stay_empty_and_harm_no_others(
    encoding: SheetEncoding, wrong: float
) -> None:
    _, udp = draw_doll(96)
    whole = DECODER.decode(encoding, UdpMap(udp), {})
    udp[50:53, 46:49, :3] = wrong
    painted = DECODER.decode(encoding, UdpMap(udp), {})
    assert painted[51, 47, 3] == 0
    far = np.ones((96, 96), bool)
    far[40:63, 36:59] = False
    assert np.abs(painted[far].astype(int) - whole[far]).mean() < 1


def test_a_single_pixel_is_painted(encoding: SheetEncoding) -> None:
    udp = np.zeros((9, 9, 4), np.float32)
    udp[4, 4] = (0.5, 0.45, 0.59, 1.0)
    painted = DECODER.decode(encoding, UdpMap(udp), {})
    assert painted[4, 4, 3] > 0
    assert not painted[0, 0].any()


def test_colours_never_exceed_alpha(encoding: SheetEncoding) -> None:
    _, udp = draw_doll(128, yaw_rad=1.0, swing_rad=0.8)
    painted = DECODER.decode(encoding, UdpMap(udp), {"blink": 0.5, "aa": 0.5})
    assert np.all(painted[..., :3] <= painted[..., 3:])


def test_the_silhouette_is_soft_but_the_inside_is_opaque(encoding: SheetEncoding) -> None:
    _, udp = draw_doll(128)
    alpha = DECODER.decode(encoding, UdpMap(udp), {})[..., 3]
    assert np.any((alpha > 0) & (alpha < 255))
    assert alpha[80, 64] == 255


def test_what_no_drawing_shows_takes_the_colour_around_it() -> None:
    front = doll_view("front", 128)
    holed = front.image.copy()
    holed[76:80, 62:66, 3] = 0
    sheet = CharacterSheet((replace(front, image=holed),), {}, NO_INK)
    truth, udp = draw_doll(128)
    painted = DECODER.decode(encode_sheet(sheet), UdpMap(udp), {})
    patch, around = painted[76:80, 62:66, :3], truth[70:86, 56:72, :3]
    assert np.all(painted[76:80, 62:66, 3] == 255)
    assert np.all(patch >= around.min((0, 1)) - 8)
    assert np.all(patch <= around.max((0, 1)) + 8)


def test_the_mouth_comes_from_the_drawing_of_its_expression(encoding: SheetEncoding) -> None:
    _, udp = draw_doll(160, window=FACE_WINDOW)
    mouth = _in_box(udp, MOUTH)
    assert mouth.any()
    closed = DECODER.decode(encoding, UdpMap(udp), {"aa": 0.2})[mouth].mean(0)
    open_ = DECODER.decode(encoding, UdpMap(udp), {"aa": 0.9})[mouth].mean(0)
    np.testing.assert_allclose(closed[:3], (38, 31, 51), atol=14)
    np.testing.assert_allclose(open_[:3], (230, 26, 26), atol=14)


def test_one_eye_closes_alone(encoding: SheetEncoding) -> None:
    _, udp = draw_doll(160, window=FACE_WINDOW)
    painted = DECODER.decode(encoding, UdpMap(udp), {"blinkLeft": 1.0})
    np.testing.assert_allclose(painted[_in_box(udp, LEFT_EYE)].mean(0)[:3], (26, 230, 26), atol=14)
    np.testing.assert_allclose(painted[_in_box(udp, RIGHT_EYE)].mean(0)[:3], (38, 31, 51), atol=14)


def test_an_expression_leaves_the_rest_of_the_picture_alone(encoding: SheetEncoding) -> None:
    _, udp = draw_doll(96)
    far = udp[..., 1] < 0.7
    plain = DECODER.decode(encoding, UdpMap(udp), {})
    moved = DECODER.decode(encoding, UdpMap(udp), {"aa": 1.0, "blink": 1.0})
    np.testing.assert_allclose(plain[far].astype(int), moved[far], atol=1)  # holes fill from afar


def test_a_small_turn_changes_little(encoding: SheetEncoding) -> None:
    one, other = (
        DECODER.decode(encoding, UdpMap(draw_doll(128, yaw_rad=yaw)[1]), {}).astype(int)
        for yaw in (0.300, 0.301)
    )
    assert np.abs(one - other).mean() < 0.6


def test_ink_darkens_the_rim_of_the_figure(sheet: CharacterSheet, encoding: SheetEncoding) -> None:
    inked = replace(sheet, ink=InkStyle(width=0.02, tint=(0.2, 0.2, 0.2)))
    _, udp = draw_doll(128)
    plain = DECODER.decode(encoding, UdpMap(udp), {}).astype(int)
    lined = DECODER.decode(encode_sheet(inked), UdpMap(udp), {}).astype(int)
    edge = np.flatnonzero(udp[80, :, 3] > 0.5)[1]
    assert lined[80, edge, :3].sum() < 0.5 * plain[80, edge, :3].sum()
    assert np.abs(lined[80, 64] - plain[80, 64]).max() <= 12


def test_the_tables_find_what_an_exhaustive_search_finds(
    sheet: CharacterSheet, encoding: SheetEncoding
) -> None:
    _, udp = draw_doll(128, yaw_rad=0.2, swing_rad=0.3)
    painted = DECODER.decode(encoding, UdpMap(udp), {})
    solid = painted[..., 3] == 255
    exact = exact_lookup(sheet, udp[solid][:, :3])
    difference = np.abs(painted[solid][:, :3] - exact)
    assert np.median(difference) < 2
    assert np.mean(difference.max(-1) > 25) < 0.05


def test_a_size_that_is_no_multiple_of_the_supersampling_is_refused(
    encoding: SheetEncoding,
) -> None:
    with pytest.raises(ValueError, match="no multiple of 2"):
        DECODER.decode(encoding, UdpMap(np.zeros((15, 16, 4), np.float32)), {}, supersampling=2)


def test_fine_pictures_use_fine_drawings() -> None:
    assert pick_level((2000.0, 1000.0, 500.0), 1 / 1500) == 0
    assert pick_level((2000.0, 1000.0, 500.0), 1 / 100) == 2


def test_the_box_of_a_figure_stays_inside_the_picture() -> None:
    occupancy = torch.zeros(20, 30)
    occupancy[0, 29] = 1
    assert figure_box(occupancy, 1) == (slice(0, 3), slice(27, 30))
