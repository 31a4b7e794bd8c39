from dataclasses import replace

import numpy as np

from avatar_app.rendering.motion_mix import mix_motion
from udp_live.types import BodyTracking, FaceTracking, HandTracking, TrackedMotion


def motion(value: float, head_rad: float = 0.0) -> TrackedMotion:
    """Return a person all of whose landmarks have one value, and whose head is turned."""

    def points(count: int) -> np.ndarray:
        return np.full((count, 3), value, np.float32)

    pose = np.eye(4, dtype=np.float32)
    cosine, sine = np.cos(head_rad), np.sin(head_rad)
    pose[:3, :3] = ((cosine, 0.0, sine), (0.0, 1.0, 0.0), (-sine, 0.0, cosine))
    return TrackedMotion(
        (64, 48),
        FaceTracking(points(478), np.full(52, value, np.float32), pose),
        BodyTracking(points(33), points(33), np.full(33, value, np.float32)),
        HandTracking(points(21), points(21), value),
        HandTracking(points(21), points(21), value),
    )


def test_landmarks_lie_between_those_of_the_two() -> None:
    mixed = mix_motion(motion(0.0), motion(1.0), 0.25)
    assert mixed.face is not None
    assert mixed.body is not None
    assert mixed.left_hand is not None
    assert mixed.right_hand is not None
    assert mixed.face.blendshapes is not None
    for part in (
        mixed.face.landmarks,
        mixed.face.blendshapes,
        mixed.body.world_landmarks,
        mixed.left_hand.landmarks,
        mixed.right_hand.score,
    ):
        np.testing.assert_allclose(part, 0.25)


def test_a_mixed_head_pose_is_a_rotation_between_the_two() -> None:
    mixed = mix_motion(motion(0.0, 0.0), motion(0.0, 1.0), 0.5)
    assert mixed.face is not None
    pose = mixed.face.camera_from_head
    np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-6)
    assert np.isclose(np.arctan2(pose[0, 2], pose[0, 0]), 0.5, atol=1e-5)


def test_what_one_alone_saw_comes_from_the_one_with_the_larger_share() -> None:
    whole, handless = motion(1.0), replace(motion(0.0), left_hand=None, face=None)
    early, late = mix_motion(handless, whole, 0.3), mix_motion(handless, whole, 0.7)
    assert early.left_hand is None
    assert early.face is None
    assert late.left_hand is whole.left_hand
    assert late.face is whole.face


def test_an_expression_model_that_one_lacks_is_no_reason_to_fail() -> None:
    plain = motion(0.0)
    assert plain.face is not None
    plain = replace(plain, face=replace(plain.face, blendshapes=None))
    early, late = mix_motion(plain, motion(1.0), 0.3), mix_motion(plain, motion(1.0), 0.7)
    assert early.face is not None
    assert early.face.blendshapes is None
    assert late.face is not None
    assert late.face.blendshapes is not None
