"""Timeless values that travel from tracked motion to Ultra-Dense Pose (UDP) frames."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


def _require(name: str, array: NDArray[np.generic], shape: tuple[int | None, ...]) -> None:
    """Raise unless ``array`` is float32 of ``shape``; None matches any length."""
    if array.dtype != np.float32:
        raise TypeError(f"unexpected {name} dtype: {array.dtype} != float32")
    fits = array.ndim == len(shape) and all(
        want is None or have == want for have, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        raise ValueError(f"unexpected {name} shape: {array.shape} != {shape}")


@dataclass(frozen=True, slots=True)
class FaceTracking:
    """A tracked face.

    Attributes:
        landmarks: ``[478, 3]`` float32, MediaPipe face mesh with irises; x and z in units of the
            image width, y of its height, y down, z away from the webcam positive.
        blendshapes: ``[52]`` float32 in [0, 1], order of ``BLENDSHAPE_NAMES``; None when the
            tracker has no blendshape model, then expressions come from the landmarks.
        camera_from_head: ``[4, 4]`` float32, rigid. Head axes: +X the person's left, +Y up, +Z out
            of the face. Webcam axes: +X right in the unmirrored image, +Y up, +Z towards the person
            is negative, so an upright head that faces the webcam has the identity rotation.
            Translation in metres, approximate.
    """

    landmarks: Float = field(repr=False)
    blendshapes: Float | None = field(repr=False)
    camera_from_head: Float = field(repr=False)

    def __post_init__(self) -> None:
        _require("landmarks", self.landmarks, (478, 3))
        _require("camera_from_head", self.camera_from_head, (4, 4))
        if self.blendshapes is not None:
            _require("blendshapes", self.blendshapes, (52,))


@dataclass(frozen=True, slots=True)
class BodyTracking:
    """A tracked body (MediaPipe pose, 33 landmarks, the person's own left and right).

    Attributes:
        landmarks: ``[33, 3]`` float32; x and z in units of the image width, y of its height,
            y down, z away from the webcam positive, 0 at the hips.
        world_landmarks: ``[33, 3]`` float32, metres, origin between the hips, same axes.
        visibility: ``[33]`` float32 in [0, 1].
    """

    landmarks: Float = field(repr=False)
    world_landmarks: Float = field(repr=False)
    visibility: Float = field(repr=False)

    def __post_init__(self) -> None:
        _require("landmarks", self.landmarks, (33, 3))
        _require("world_landmarks", self.world_landmarks, (33, 3))
        _require("visibility", self.visibility, (33,))


@dataclass(frozen=True, slots=True)
class HandTracking:
    """A tracked hand (MediaPipe hands, 21 landmarks from the wrist to the little finger's tip).

    Attributes:
        landmarks: ``[21, 3]`` float32, image units as in BodyTracking, z 0 at the wrist.
        world_landmarks: ``[21, 3]`` float32, metres, origin at the hand's centre.
        score: Confidence in [0, 1].
    """

    landmarks: Float = field(repr=False)
    world_landmarks: Float = field(repr=False)
    score: float

    def __post_init__(self) -> None:
        _require("landmarks", self.landmarks, (21, 3))
        _require("world_landmarks", self.world_landmarks, (21, 3))


@dataclass(frozen=True, slots=True)
class TrackedMotion:
    """What the tracker saw of one person in one webcam image; None means not seen.

    Left and right are the person's own. The image is never mirrored before tracking.
    """

    image_size: tuple[int, int]
    face: FaceTracking | None = None
    body: BodyTracking | None = None
    left_hand: HandTracking | None = None
    right_hand: HandTracking | None = None


@dataclass(frozen=True, slots=True)
class RigPose:
    """A rig at one moment.

    Attributes:
        bone_rotations: ``[J, 4]`` float32 xyzw unit quaternions, local, relative to rest.
        root_translation: ``[3]`` float32, metres, added to the hips.
        expression_weights: ``[E]`` float32 in [0, 1], order of ``Rig.expressions``.
        gaze: ``[2]`` float32 radians, yaw (to the avatar's left positive) and pitch (up positive).
    """

    bone_rotations: Float = field(repr=False)
    root_translation: Float
    expression_weights: Float = field(repr=False)
    gaze: Float

    def __post_init__(self) -> None:
        _require("bone_rotations", self.bone_rotations, (None, 4))
        _require("root_translation", self.root_translation, (3,))
        _require("expression_weights", self.expression_weights, (None,))
        _require("gaze", self.gaze, (2,))


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Eye and projection with which the avatar is drawn: a camera on a sphere about a target.

    Attributes:
        target: World point in the centre of the picture, metres.
        height_m: World height that fills the picture at the target's distance.
        yaw_rad: Orbit about +Y; 0 looks at the avatar's front, pi/2 at its left side.
        pitch_rad: Orbit upwards; positive looks down on the avatar.
        field_of_view_rad: Vertical; small values approach an orthographic picture.
    """

    target: tuple[float, float, float]
    height_m: float
    yaw_rad: float = 0.0
    pitch_rad: float = 0.0
    field_of_view_rad: float = 0.30

    def __post_init__(self) -> None:
        if self.height_m <= 0 or not 0.01 <= self.field_of_view_rad <= 2.0:
            raise ValueError(f"unexpected viewpoint: {self}")


@dataclass(frozen=True, slots=True)
class UdpMap:
    """Ultra-Dense Pose seen from one viewpoint.

    Attributes:
        xyzv: ``[H, W, 4]`` float32, row 0 on top. Landmark: canonical A-pose surface position
            (x, y, z) scaled to [0, 1]; then occupancy, 1 where the avatar covers the pixel
            centre, else 0.
    """

    xyzv: Float = field(repr=False)

    def __post_init__(self) -> None:
        _require("xyzv", self.xyzv, (None, None, 4))
