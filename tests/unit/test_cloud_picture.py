"""Where points land in a picture, which one wins, and how views change."""

import math

import numpy as np
import pytest

from avatar_app.gui.cloud_picture import (
    CloudPicture,
    CloudScene,
    draw_points,
    make_scene,
    project,
)
from avatar_app.gui.cloud_view import MAX_PITCH_RAD, MAX_ZOOM, MIN_ZOOM, CloudView

SIZE = (200, 240)
FRONT = CloudView(0.0, 0.0)
FOG = (0, 0, 0)


def scene(*points: tuple[float, float, float], spacing: float = 0.02) -> CloudScene:
    """Red, green and blue points in turn, about the middle of a box of figure size."""
    colours = np.eye(3)[np.arange(len(points)) % 3] * 255
    positions = np.array(points, np.float32)
    return CloudScene(positions, colours.T.astype(np.float32), 0.8, 0.6, spacing)


def whole(picture: CloudPicture) -> np.ndarray:
    canvas = np.zeros((picture.size[1], picture.size[0], 4), np.uint8)
    height, width = picture.image.shape[:2]
    place = canvas[picture.top : picture.top + height, picture.left : picture.left + width]
    place[:] = picture.image
    return canvas


def test_a_point_is_drawn_where_the_projection_puts_it() -> None:
    cloud = scene((0.2, -0.3, 0.1))
    column, row, _ = project(cloud, FRONT, SIZE).place(cloud.positions)[:, 0]
    drawn = whole(draw_points(cloud, FRONT, SIZE, FOG))
    rows, columns = drawn[..., 3].nonzero()
    assert abs(rows.mean() - (row - 0.5)) < 1
    assert abs(columns.mean() - (column - 0.5)) < 1
    assert column > 100
    assert row > 120


def test_from_the_left_side_the_front_is_on_the_left() -> None:
    front = np.array([[0.0, 0.0, 0.3]], np.float32)
    cloud = scene((0.0, 0.0, 0.3))
    column = project(cloud, CloudView(math.pi / 2, 0.0), SIZE).place(front)[0, 0]
    assert column < 80
    above = project(cloud, CloudView(0.0, 0.5), SIZE).place(front)[1, 0]
    assert above > project(cloud, CloudView(0.0, 0.0), SIZE).place(front)[1, 0] + 20


@pytest.mark.parametrize("yaw", [0.0, math.pi])
def test_the_nearer_of_two_points_is_seen(yaw: float) -> None:
    cloud = scene((0.0, 0.0, -0.2), (0.0, 0.0, 0.2))
    drawn = whole(draw_points(cloud, CloudView(yaw, 0.0), SIZE, FOG))
    middle = drawn[drawn[..., 3] == 255].mean(axis=0)
    assert np.argmax(middle[:3]) == (1 if yaw == 0 else 0)


def test_discs_close_a_surface_at_any_zoom() -> None:
    steps = np.arange(-0.2, 0.2, 0.004)
    grid = np.stack([*np.meshgrid(steps, steps), np.zeros((100, 100))], axis=-1).reshape(-1, 3)
    surface = CloudScene(
        grid.astype(np.float32), np.full((3, len(grid)), 200, np.float32), 0.8, 0.6, 0.004
    )
    for zoom in (1.0, 2.3, 5.0, 12.0):
        drawn = whole(draw_points(surface, CloudView(0.3, 0.1, zoom), SIZE, FOG))
        assert (drawn[90:140, 80:120, 3] == 255).all()


def test_distance_fades_into_the_fog() -> None:
    near, far = scene((0, 0, 0.29)), scene((0, 0, -0.29))
    bright = whole(draw_points(near, FRONT, SIZE, FOG))[..., 0].max()
    assert bright > 250
    assert whole(draw_points(far, FRONT, SIZE, FOG))[..., 0].max() < 0.8 * bright
    assert whole(draw_points(far, FRONT, SIZE, (0, 0, 200)))[..., 2].max() > 50


def test_what_lies_behind_an_edge_is_darker_beside_it() -> None:
    steps = np.arange(-0.2, 0.2, 0.004)
    wall = np.stack([*np.meshgrid(steps, steps), np.full((100, 100), -0.1)], axis=-1)
    pole = wall[:, 48:52] + (0, 0, 0.15)
    points = np.concatenate([wall.reshape(-1, 3), pole.reshape(-1, 3)]).astype(np.float32)
    cloud = CloudScene(points, np.full((3, len(points)), 200, np.float32), 0.8, 0.6, 0.004)
    row = whole(draw_points(cloud, FRONT, SIZE, FOG))[114, :, 0].astype(int)
    assert row[80:120].min() < 0.75 * np.median(row[70:90])


def test_premultiplied_colours_never_exceed_alpha(rng: np.random.Generator) -> None:
    cloud = make_scene(
        rng.random((3000, 3)).astype(np.float32),
        rng.integers(0, 256, (3000, 3), dtype=np.uint8),
        0.02,
    )
    for zoom in (0.5, 1.0, 6.0):
        image = draw_points(cloud, CloudView(zoom=zoom), SIZE, FOG).image
        assert (image[..., :3] <= image[..., 3:]).all()


@pytest.mark.parametrize("pan", [(0.0, 0.0), (0.4, 0.2), (-3.0, 0.0), (0.0, 7.0)])
@pytest.mark.parametrize("zoom", [0.4, 1.0, 12.0])
def test_a_picture_never_leaves_its_canvas(pan: tuple[float, float], zoom: float) -> None:
    cloud = make_scene(
        np.random.default_rng(1).random((500, 3)).astype(np.float32),
        np.zeros((500, 3), np.uint8),
        0.03,
    )
    picture = draw_points(cloud, CloudView(0.4, 0.3, zoom, pan), SIZE, FOG)
    height, width = picture.image.shape[:2]
    assert picture.left >= 0
    assert picture.top >= 0
    assert picture.left + width <= SIZE[0]
    assert picture.top + height <= SIZE[1]


def test_a_scene_is_centred_whatever_strays() -> None:
    positions = np.random.default_rng(2).random((10_000, 3)).astype(np.float32)
    positions[0] = (900, 900, 900)
    made = make_scene(positions, np.zeros((10_000, 3), np.uint8), 0.01)
    assert made.height == pytest.approx(1.0, abs=0.01)
    np.testing.assert_allclose(np.median(made.positions, axis=0), 0, atol=0.02)
    flat = make_scene(np.zeros((1, 3), np.float32), np.zeros((1, 3), np.uint8), 0.01)
    assert draw_points(flat, FRONT, SIZE, FOG).image[..., 3].any()


def test_dragging_turns_with_the_pointer_and_stops_before_the_poles() -> None:
    cloud = scene((0.0, 0.0, 0.3))
    column, row, _ = project(cloud, FRONT, SIZE).place(cloud.positions)[:, 0]
    turned = FRONT.dragged(0.1, 0.1)
    after = project(cloud, turned, SIZE).place(cloud.positions)[:, 0]
    assert after[0] > column
    assert after[1] > row
    assert FRONT.dragged(0, 99).pitch_rad == MAX_PITCH_RAD
    assert FRONT.dragged(0, -99).pitch_rad == -MAX_PITCH_RAD
    assert abs(FRONT.turned(100.0).yaw_rad) <= math.pi


def test_zoom_keeps_what_is_under_the_pointer_and_has_limits() -> None:
    at = (0.2, -0.1)
    near = FRONT.zoomed(5, at)
    assert near.zoom > 1.5
    before = [(place - shift) / FRONT.zoom for place, shift in zip(at, FRONT.pan, strict=True)]
    after = [(place - shift) / near.zoom for place, shift in zip(at, near.pan, strict=True)]
    assert after == pytest.approx(before)
    assert FRONT.zoomed(999, at).zoom == MAX_ZOOM
    assert FRONT.zoomed(-999, at).zoom == MIN_ZOOM
