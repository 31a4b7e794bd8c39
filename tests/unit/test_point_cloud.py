"""Point clouds: which pixels become points, how they are thinned, and what a PLY file holds."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.errors import SheetError
from renderer.sheet.ply_file import HEADER, read_ply, write_ply
from renderer.sheet.point_cloud import PointCloud, gather_points, merge_clouds, thin_out
from renderer.types import InkStyle, SheetView

SIDE = 40


def flat_view(name: str = "front", expression: str | None = None) -> SheetView:
    """A red square of 20 by 20 pixels, 0.01 landmark units apart, in the middle of a picture."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    udp = np.stack([columns / 100, 1 - rows / 100, np.full_like(rows, 0.6), rows * 0], axis=-1)
    udp[10:30, 10:30, 3] = 1
    image = np.zeros((SIDE, SIDE, 4), np.uint8)
    image[10:30, 10:30] = (200, 10, 30, 255)
    return SheetView(name, image, udp.astype(np.float32), 0.0, expression)


def cloud_of(positions: NDArray[np.float64]) -> PointCloud:
    colours = np.arange(positions.size, dtype=np.uint8).reshape(positions.shape)
    return PointCloud(positions.astype(np.float32), colours)


def test_every_pixel_inside_becomes_a_point_of_its_landmark_and_colour() -> None:
    cloud = gather_points([flat_view()], None, 0.005)
    assert len(cloud) == 18 * 18
    np.testing.assert_allclose(cloud.positions.min(0), (0.11, 0.72, 0.6), atol=1e-6)
    np.testing.assert_allclose(cloud.positions.max(0), (0.28, 0.89, 0.6), atol=1e-6)
    assert set(map(tuple, cloud.colours.tolist())) == {(200, 10, 30)}


def test_outline_ink_is_no_surface() -> None:
    ink = InkStyle(width=3 / SIDE)
    assert len(gather_points([flat_view()], ink, 0.005)) == 14 * 14
    jump = flat_view()
    jump.udp[:, 20:, 2] = 0.9
    places = gather_points([jump], ink, 0.005).positions[:, 0]
    assert not ((places > 0.185) & (places < 0.205)).any()


def test_thin_paint_and_numbers_that_are_none_are_left_out() -> None:
    view = flat_view()
    view.image[10:30, 15, 3] = 100
    view.udp[20, 10:30, 1] = np.nan
    cloud = gather_points([view], None, 0.005)
    assert np.isfinite(cloud.positions).all()
    assert len(cloud) == (18 - 3) * (18 - 3)


def test_drawings_of_an_expression_count_only_when_there_is_no_other() -> None:
    smile = flat_view("smile", "happy")
    smile.image[..., 0] = 0
    both = gather_points([flat_view(), smile], None, 0.005)
    assert set(both.colours[:, 0].tolist()) == {200}
    assert set(gather_points([smile], None, 0.005).colours[:, 0].tolist()) == {0}


def test_a_second_drawing_of_the_same_surface_adds_no_points() -> None:
    one = gather_points([flat_view()], None, 0.005)
    two = gather_points([flat_view(), flat_view("again")], None, 0.005)
    np.testing.assert_allclose(two.positions, one.positions, atol=1e-6)
    np.testing.assert_array_equal(two.colours, one.colours)


def test_points_of_one_cell_become_their_mean(rng: np.random.Generator) -> None:
    cloud = cloud_of(rng.random((5000, 3)))
    thin = thin_out(cloud, 0.25)
    assert len(thin) == 64
    cells = np.floor(thin.positions / 0.25)
    assert len(np.unique(cells, axis=0)) == 64
    inside = (np.floor(cloud.positions / 0.25) == cells[5]).all(axis=1)
    np.testing.assert_allclose(thin.positions[5], cloud.positions[inside].mean(0), atol=1e-5)
    np.testing.assert_allclose(thin.colours[5], cloud.colours[inside].mean(0), atol=0.51)


def test_no_points_are_a_cloud_too(tmp_path: Path) -> None:
    view = flat_view()
    view.udp[..., 3] = 0
    for cloud in (gather_points([view]), gather_points([]), merge_clouds([])):
        assert len(cloud) == 0
    write_ply(tmp_path / "none.ply", merge_clouds([]))
    assert len(read_ply(tmp_path / "none.ply")) == 0


def test_points_far_out_are_dropped_instead_of_overflowing() -> None:
    cloud = cloud_of(np.array([[0.5, 0.5, 0.5], [1e30, 0, 0], [-1e9, 0, 0]]))
    assert len(thin_out(cloud, 0.01)) == 1


def test_wrong_arrays_are_wrong_arguments() -> None:
    points, colours = np.zeros((4, 3), np.float32), np.zeros((4, 3), np.uint8)
    for wrong in ((points[:3], colours), (points[:, :2], colours[:, :2])):
        with pytest.raises(ValueError, match="unexpected"):
            PointCloud(*wrong)
    with pytest.raises(TypeError, match="unexpected dtypes"):
        PointCloud(points.astype(np.float64), colours)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unexpected spacing"):
        gather_points([flat_view()], None, 0.0)


def test_a_ply_file_is_written_byte_for_byte_as_the_format_says(tmp_path: Path) -> None:
    cloud = PointCloud(np.array([[0.25, 0.5, 0.75]], np.float32), np.array([[1, 2, 3]], np.uint8))
    write_ply(tmp_path / "a.ply", cloud)
    vertex = np.array([0.25, 0.25, 0.5], "<f4").tobytes() + bytes([1, 2, 3])
    assert (tmp_path / "a.ply").read_bytes() == HEADER.format(count=1).encode() + vertex


def test_a_ply_file_comes_back_as_it_was(tmp_path: Path, rng: np.random.Generator) -> None:
    cloud = cloud_of(rng.random((500, 3)))
    write_ply(tmp_path / "folder" / "a.ply", cloud)
    back = read_ply(tmp_path / "folder" / "a.ply")
    np.testing.assert_allclose(back.positions, cloud.positions, atol=1e-7)
    np.testing.assert_array_equal(back.colours, cloud.colours)
    write_ply(tmp_path / "b.ply", back)
    assert (tmp_path / "b.ply").read_bytes() == (tmp_path / "folder" / "a.ply").read_bytes()


@pytest.mark.parametrize("damage", ["cut", "longer", "ascii", "text", "huge", "missing"])
def test_a_damaged_ply_file_is_one_sentence(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.ply"
    write_ply(path, cloud_of(np.zeros((3, 3))))
    data = path.read_bytes()
    broken = {
        "cut": data[:-1],
        "longer": data + b"0",
        "ascii": data.replace(b"binary_little_endian", b"ascii"),
        "text": b"hello",
        "huge": data.replace(b"vertex 3", b"vertex 99999999"),
    }
    path.unlink() if damage == "missing" else path.write_bytes(broken[damage])
    with pytest.raises(SheetError, match=r"a\.ply"):
        read_ply(path)


def test_a_ply_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SheetError, match="cannot write the point cloud"):
        write_ply(tmp_path / "file" / "a.ply", cloud_of(np.zeros((1, 3))))
