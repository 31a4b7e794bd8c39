"""Blendshapes from 70 face keypoints, measured against the same person's relaxed face."""

import numpy as np
from numpy.typing import NDArray

from udp_live.motion.openpose.time_filters import smooth
from udp_live.retargeting.blendshapes import BLENDSHAPE_INDEX, BLENDSHAPE_NAMES

Double = NDArray[np.float64]
Flags = NDArray[np.bool_]

CORNERS = {"Left": (45, 42), "Right": (36, 39)}  # outer, inner
LIDS = {"Left": ((43, 47), (44, 46)), "Right": ((38, 40), (37, 41))}
INNER_BROW = {"Left": (22, 23), "Right": (21, 20)}
OUTER_BROW = {"Left": (24, 25), "Right": (19, 18)}
PUPIL = {"Left": 69, "Right": 68}
LIPS, MOUTH_CORNERS = (62, 66), (48, 54)

# Of the open eye's height: where a lid counts as shut. What MediaPipe says of open and shut eyes.
SHUT_SHARE = 0.45
OPEN_BLINK, SHUT_BLINK = 0.1, 0.68
OPEN_PERCENTILE = 65.0
# Lids lie a few pixels apart: what closes less than this is noise or a look.
LID_NOISE = 0.35
# Over the distance between the outer corners of the eyes; the change that counts as full.
BROW_RISE, BROW_FALL = 0.075, 0.06
MOUTH_OPEN = 0.35
SMILE_LIFT, SMILE_WIDTH = 0.055, 0.10
PUCKER_WIDTH = 0.17
LIP_NOISE = 0.2  # of a full smile
FULL_LOOK = 0.30  # of the eye's width
# A head turned further does not tell what the person's relaxed face is like.
LEVEL_YAW, LEVEL_PITCH = np.radians(25.0), np.radians(20.0)
LEAST_LEVEL_FRAMES = 5
# Lids and jaw are fast; what else moves is slow, and small against the noise of a small face.
FAST = ("eyeBlinkLeft", "eyeBlinkRight", "jawOpen")
SLOW_S = 0.10


def read_blendshapes(faces: Double, rotations: Double, known: Flags, fps: float) -> Double:
    """Measure faces over a clip.

    Args:
        faces: ``[T, 70, 3]`` float64 pixels, x right, y up, z to the webcam.
        rotations: ``[T, 3, 3]`` float64, head to webcam.
        known: ``[T]`` where a face is seen.
        fps: Frames per second.

    Returns:
        ``[T, 52]`` float64 in [0, 1], order of ``BLENDSHAPE_NAMES``.
    """
    points = faces @ rotations  # in the head's axes
    outer = [CORNERS[side][0] for side in CORNERS]
    unit = np.linalg.norm(points[:, outer[0]] - points[:, outer[1]], axis=1)
    points = points / np.maximum(unit, 1e-6)[:, None, None]
    yaw = np.arctan2(rotations[:, 0, 2], rotations[:, 2, 2])
    pitch = np.arcsin(np.clip(rotations[:, 1, 2], -1.0, 1.0))
    level = known & (np.abs(yaw) < LEVEL_YAW) & (np.abs(pitch) < LEVEL_PITCH)
    if level.sum() < LEAST_LEVEL_FRAMES:
        level = known
    found = _read_mouth(points, level)
    for side in CORNERS:
        found |= _read_eye(points, side, level) | _read_brow(points, side, level)
    found["browInnerUp"] = 0.5 * (found["browOuterUpLeft"] + found["browOuterUpRight"])
    shapes = np.zeros((len(faces), len(BLENDSHAPE_NAMES)))
    for name, values in found.items():
        steady = values if name in FAST else smooth(values, SLOW_S * fps)
        shapes[:, BLENDSHAPE_INDEX[name]] = np.clip(steady, 0.0, 1.0)
    return shapes


def _read_eye(points: Double, side: str, level: Flags) -> dict[str, Double]:
    outer, inner = (points[:, index] for index in CORNERS[side])
    width = np.maximum(np.linalg.norm(outer - inner, axis=1), 1e-6)
    # Heights with their sign, so that noise of closed lids averages out.
    gaps = [points[:, a, 1] - points[:, b, 1] for a, b in LIDS[side]]
    height = np.mean(gaps, axis=0) / width
    wide = max(_relaxed(height, level, OPEN_PERCENTILE), 1e-3)
    closed = (wide - height) / (wide * (1.0 - SHUT_SHARE))
    closed = np.maximum(closed - LID_NOISE, 0.0) / (1.0 - LID_NOISE)
    offset = (points[:, PUPIL[side]] - 0.5 * (outer + inner)) / width[:, None]
    down = -(offset[:, 1] - _relaxed(offset[:, 1], level)) / FULL_LOOK
    aside = (offset[:, 0] - _relaxed(offset[:, 0], level)) / FULL_LOOK
    outwards = aside if side == "Left" else -aside
    return {
        f"eyeBlink{side}": OPEN_BLINK + (SHUT_BLINK - OPEN_BLINK) * closed,
        # A pupil in a closing eye sinks with the lid, and that is no look.
        f"eyeLookDown{side}": down * np.clip(1.0 - closed, 0.0, 1.0),
        f"eyeLookUp{side}": -down,
        f"eyeLookOut{side}": outwards,
        f"eyeLookIn{side}": -outwards,
    }


def _read_brow(points: Double, side: str, level: Flags) -> dict[str, Double]:
    eye = 0.5 * (points[:, CORNERS[side][0], 1] + points[:, CORNERS[side][1], 1])
    outer = points[:, OUTER_BROW[side], 1].mean(axis=1) - eye
    inner = points[:, INNER_BROW[side], 1].mean(axis=1) - eye
    return {
        f"browOuterUp{side}": (outer - _relaxed(outer, level)) / BROW_RISE,
        f"browDown{side}": (_relaxed(inner, level) - inner) / BROW_FALL,
    }


def _read_mouth(points: Double, level: Flags) -> dict[str, Double]:
    gap = points[:, LIPS[0], 1] - points[:, LIPS[1], 1]
    corners = points[:, MOUTH_CORNERS]
    width = np.linalg.norm(corners[:, 0] - corners[:, 1], axis=1)
    # Over the upper lip, which stays where it is while the mouth opens.
    lift = corners[:, :, 1].mean(axis=1) - points[:, LIPS[0], 1]
    wider = width - _relaxed(width, level)
    raised = (lift - _relaxed(lift, level)) / SMILE_LIFT
    opened = np.clip(gap / MOUTH_OPEN, 0.0, 1.0)
    # Lips that only open get narrower too.
    narrow = np.clip(-wider / PUCKER_WIDTH - 0.3 * opened, 0.0, 1.0)
    # A smile is wide; corners that only rise belong to an open mouth.
    smile = (raised - LIP_NOISE) * np.clip(0.25 + wider / SMILE_WIDTH, 0.0, 1.0)
    return {
        "jawOpen": opened,
        "mouthSmileLeft": smile,
        "mouthSmileRight": smile,
        "mouthPucker": narrow * (1.0 - opened),
        "mouthFunnel": narrow * opened,
    }


def _relaxed(values: Double, level: Flags, percentile: float = 50.0) -> float:
    """Return what is usual while the face can be read well."""
    return float(np.percentile(values[level], percentile)) if level.any() else 0.0
