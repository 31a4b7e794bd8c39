"""Metrics against slow, plain twins, and what they say of pictures anyone can judge."""

import math

import numpy as np
import pytest

from renderer.metrics import (
    Match,
    alpha_iou,
    boundary_error_px,
    figure_l1,
    figure_psnr,
    figure_ssim,
    flicker,
    image_l1,
    match_landmarks,
    over_grey,
    ssim_map,
    union_psnr,
)
from renderer.metrics.flicker import softened
from renderer.metrics.structural_similarity import SIGMA, WINDOW
from udp_live.types import UdpMap


def _picture(colour: int, alpha: int) -> np.ndarray:
    picture = np.full((8, 8, 4), colour, np.uint8)
    picture[..., 3] = alpha
    return picture


def _random_pair(rng: np.random.Generator, side: int = 13) -> tuple[np.ndarray, np.ndarray]:
    """Straight truth and premultiplied painting, with all kinds of alpha."""
    truth = rng.integers(0, 256, (side, side, 4)).astype(np.uint8)
    painted = rng.integers(0, 256, (side, side, 4)).astype(np.uint8)
    painted[..., :3] = np.minimum(painted[..., :3], painted[..., 3:])
    return truth, painted


def _box(side: int, low: int, high: int) -> np.ndarray:
    picture = np.zeros((side, side, 4), np.uint8)
    picture[low:high, low:high] = 255
    return picture


def _plane(side: int, shift_px: float = 0.0) -> UdpMap:
    """A flat surface that fills the map; it moves to the right by ``shift_px`` samples."""
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    ones = np.ones_like(rows)
    planes = (0.3 + 0.002 * (columns - np.float32(shift_px)), 0.3 + 0.002 * rows, 0.5 * ones, ones)
    return UdpMap(np.stack(planes, axis=-1))


def test_equal_pictures_have_no_error() -> None:
    picture = _picture(90, 255)
    assert figure_psnr(picture, picture) == math.inf
    assert union_psnr(picture, picture) == math.inf
    assert (image_l1(picture, picture), figure_l1(picture, picture)) == (0, 0)
    assert figure_ssim(picture, picture) == pytest.approx(1)
    assert (alpha_iou(picture, picture), boundary_error_px(picture, picture)) == (1, 0)


def test_psnr_is_that_of_the_colour_difference() -> None:
    expected = 20 * math.log10(255 / 10)
    assert figure_psnr(_picture(90, 255), _picture(100, 255)) == pytest.approx(expected)
    assert union_psnr(_picture(90, 255), _picture(100, 255)) == pytest.approx(expected)
    assert figure_l1(_picture(90, 255), _picture(100, 255)) == pytest.approx(10 / 255)


def test_colours_are_compared_straight() -> None:
    assert figure_psnr(_picture(100, 255), _picture(50, 128)) > 45


def test_outside_the_figure_only_the_picture_counts() -> None:
    truth, painted = _picture(0, 0), _picture(200, 255)
    assert figure_psnr(truth, painted) == math.inf
    assert (figure_l1(truth, painted), figure_ssim(truth, painted)) == (0, 1)
    assert image_l1(truth, painted) == pytest.approx((200 - 128) / 255)
    assert union_psnr(truth, painted) == pytest.approx(20 * math.log10(255 / 72))


def test_transparent_pictures_show_the_grey() -> None:
    np.testing.assert_allclose(over_grey(_picture(0, 0), premultiplied=True), 128)


def test_colour_errors_agree_with_loops(rng: np.random.Generator) -> None:
    truth, painted = _random_pair(rng)
    inside, everywhere, union = [], [], []
    for true_pixel, pixel in zip(truth.reshape(-1, 4), painted.reshape(-1, 4), strict=True):
        true_alpha, alpha = int(true_pixel[3]) / 255, int(pixel[3]) / 255
        for channel in range(3):
            straight = min(int(pixel[channel]) / max(alpha, 1 / 255), 255)
            if true_alpha > 0.5:
                inside.append(straight - int(true_pixel[channel]))
            over = int(pixel[channel]) + 128 * (1 - alpha)
            true_over = int(true_pixel[channel]) * true_alpha + 128 * (1 - true_alpha)
            everywhere.append(over - true_over)
            if true_alpha > 0 or alpha > 0:
                union.append(over - true_over)
    assert figure_l1(truth, painted) == pytest.approx(sum(map(abs, inside)) / len(inside) / 255)
    assert image_l1(truth, painted) == pytest.approx(sum(map(abs, everywhere)) / 13**2 / 3 / 255)
    for measured, errors in ((figure_psnr, inside), (union_psnr, union)):
        square = sum(error**2 for error in errors) / len(errors)
        assert measured(truth, painted) == pytest.approx(10 * math.log10(255**2 / square))


def test_similarity_agrees_with_the_papers_formula_pixel_by_pixel(
    rng: np.random.Generator,
) -> None:
    first, second = rng.uniform(0, 255, (2, 9, 14, 3))
    steps = np.arange(WINDOW) - WINDOW // 2
    window = np.exp(-(steps[:, None] ** 2 + steps**2) / (2 * SIGMA**2))
    window /= window.sum()
    rim = WINDOW // 2
    wide = [np.pad(p, ((rim, rim), (rim, rim), (0, 0)), "symmetric") for p in (first, second)]
    expected = np.zeros((9, 14))
    for row in range(9):
        for column in range(14):
            values = []
            for channel in range(3):
                x, y = (p[row : row + WINDOW, column : column + WINDOW, channel] for p in wide)
                mean_x, mean_y = (window * x).sum(), (window * y).sum()
                var_x = (window * (x - mean_x) ** 2).sum()
                var_y = (window * (y - mean_y) ** 2).sum()
                both = (window * (x - mean_x) * (y - mean_y)).sum()
                c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
                light = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
                values.append(light * (2 * both + c2) / (var_x + var_y + c2))
            expected[row, column] = np.mean(values)
    np.testing.assert_allclose(ssim_map(first, second), expected, atol=1e-9)


def test_similarity_is_taken_in_the_figure_alone(rng: np.random.Generator) -> None:
    truth, painted = _random_pair(rng, 40)
    truth[..., 3], painted[..., 3] = 255, 255
    truth[:, 12:, 3] = 0
    painted[:, 12:20] = 0
    painted[:, :12] = truth[:, :12]
    assert figure_ssim(truth, painted) > 0.999
    assert figure_ssim(np.flip(truth, 1), painted) < 0.5


def test_silhouettes_agree_with_loops(rng: np.random.Generator) -> None:
    truth, painted = _random_pair(rng)
    least = most = 0
    for a, b in zip(truth[..., 3].ravel().tolist(), painted[..., 3].ravel().tolist(), strict=True):
        least, most = least + min(a, b), most + max(a, b)
    assert alpha_iou(truth, painted) == pytest.approx(least / most)
    edges = []
    for picture in (truth, painted):
        mask = np.pad(picture[..., 3] > 127, 1, "edge")
        edges.append(
            [
                (row, column)
                for row in range(1, 14)
                for column in range(1, 14)
                if mask[row, column]
                and not all(
                    mask[row + down, column + right]
                    for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0))
                )
            ]
        )
    ways = [
        np.mean([min(math.dist(place, other) for other in there) for place in here])
        for here, there in (edges, edges[::-1])
    ]
    assert boundary_error_px(truth, painted) == pytest.approx(np.mean(ways))


def test_the_boundary_error_is_the_distance_of_the_outlines() -> None:
    assert boundary_error_px(_box(40, 10, 30), _box(40, 8, 32)) == pytest.approx(2, abs=0.2)
    assert boundary_error_px(_box(40, 10, 30), _box(40, 0, 0)) == pytest.approx(math.hypot(40, 40))
    assert boundary_error_px(_box(40, 0, 0), _box(40, 0, 0)) == 0


def test_nothing_covers_nothing() -> None:
    assert alpha_iou(_box(8, 0, 0), _box(8, 0, 0)) == 1
    assert alpha_iou(_box(8, 0, 4), _box(8, 0, 0)) == 0


@pytest.mark.parametrize("supersampling", [1, 2])
def test_landmarks_are_found_between_the_pixels(supersampling: int) -> None:
    shift = 2.5 * supersampling
    match = match_landmarks(
        _plane(24 * supersampling), _plane(24 * supersampling, shift), supersampling
    )
    inner = np.all((match.later > 5) & (match.later < 18), axis=1)
    moved = match.later[inner] - match.earlier[inner]
    assert inner.sum() > 100
    np.testing.assert_allclose(moved, np.broadcast_to((0, 2.5), moved.shape), atol=0.2)


def test_the_nearest_landmark_is_the_one_of_a_plain_search(rng: np.random.Generator) -> None:
    before, after = _plane(12), _plane(12, 3.0)
    match = match_landmarks(before, after)
    landmarks = before.xyzv[..., :3].reshape(-1, 3)
    for place in rng.integers(0, len(match.later), 20):
        row, column = match.later[place].astype(int)
        distance = np.linalg.norm(landmarks - after.xyzv[row, column, :3], axis=1)
        nearest = np.divmod(int(distance.argmin()), 12)
        np.testing.assert_allclose(match.earlier[place], nearest, atol=0.15)


def test_landmarks_that_come_into_sight_match_nothing() -> None:
    later = _plane(24, 10.0)
    match = match_landmarks(_plane(24), later)
    assert match.later[:, 1].min() >= 8
    assert len(match_landmarks(UdpMap(np.zeros((8, 8, 4), np.float32)), _plane(8)).later) == 0
    assert len(match_landmarks(_plane(8), UdpMap(np.zeros((8, 8, 4), np.float32))).later) == 0


def test_paint_that_moves_with_its_landmark_does_not_flicker() -> None:
    columns = np.broadcast_to(np.arange(24.0)[None, :, None], (24, 24, 3)) * 10
    found = match_landmarks(_plane(24), _plane(24, 2.0))
    inner = (found.earlier[:, 1] > 3) & (found.later[:, 1] < 20)
    match = Match(found.earlier[inner], found.later[inner])
    moving = columns - 20
    assert flicker(match, columns, moving) < 0.002
    assert flicker(match, columns, columns) == pytest.approx(20 / 255, abs=0.003)


def _thin_lines(side: int, shift_px: float) -> np.ndarray:
    """Columns of ink one pixel wide, antialiased, ``[side, side, 3]``."""
    fine = np.arange(side * 20) / 20 - shift_px
    return np.broadcast_to(
        (255.0 * (fine % 6 >= 1)).reshape(side, 20).mean(1)[None, :, None], (side, side, 3)
    )


@pytest.mark.parametrize("shift_px", [1.25, 1.5, 1.75])
def test_thin_lines_that_move_by_parts_of_a_pixel_hardly_flicker(shift_px: float) -> None:
    later = np.argwhere(np.ones((24, 12))) + np.array([0.0, 6.0])
    match = Match(later - np.array([0.0, shift_px]), later)
    moving = flicker(match, _thin_lines(24, 0.5), _thin_lines(24, 0.5 + shift_px))
    standing = flicker(match, _thin_lines(24, 0.5), _thin_lines(24, 0.5))
    assert moving < 0.25 * standing


def test_flicker_agrees_with_a_loop(rng: np.random.Generator) -> None:
    earlier, later = rng.uniform(0, 255, (2, 9, 9, 3))
    places = rng.uniform(0, 7.9, (2, 15, 2))
    errors = []
    for before, after in zip(*places, strict=True):
        for channel in range(3):
            values = []
            for picture, (y, x) in ((softened(earlier), before), (softened(later), after)):
                r, c = int(y), int(x)
                top = picture[r, c, channel] * (1 - x + c) + picture[r, c + 1, channel] * (x - c)
                low = picture[r + 1, c, channel] * (1 - x + c)
                low += picture[r + 1, c + 1, channel] * (x - c)
                values.append(top * (1 - y + r) + low * (y - r))
            errors.append(abs(values[1] - values[0]))
    match = Match(places[0], places[1])
    assert flicker(match, earlier, later) == pytest.approx(np.mean(errors) / 255)


def test_without_a_common_landmark_nothing_flickers() -> None:
    nowhere = Match(np.zeros((0, 2)), np.zeros((0, 2)))
    assert flicker(nowhere, np.zeros((4, 4, 3)), np.full((4, 4, 3), 255.0)) == 0
