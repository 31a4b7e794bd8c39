import numpy as np
import pytest

from avatar_app.tracking.head_pose import (
    CANONICAL_POINTS,
    INDICES,
    estimate_camera_from_head,
)
from tests.fakes.person import rotation

SIZE = (640, 480)
FOCAL_PX = 240 / np.tan(np.deg2rad(63) / 2)


def landmarks_of(turn: np.ndarray, position: tuple[float, float, float]) -> np.ndarray:
    """Look at the canonical face through a webcam, depth in the scale of the face's centre."""
    points = CANONICAL_POINTS @ turn.T + position
    landmarks = np.zeros((478, 3), np.float32)
    scale = FOCAL_PX / -position[2]
    landmarks[INDICES, 0] = 0.5 + points[:, 0] / -points[:, 2] * FOCAL_PX / SIZE[0]
    landmarks[INDICES, 1] = 0.5 - points[:, 1] / -points[:, 2] * FOCAL_PX / SIZE[1]
    landmarks[INDICES, 2] = -(points[:, 2] - position[2]) * scale / SIZE[0]
    return landmarks


@pytest.mark.parametrize(
    "turn",
    [np.eye(3), rotation("y", 30.0), rotation("x", -25.0), rotation("z", 20.0)],
    ids=["ahead", "left", "up", "tilted"],
)
def test_the_head_matrix_is_found_again(turn: np.ndarray) -> None:
    found = estimate_camera_from_head(landmarks_of(turn, (0.03, 0.02, -0.6)), SIZE)

    error = np.degrees(np.arccos(np.clip((np.trace(found[:3, :3].T @ turn) - 1) / 2, -1, 1)))
    assert error < 4.0
    assert np.linalg.det(found[:3, :3]) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(found[:3, 3], (0.03, 0.02, -0.6), atol=0.05)


def test_turning_to_the_own_left_shows_the_face_towards_the_right_of_the_picture() -> None:
    found = estimate_camera_from_head(landmarks_of(rotation("y", 30.0), (0, 0, -0.6)), SIZE)

    assert found[0, 2] > 0.4
