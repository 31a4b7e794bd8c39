"""Hands made from known turns: what their shadow tells."""

import numpy as np
import pytest

from tests.fakes.person import rotation
from udp_live.motion.openpose.hand_lift import FINGER_LENGTHS, PALM, PALM_POINTS, lift_hand
from udp_live.retargeting.hands import read_hand

FPS, SCALE, FRAMES = 30.0, 600.0, 20


def hand(side: str, curl_deg: float) -> np.ndarray:
    """Return [21, 3] metres: the fingers up, the palm to the webcam, each joint bent alike."""
    # With the palm to the webcam and fingers up, the index finger of a left hand is on its right.
    flip = -1.0 if side == "left" else 1.0
    points = np.zeros((21, 3))
    points[list(PALM_POINTS), 0] = flip * PALM[:, 0]
    points[list(PALM_POINTS), 1] = PALM[:, 1]
    points[1] = (flip * 0.024, 0.024, 0.005)
    for first, lengths in FINGER_LENGTHS.items():
        angle = 0.0
        for joint, length in enumerate(lengths):
            angle += np.radians(curl_deg if first > 1 else 5.0)
            aside = flip * 0.6 if first == 1 else 0.0
            way = np.array((aside, np.cos(angle), np.sin(angle)))
            points[first + 1 + joint] = points[first + joint] + length * way / np.linalg.norm(way)
    return points


def lifted(points: np.ndarray, side: str) -> np.ndarray:
    places = np.repeat(SCALE * points[None, :, :2], FRAMES, axis=0)
    forearm = np.repeat(np.array(((0.0, 1.0, 0.0),)), FRAMES, axis=0)
    return lift_hand(places, forearm, 1.0 if side == "left" else -1.0, FPS)[FRAMES // 2]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("turn_deg", [0.0, 180.0, 60.0, -120.0])
def test_the_back_of_a_hand_points_where_it_did(side: str, turn_deg: float) -> None:
    """A flat hand turned about the forearm shows palm, back or edge."""
    sign = 1.0 if side == "left" else -1.0
    points = hand(side, 25.0) @ rotation("y", turn_deg).T

    true, found = (read_hand(p, sign) for p in (points, lifted(points, side)))

    assert np.dot(true.along, found.along) > 0.9
    assert np.dot(true.across, found.across) > 0.85


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("turn_deg", [0.0, 150.0])
def test_a_fist_is_told_from_a_flat_hand(side: str, turn_deg: float) -> None:
    sign = 1.0 if side == "left" else -1.0
    bends = []
    for curl in (5.0, 70.0):
        # Half of the clip shows a flat hand, so that the fingers' lengths are known.
        flat, bent = (hand(side, c) @ rotation("y", turn_deg).T for c in (5.0, curl))
        places = SCALE * np.array([flat] * FRAMES + [bent] * FRAMES)[:, :, :2]
        forearm = np.repeat(np.array(((0.0, 1.0, 0.0),)), 2 * FRAMES, axis=0)
        points = lift_hand(places, forearm, sign, FPS)[-FRAMES // 2]
        bends.append(np.degrees(np.sum(read_hand(points, sign).flex["Middle"])))

    assert bends[0] < 60.0
    assert bends[1] > 140.0


def test_a_hand_seen_from_its_edge_stays_finite() -> None:
    points = hand("left", 20.0) @ rotation("y", 90.0).T

    assert np.isfinite(lifted(points, "left")).all()
    assert np.isfinite(lifted(np.zeros((21, 3)), "left")).all()
