"""Modelling tools keep their promises about orientation, ends and weights."""

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar.surfaces import (
    Surface,
    chain_weights,
    grid_surface,
    inside_polygon,
    merge,
    mirrored,
    sample_spline,
    strand,
    triangulate,
)

SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


def face_normals(surface: Surface) -> NDArray[np.float32]:
    a, b, c = (surface.positions[surface.triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a)


def tube() -> Surface:
    path = np.stack([np.zeros(9), np.linspace(1.0, 0.0, 9), np.zeros(9)], axis=1)
    return strand(path, np.tile([0.0, 0.0, 1.0], (9, 1)), 0.2, 0.1)


def test_spline_starts_and_ends_at_its_controls() -> None:
    controls = [(0.0, 0.0, 0.0), (1.0, 2.0, 0.0), (3.0, 2.0, 1.0)]
    sampled = sample_spline(controls, 7)
    np.testing.assert_allclose(sampled[[0, -1]], [controls[0], controls[-1]], atol=1e-12)


def test_grid_faces_outwards_when_rows_run_down_and_columns_to_her_left() -> None:
    x, y = np.meshgrid([-1.0, 0.0, 1.0], [1.0, 0.0, -1.0])
    surface = grid_surface(np.stack([x, y, np.zeros_like(x)], axis=-1))
    assert (face_normals(surface)[:, 2] > 0).all()
    np.testing.assert_allclose(surface.normals, np.tile([0.0, 0.0, 1.0], (9, 1)), atol=1e-6)


def test_strand_is_closed_and_faces_outwards() -> None:
    surface = tube()
    centres = surface.positions[surface.triangles].mean(axis=1)
    outwards = centres * (1.0, 0.0, 1.0)
    around = np.linalg.norm(outwards, axis=1) > 0.01
    assert (np.sum(face_normals(surface) * outwards, axis=1)[around] > -1e-9).all()
    assert around.any()


def test_strand_carries_its_outer_middle_at_half_u() -> None:
    surface = tube()
    front = surface.positions[np.isclose(surface.uvs[:, 0], 0.5)]
    assert front[:, 2].max() == surface.positions[:, 2].max()


def test_mirror_image_still_faces_outwards() -> None:
    surface = mirrored(tube())
    centres = surface.positions[surface.triangles].mean(axis=1) * (1.0, 0.0, 1.0)
    around = np.linalg.norm(centres, axis=1) > 0.01
    assert (np.sum(face_normals(surface) * centres, axis=1)[around] > -1e-9).all()
    assert around.any()


def test_merge_keeps_each_surface_apart() -> None:
    one = tube()
    both = merge([one, one])
    assert both.triangles.max() == 2 * len(one.positions) - 1
    np.testing.assert_array_equal(both.positions[: len(one.positions)], one.positions)


def test_triangulation_leaves_the_hole_open_and_turns_one_way() -> None:
    grid = np.stack(np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 1, 9)), -1).reshape(-1, 2)
    hole = SQUARE * 0.5 + 0.25
    triangles = triangulate(grid, lambda centres: ~inside_polygon(centres, hole))
    a, b, c = (grid[triangles[:, k]] for k in range(3))
    areas = 0.5 * ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    assert (areas > 0).all()
    np.testing.assert_allclose(areas.sum(), 0.75, atol=1e-9)


def test_inside_and_outside_of_a_polygon_differ() -> None:
    found = inside_polygon(np.array([[0.5, 0.5], [1.5, 0.5], [-0.1, 0.2]]), SQUARE)
    assert found.tolist() == [True, False, False]


def test_chain_weights_pass_from_root_to_tip() -> None:
    weights = chain_weights(np.linspace(0, 1, 11), ("a", "b", "c"))
    np.testing.assert_allclose(sum(weights.values()), 1.0, atol=1e-6)
    assert weights["a"][0] == 1.0
    assert weights["c"][-1] == 1.0
    assert weights["b"][5] == 1.0
