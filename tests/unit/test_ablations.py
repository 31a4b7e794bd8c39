"""Parts taken out of the guided decoder: what is left of a picture without them."""

import numpy as np
import pytest

from avatar_app.commands.evaluated_decoder import ABLATIONS
from renderer.engines import Decoder, open_decoder
from renderer.evaluation.ablations import (
    ABLATION_BY_NAME,
    WithoutMessages,
    WithoutWarping,
    rigid_drawings,
    unwarped,
)
from renderer.metrics import figure_psnr
from renderer.types import CharacterSheet, SheetView
from tests.fakes.landmark_scene import NO_INK, doll_view, draw_doll
from udp_live.types import UdpMap

VIEWS = (
    doll_view("front", 128),
    doll_view("back", 128, yaw_rad=3.14),
    doll_view("left", 128, yaw_rad=1.57),
)
SHEET = CharacterSheet(VIEWS, {}, NO_INK)
RIGID = rigid_drawings(VIEWS)


@pytest.fixture(scope="module")
def lookup() -> Decoder:
    return open_decoder("lookup", "cpu")


def psnr(decoder: Decoder, **draw: float) -> float:
    truth, udp = draw_doll(96, **draw)
    return figure_psnr(truth, decoder.decode(decoder.encode(SHEET), UdpMap(udp), {}))


def test_without_warping_arms_stay_where_they_are_drawn(lookup: Decoder) -> None:
    assert psnr(WithoutWarping(lookup)) > 24
    moved = psnr(WithoutWarping(lookup), swing_rad=0.8), psnr(lookup, swing_rad=0.8)
    assert moved[0] < moved[1] - 3


def test_without_messages_one_drawing_decides(lookup: Decoder) -> None:
    decoder = WithoutMessages(lookup)
    assert decoder.encode(SHEET).body.candidates.shape[2] == 1
    assert psnr(decoder, yaw_rad=0.7) > 20


def test_the_silhouette_stays_when_landmarks_do_not_follow() -> None:
    udp = draw_doll(96, swing_rad=0.8)[1]
    laid = unwarped(udp, RIGID)
    np.testing.assert_array_equal(laid[..., 3], udp[..., 3])
    assert not laid[udp[..., 3] == 0][:, :3].any()
    assert np.abs(laid - udp).max() > 0.05


def test_the_drawing_that_fits_best_is_laid_on(lookup: Decoder) -> None:
    udp = draw_doll(96, yaw_rad=3.14)[1]
    error = [np.abs(unwarped(udp, views) - udp).mean() for views in (RIGID, RIGID[:1])]
    assert error[0] < 0.3 * error[1]


@pytest.mark.parametrize("scale", [0.6, 1.5])
def test_a_drawing_is_scaled_and_shifted_as_a_whole(scale: float) -> None:
    udp = draw_doll(96, window=(0.5, 0.5, 1 / scale))[1]
    laid = unwarped(udp, RIGID)
    assert np.abs(laid - udp)[udp[..., 3] > 0].mean() < 0.01


def test_figures_of_a_few_pixels_are_left_alone() -> None:
    udp = np.zeros((8, 8, 4), np.float32)
    udp[3:5, 3:5] = 0.5, 0.5, 0.5, 1
    np.testing.assert_array_equal(unwarped(udp, RIGID), udp)
    blank = SheetView("blank", np.zeros((16, 16, 4), np.uint8), np.zeros((16, 16, 4), np.float32))
    full = draw_doll(64)[1]
    np.testing.assert_array_equal(unwarped(full, rigid_drawings([blank])), full)


def test_the_command_knows_every_ablation() -> None:
    assert tuple(ABLATION_BY_NAME) == ABLATIONS
