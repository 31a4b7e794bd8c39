"""MediaPipe's body and hand landmarks, each hand given to the arm it belongs to."""

from dataclasses import dataclass
from typing import Any

import mediapipe as mp
import numpy as np
from numpy.typing import NDArray

from avatar_app.tracking.mediapipe_face import landmarks_to_array
from udp_live.types import BodyTracking, HandTracking

Float = NDArray[np.float32]
Image = NDArray[np.uint8]

LEFT_WRIST, RIGHT_WRIST = 15, 16
WRIST_VISIBLE = 0.3
# Lower than the default 0.5: hands in motion are blurred, and wrists sort out what is no hand.
CONFIDENCE = 0.35
# A hand farther from the arm's wrist than this many palm lengths belongs to nobody here.
REACH_PALMS = 3.0
# Two detections nearer than this, in palm lengths, are the same hand seen twice.
SAME_HAND_PALMS = 0.35
SHORTEST_PALM = 1e-3


@dataclass(frozen=True, slots=True)
class Hands:
    """The person's own left and right hand."""

    left: HandTracking | None = None
    right: HandTracking | None = None


class MediapipeBody:
    """Track 33 body landmarks."""

    def __init__(self) -> None:
        self._pose = mp.solutions.pose.Pose(model_complexity=1)

    def track(self, image: Image) -> BodyTracking | None:
        """Find the body in the next picture."""
        result = self._pose.process(image)
        if result.pose_landmarks is None:
            return None
        points = result.pose_landmarks.landmark
        return BodyTracking(
            landmarks=landmarks_to_array(points),
            world_landmarks=landmarks_to_array(result.pose_world_landmarks.landmark),
            visibility=np.array([point.visibility for point in points], np.float32),
        )

    def close(self) -> None:
        """Release the graph."""
        self._pose.close()


class MediapipeHands:
    """Track up to two hands."""

    def __init__(self) -> None:
        self._hands = mp.solutions.hands.Hands(
            max_num_hands=2,
            min_detection_confidence=CONFIDENCE,
            min_tracking_confidence=CONFIDENCE,
        )

    def track(self, image: Image, body: BodyTracking | None) -> Hands:
        """Find the hands in the next picture; the body's wrists decide which is which."""
        result = self._hands.process(image)
        if not result.multi_hand_landmarks:
            return Hands()
        height, width = image.shape[:2]
        aspect = np.array([1.0, height / width], np.float32)
        detections = sorted(map(_to_hand, *_columns(result)), key=lambda d: -d[0].score)
        return assign_sides(_without_twins(detections, aspect), body, aspect)

    def close(self) -> None:
        """Release the graph."""
        self._hands.close()


def wrists_in_picture(body: BodyTracking) -> bool:
    """Tell whether looking for hands is worth its time."""
    wrists = [LEFT_WRIST, RIGHT_WRIST]
    inside = np.all(np.abs(body.landmarks[wrists, :2] - 0.5) < 0.58, axis=1)
    return bool(np.any(inside & (body.visibility[wrists] > WRIST_VISIBLE)))


def assign_sides(
    detections: list[tuple[HandTracking, bool]], body: BodyTracking | None, aspect: Float
) -> Hands:
    """Give each hand to the nearer wrist, or by the model's own guess without a body.

    Args:
        detections: At most two hands, each with whether the model takes it for a left one.
        body: The body in the same picture, if known.
        aspect: ``[2]`` float32 that brings image coordinates to one unit.
    """
    if not detections:
        return Hands()
    guesses = [(hand, is_left) for hand, is_left in detections]
    if body is not None:
        costs = [_wrist_distances(hand, body, aspect) for hand, _ in guesses]
        if len(guesses) == 2:
            straight, crossed = costs[0][0] + costs[1][1], costs[0][1] + costs[1][0]
            sides = [True, False] if straight <= crossed else [False, True]
        else:
            sides = [costs[0][0] <= costs[0][1]]
        guesses = [
            (hand, side)
            for (hand, _), side, cost in zip(guesses, sides, costs, strict=True)
            if cost[0 if side else 1] < REACH_PALMS
        ]
    left = next((hand for hand, is_left in guesses if is_left), None)
    right = next((hand for hand, is_left in guesses if not is_left), None)
    return Hands(left, right)


def _columns(result: Any) -> tuple[Any, Any, Any]:
    return result.multi_hand_landmarks, result.multi_hand_world_landmarks, result.multi_handedness


def _to_hand(landmarks: Any, world: Any, handedness: Any) -> tuple[HandTracking, bool]:
    guess = handedness.classification[0]
    hand = HandTracking(
        landmarks=landmarks_to_array(landmarks.landmark),
        world_landmarks=landmarks_to_array(world.landmark),
        score=float(guess.score),
    )
    # The model names sides as if the picture were mirrored, and ours never is.
    return hand, guess.label == "Right"


def _palm_length(hand: HandTracking, aspect: Float) -> float:
    palm = (hand.landmarks[9, :2] - hand.landmarks[0, :2]) * aspect
    across = (hand.landmarks[17, :2] - hand.landmarks[5, :2]) * aspect
    return max(float(np.linalg.norm(palm)), float(np.linalg.norm(across)), SHORTEST_PALM)


def _wrist_distances(hand: HandTracking, body: BodyTracking, aspect: Float) -> tuple[float, float]:
    """Return how far the hand is from the left and the right wrist, in palm lengths."""
    wrists = body.landmarks[[LEFT_WRIST, RIGHT_WRIST], :2]
    distances = np.linalg.norm((wrists - hand.landmarks[0, :2]) * aspect, axis=1)
    left, right = distances / _palm_length(hand, aspect)
    return float(left), float(right)


def _without_twins(
    detections: list[tuple[HandTracking, bool]], aspect: Float
) -> list[tuple[HandTracking, bool]]:
    """Drop the weaker of two detections of one hand."""
    if len(detections) < 2:
        return detections
    first, second = detections[0][0], detections[1][0]
    apart = (first.landmarks - second.landmarks)[:, :2] * aspect
    distance = float(np.mean(np.linalg.norm(apart, axis=1)))
    is_same = distance < SAME_HAND_PALMS * _palm_length(first, aspect)
    return detections[:1] if is_same else detections[:2]
