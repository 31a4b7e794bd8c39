"""The loop closed: known motion, picture, tracker, retargeting, and motion again.

The avatar plays the shipped clip before a plain wall, MediaPipe watches the drawing as it would a
person, and what it sees moves the same rig again. Each bound is about one and a half times what
was measured, and far below what swapped sides, a mirror or a frozen avatar would give.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.engine import EngineConfig, EngineParts
from avatar_app.paths import avatar_names, clip_names
from avatar_app.tracking.base import Tracker
from tests.fakes.drawn_person import DrawnPerson
from udp_live.errors import GlContextError
from udp_live.loaders import load_rig
from udp_live.motion import load_vrma
from udp_live.retargeting.face import FaceReading, read_face
from udp_live.retargeting.retargeter import Retargeter, RetargeterConfig
from udp_live.rig.framing import Framing, frame_viewpoint
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import PosedSkeleton, posed_joints
from udp_live.types import RigPose, TrackedMotion, Viewpoint

Angles = NDArray[np.float64]

SIZE = (480, 640)
CALM = np.arange(0.0, 1.0, 0.25)  # the user's neutral is taken from it
# The bow hides the face and the turn shows her back, so both are left out.
STANDING = np.concatenate([CALM, np.arange(3.4, 23.9, 0.5)])
# Left wink, right wink, look to the left, look to the right; then the long left wink.
FACING = np.concatenate([CALM, np.arange(8.4, 13.0, 0.2), np.arange(21.6, 23.2, 0.2)])
IN_PICTURE = 0.4  # of a limb's length; a limb that points at the viewer has no angle


@dataclass(frozen=True)
class Moment:
    """What was done, what the tracker saw, and what the avatar made of it."""

    time_s: float
    known: RigPose = field(repr=False)
    motion: TrackedMotion = field(repr=False)
    copied: RigPose = field(repr=False)


@dataclass(frozen=True)
class Loops:
    """Both sequences: all of her at arm's distance from the walls, and her face alone."""

    rig: Rig = field(repr=False)
    standing: list[Moment] = field(repr=False)
    facing: list[Moment] = field(repr=False)

    def weight(self, pose: RigPose, name: str) -> float:
        index = self.rig.expression_index(name)
        assert index is not None
        return float(pose.expression_weights[index])


def watch(
    person: DrawnPerson, rig: Rig, tracker: Tracker, times_s: Angles, viewpoint: Viewpoint
) -> list[Moment]:
    retargeter = Retargeter(rig, RetargeterConfig(mirror=False))
    moments = []
    for number, time_s in enumerate(times_s.tolist()):
        frame, known = person.film(number, time_s, viewpoint)
        motion = tracker.track(frame).motion
        moments.append(Moment(time_s, known, motion, retargeter.retarget(motion, time_s)))
    return moments


@pytest.fixture(scope="module")
def loops() -> Iterator[Loops]:
    """Close the loop once; the tests only look at it."""
    if "yuzu" not in avatar_names() or "hello" not in clip_names():
        pytest.skip("the default avatar or its clip has not been built")
    folder = avatar_names()["yuzu"]
    rig, clip = load_rig(folder / "proxy.glb"), load_vrma(clip_names()["hello"])
    try:
        person = DrawnPerson(rig, clip, SIZE)
    except GlContextError as error:
        pytest.skip(str(error))
    tracker = EngineParts().open_tracker(EngineConfig(avatar=folder), realtime=False)
    aspect = SIZE[0] / SIZE[1]
    whole = frame_viewpoint(rig, Framing.FULL, aspect=aspect)
    bust = frame_viewpoint(rig, Framing.BUST, aspect=aspect)
    try:
        standing = watch(person, rig, tracker, STANDING, whole)
        facing = watch(person, rig, tracker, FACING, bust)
    finally:
        tracker.close()
        person.close()
    yield Loops(rig, standing, facing)


def posed(loops: Loops, pose: RigPose) -> PosedSkeleton:
    return posed_joints(loops.rig.skeleton, pose)


def limb_deg(loops: Loops, pose: RigPose, side: str, limb: str) -> tuple[float, float]:
    """Return a limb's angle in the picture and which share of its length lies in it."""
    ends = {"upper arm": ("UpperArm", "LowerArm"), "forearm": ("LowerArm", "Hand")}[limb]
    humanoid = loops.rig.skeleton.humanoid
    start, end = (posed(loops, pose).positions[humanoid[side + name]] for name in ends)
    x, y, z = (end - start).tolist()
    return math.degrees(math.atan2(y, x)), math.hypot(x, y) / math.hypot(x, y, z)


def limb_errors_deg(loops: Loops, side: str, limb: str, *, instead: str | None = None) -> Angles:
    """Return differences of angle; ``instead`` compares with what that side did, mirrored."""
    errors = []
    for moment in loops.standing[len(CALM) :]:
        wanted, share = limb_deg(loops, moment.known, instead or side, limb)
        wanted = 180.0 - wanted if instead else wanted
        shown, _ = limb_deg(loops, moment.copied, side, limb)
        if share > IN_PICTURE:
            errors.append(abs(math.remainder(shown - wanted, 360.0)))
    return np.array(errors)


def head_deg(loops: Loops, pose: RigPose) -> tuple[float, float]:
    """Return the head's yaw to her left and its roll to her right, degrees, in the world."""
    x, y, z, w = posed(loops, pose).rotations[loops.rig.skeleton.humanoid["head"]].tolist()
    yaw = math.atan2(2 * (x * z + w * y), 1 - 2 * (x * x + y * y))
    roll = math.atan2(2 * (x * y + w * z), 1 - 2 * (x * x + z * z))
    return math.degrees(yaw), math.degrees(roll)


def head_turns_deg(loops: Loops, axis: int) -> tuple[Angles, Angles]:
    """Return known and copied head angles about one axis, face close up."""
    moments = loops.facing[len(CALM) :]
    known = np.array([head_deg(loops, moment.known)[axis] for moment in moments])
    copied = np.array([head_deg(loops, moment.copied)[axis] for moment in moments])
    return known, copied


def readings(loops: Loops) -> list[tuple[Moment, FaceReading]]:
    return [
        (moment, read_face(moment.motion.face, moment.motion.image_size))
        for moment in loops.facing
        if moment.motion.face is not None
    ]

