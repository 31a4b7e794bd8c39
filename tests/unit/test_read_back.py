import numpy as np
import torch

from renderer.engines.read_back import read_back


def test_a_picture_on_the_processor_is_taken_as_it_is() -> None:
    pixels = torch.arange(24, dtype=torch.uint8).reshape(2, 3, 4)
    picture = read_back(pixels)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, np.arange(24).reshape(2, 3, 4))


def test_a_picture_made_for_inference_is_taken_too() -> None:
    with torch.inference_mode():
        picture = read_back(torch.ones(2, 2, 4, dtype=torch.uint8) * 3)
    picture[0, 0] = 7  # it belongs to whoever asked for it
    assert picture[1, 1].tolist() == [3, 3, 3, 3]
