"""The UDP detector: what it crops, what it puts back, and which pictures it refuses."""

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from renderer.conr import square_crop
from renderer.conr.config import ConrConfig
from renderer.conr.networks import ConrNetworks, random_networks
from renderer.conr.sheet_input import find_figure, premultiply
from renderer.conr.square_crop import SquareCrop, crop_around
from renderer.conr.udp_detector import OCCUPIED, UdpDetector
from renderer.errors import SheetError

CPU = torch.device("cpu")


class Echo(nn.Module):
    """A parser that takes red, green and blue for the landmark, and where they are for the mask."""

    def detect(self, images: Tensor) -> Tensor:
        self.seen = images
        return torch.cat([images, (images.sum(1, keepdim=True) > 0).float()], 1)


@pytest.fixture
def echo() -> ConrNetworks:
    networks = random_networks(ConrConfig.tiny())
    networks.parser = Echo()
    return networks


def affine_picture(width: int, height: int, box: tuple[int, int, int, int]) -> np.ndarray:
    """A figure whose red is the column and whose green is the row, with a bite out of its box."""
    rows, columns = np.mgrid[:height, :width]
    image = np.zeros((height, width, 4), np.uint8)
    image[..., 0], image[..., 1], image[..., 2] = columns + 20, rows + 20, 200
    left, top, right, bottom = box
    image[top:bottom, left:right, 3] = 255
    bite = np.s_[top : (3 * top + bottom) // 4, left : (left + right) // 2, 3]
    image[bite] = 0
    return image


@pytest.mark.parametrize(
    ("size", "box"),
    [(64, (10, 20, 50, 84)), (128, (10, 20, 50, 84)), (64, (0, 0, 90, 100)), (96, (3, 60, 93, 99))],
)
def test_a_detected_pixel_lies_where_it_was_drawn(
    echo: ConrNetworks, size: int, box: tuple[int, int, int, int]
) -> None:
    image = affine_picture(100, 110, box)
    found = UdpDetector(echo, CPU, size).detect(image).xyzv
    side = max(box[2] - box[0], box[3] - box[1])
    assert found.shape == image.shape
    assert found.dtype == np.float32
    padded = np.pad(image[..., 3], 3)
    inside = cv2.erode(padded, np.ones((7, 7)))[3:-3, 3:-3] > 0
    np.testing.assert_allclose(
        found[inside, :2] * 255, image[inside, :2], atol=0.6 + 0.5 * max(side / size, 1)
    )
    assert (found[inside, 3] == 1).all()


def test_at_the_figures_own_size_everything_comes_back_exactly(echo: ConrNetworks) -> None:
    image = affine_picture(100, 110, (10, 20, 50, 84))
    found = UdpDetector(echo, CPU, 64).detect(image).xyzv
    drawn = image[..., 3] > 0
    np.testing.assert_allclose(found[drawn, :3] * 255, image[drawn, :3], atol=1e-4)
    np.testing.assert_array_equal(found[..., 3], drawn)
    assert not found[~drawn].any()


def test_the_network_sees_the_figure_fill_a_square_premultiplied(echo: ConrNetworks) -> None:
    image = affine_picture(100, 110, (10, 20, 50, 84))
    image[..., 3] = image[..., 3] // 2
    UdpDetector(echo, CPU, 64).detect(image)
    seen = (echo.parser.seen[0] * 255).round()
    assert seen.shape == (3, 64, 64)
    assert seen.amax((0, 2)).min() > 0
    assert not seen[:, :, :12].any()
    assert seen[2, 30, 30] == 200 * 127 // 255


def test_between_two_surfaces_no_landmark_is_made_up() -> None:
    square = np.ones((32, 32, 4), np.float32)
    square[..., :3] = np.linspace(0.2, 0.25, 32, dtype=np.float32)[:, None, None]
    square[:, 16:, :3] += 0.5
    back = SquareCrop(0, 0, 100).put_back(square, (100, 100))
    assert not ((back[..., 0] > 0.2501) & (back[..., 0] < 0.6999)).any()
    assert len(np.unique(back[:, 0, 0])) > 60  # smooth along each surface
    np.testing.assert_array_equal(back[..., 3], 1)


def test_the_short_cut_inside_surfaces_changes_nothing(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    square = np.ones((48, 48, 4), np.float32)
    square[..., :3] = np.linspace(0.2, 0.3, 48)[:, None, None]
    square[10:30, 20:40, :3] += 0.4
    square[rng.random((48, 48)) < 0.1] = 0
    for crop in (SquareCrop(-7, 3, 131), SquareCrop(5, -9, 40)):
        short = crop.put_back(square, (120, 100))
        with monkeypatch.context() as patch:
            patch.setattr(
                square_crop, "_plain_quads", lambda square, limit: np.zeros((47, 47), np.bool_)
            )
            long = crop.put_back(square, (120, 100))
        seen = long[..., 3] > 0
        np.testing.assert_allclose(short[seen], long[seen], atol=1e-6)


def test_the_mask_is_soft_on_request_and_else_cut_at_one_half(rng: np.random.Generator) -> None:
    image = affine_picture(100, 110, (10, 20, 50, 84))
    detector = UdpDetector(random_networks(ConrConfig.tiny(), 3), CPU, 64)
    soft, hard = detector.detect(image, soft=True).xyzv, detector.detect(image).xyzv
    assert len(np.unique(soft[..., 3])) > 100
    np.testing.assert_array_equal(hard[..., 3], soft[..., 3] >= OCCUPIED)
    assert soft.min() >= 0
    assert soft.max() <= 1
    assert not hard[hard[..., 3] == 0].any()


def test_a_square_reaches_beyond_the_picture() -> None:
    figure = np.zeros((40, 100), np.bool_)
    figure[:, 3:93] = True
    crop = crop_around(figure)
    assert crop == SquareCrop(3, -25, 90)
    cut = crop.cut(np.full((40, 100, 4), 9, np.uint8), 90)
    assert (cut[25:65] == 9).all()
    assert not cut[:25].any()
    assert not cut[65:].any()


def test_premultiplied_colours_lose_their_fraction() -> None:
    image = np.array([[[200, 101, 255, 127]]], np.uint8)
    assert premultiply(image).tolist() == [[[99, 50, 127, 127]]]


def opaque(width: int, height: int) -> np.ndarray:
    return np.full((height, width, 4), 255, np.uint8)


def framed() -> np.ndarray:
    return np.pad(opaque(60, 20), ((20, 20), (9, 9), (0, 0)))


@pytest.mark.parametrize(
    ("image", "sentence"),
    [
        (opaque(64, 64), "background must be transparent"),
        (opaque(600, 300), "background must be transparent"),
        (opaque(64, 64)[..., :3], "background must be transparent"),
        (framed(), "background must be transparent"),
        (opaque(64, 64) * np.uint8([1, 1, 1, 0]), "fully transparent"),
        (np.pad(opaque(4, 4), ((9, 9), (9, 9), (0, 0))), "too small: 4 px"),
        (np.pad(opaque(20, 20), ((500, 500), (500, 500), (0, 0))), "too small: 20 px, 0.04%"),
    ],
    ids=["square", "wide", "no-alpha", "framed", "empty", "tiny", "lost"],
)
def test_a_picture_without_a_figure_is_one_sentence(image: np.ndarray, sentence: str) -> None:
    with pytest.raises(SheetError, match=sentence):
        find_figure(image)


def test_gaps_between_filled_parts_count_as_transparent() -> None:
    image = np.zeros((64, 64, 4), np.uint8)
    image[8:56, 8:28] = image[8:56, 36:56] = 255
    assert find_figure(image).side == 48


def test_wrong_arrays_and_sizes_are_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="unexpected image"):
        find_figure(np.zeros((8, 8, 4), np.float32))
    for size in (0, 63, 100, 4096):
        with pytest.raises(ValueError, match="unexpected size"):
            UdpDetector(random_networks(ConrConfig.tiny()), CPU, size)
