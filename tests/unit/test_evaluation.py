"""Scores mean what they say."""

import math

import numpy as np
import pytest

from renderer.evaluation import figure_psnr, image_l1, over_grey


def _picture(colour: int, alpha: int) -> np.ndarray:
    picture = np.full((8, 8, 4), colour, np.uint8)
    picture[..., 3] = alpha
    return picture


def test_equal_pictures_have_no_error() -> None:
    assert figure_psnr(_picture(90, 255), _picture(90, 255)) == math.inf
    assert image_l1(_picture(90, 255), _picture(90, 255)) == 0


def test_psnr_is_that_of_the_colour_difference() -> None:
    expected = 20 * math.log10(255 / 10)
    assert figure_psnr(_picture(90, 255), _picture(100, 255)) == pytest.approx(expected)


def test_colours_are_compared_straight() -> None:
    assert figure_psnr(_picture(100, 255), _picture(50, 128)) > 45


def test_outside_the_figure_only_l1_counts() -> None:
    truth, painted = _picture(0, 0), _picture(200, 255)
    assert figure_psnr(truth, painted) == math.inf
    assert image_l1(truth, painted) == pytest.approx((200 - 128) / 255)


def test_transparent_pictures_show_the_grey() -> None:
    np.testing.assert_allclose(over_grey(_picture(0, 0), premultiplied=True), 128)
