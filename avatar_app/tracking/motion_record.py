"""Tracked motion as plain numbers, to cross a process border or to lie in a file."""

import numpy as np
from numpy.typing import NDArray

from udp_live.types import BodyTracking, FaceTracking, HandTracking, TrackedMotion

Float = NDArray[np.float32]

# Which parts were seen, then the parts one after the other; absent ones are zeros.
FLAG_NAMES = ("face", "blendshapes", "body", "left_hand", "right_hand")
FACE_SHAPES = ((478, 3), (52,), (4, 4))
BODY_SHAPES = ((33, 3), (33, 3), (33,))
HAND_SHAPES = ((21, 3), (21, 3), (1,))
SHAPES = ((2,), (len(FLAG_NAMES),), *FACE_SHAPES, *BODY_SHAPES, *HAND_SHAPES, *HAND_SHAPES)
RECORD_LENGTH = int(sum(np.prod(shape) for shape in SHAPES))


def motion_to_record(motion: TrackedMotion) -> Float:
    """Flatten to ``[RECORD_LENGTH]`` float32."""
    face, body = motion.face, motion.body
    hands = (motion.left_hand, motion.right_hand)
    has_blendshapes = face is not None and face.blendshapes is not None
    flags = [face is not None, has_blendshapes, body is not None, *(h is not None for h in hands)]
    parts: list[Float | None] = [
        np.array(motion.image_size, np.float32),
        np.array(flags, np.float32),
        face.landmarks if face else None,
        face.blendshapes if face else None,
        face.camera_from_head if face else None,
        body.landmarks if body else None,
        body.world_landmarks if body else None,
        body.visibility if body else None,
    ]
    for hand in hands:
        parts += [hand.landmarks, hand.world_landmarks] if hand else [None, None]
        parts.append(np.array([hand.score], np.float32) if hand else None)
    filled = [
        np.zeros(shape, np.float32) if part is None else part
        for part, shape in zip(parts, SHAPES, strict=True)
    ]
    record: Float = np.concatenate([part.ravel() for part in filled])
    return record


def record_to_motion(record: Float) -> TrackedMotion:
    """Build the value again from ``[RECORD_LENGTH]`` float32.

    Raises:
        ValueError: The record has another length or no picture size.
    """
    if record.shape != (RECORD_LENGTH,) or not np.all(np.isfinite(record)):
        raise ValueError(f"unexpected motion record: {record.shape} != ({RECORD_LENGTH},)")
    ends = np.cumsum([int(np.prod(shape)) for shape in SHAPES])
    parts = [
        part.reshape(shape).astype(np.float32)
        for part, shape in zip(np.split(record, ends[:-1]), SHAPES, strict=True)
    ]
    size, flags = parts[0], parts[1] > 0.5
    if size.min() < 1:
        raise ValueError(f"unexpected picture size in a motion record: {size}")
    blendshapes = parts[3] if flags[1] else None
    return TrackedMotion(
        image_size=(int(size[0]), int(size[1])),
        face=FaceTracking(parts[2], blendshapes, parts[4]) if flags[0] else None,
        body=BodyTracking(parts[5], parts[6], parts[7]) if flags[2] else None,
        left_hand=_hand(parts[8:11]) if flags[3] else None,
        right_hand=_hand(parts[11:14]) if flags[4] else None,
    )


def _hand(parts: list[Float]) -> HandTracking:
    return HandTracking(parts[0], parts[1], float(parts[2][0]))
