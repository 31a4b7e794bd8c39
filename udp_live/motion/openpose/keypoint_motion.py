"""OpenPose's flat keypoints as tracked motion in space."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from udp_live.motion.openpose.body_lift import lift_body
from udp_live.motion.openpose.bone_lengths import measure_body
from udp_live.motion.openpose.face_blendshapes import read_blendshapes
from udp_live.motion.openpose.face_placement import (
    fit_body_heads,
    fit_faces,
    generic_faces,
    lay_on_heads,
    mesh_landmarks,
)
from udp_live.motion.openpose.hand_lift import lift_hand
from udp_live.motion.openpose.head_fit import HeadFit
from udp_live.motion.openpose.keypoints import (
    BODY,
    FACE,
    LEFT_HAND,
    RIGHT_HAND,
    SEEN_ABOVE,
    SIDED,
    KeypointClip,
)
from udp_live.motion.openpose.tracks import steady_tracks
from udp_live.retargeting.blendshapes import BLENDSHAPE_INDEX, BLENDSHAPE_NAMES
from udp_live.retargeting.idle import idle_blink
from udp_live.types import BodyTracking, FaceTracking, HandTracking, TrackedMotion

Double = NDArray[np.float64]
Float = NDArray[np.float32]

# MediaPipe's body landmarks and the keypoint of BODY_25 at each.
BODY_LANDMARKS = {
    0: 0, 1: 16, 2: 16, 3: 16, 4: 15, 5: 15, 6: 15, 7: 18, 8: 17, 9: 0, 10: 0,
    11: 5, 12: 2, 13: 6, 14: 3, 15: 7, 16: 4, 17: 7, 18: 4, 19: 7, 20: 4, 21: 7, 22: 4,
    23: 12, 24: 9, 25: 13, 26: 10, 27: 14, 28: 11, 29: 21, 30: 24, 31: 19, 32: 22,
}  # fmt: skip
# The angle of view that is assumed of an unknown camera, as elsewhere for webcams.
FIELD_OF_VIEW_RAD = np.deg2rad(63.0)
HAND_SCORE = 0.25
HAND_KEYPOINTS = 14
# A hand farther from the arm's wrist than this belongs to somebody else.
HAND_REACH_M = 0.22
WRIST_SEEN = 0.3


class _Faces(NamedTuple):
    fit: HeadFit
    known: NDArray[np.bool_]
    points: Double
    blendshapes: Double


class _Hands(NamedTuple):
    places: Double
    points: Double
    scores: Double
    known: NDArray[np.bool_]


class KeypointMotion:
    """The tracked motion of each frame of a keypoint clip.

    The clip is lifted as a whole, so that each frame may use what comes after it.
    """

    def __init__(self, clip: KeypointClip) -> None:
        self.clip = clip
        fps = clip.fps
        places, seen = steady_tracks(clip.points, fps)
        self._faces = _read_faces(places, seen, fps)
        scale = np.where(self._faces.known, self._faces.fit.pixels_per_m, 0.0)
        self._size = measure_body(places[:, BODY], seen[:, BODY], scale, fps)
        self._seen = seen[:, BODY]
        self._body = lift_body(places[:, BODY], self._seen, self._size, fps).points
        # Joints that were never seen have their places from anatomy alone.
        offset = places[:, BODY] - self._body[:, :, :2] * self._size.pixels_per_m[:, None, None]
        known = np.maximum(self._seen, 1e-6)
        middle = (offset * known[:, :, None]).sum(axis=1) / known.sum(axis=1)[:, None]
        self._body_places = (
            self._body[:, :, :2] * self._size.pixels_per_m[:, None, None] + middle[:, None]
        )
        self._hands = {
            side: self._read_hand(part, side, places, fps)
            for side, part in (("left", LEFT_HAND), ("right", RIGHT_HAND))
        }

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        return self.clip.frame_count

    def motion(self, index: int) -> TrackedMotion:
        """Return one frame; parts that OpenPose did not find are None."""
        return TrackedMotion(
            image_size=self.clip.image_size,
            face=self._face_at(index),
            body=self._body_at(index),
            left_hand=self._hand_at(index, "left"),
            right_hand=self._hand_at(index, "right"),
        )

    def _face_at(self, index: int) -> FaceTracking | None:
        faces = self._faces
        if not faces.known[index]:
            return None
        width, height = self.clip.image_size
        scale = faces.fit.pixels_per_m[index]
        focal_px = 0.5 * height / np.tan(0.5 * FIELD_OF_VIEW_RAD)
        matrix = np.eye(4)
        matrix[:3, :3] = faces.fit.rotations[index]
        x, y = faces.fit.centres[index]
        matrix[:3, 3] = (x - 0.5 * width) / scale, (y + 0.5 * height) / scale, -focal_px / scale
        return FaceTracking(
            landmarks=self._in_image(mesh_landmarks(faces.points[index])),
            blendshapes=faces.blendshapes[index].astype(np.float32),
            camera_from_head=matrix.astype(np.float32),
        )

    def _body_at(self, index: int) -> BodyTracking | None:
        shoulders = [SIDED[side]["shoulder"] for side in SIDED]
        if self._seen[index, shoulders].min() <= 0.0:
            return None
        columns = [BODY_LANDMARKS[landmark] for landmark in range(33)]
        points = self._body[index, columns]
        pixels = points * self._size.pixels_per_m[index]
        pixels[:, :2] = self._body_places[index, columns]
        return BodyTracking(
            landmarks=self._in_image(pixels),
            world_landmarks=(points * (1.0, -1.0, -1.0)).astype(np.float32),
            visibility=self._seen[index, columns].astype(np.float32),
        )

    def _hand_at(self, index: int, side: str) -> HandTracking | None:
        hand = self._hands[side]
        if not hand.known[index]:
            return None
        points = hand.points[index]
        pixels = points * self._size.pixels_per_m[index]
        pixels[:, :2] = hand.places[index]
        return HandTracking(
            landmarks=self._in_image(pixels),
            world_landmarks=((points - points.mean(axis=0)) * (1.0, -1.0, -1.0)).astype(np.float32),
            score=float(hand.scores[index]),
        )

    def _in_image(self, points: Double) -> Float:
        """Bring pixels with y up and z to the webcam to units of the picture."""
        width, height = self.clip.image_size
        scaled: Double = points * (1.0 / width, -1.0 / height, -1.0 / width)
        return scaled.astype(np.float32)

    def _read_hand(self, part: slice, side: str, places: Double, fps: float) -> _Hands:
        raw = self.clip.points[:, part, 2]
        scores = raw.mean(axis=1)
        known = (scores > HAND_SCORE) & ((raw > SEEN_ABOVE).sum(axis=1) >= HAND_KEYPOINTS)
        elbow, wrist = SIDED[side]["elbow"], SIDED[side]["wrist"]
        apart = np.linalg.norm(places[:, part][:, 0] - places[:, wrist], axis=1)
        is_far = apart > HAND_REACH_M * self._size.pixels_per_m
        known &= ~(is_far & (self._seen[:, wrist] > WRIST_SEEN))
        forearm = self._body[:, wrist] - self._body[:, elbow]
        forearm /= np.maximum(np.linalg.norm(forearm, axis=1, keepdims=True), 1e-6)
        forearm *= self._seen[:, [elbow, wrist]].min(axis=1)[:, None]
        points = np.zeros((len(places), part.stop - part.start, 3))
        if known.any():
            # Lifted without the frames in which there is no hand, whose places are made up.
            points[known] = lift_hand(
                places[known][:, part], forearm[known], 1.0 if side == "left" else -1.0, fps
            )
        return _Hands(places[:, part], points, scores, known)


def _read_faces(places: Double, seen: Double, fps: float) -> _Faces:
    """Read faces from their 70 keypoints, or the head's turn alone from the body's."""
    fit, has_face = fit_faces(places[:, FACE], seen[:, FACE], fps)
    coarse, has_head = fit_body_heads(places[:, BODY], seen[:, BODY], fps)
    points = lay_on_heads(places[:, FACE], fit)
    blendshapes = read_blendshapes(points, fit.rotations, has_face, fps)
    blinking = np.zeros((len(places), len(BLENDSHAPE_NAMES)))
    lids = [BLENDSHAPE_INDEX[name] for name in ("eyeBlinkLeft", "eyeBlinkRight")]
    # Nothing is known of the eyes, so they blink by themselves.
    blinks = [idle_blink(frame / fps) for frame in range(len(places))]
    blinking[:, lids] = np.maximum(np.array(blinks), 0.1)[:, None]
    return _Faces(
        HeadFit(*(_choose(has_face, a, b) for a, b in zip(fit, coarse, strict=True))),
        has_face | has_head,
        _choose(has_face, points, generic_faces(coarse)),
        _choose(has_face, blendshapes, blinking),
    )


def _choose(condition: NDArray[np.bool_], first: Double, second: Double) -> Double:
    shape = (-1,) + (1,) * (first.ndim - 1)
    return np.where(condition.reshape(shape), first, second)
