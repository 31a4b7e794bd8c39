"""How well the avatar imitates the person: angles in the picture, and of the head."""

import math
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from udp_live.retargeting.calibration import Neutral
from udp_live.retargeting.head import head_from_neutral
from udp_live.retargeting.quaternion import Quat, angle_of, from_matrix, inverse, multiply
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import posed_joints
from udp_live.types import RigPose, TrackedMotion

Float = NDArray[np.float32]

VISIBLE = 0.6
# A limb that points at the webcam has no angle in the picture; in shoulder widths.
SHORTEST_LIMB = 0.12

SEGMENTS = {
    "upper_arm": {"left": (11, 13), "right": (12, 14)},
    "forearm": {"left": (13, 15), "right": (14, 16)},
}
BONES = {"upper_arm": ("UpperArm", "LowerArm"), "forearm": ("LowerArm", "Hand")}
OTHER_SIDE = {"left": "right", "right": "left"}


class ImitationReport(TypedDict):
    """Mean absolute errors in degrees, None where nothing could be compared."""

    upper_arm_deg: float | None
    forearm_deg: float | None
    head_deg: float | None
    frames: int


class Imitation:
    """Compare person and avatar frame by frame.

    Arms: the angle of each limb in the picture, from the person's landmarks in pixels and from
    the avatar's bones as a distant viewpoint in front sees them, where the person's joints are
    visible and inside the picture. Head: the angle between the person's turn from neutral and the
    avatar's head bone's turn from rest.
    """

    def __init__(self, rig: Rig, *, mirror: bool) -> None:
        self._rig = rig
        self._mirror = mirror
        # Running sums, since a live run may last for hours: (radians so far, how many).
        self._errors = {"upper_arm": (0.0, 0), "forearm": (0.0, 0), "head": (0.0, 0)}
        self._frames = 0

    def add(self, motion: TrackedMotion, pose: RigPose, neutral: Neutral) -> None:
        """Take in one frame and the pose that was made of it."""
        posed = posed_joints(self._rig.skeleton, pose)
        self._frames += 1
        if motion.body is not None:
            for limb in SEGMENTS:
                for side in OTHER_SIDE:
                    self._add_limb(limb, side, motion, posed.positions)
        if motion.face is not None:
            head = posed.rotations[self._rig.skeleton.humanoid["head"]]
            person = from_matrix(motion.face.camera_from_head)
            self._add_head(person, neutral, head)

    def report(self) -> ImitationReport:
        """Return the means so far."""
        means = {
            name: round(math.degrees(total / count), 2) if count else None
            for name, (total, count) in self._errors.items()
        }
        return ImitationReport(
            upper_arm_deg=means["upper_arm"],
            forearm_deg=means["forearm"],
            head_deg=means["head"],
            frames=self._frames,
        )

    def _add_limb(self, limb: str, side: str, motion: TrackedMotion, positions: Float) -> None:
        body = motion.body
        if body is None:
            return
        ends = list(SEGMENTS[limb][side])
        places = body.landmarks[ends, :2]
        if body.visibility[ends].min() <= VISIBLE or places.min() < 0.0 or places.max() > 1.0:
            return
        pixels = body.landmarks[:, :2] * np.array(motion.image_size, np.float32)
        person = pixels[ends[1]] - pixels[ends[0]]
        shoulders = float(np.linalg.norm(pixels[11] - pixels[12]))
        if np.linalg.norm(person) < SHORTEST_LIMB * shoulders:
            return
        own_side = OTHER_SIDE[side] if self._mirror else side
        humanoid = self._rig.skeleton.humanoid
        start, end = (humanoid[own_side + bone] for bone in BONES[limb])
        avatar = positions[end] - positions[start]
        across = -float(avatar[0]) if self._mirror else float(avatar[0])
        angle = math.atan2(float(avatar[1]), across) - math.atan2(-person[1], person[0])
        self._count(limb, abs(math.remainder(angle, 2.0 * math.pi)))

    def _add_head(self, person: Quat, neutral: Neutral, head: Float) -> None:
        wanted = head_from_neutral(person, neutral.head.rotation)
        x, y, z, w = (float(value) for value in head)
        shown = (x, -y, -z, w) if self._mirror else (x, y, z, w)
        self._count("head", angle_of(multiply(inverse(shown), wanted)))

    def _count(self, name: str, error: float) -> None:
        total, count = self._errors[name]
        self._errors[name] = (total + error, count + 1)
