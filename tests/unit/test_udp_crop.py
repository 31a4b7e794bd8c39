import numpy as np
import pytest

from avatar_app.rendering.udp_crop import UdpCrop, square_around
from udp_live.types import UdpMap


def canvas(width: int = 40, height: int = 30) -> np.ndarray:
    return np.zeros((height, width, 4), np.float32)


def test_the_square_has_the_figure_in_its_middle_with_a_little_room() -> None:
    crop = square_around((100, 50, 200, 250))
    assert crop.side == 208
    assert (crop.left + crop.side / 2, crop.top + crop.side / 2) == (150, 150)


def test_a_figure_of_one_pixel_still_has_a_square() -> None:
    assert square_around((5, 5, 6, 6)).side >= 8


def test_what_lies_outside_the_canvas_is_empty() -> None:
    xyzv = canvas()
    xyzv[:, :] = (0.2, 0.4, 0.6, 1.0)
    cut = UdpCrop(-5, -5, 10).cut(UdpMap(xyzv), 10).xyzv
    assert not cut[:5].any()
    assert not cut[:, :5].any()
    np.testing.assert_array_equal(cut[5:, 5:], xyzv[:5, :5])


def test_shrinking_averages_occupancy_and_never_mixes_landmarks() -> None:
    xyzv = canvas(8, 8)
    xyzv[:, :4] = (0.1, 0.1, 0.1, 1.0)
    xyzv[:4, 4:] = (0.9, 0.9, 0.9, 1.0)
    xyzv[7, 7] = (0.5, 0.5, 0.5, 1.0)
    cut = UdpCrop(0, 0, 8).cut(UdpMap(xyzv), 4).xyzv
    assert set(np.unique(cut[..., 0])) <= {np.float32(v) for v in (0.0, 0.1, 0.5, 0.9)}
    assert cut[3, 3, 3] == pytest.approx(0.25)
    assert cut[3, 3, 0] == np.float32(0.5)  # its only pixel of the figure, not the centre's 0


def test_enlarging_softens_a_surface_but_not_the_border_of_two() -> None:
    xyzv = canvas(8, 8)
    xyzv[..., 3] = 1.0
    xyzv[:, :4, 0] = np.linspace(0.100, 0.112, 4)
    xyzv[:, 4:, 0] = np.linspace(0.800, 0.812, 4)
    across = UdpCrop(0, 0, 8).cut(UdpMap(xyzv), 32).xyzv[16, :, 0]
    assert len(np.unique(across)) > 16
    assert not np.any((across > 0.13) & (across < 0.79))


def test_an_empty_frame_stays_empty() -> None:
    cut = UdpCrop(2, 2, 10).cut(UdpMap(canvas()), 16)
    assert cut.xyzv.shape == (16, 16, 4)
    assert not cut.xyzv.any()


def test_a_picture_goes_back_to_where_it_was_cut_out() -> None:
    picture = np.zeros((10, 10, 4), np.uint8)
    picture[5, 5] = (10, 20, 30, 40)
    back = UdpCrop(-3, 20, 10).put_back(picture, (40, 30))
    assert back.shape == (30, 40, 4)
    assert back[25, 2].tolist() == [10, 20, 30, 40]
    assert back.sum() == 100


@pytest.mark.parametrize("size", [5, 24])
def test_scaled_pictures_stay_premultiplied(size: int, rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (size, size, 4)).astype(np.uint8)
    picture[..., :3] = np.minimum(picture[..., :3], picture[..., 3:])
    back = UdpCrop(0, 0, 12).put_back(picture, (12, 12))
    assert np.all(back[..., :3] <= back[..., 3:])
