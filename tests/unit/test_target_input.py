"""A UDP map becomes the networks' square, and their picture comes back in its place."""

import numpy as np
import pytest
import torch

from renderer.conr.landmarks.landmark_convention import named_convention
from renderer.conr.target_input import read_picture, read_target, square_around

CONVENTION = named_convention("A")


@pytest.mark.parametrize(
    ("width", "height", "side"), [(1, 1, 128), (128, 90, 128), (129, 20, 256), (256, 384, 384)]
)
def test_the_square_is_the_smallest_multiple_of_128(width: int, height: int, side: int) -> None:
    square = square_around(width, height)
    assert square.side == side
    assert square.rows.stop - square.rows.start == height
    assert square.columns.stop - square.columns.start == width


def test_landmarks_are_turned_into_those_of_the_weights_and_masked() -> None:
    xyzv = np.zeros((2, 2, 4), np.float32)
    xyzv[0, 1] = (0.6, 0.7, 0.45, 1.0)
    square = square_around(2, 2)
    target = read_target(torch.from_numpy(xyzv), square, CONVENTION)[
        0, :, square.rows, square.columns
    ]
    np.testing.assert_allclose(target[:, 0, 1], [0.62, 0.74, 0.74, 1.0], atol=1e-6)
    assert not target[:, 1, :].any()


def test_the_mask_is_the_covered_share_and_no_landmarks_are_mixed() -> None:
    xyzv = np.zeros((2, 4, 4), np.float32)
    xyzv[0, 0] = (0.2, 0.2, 0.5, 1.0)  # one of four subpixels of the first pixel
    xyzv[:, 2:] = (0.9, 0.9, 0.5, 1.0)
    xyzv[0, 2] = (0.1, 0.1, 0.5, 1.0)
    square = square_around(2, 1)
    target = read_target(torch.from_numpy(xyzv), square, CONVENTION, 2)[
        0, :, square.rows, square.columns
    ]
    quarter = np.floor(255 / 4) / 255
    expected = CONVENTION.apply(np.array([0.2, 0.2, 0.5], np.float32)) * quarter
    np.testing.assert_allclose(target[:, 0, 0], [*expected, quarter], atol=1e-6)
    whole = CONVENTION.apply(np.array([0.9, 0.9, 0.5], np.float32))
    np.testing.assert_allclose(target[:, 0, 1], [*whole, 1.0], atol=1e-6)


def test_a_picture_comes_back_from_where_the_map_was_put_rounded() -> None:
    square = square_around(3, 5)
    painted = torch.zeros(1, 4, square.side, square.side)
    painted[0, :, square.rows, square.columns] = torch.rand(4, 5, 3)
    painted[0, :, square.rows.start, square.columns.start] = torch.tensor([0.5, 0.0, 1.0, 1.0])
    picture = read_picture(painted, square)
    assert picture.shape == (5, 3, 4)
    assert picture[0, 0].tolist() == [128, 0, 255, 255]
    inside = painted[0, :, square.rows, square.columns].permute(1, 2, 0).numpy()
    assert np.abs(picture / 255 - inside).max() <= 0.5 / 255 + 1e-6
