import numpy as np
import pytest
from numpy.typing import NDArray

from udp_live.rasterizer.ink import JUMP_HIGH, JUMP_LOW, ink_mask


def plane(size: int = 16, *, slope: float = 0.002) -> NDArray[np.float32]:
    """A surface whose landmark grows evenly to the right and fills the picture."""
    xyzv = np.ones((size, size, 4), np.float32)
    xyzv[..., 0] = slope * np.arange(size)
    return xyzv


def test_a_smooth_surface_gets_no_line_however_steep() -> None:
    assert ink_mask(plane(slope=0.03), 2.0).max() == 0.0


def test_the_rim_of_a_sphere_gets_its_silhouette_and_nothing_more() -> None:
    rows, columns = (np.mgrid[:64, :64] - 31.5) / 30.0
    squared = 1.0 - rows**2 - columns**2
    depth = np.sqrt(np.maximum(squared, 0.0))
    xyzv = 0.5 + 0.1 * np.stack((columns, rows, depth, np.full((64, 64), 5.0)), axis=-1)
    xyzv = np.where(squared[..., None] > 0, xyzv, 0.0).astype(np.float32)
    flat = np.where(squared[..., None] > 0, np.float32(0.5), xyzv)
    flat[..., 3] = xyzv[..., 3]
    np.testing.assert_array_equal(ink_mask(xyzv, 1.5), ink_mask(flat, 1.5))


def test_an_empty_map_and_a_width_of_zero_give_no_ink() -> None:
    assert ink_mask(np.zeros((8, 8, 4), np.float32), 2.0).max() == 0.0
    holed = plane()
    holed[:8] = 0.0
    assert ink_mask(holed, 0.0).max() == 0.0


@pytest.mark.parametrize("width", [0.5, 1.0, 1.7, 3.0])
def test_a_silhouette_has_the_full_width_of_the_line_inside(width: float) -> None:
    xyzv = plane()
    xyzv[:, :4] = 0.0
    ink = ink_mask(xyzv, width)
    assert np.all(ink[:, :4] == 0.0)
    np.testing.assert_allclose(ink.sum(axis=1), width, atol=1e-5)


@pytest.mark.parametrize("width", [0.5, 1.0, 1.7])
def test_a_jump_has_half_the_width_on_either_side(width: float) -> None:
    xyzv = plane()
    xyzv[:, 8:, 2] = 0.9
    ink = ink_mask(xyzv, width)
    np.testing.assert_allclose(ink.sum(axis=1), width, atol=1e-5)
    np.testing.assert_allclose(ink[:, :8], ink[:, :7:-1])


def test_rows_and_columns_are_alike(rng: np.random.Generator) -> None:
    xyzv = plane()
    xyzv[3:9, 5:12, 2] = 0.5
    xyzv[10:, :4] = 0.0
    np.testing.assert_allclose(
        ink_mask(xyzv, 1.8), ink_mask(np.ascontiguousarray(xyzv.swapaxes(0, 1)), 1.8).T
    )


def test_lines_grow_with_the_jump_and_start_at_none() -> None:
    jumps = np.linspace(0.5 * JUMP_LOW, 1.5 * JUMP_HIGH, 9, dtype=np.float32)
    inks = []
    for jump in jumps:
        xyzv = plane(slope=0.0)
        xyzv[:, 8:, 2] += jump
        inks.append(ink_mask(xyzv, 1.0)[4, 8])
    assert inks[0] == 0.0
    assert inks[-1] == pytest.approx(0.5)
    assert np.all(np.diff(inks) >= 0.0)


def test_the_border_of_the_picture_is_no_silhouette() -> None:
    xyzv = plane()
    ink = ink_mask(xyzv, 3.0)
    assert ink.max() == 0.0
