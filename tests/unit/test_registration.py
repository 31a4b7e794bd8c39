"""Landmarks that lie beside their drawing are moved onto it; right ones are not touched."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from renderer.registration import Registration, register_drawings
from renderer.registration.gaps import within_drawing
from renderer.registration.registration import MOST_SHIFT, bounded
from renderer.registration.repaired_udp import moved_udp
from renderer.registration.spline_field import SplineField, SplineGrid
from renderer.training.wrong_landmarks import smooth_shift, warped_udp
from renderer.types import CharacterSheet, SheetView
from tests.fakes.landmark_scene import NO_INK, draw_doll

SIZE = 160
SHIFT = 0.015  # of the height, rms
YAWS = {"front": 0.0, "back": np.pi, "left": np.pi / 2}


@pytest.fixture(scope="module")
def exact() -> CharacterSheet:
    views = []
    for name, yaw_rad in YAWS.items():
        image, udp = draw_doll(SIZE, yaw_rad=yaw_rad)
        views.append(SheetView(name, image, udp, yaw_rad))
    return CharacterSheet(tuple(views), {}, NO_INK)


def _wrong(sheet: CharacterSheet, names: set[str] | None = None) -> CharacterSheet:
    random = np.random.default_rng(3)
    views = [
        replace(view, udp=warped_udp(view.udp, SHIFT, random))
        if names is None or view.name in names
        else view
        for view in sheet.views
    ]
    return replace(sheet, views=tuple(views))


@pytest.fixture(scope="module")
def repaired(exact: CharacterSheet) -> Registration:
    return register_drawings(_wrong(exact))


def _error(sheet: CharacterSheet, exact: CharacterSheet) -> float:
    """Return the rms distance of landmarks to the true ones, in pixels."""
    squares = []
    for view, truth in zip(sheet.views, exact.views, strict=True):
        both = (view.udp[..., 3] > 0.5) & (truth.udp[..., 3] > 0.5)
        steps = (view.udp - truth.udp).astype(np.float32)[both][:, :3] * SIZE
        squares.append(np.minimum(np.sum(steps**2, axis=1), 8**2))
    return float(np.sqrt(np.mean(np.concatenate(squares))))


def test_a_right_sheet_comes_back_itself(exact: CharacterSheet) -> None:
    found = register_drawings(exact)
    assert found.sheet is exact
    assert not found.repaired
    assert all(not view.displacement_px.any() for view in found.views)


def test_shifted_landmarks_are_moved_onto_the_drawings(
    exact: CharacterSheet, repaired: Registration
) -> None:
    before = _error(_wrong(exact), exact)
    assert before > 2
    assert _error(repaired.sheet, exact) < 0.4 * before


def test_the_displacement_leads_from_the_given_landmarks_to_the_drawing(
    exact: CharacterSheet, repaired: Registration
) -> None:
    random = np.random.default_rng(3)
    knots = int(random.integers(3, 7))
    front = repaired.views[0]
    true = smooth_shift((SIZE, SIZE), SHIFT * SIZE, knots, random)
    inside = front.occupied
    off = np.linalg.norm((front.displacement_px - true)[inside], axis=-1)
    assert np.median(off) < 0.6 * np.median(np.linalg.norm(true[inside], axis=-1))


def test_silhouettes_agree_afterwards_and_it_is_told_how_well(repaired: Registration) -> None:
    for report, view in zip(repaired.views, repaired.sheet.views, strict=True):
        assert report.overlap_before < 0.9 < report.overlap_after
        assert 1 < report.mean_shift_px < 8
        assert not (view.udp[..., 3] > 0.5)[view.image[..., 3] <= 127].any()


def test_views_in_place_stay_and_only_wrong_ones_move(exact: CharacterSheet) -> None:
    given = _wrong(exact, {"left"})
    found = register_drawings(given)
    assert found.sheet.views[0] is given.views[0]
    assert found.sheet.views[1] is given.views[1]
    assert _error(found.sheet, exact) < 0.5 * _error(given, exact)


def test_a_single_drawing_is_fitted_by_its_outlines(exact: CharacterSheet) -> None:
    given = _wrong(replace(exact, views=exact.views[:1]))
    (report,) = register_drawings(given).views
    assert report.overlap_after > report.overlap_before + 0.05


def test_drawings_of_expressions_are_left_alone(exact: CharacterSheet) -> None:
    smile = replace(_wrong(exact).views[0], name="smile", expression="happy")
    given = replace(exact, views=(*exact.views, smile))
    assert register_drawings(given).sheet is given
    given = replace(exact, views=(*_wrong(exact).views[:1], smile))
    assert register_drawings(given).sheet.views[-1] is smile


@pytest.mark.parametrize("shape", [(1, 1), (2, 300), (300, 3)])
def test_odd_and_empty_drawings_are_survived(exact: CharacterSheet, shape: tuple[int, int]) -> None:
    empty = SheetView("empty", np.zeros((*shape, 4), np.uint8), np.zeros((*shape, 4), np.float32))
    full = SheetView("full", np.full((*shape, 4), 255, np.uint8), np.ones((*shape, 4), np.float16))
    views = (empty, full, *_wrong(exact, {"front"}).views[:1])
    found = register_drawings(replace(exact, views=views))
    assert found.sheet.views[0] is empty
    assert found.sheet.views[1] is full


@pytest.mark.parametrize("strange", [np.nan, np.inf, -3e38])
def test_landmarks_that_are_no_numbers_do_not_spread(exact: CharacterSheet, strange: float) -> None:
    front = _wrong(exact).views[0]
    udp = front.udp.copy()
    udp[SIZE // 2, SIZE // 2 - 4 : SIZE // 2 + 4] = strange
    given = replace(exact, views=(replace(front, udp=udp),))
    found = register_drawings(given)
    assert all(np.isfinite(view.udp).all() for view in found.sheet.views)
    assert found.views[0].overlap_after > 0.9


def test_shifts_are_bounded_whatever_is_drawn(exact: CharacterSheet) -> None:
    """The drawing shows another figure, half a picture beside the landmarks."""
    front = exact.views[0]
    aside = np.roll(front.image[:, ::-1], SIZE // 2, 1)
    given = replace(exact, views=(replace(front, image=aside), _wrong(exact).views[1]))
    for view in register_drawings(given).views:
        length = np.linalg.norm(view.displacement_px, axis=-1)
        assert length.max() <= MOST_SHIFT * SIZE * (1 + 1e-5)
        assert view.overlap_after >= view.overlap_before


def test_a_bound_shortens_long_shifts_alone() -> None:
    given = np.array([[[3, 4], [0.6, -0.8], [0, 0]]], np.float32)
    np.testing.assert_allclose(bounded(given, 2), [[[1.2, 1.6], [0.6, -0.8], [0, 0]]], rtol=1e-6)


def test_the_order_of_drawings_has_no_effect(exact: CharacterSheet, repaired: Registration) -> None:
    given = _wrong(exact)
    turned = register_drawings(replace(given, views=given.views[::-1])).sheet
    for view, same in zip(repaired.sheet.views, turned.views[::-1], strict=True):
        np.testing.assert_array_equal(view.udp, same.udp)


def test_a_hole_within_one_surface_is_bridged_by_it(exact: CharacterSheet) -> None:
    truth = exact.views[0]
    rows, columns = np.indices((SIZE, SIZE))
    hole = np.hypot(rows - 0.55 * SIZE, columns - 0.5 * SIZE) < 8
    udp = truth.udp.astype(np.float32)
    udp[hole] = 0
    closed = within_drawing(udp, truth.image[..., 3] > 127)
    off = np.linalg.norm((closed - truth.udp)[hole][:, :3] * SIZE, axis=-1)
    assert (closed[hole][:, 3] == 1).all()
    assert off.max() < 1


def test_a_hole_where_surfaces_meet_stays_open(exact: CharacterSheet) -> None:
    """Seen from the left, an arm is in front of the body."""
    truth = exact.views[2]
    udp = truth.udp.astype(np.float32)
    steps = np.linalg.norm(np.diff(udp[..., :3], axis=0), axis=-1)
    steps[~(distance_transform_edt(udp[..., 3] > 0.5)[1:] > 0.06 * SIZE)] = 0
    row, column = np.unravel_index(np.argmax(steps), steps.shape)
    rows, columns = np.indices((SIZE, SIZE))
    udp[np.hypot(rows - row, columns - column) < 0.04 * SIZE] = 0
    closed = within_drawing(udp, truth.image[..., 3] > 127)
    assert closed[row, column, 3] == 0


def _wave(places: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = places.T
    return np.stack([np.sin(4 * y) * 0.02, np.cos(3 * x) * 0.01], 1)


def test_a_field_keeps_its_values_on_finer_knots() -> None:
    places = np.random.default_rng(0).uniform(0, 1, (400, 2)) * (0.6, 1)
    coarse = SplineGrid.over(0.6, 5)
    basis = coarse.basis(places)
    fitted = np.linalg.lstsq(basis.toarray(), _wave(places), rcond=None)[0].T
    field = SplineField(coarse, np.ascontiguousarray(fitted))
    finer = field.on(SplineGrid.over(0.6, 12))
    np.testing.assert_allclose(field.at(places), _wave(places), atol=2e-4)
    np.testing.assert_allclose(finer.at(places), field.at(places), atol=2e-4)
    dense = finer.dense((50, 30))
    centres = np.stack(np.meshgrid(np.arange(30) + 0.5, np.arange(50) + 0.5), -1) / 50
    expected = finer.at(centres.reshape(-1, 2)).reshape(50, 30, 2) * 50
    np.testing.assert_allclose(dense, expected, atol=1e-4)


def test_a_moved_map_has_its_landmarks_where_the_displacement_leads(
    exact: CharacterSheet,
) -> None:
    udp = exact.views[0].udp
    shift = np.full((SIZE, SIZE, 2), (3, -5), np.float32)
    moved = moved_udp(udp.astype(np.float32), shift)
    inside = (udp[..., 3] > 0.5) & (np.roll(moved, (5, -3), (0, 1))[..., 3] > 0.5)
    off = np.abs(np.roll(moved, (5, -3), (0, 1)) - udp)[inside]
    assert inside.sum() > 0.96 * (udp[..., 3] > 0.5).sum()
    assert np.percentile(off, 99) < 1 / SIZE
