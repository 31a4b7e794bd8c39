"""Two trackers' views of one picture, mixed."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from udp_live.types import BodyTracking, FaceTracking, HandTracking, TrackedMotion

Float = NDArray[np.float32]


def mix_motion(first: TrackedMotion, second: TrackedMotion, share: float) -> TrackedMotion:
    """Mix what two trackers saw in the same picture.

    What only one of them saw is taken from the one with the larger share.

    Args:
        first: At a share of 0.
        second: At a share of 1.
        share: Of the second, in [0, 1].
    """
    major = second if share >= 0.5 else first
    mixed = major
    if first.face is not None and second.face is not None:
        mixed = replace(mixed, face=_mix_faces(first.face, second.face, share))
    if first.body is not None and second.body is not None:
        mixed = replace(mixed, body=_mix_bodies(first.body, second.body, share))
    if first.left_hand is not None and second.left_hand is not None:
        mixed = replace(mixed, left_hand=_mix_hands(first.left_hand, second.left_hand, share))
    if first.right_hand is not None and second.right_hand is not None:
        mixed = replace(mixed, right_hand=_mix_hands(first.right_hand, second.right_hand, share))
    return mixed


def _mix_faces(first: FaceTracking, second: FaceTracking, share: float) -> FaceTracking:
    blendshapes = second.blendshapes if share >= 0.5 else first.blendshapes
    if first.blendshapes is not None and second.blendshapes is not None:
        blendshapes = _mix(first.blendshapes, second.blendshapes, share)
    camera_from_head = _mix(first.camera_from_head, second.camera_from_head, share)
    camera_from_head[:3, :3] = _nearest_rotation(camera_from_head[:3, :3])
    landmarks = _mix(first.landmarks, second.landmarks, share)
    return FaceTracking(landmarks, blendshapes, camera_from_head)


def _mix_bodies(first: BodyTracking, second: BodyTracking, share: float) -> BodyTracking:
    return BodyTracking(
        _mix(first.landmarks, second.landmarks, share),
        _mix(first.world_landmarks, second.world_landmarks, share),
        _mix(first.visibility, second.visibility, share),
    )


def _mix_hands(first: HandTracking, second: HandTracking, share: float) -> HandTracking:
    return HandTracking(
        _mix(first.landmarks, second.landmarks, share),
        _mix(first.world_landmarks, second.world_landmarks, share),
        (1.0 - share) * first.score + share * second.score,
    )


def _mix(first: Float, second: Float, share: float) -> Float:
    mixed: Float = ((1.0 - share) * first + share * second).astype(np.float32)
    return mixed


def _nearest_rotation(matrix: Float) -> Float:
    """Return the rotation nearest to a mixture of two that lie less than half a turn apart."""
    left, _, right = np.linalg.svd(matrix)
    flip = np.diag((1.0, 1.0, np.sign(np.linalg.det(left @ right))))
    rotation: Float = (left @ flip @ right).astype(np.float32)
    return rotation
