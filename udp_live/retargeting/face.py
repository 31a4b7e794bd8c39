"""The face: blinks, gaze, brows, mouth and smile from blendshapes, or from landmarks alone."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from udp_live.retargeting.blendshapes import BLENDSHAPE_INDEX
from udp_live.retargeting.blinks import HIDING_YAW, EyeLids
from udp_live.retargeting.limits import clamp, smoothstep
from udp_live.types import FaceTracking

# Landmarks of MediaPipe's face mesh, the person's own left and right.
CORNERS = {"left": (263, 362), "right": (33, 133)}  # outer, inner
IRIS = {"left": 473, "right": 468}
UPPER_LID = {"left": [386, 385, 387], "right": [159, 158, 160]}
LOWER_LID = {"left": [374, 380, 373], "right": [145, 153, 144]}
BROW = {"left": [282, 295, 283], "right": [52, 65, 53]}
INNER_LIPS = (13, 14)
MOUTH_CORNERS = (61, 291)

# How far an eye is open: lid distance over eye width.
OPEN_EYE = 0.30
# The raw closing that counts as shut, by source.
SHUT_BLENDSHAPE, SHUT_LANDMARKS = 0.58, 0.65
# Looking down and smiling lower the lids; neither is a blink.
LOOK_DOWN_SHARE, SMILE_SHARE = 0.35, 0.2

# An eye's iris moves on a ball; this is the eye's width over the ball's radius.
WIDTH_PER_RADIUS = 2.4
GAZE_MAX = (math.radians(32.0), math.radians(22.0))
GAZE_GAIN = (1.0, 1.2)
# Distance between the outer corners of the eyes in pixels from which lids and lips can be read.
# Smaller faces blink by themselves and keep the mouth shut rather than flicker.
EYE_DETAIL_PX = (26.0, 60.0)
MOUTH_DETAIL_PX = (14.0, 32.0)


class FaceReading(NamedTuple):
    """Raw measures of a face, before the user's neutral is taken off.

    Attributes:
        closed_left, closed_right: Closing of each eye, 0 wide open to about 0.8 shut.
        gaze_yaw, gaze_pitch: Where the eyes look relative to the head, radians.
        look_down: How far the lids follow a look downwards.
        brow_up, brow_down: 0 to 1 from blendshapes; from landmarks up is a distance, down 0.
        lip_gap, mouth_width: Over the distance between the eyes' outer corners.
        smile, round: 0 to 1 from blendshapes; 0 from landmarks, then shape speaks alone.
        corner_lift: Mouth corners over the lips' middle, same unit as the gap.
        size_px: Distance between the eyes' outer corners in the picture.
        has_blendshapes: 1 or 0.
    """

    closed_left: float
    closed_right: float
    gaze_yaw: float
    gaze_pitch: float
    look_down: float
    brow_up: float
    brow_down: float
    lip_gap: float
    mouth_width: float
    smile: float
    round: float
    corner_lift: float
    size_px: float
    has_blendshapes: float


TYPICAL = FaceReading(
    0.1, 0.1, 0.0, 0.06, 0.0, 0.1, 0.05, 0.015, 0.58, 0.02, 0.02, -0.01, 100.0, has_blendshapes=1.0
)
TYPICAL_LANDMARKS = TYPICAL._replace(brow_up=0.225, has_blendshapes=0.0)


@dataclass(frozen=True, slots=True)
class FaceControls:
    """What the avatar's face does, each in [0, 1]; the person's own left and right.

    ``eye_detail`` tells how far lids and gaze could be read at all.
    """

    blink_left: float = 0.0
    blink_right: float = 0.0
    gaze: tuple[float, float] = (0.0, 0.0)
    brow_up: float = 0.0
    brow_down: float = 0.0
    smile: float = 0.0
    aa: float = 0.0
    ih: float = 0.0
    ou: float = 0.0
    ee: float = 0.0
    oh: float = 0.0
    eye_detail: float = 1.0


def read_face(face: FaceTracking, image_size: tuple[int, int]) -> FaceReading:
    """Measure a face in its own axes, so that turning the head changes little."""
    width, height = image_size
    scale = np.array([width, -height, -width], np.float64)
    points = (face.landmarks.astype(np.float64) * scale) @ face.camera_from_head[:3, :3]
    unit = max(float(np.linalg.norm(points[33] - points[263])), 1e-6)
    points /= unit
    eyes = [_read_eye(points, side) for side in ("left", "right")]
    yaw = math.atan2(float(face.camera_from_head[0, 2]), float(face.camera_from_head[2, 2]))
    # The nearer eye is read better: turned to the own left, that is the right one.
    near = clamp(0.5 + 0.5 * yaw / HIDING_YAW[1], 0.0, 1.0)
    gaze = (1.0 - near) * eyes[0][1:3] + near * eyes[1][1:3]
    gap = float(np.linalg.norm(points[INNER_LIPS[0]] - points[INNER_LIPS[1]]))
    corners = points[list(MOUTH_CORNERS)]
    lips_y = float(points[list(INNER_LIPS), 1].mean())
    shape = FaceReading(
        closed_left=1.0 - float(eyes[0][0]) / OPEN_EYE,
        closed_right=1.0 - float(eyes[1][0]) / OPEN_EYE,
        gaze_yaw=float(gaze[0]),
        gaze_pitch=float(gaze[1]),
        look_down=0.0,
        brow_up=0.5 * float(eyes[0][3] + eyes[1][3]),
        brow_down=0.0,
        lip_gap=gap,
        mouth_width=float(np.linalg.norm(corners[0] - corners[1])),
        smile=0.0,
        round=0.0,
        corner_lift=float(corners[:, 1].mean()) - lips_y,
        size_px=unit,
        has_blendshapes=0.0,
    )
    return shape if face.blendshapes is None else _with_blendshapes(shape, face.blendshapes)


def _read_eye(points: NDArray[np.float64], side: str) -> NDArray[np.float64]:
    """Return opening, gaze yaw and pitch, and brow height of one eye."""
    outer, inner = (points[index] for index in CORNERS[side])
    centre = 0.5 * (outer + inner)
    width = max(float(np.linalg.norm(outer - inner)), 1e-6)
    upper, lower = points[UPPER_LID[side]], points[LOWER_LID[side]]
    opening = float(np.mean(np.linalg.norm(upper - lower, axis=1))) / width
    offset = (points[IRIS[side]] - centre) / width * WIDTH_PER_RADIUS
    yaw = math.asin(clamp(float(offset[0]), -0.9, 0.9))
    pitch = math.asin(clamp(float(offset[1]), -0.9, 0.9))
    brow = float(points[BROW[side]][:, 1].mean() - centre[1])
    return np.array([opening, yaw, pitch, brow])


def _with_blendshapes(shape: FaceReading, blendshapes: NDArray[np.float32]) -> FaceReading:
    def value(name: str) -> float:
        return float(blendshapes[BLENDSHAPE_INDEX[name]])

    def mean(name: str) -> float:
        return 0.5 * (value(f"{name}Left") + value(f"{name}Right"))

    return shape._replace(
        closed_left=value("eyeBlinkLeft"),
        closed_right=value("eyeBlinkRight"),
        look_down=mean("eyeLookDown"),
        brow_up=max(mean("browOuterUp"), value("browInnerUp")),
        brow_down=mean("browDown"),
        smile=mean("mouthSmile"),
        round=max(value("mouthPucker"), value("mouthFunnel")),
        has_blendshapes=1.0,
    )


class FaceSolver:
    """Turn readings into controls; learns open eyes, holds the gaze for the length of a blink."""

    def __init__(self) -> None:
        self._gaze = (0.0, 0.0)
        self._lids = EyeLids()

    def solve(
        self, reading: FaceReading, neutral: FaceReading | None, yaw: float, dt_s: float
    ) -> FaceControls:
        """Return the controls of one moment.

        Args:
            reading: The face now.
            neutral: The user's neutral face, None before calibration.
            yaw: Head yaw relative to the webcam, towards the person's left positive, radians.
            dt_s: Time since the last moment.
        """
        typical = TYPICAL if reading.has_blendshapes else TYPICAL_LANDMARKS
        # A neutral from the other kind of tracker does not compare.
        is_alike = neutral is not None and round(neutral.has_blendshapes) == round(
            reading.has_blendshapes
        )
        zero = neutral if neutral is not None and is_alike else typical
        left, right = self._blink(reading, zero, yaw, dt_s)
        self._look(reading, zero, max(left, right))
        brow_up, brow_down = _solve_brows(reading, zero)
        open_, round_, wide, smile = _solve_lips(reading, zero)
        lips = smoothstep(reading.size_px, *MOUTH_DETAIL_PX)
        aa, ih, ou, ee, oh = solve_vowels(lips * open_, lips * round_, lips * wide)
        return FaceControls(
            blink_left=left,
            blink_right=right,
            gaze=self._gaze,
            brow_up=lips * brow_up,
            brow_down=lips * brow_down,
            smile=lips * smile,
            aa=aa,
            ih=ih,
            ou=ou,
            ee=ee,
            oh=oh,
            eye_detail=smoothstep(reading.size_px, *EYE_DETAIL_PX),
        )

    def _blink(
        self, reading: FaceReading, zero: FaceReading, yaw: float, dt_s: float
    ) -> tuple[float, float]:
        lowered = LOOK_DOWN_SHARE * reading.look_down
        lowered += SMILE_SHARE * max(reading.smile - zero.smile, 0.0)
        raw = (reading.closed_left - lowered, reading.closed_right - lowered)
        shut = SHUT_BLENDSHAPE if reading.has_blendshapes else SHUT_LANDMARKS
        detail = smoothstep(reading.size_px, *EYE_DETAIL_PX)
        return self._lids.close(raw, shut - lowered, yaw=yaw, detail=detail, dt_s=dt_s)

    def _look(self, reading: FaceReading, zero: FaceReading, blink: float) -> None:
        """Follow the irises, but not while a lid covers them."""
        yaw = GAZE_GAIN[0] * (reading.gaze_yaw - zero.gaze_yaw)
        pitch = GAZE_GAIN[1] * (reading.gaze_pitch - zero.gaze_pitch)
        trust = 1.0 - smoothstep(blink, 0.25, 0.5)
        wanted = (clamp(yaw, -GAZE_MAX[0], GAZE_MAX[0]), clamp(pitch, -GAZE_MAX[1], GAZE_MAX[1]))
        self._gaze = (
            self._gaze[0] + trust * (wanted[0] - self._gaze[0]),
            self._gaze[1] + trust * (wanted[1] - self._gaze[1]),
        )


def _solve_brows(reading: FaceReading, zero: FaceReading) -> tuple[float, float]:
    up = reading.brow_up - zero.brow_up
    if reading.has_blendshapes:
        down = reading.brow_down - zero.brow_down
        return clamp((up - 0.08) / 0.6, 0.0, 1.0), clamp((down - 0.08) / 0.5, 0.0, 1.0)
    return clamp((up - 0.012) / 0.06, 0.0, 1.0), clamp((-up - 0.012) / 0.05, 0.0, 1.0)


def _solve_lips(reading: FaceReading, zero: FaceReading) -> tuple[float, float, float, float]:
    """Return opening, rounding, widening and smile, each in [0, 1]."""
    open_ = clamp((reading.lip_gap - zero.lip_gap - 0.015) / 0.30, 0.0, 1.0)
    wider = reading.mouth_width - zero.mouth_width
    round_ = clamp((-wider - 0.02) / 0.13, 0.0, 1.0)
    wide = clamp((wider - 0.02) / 0.12, 0.0, 1.0)
    lift = reading.corner_lift - zero.corner_lift
    smile = clamp((lift - 0.012) / 0.06, 0.0, 1.0) * smoothstep(wider, 0.0, 0.05)
    if reading.has_blendshapes:
        pursed = clamp((reading.round - zero.round - 0.05) / 0.6, 0.0, 1.0)
        round_ = 0.5 * (round_ + pursed)
        smile = clamp((reading.smile - zero.smile - 0.06) / 0.6, 0.0, 1.0)
    return open_, round_, wide, smile


def solve_vowels(
    open_: float, round_: float, wide: float
) -> tuple[float, float, float, float, float]:
    """Return the weights of ``aa ih ou ee oh`` for a mouth shape; they sum to at most 1."""
    # A closed mouth that is wide smiles, it does not speak.
    spread = wide * smoothstep(open_, 0.03, 0.15)
    opened = smoothstep(open_, 0.0, 0.9) ** 0.8
    oh = min(opened, round_) * smoothstep(open_, 0.15, 0.4)
    ou = max(round_ - oh, 0.0) * (1.0 - 0.7 * opened) * smoothstep(round_, 0.15, 0.45)
    ee = spread * (1.0 - opened) * (1.0 - round_)
    ih = 0.45 * opened * (1.0 - opened) * (1.0 - round_)
    aa = opened * (1.0 - round_) * (1.0 - 0.4 * spread)
    total = max(aa + ih + ou + ee + oh, 1.0)
    return aa / total, ih / total, ou / total, ee / total, oh / total
