from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.person import body_tracking
from udp_live.types import BodyTracking, HandTracking

mediapipe_body = pytest.importorskip("avatar_app.tracking.mediapipe_body")

ASPECT = np.array([1.0, 0.75], np.float32)


def hand_at(place: np.ndarray) -> HandTracking:
    landmarks = np.zeros((21, 3), np.float32)
    landmarks[:, :2] = place[:2]
    landmarks[9, 1] -= 0.05
    return HandTracking(landmarks, np.zeros((21, 3), np.float32), 0.9)


def wrists(body: BodyTracking) -> tuple[np.ndarray, np.ndarray]:
    return body.landmarks[15], body.landmarks[16]


def test_hands_belong_to_the_nearest_wrists_whatever_the_model_guesses() -> None:
    body = body_tracking()
    left, right = wrists(body)

    hands = mediapipe_body.assign_sides(
        [(hand_at(left), False), (hand_at(right), True)], body, ASPECT
    )

    np.testing.assert_array_equal(hands.left.landmarks[0, :2], left[:2])
    np.testing.assert_array_equal(hands.right.landmarks[0, :2], right[:2])


def test_a_single_hand_goes_to_its_arm() -> None:
    body = body_tracking()
    _, right = wrists(body)

    hands = mediapipe_body.assign_sides([(hand_at(right), True)], body, ASPECT)

    assert hands.left is None
    assert hands.right is not None


def test_a_hand_far_from_both_wrists_is_somebody_elses() -> None:
    hands = mediapipe_body.assign_sides(
        [(hand_at(np.array([0.02, 0.02])), True)], body_tracking(), ASPECT
    )

    assert hands == mediapipe_body.Hands()


def test_without_a_body_the_models_guess_decides() -> None:
    hands = mediapipe_body.assign_sides([(hand_at(np.array([0.5, 0.5])), False)], None, ASPECT)

    assert hands.left is None
    assert hands.right is not None


def test_hands_are_looked_for_only_while_a_wrist_is_in_the_picture() -> None:
    body = body_tracking()
    hidden = body_tracking(hidden=(15, 16))
    below = replace(body, landmarks=body.landmarks + np.array([0, 0.8, 0], np.float32))

    assert mediapipe_body.wrists_in_picture(body)
    assert not mediapipe_body.wrists_in_picture(hidden)
    assert not mediapipe_body.wrists_in_picture(below)
