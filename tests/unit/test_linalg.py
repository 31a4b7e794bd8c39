import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from udp_live.linalg import (
    quat_between,
    quat_conjugate,
    quat_from_axis_angle,
    quat_from_matrix,
    quat_from_rotation_vector,
    quat_multiply,
    quat_rotate,
    quat_slerp,
    quat_to_matrix,
    quat_to_rotation_vector,
    vec_cross,
    vec_normalize,
)


@pytest.fixture
def rotations(rng: np.random.Generator) -> Rotation:
    return Rotation.random(50, random_state=rng.integers(1 << 31))


def same_rotation(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(np.abs(np.sum(found * expected, axis=-1)), 1.0, atol=1e-6)


def test_products_and_inverses_agree_with_scipy(rotations: Rotation) -> None:
    a, b = rotations[:25], rotations[25:]
    same_rotation(quat_multiply(a.as_quat(), b.as_quat()), (a * b).as_quat())
    same_rotation(quat_conjugate(a.as_quat()), a.inv().as_quat())


def test_rotated_vectors_agree_with_scipy(rotations: Rotation, rng: np.random.Generator) -> None:
    vectors = rng.normal(size=(50, 3))
    np.testing.assert_allclose(
        quat_rotate(rotations.as_quat(), vectors), rotations.apply(vectors), atol=1e-12
    )


def test_matrices_there_and_back(rotations: Rotation) -> None:
    np.testing.assert_allclose(
        quat_to_matrix(rotations.as_quat()), rotations.as_matrix(), atol=1e-12
    )
    same_rotation(quat_from_matrix(rotations.as_matrix()), rotations.as_quat())


def test_half_turns_survive_the_matrix_form() -> None:
    turns = np.eye(4)[:3]
    same_rotation(quat_from_matrix(quat_to_matrix(turns)), turns)


def test_rotation_vectors_there_and_back(rotations: Rotation) -> None:
    vectors = rotations.as_rotvec()
    same_rotation(quat_from_rotation_vector(vectors), rotations.as_quat())
    np.testing.assert_allclose(quat_to_rotation_vector(-rotations.as_quat()), vectors, atol=1e-9)


def test_the_smallest_turns_keep_their_size() -> None:
    tiny = np.array([[1e-8, 0.0, 0.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(
        quat_to_rotation_vector(quat_from_rotation_vector(tiny)), tiny, atol=1e-15
    )


def test_axis_and_angle_turn_the_right_way() -> None:
    quarter = quat_from_axis_angle((0.0, 1.0, 0.0), np.pi / 2)
    turned = quat_rotate(quarter, np.array((0.0, 0.0, 1.0)))
    np.testing.assert_allclose(turned, (1.0, 0.0, 0.0), atol=1e-12)


def test_turns_between_vectors_are_the_shortest(rng: np.random.Generator) -> None:
    start, end = vec_normalize(rng.normal(size=(2, 40, 3)))
    turns = quat_between(start, end)
    np.testing.assert_allclose(quat_rotate(turns, start), end, atol=1e-9)
    angles = np.linalg.norm(quat_to_rotation_vector(turns), axis=-1)
    np.testing.assert_allclose(angles, np.arccos(np.sum(start * end, axis=-1)), atol=1e-6)


def test_opposite_vectors_have_a_turn_between_them() -> None:
    start = np.eye(3, dtype=np.float32)
    np.testing.assert_allclose(quat_rotate(quat_between(start, -start), start), -start, atol=1e-6)


def test_slerp_moves_evenly_along_the_shorter_arc() -> None:
    start = quat_from_axis_angle((0.0, 0.0, 1.0), 0.2)
    end = -quat_from_axis_angle((0.0, 0.0, 1.0), 1.0)
    for amount, angle in ((0.0, 0.2), (0.25, 0.4), (1.0, 1.0)):
        same_rotation(quat_slerp(start, end, amount), quat_from_axis_angle((0.0, 0.0, 1.0), angle))


def test_float32_stays_float32(rng: np.random.Generator) -> None:
    quats = vec_normalize(rng.normal(size=(5, 4)).astype(np.float32))
    vectors = rng.normal(size=(5, 3)).astype(np.float32)
    for result in (
        quat_multiply(quats, quats),
        quat_rotate(quats, vectors),
        quat_slerp(quats, quats[::-1], 0.5),
        quat_to_matrix(quats),
        quat_between(vec_normalize(vectors), vec_normalize(vectors[::-1])),
        vec_cross(vectors, vectors[::-1]),
    ):
        assert result.dtype == np.float32
