from pathlib import Path

import cv2
import numpy as np
import pytest

from avatar_app.errors import OutputError
from avatar_app.output.compositor import Compositor, lay_over, parse_colour, straighten


def pixel(*rgba: int) -> np.ndarray:
    return np.array([[rgba]], np.uint8)


def test_colours_are_read_in_both_forms() -> None:
    assert parse_colour("#00ff80") == (0, 255, 128)
    assert parse_colour("#0f8") == (0, 255, 136)
    assert parse_colour("green") is None


def test_uncovered_pixels_show_the_background_and_covered_ones_do_not() -> None:
    compositor = Compositor("#102030", 64)
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[10, 10] = (200, 100, 50, 255)
    result = compositor.composite(picture)
    assert tuple(result[0, 0]) == (0x10, 0x20, 0x30, 255)
    assert tuple(result[10, 10]) == (200, 100, 50, 255)


def test_a_half_covered_pixel_is_mixed_as_premultiplied() -> None:
    result = lay_over(pixel(100, 0, 0, 128), np.array([[(0, 200, 0)]], np.uint8))
    assert tuple(result[0, 0]) == (100, 100, 0, 255)


def test_transparent_leaves_the_picture_alone() -> None:
    compositor = Compositor("transparent", 64)
    picture = pixel(10, 20, 30, 40)
    assert compositor.composite(picture) is picture
    assert tuple(compositor.composite_opaque(picture)[0, 0]) == (10, 20, 30, 255)


def test_an_image_fills_the_square_from_its_middle(tmp_path: Path) -> None:
    image = np.zeros((40, 80, 3), np.uint8)
    image[:, 20:60] = (0, 0, 255)  # red in OpenCV's order
    cv2.imwrite(str(tmp_path / "wall.png"), image)
    result = Compositor(str(tmp_path / "wall.png"), 64).composite(np.zeros((64, 64, 4), np.uint8))
    assert result.shape == (64, 64, 4)
    assert np.all(result == (255, 0, 0, 255))


def test_an_image_fills_pictures_that_are_not_square_from_its_middle(tmp_path: Path) -> None:
    image = np.zeros((60, 60, 3), np.uint8)
    image[15:45] = (0, 0, 255)
    cv2.imwrite(str(tmp_path / "wall.png"), image)
    result = Compositor(str(tmp_path / "wall.png"), 101, 50).composite(
        np.zeros((50, 101, 4), np.uint8)
    )
    assert result.shape == (50, 101, 4)
    assert np.all(result[2:-2] == (255, 0, 0, 255))


@pytest.mark.parametrize("text", ["#12", "no such file.png", "#gg0000"])
def test_anything_else_is_not_understood(text: str) -> None:
    with pytest.raises(OutputError, match="background not understood"):
        Compositor(text, 64)


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_a_broken_image_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "wall.png"
    path.write_bytes(content)
    with pytest.raises(OutputError, match=r"wall\.png: it is not a PNG"):
        Compositor(str(path), 64)


def test_straight_colours_come_back_from_premultiplied_ones() -> None:
    assert tuple(straighten(pixel(50, 100, 0, 128))[0, 0]) == (100, 199, 0, 128)
    assert tuple(straighten(pixel(0, 0, 0, 0))[0, 0]) == (0, 0, 0, 0)
