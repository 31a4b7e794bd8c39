"""A proxy in another shape: its surface moves, its landmarks stay, also on disk."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from renderer.errors import AvatarFileError
from renderer.registration.proxy_shape import reshaped
from renderer.sheet.proxy_shape_file import save_shape, with_saved_shape
from tests.fakes.tiny_rig import tiny_rig
from udp_live.rig.landmarks import canonical_landmarks, canonical_pose
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import skin_vertices

RIG = tiny_rig()


def _moves(rig: Rig) -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(0, 0.01, rig.mesh.positions.shape)


def _standing(rig: Rig) -> NDArray[np.float32]:
    return skin_vertices(rig, canonical_pose(rig))[0]


@pytest.fixture
def proxy(tmp_path: Path) -> Path:
    file = tmp_path / "proxy.glb"
    file.write_bytes(b"a mesh")
    save_shape(_moves(RIG).astype(np.float32), file)
    return file


def test_every_vertex_moves_as_told_in_the_a_pose() -> None:
    moves = _moves(RIG)
    moved = _standing(reshaped(RIG, moves)) - _standing(RIG)
    np.testing.assert_allclose(moved, moves, atol=1e-5)


def test_landmarks_stay_with_their_vertices_however_often_these_move() -> None:
    once = reshaped(RIG, _moves(RIG))
    twice = reshaped(once, _moves(RIG))
    np.testing.assert_array_equal(canonical_landmarks(once), canonical_landmarks(RIG))
    np.testing.assert_array_equal(canonical_landmarks(twice), canonical_landmarks(RIG))


def test_a_saved_shape_is_found_beside_its_mesh(proxy: Path) -> None:
    found = with_saved_shape(RIG, proxy)
    expected = RIG.mesh.positions + _moves(RIG)
    np.testing.assert_allclose(found.mesh.positions, expected, atol=1e-6)
    np.testing.assert_array_equal(canonical_landmarks(found), canonical_landmarks(RIG))


def test_a_mesh_without_a_shape_is_as_loaded(tmp_path: Path) -> None:
    assert with_saved_shape(RIG, tmp_path / "proxy.glb") is RIG


def test_a_shape_of_another_mesh_is_refused(proxy: Path) -> None:
    proxy.write_bytes(b"another mesh")
    with pytest.raises(AvatarFileError, match=r"belongs to another mesh than proxy\.glb"):
        with_saved_shape(RIG, proxy)


@pytest.mark.parametrize("worst", [np.nan, np.inf, 1e6])
def test_a_shape_out_of_all_proportion_is_refused(proxy: Path, worst: float) -> None:
    moves = _moves(RIG).astype(np.float32)
    moves[3, 1] = worst
    save_shape(moves, proxy)
    with pytest.raises(AvatarFileError, match="out of all proportion; delete it"):
        with_saved_shape(RIG, proxy)


@pytest.mark.parametrize("length", [0, 31, 5000])
def test_a_shape_of_another_length_is_refused(proxy: Path, length: int) -> None:
    proxy.with_name("proxy.shape").write_bytes(bytes(length))
    with pytest.raises(AvatarFileError, match=f"has {length} bytes, but its mesh needs"):
        with_saved_shape(RIG, proxy)
