"""Draw tracked landmarks as lines and dots on a plain panel, without the person's picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from udp_live.types import BodyTracking, FaceTracking, HandTracking, TrackedMotion

Image = NDArray[np.uint8]
Float = NDArray[np.float32]
Colour = tuple[int, int, int]
Lines = tuple[tuple[int, ...], ...]

PANEL: Colour = (16, 36, 43)
MESH: Colour = (88, 150, 156)
FACE: Colour = (206, 232, 228)
YUZU: Colour = (245, 201, 47)
LEAF: Colour = (123, 208, 90)
JOINT: Colour = (234, 243, 242)

OVERSAMPLING = 2
FRACTION_BITS = 4  # of pixel coordinates, for OpenCV
SEEN = 0.5  # least visibility of a body landmark that is drawn
COMMON_FACE = 0.3  # a face's height in a drawing with the plain line widths
# Of a window: room around the person, least half sides, least width over height.
AIR, LEAST_HALF, NARROWEST = 0.05, 0.15, 0.8

# MediaPipe's face mesh; a line that ends where it began is a ring.
FACE_LINES: Lines = (
    (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
     148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10),
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185, 61),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191, 78),
    (168, 6, 197, 195, 5, 4, 1),
    (98, 97, 2, 326, 327),
)  # fmt: skip
EYE_LINES: Lines = (
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466, 263),
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 33),
    (474, 475, 476, 477, 474),
    (469, 470, 471, 472, 469),
    (276, 283, 282, 295, 285),
    (46, 53, 52, 65, 55),
)
BODY_LINES: Lines = (
    (15, 13, 11, 12, 14, 16),
    (11, 23, 24, 12),
    (23, 25, 27, 31),
    (24, 26, 28, 32),
)
UPPER_JOINTS = (11, 12, 13, 14, 15, 16, 23, 24)
BODY_JOINTS = (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
HAND_LINES: Lines = (
    (0, 1, 2, 3, 4),
    (0, 5, 6, 7, 8),
    (9, 10, 11, 12),
    (13, 14, 15, 16),
    (0, 17, 18, 19, 20),
    (5, 9, 13, 17),
)


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a source's picture that is shown, in units of its width and height."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    def drawing_size(self, image_size: tuple[int, int], height: int) -> tuple[int, int]:
        """Return width and height of a drawing, pixels, for a picture of ``image_size``."""
        across = (self.right - self.left) * image_size[0]
        down = (self.bottom - self.top) * image_size[1]
        return max(round(height * across / down), 1), height


def window_around(motions: Sequence[TrackedMotion]) -> Window:
    """Return the part of the picture in which a person moves; all of it when nobody is seen."""
    found = [points for motion in motions for points in _points(motion)]
    if not found:
        return Window()
    points = np.clip(np.concatenate(found), 0.0, 1.0)
    low, high = points.min(axis=0), points.max(axis=0)
    width, height = motions[0].image_size
    # As in a portrait: no wider than high, and air around the hands.
    half = np.maximum(0.5 * (high - low) + AIR, LEAST_HALF)
    half[0] = max(half[0], NARROWEST * half[1] * height / width)
    middle = 0.5 * (low + high)
    left, top = np.clip(middle - half, 0.0, 1.0).tolist()
    right, bottom = np.clip(middle + half, 0.0, 1.0).tolist()
    return Window(left, top, right, bottom)


def draw_motion(
    motion: TrackedMotion, height: int, window: Window | None = None, *, mirror: bool
) -> Image:
    """Draw what the tracker saw.

    Args:
        motion: Landmarks in units of the source's picture.
        height: Of the drawing, pixels; the width follows from the window's shape.
        window: Shown part of the picture; None shows all of it.
        mirror: Draw it as in a mirror.

    Returns:
        ``[height, W, 3]`` uint8 sRGB.
    """
    window = window or Window()
    pen = _Pen(window, window.drawing_size(motion.image_size, height), mirror=mirror)
    if motion.body is not None:
        _draw_body(pen, motion.body)
    if motion.face is not None:
        _draw_face(pen, motion.face)
    for hand in (motion.left_hand, motion.right_hand):
        if hand is not None:
            _draw_hand(pen, hand)
    return pen.finish()


def draw_picture(
    picture: Image, height: int, window: Window | None = None, *, mirror: bool
) -> Image:
    """Return a source's ``[H, W, 3]`` picture cut and scaled like a drawing."""
    window = window or Window()
    rows, columns = picture.shape[:2]
    size = window.drawing_size((columns, rows), height)
    top, bottom = round(window.top * rows), round(window.bottom * rows)
    left, right = round(window.left * columns), round(window.right * columns)
    shown = picture[top:bottom, left:right]
    shown = np.ascontiguousarray(shown[:, ::-1] if mirror else shown)
    return np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA), np.uint8)


class _Pen:
    """Smooth lines and dots in units of the picture."""

    def __init__(self, window: Window, size: tuple[int, int], *, mirror: bool) -> None:
        self._window = window
        self._size = size
        self._mirror = mirror
        width, height = (side * OVERSAMPLING for side in size)
        self._canvas = np.full((height, width, 3), PANEL, np.uint8)
        self._unit = height / 400.0  # so that a line has the same share of any panel

    def line(self, points: Float, colour: Colour, width: float) -> None:
        """Draw a line through ``[N, 2]`` points."""
        thickness = max(round(width * self._unit), 1)
        places = self._places(points)
        cv2.polylines(self._canvas, [places], False, colour, thickness, cv2.LINE_AA, FRACTION_BITS)

    def dots(self, points: Float, colour: Colour, radius: float) -> None:
        """Draw a dot on each of ``[N, 2]`` points."""
        size = max(round(radius * self._unit * (1 << FRACTION_BITS)), 1)
        for x, y in self._places(points).tolist():
            cv2.circle(self._canvas, (x, y), size, colour, -1, cv2.LINE_AA, FRACTION_BITS)

    def share(self, points: Float) -> float:
        """Return which share of the drawing's height some points span."""
        return float(np.ptp(self._places(points)[:, 1])) / (self._canvas.shape[0] << FRACTION_BITS)

    def finish(self) -> Image:
        """Return the drawing in its own size."""
        return np.asarray(
            cv2.resize(self._canvas, self._size, interpolation=cv2.INTER_AREA), np.uint8
        )

    def _places(self, points: Float) -> NDArray[np.int32]:
        """Return where points lie on the canvas, in fractions of pixels as OpenCV wants them."""
        height, width = self._canvas.shape[:2]
        shown = self._window
        across = (points[:, 0] - shown.left) / (shown.right - shown.left)
        across = 1.0 - across if self._mirror else across
        down = (points[:, 1] - shown.top) / (shown.bottom - shown.top)
        places = np.stack([across * width, down * height], axis=1)
        limit = 4.0 * max(width, height)  # far outside of the picture OpenCV overflows
        exact = np.clip(places, -limit, limit) * (1 << FRACTION_BITS)
        return np.asarray(np.rint(exact), np.int32)


def _points(motion: TrackedMotion) -> list[Float]:
    """Return where face, hands and upper body are seen, arrays of ``[N, 2]``."""
    seen = [
        part.landmarks[:, :2]
        for part in (motion.face, motion.left_hand, motion.right_hand)
        if part is not None
    ]
    if motion.body is not None:
        upper = [joint for joint in UPPER_JOINTS if motion.body.visibility[joint] > SEEN]
        seen.append(motion.body.landmarks[upper, :2])
    return [points for points in seen if len(points)]


def _draw_body(pen: _Pen, body: BodyTracking) -> None:
    seen = body.visibility > SEEN
    for line in BODY_LINES:
        for ends in pairwise(line):
            if seen[list(ends)].all():
                pen.line(body.landmarks[list(ends), :2], YUZU, 5.0)
    joints = [joint for joint in BODY_JOINTS if seen[joint]]
    pen.dots(body.landmarks[joints, :2], YUZU, 5.5)
    pen.dots(body.landmarks[joints, :2], PANEL, 2.8)


def _draw_face(pen: _Pen, face: FaceTracking) -> None:
    scale = min(max(pen.share(face.landmarks[:, :2]) / COMMON_FACE, 0.35), 1.5)
    pen.dots(face.landmarks[:, :2], MESH, 0.9 * scale)
    for line in FACE_LINES:
        pen.line(face.landmarks[list(line), :2], FACE, 1.6 * scale)
    for line in EYE_LINES:
        pen.line(face.landmarks[list(line), :2], YUZU, 1.9 * scale)


def _draw_hand(pen: _Pen, hand: HandTracking) -> None:
    for line in HAND_LINES:
        pen.line(hand.landmarks[list(line), :2], LEAF, 3.0)
    pen.dots(hand.landmarks[:, :2], JOINT, 1.9)
