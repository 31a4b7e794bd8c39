import numpy as np
import pytest

from tests.fakes.person import rotation
from udp_live.motion.openpose.face_model import (
    BODY_HEAD_KEYPOINTS,
    MESH_BETWEEN,
    MESH_LANDMARKS,
    body_head_points,
    face_points,
    rigid_weights,
)
from udp_live.motion.openpose.face_placement import fit_faces, lay_on_heads, mesh_landmarks
from udp_live.motion.openpose.head_fit import fit_heads

SCALE, CENTRE = 700.0, (300.0, -200.0)
TURNS = [("y", 0.0), ("y", 35.0), ("y", -60.0), ("x", 25.0), ("x", -30.0), ("z", 40.0)]


def seen(model: np.ndarray, turn: np.ndarray) -> np.ndarray:
    return SCALE * (model @ turn.T)[:, :2] + CENTRE


def degrees_between(first: np.ndarray, second: np.ndarray) -> float:
    return float(
        np.degrees(np.arccos(np.clip((np.trace(first.T @ second) - 1.0) / 2.0, -1.0, 1.0)))
    )


@pytest.mark.parametrize(("axis", "angle"), TURNS)
def test_a_turned_head_is_found_with_its_size_and_place(axis: str, angle: float) -> None:
    turn = rotation(axis, angle) @ rotation("y", 10.0)
    places = seen(face_points(), turn)[None]

    fit = fit_heads(places, rigid_weights()[None], face_points())

    assert degrees_between(fit.rotations[0], turn) < 3.0
    assert fit.pixels_per_m[0] == pytest.approx(SCALE, rel=0.03)
    np.testing.assert_allclose(fit.centres[0], CENTRE, atol=0.01 * SCALE)


@pytest.mark.parametrize(("axis", "angle"), TURNS)
def test_five_points_of_the_body_tell_the_turn_too(axis: str, angle: float) -> None:
    turn = rotation(axis, 0.7 * angle)
    places = seen(body_head_points(), turn)[None]

    fit = fit_heads(places, np.ones((1, 5)), body_head_points())

    assert degrees_between(fit.rotations[0], turn) < 5.0


def test_noise_turns_the_head_little(rng: np.random.Generator) -> None:
    turn = rotation("y", 20.0)
    places = seen(face_points(), turn) + rng.normal(0.0, 1.0, (200, 70, 2))

    fit = fit_heads(places, np.repeat(rigid_weights()[None], 200, axis=0), face_points())

    assert np.median([degrees_between(found, turn) for found in fit.rotations]) < 3.0


def test_points_laid_on_the_head_stay_where_they_are_seen(rng: np.random.Generator) -> None:
    turn = rotation("y", 30.0)
    places = seen(face_points(), turn)[None] + rng.normal(0.0, 3.0, (1, 70, 2))
    fit, known = fit_faces(places, np.ones((1, 70)), 30.0)

    points = lay_on_heads(places, fit)

    assert known.all()
    np.testing.assert_allclose(points[:, :, :2], places, atol=1e-6)
    depths = (points[0] - points[0].mean(axis=0))[:, 2] / SCALE
    true = (face_points() @ turn.T)[:, 2]
    assert np.abs(depths - (true - true.mean())).max() < 0.02


def test_a_head_in_profile_takes_the_models_shape_instead_of_exploding() -> None:
    turn = rotation("y", 85.0)
    places = seen(face_points(), turn)[None]
    fit, _ = fit_faces(places, np.ones((1, 70)), 30.0)

    points = lay_on_heads(places + 4.0, fit)

    assert np.ptp(points[0], axis=0).max() < 0.3 * SCALE


def test_a_face_of_lips_alone_is_not_known() -> None:
    visibility = np.zeros((1, 70))
    visibility[:, 48:68] = 1.0

    _, known = fit_faces(seen(face_points(), np.eye(3))[None], visibility, 30.0)

    assert not known.any()


def test_the_generic_head_is_symmetric_and_a_persons_left_is_positive() -> None:
    points = face_points()
    np.testing.assert_allclose(points[36] * (-1.0, 1.0, 1.0), points[45])
    assert points[45, 0] > 0.0
    assert points[30, 2] == points[:, 2].max()
    assert len(BODY_HEAD_KEYPOINTS) == len(body_head_points())


def test_each_keypoint_is_a_landmark_of_its_own() -> None:
    assert len(set(MESH_LANDMARKS)) == 70
    assert not set(MESH_LANDMARKS) & set(MESH_BETWEEN)

    mesh = mesh_landmarks(face_points())

    np.testing.assert_array_equal(mesh[list(MESH_LANDMARKS)], face_points())
    assert mesh.shape == (478, 3)
