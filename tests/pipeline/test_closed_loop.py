"""The loop closed: known motion, picture, tracker, retargeting, and motion again.

The avatar plays the shipped clip before a plain wall, MediaPipe watches the drawing as it would a
person, and what it sees moves the same rig again. Each bound is about one and a half times what
was measured, and well below what swapped sides, a mirror or a frozen avatar would give. Where a
drawn gaze looks, the tracker cannot tell, so nothing is asked of it.
"""

import math
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
from udp_live.retargeting.face import read_face
from udp_live.retargeting.retargeter import Retargeter, RetargeterConfig
from udp_live.rig.framing import Framing, frame_viewpoint
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import posed_joints
from udp_live.types import RigPose, TrackedMotion, Viewpoint

Angles = NDArray[np.float64]

SIZE = (480, 640)
CALM = np.arange(0.0, 1.3, 0.2)  # the user's neutral is taken from it
# The bow hides the face and the turn shows her back, so both are left out.
STANDING = np.concatenate([CALM, np.arange(3.4, 23.8, 0.6)])
# Talk; a left wink, a right wink, a look to the left and one to the right; a long left wink.
FACING = np.concatenate(
    [CALM, np.arange(5.9, 7.1, 0.1), np.arange(8.4, 13.0, 0.2), np.arange(21.6, 23.2, 0.2)]
)
COUNTING = np.concatenate([CALM, np.arange(15.8, 22.0, 0.3)])  # from a fist to five fingers
WAVING_S = (13.4, 21.0)  # and counting: the right hand is up
VOWELS = ("aa", "ih", "ou", "ee", "oh")
ENDS = {"upper arm": ("UpperArm", "LowerArm"), "forearm": ("LowerArm", "Hand")}
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
    """Sequences without their calm beginning: her whole figure, her upper half, her face."""

    rig: Rig = field(repr=False)
    standing: list[Moment] = field(repr=False)
    counting: list[Moment] = field(repr=False)
    facing: list[Moment] = field(repr=False)


def watch(
    person: DrawnPerson, rig: Rig, tracker: Tracker, times_s: Angles, viewpoint: Viewpoint
) -> list[Moment]:
    retargeter = Retargeter(rig, RetargeterConfig(mirror=False))
    moments = []
    for number, time_s in enumerate(times_s.tolist()):
        frame, known = person.film(number, time_s, viewpoint)
        motion = tracker.track(frame).motion
        moments.append(Moment(time_s, known, motion, retargeter.retarget(motion, time_s)))
    return moments[len(CALM) :]


@pytest.fixture(scope="module")
def loops() -> Loops:
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
    full, bust = (frame_viewpoint(rig, f, aspect=aspect) for f in (Framing.FULL, Framing.BUST))
    nearer = frame_viewpoint(rig, Framing.FULL, aspect=aspect, zoom=1.6, pan=(0.0, -0.1))
    try:
        standing = watch(person, rig, tracker, STANDING, full)
        counting = watch(person, rig, tracker, COUNTING, nearer)
        facing = watch(person, rig, tracker, FACING, bust)
    finally:
        tracker.close()
        person.close()
    return Loops(rig, standing, counting, facing)


def limb_deg(rig: Rig, pose: RigPose, side: str, limb: str) -> tuple[float, float]:
    """Return a limb's angle in the picture and which share of its length lies in it."""
    posed = posed_joints(rig.skeleton, pose)
    start, end = (posed.positions[rig.skeleton.humanoid[side + end]] for end in ENDS[limb])
    x, y, z = (end - start).tolist()
    return math.degrees(math.atan2(y, x)), math.hypot(x, y) / math.hypot(x, y, z)


def limb_errors_deg(loops: Loops, side: str, limb: str, *, like: str | None = None) -> Angles:
    """Return errors of a limb's angle; ``like`` expects it to mirror what that side did."""
    errors = []
    for moment in loops.standing:
        wanted, share = limb_deg(loops.rig, moment.known, like or side, limb)
        wanted = 180.0 - wanted if like else wanted
        shown, _ = limb_deg(loops.rig, moment.copied, side, limb)
        if share > IN_PICTURE:
            errors.append(abs(math.remainder(shown - wanted, 360.0)))
    assert len(errors) > len(loops.standing) / 2
    return np.array(errors)


def curl_deg(rig: Rig, pose: RigPose, finger: str) -> float:
    """Return how far a finger of the right hand is bent: the sum of its joints' angles."""
    bones = [f"right{finger}{joint}" for joint in ("Proximal", "Intermediate", "Distal")]
    cosines = [abs(float(pose.bone_rotations[rig.skeleton.humanoid[bone], 3])) for bone in bones]
    return math.degrees(sum(2.0 * math.acos(min(cosine, 1.0)) for cosine in cosines))


def head_angles_deg(loops: Loops, angle: str) -> tuple[Angles, Angles]:
    """Return known and copied yaw (to her left) or roll (to her right), close up."""
    pairs = []
    for moment in loops.facing:
        for pose in (moment.known, moment.copied):
            posed = posed_joints(loops.rig.skeleton, pose)
            x, y, z, w = posed.rotations[loops.rig.skeleton.humanoid["head"]].tolist()
            if angle == "yaw":
                pairs.append(math.atan2(2 * (x * z + w * y), 1 - 2 * (x * x + y * y)))
            else:
                pairs.append(math.atan2(2 * (x * y + w * z), 1 - 2 * (x * x + z * z)))
    known, copied = np.degrees(pairs).reshape(-1, 2).T
    return known, copied


def weight(rig: Rig, pose: RigPose, *names: str) -> float:
    """Return the sum of some expressions' weights."""
    return sum(float(pose.expression_weights[rig.expression_index(name)]) for name in names)


def lid_difference(moments: list[Moment]) -> float:
    """Return how much further the left eye is seen closed than the right one, on average."""
    faces = [(moment.motion.face, moment.motion.image_size) for moment in moments]
    seen = [read_face(face, size) for face, size in faces if face is not None]
    return float(np.mean([reading.closed_left - reading.closed_right for reading in seen]))


def eyes(loops: Loops, left: bool, right: bool) -> list[Moment]:
    """Return the moments in which she closes just these eyes; none while she turns away."""
    found = []
    for moment in loops.facing:
        lids = [weight(loops.rig, moment.known, name) for name in ("blinkLeft", "blinkRight")]
        as_asked = all(
            (lid > 0.6) if shut else (lid < 0.1)
            for lid, shut in zip(lids, (left, right), strict=True)
        )
        if as_asked and not 10.5 < moment.time_s < 13.0:
            found.append(moment)
    assert len(found) >= 2
    return found


def test_the_drawn_face_and_body_are_found(loops: Loops) -> None:
    assert np.mean([moment.motion.body is not None for moment in loops.standing]) > 0.97
    assert np.mean([moment.motion.face is not None for moment in loops.standing]) > 0.80
    assert np.mean([moment.motion.face is not None for moment in loops.facing]) > 0.95
    assert np.mean([moment.motion.right_hand is not None for moment in loops.counting]) > 0.85


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(("limb", "bound_deg"), [("upper arm", 13.0), ("forearm", 19.0)])
def test_arms_point_where_they_pointed(
    loops: Loops, side: str, limb: str, bound_deg: float
) -> None:
    errors = limb_errors_deg(loops, side, limb)
    assert errors.mean() < bound_deg
    assert np.median(errors) < bound_deg * 0.8


@pytest.mark.parametrize(("side", "other"), [("left", "right"), ("right", "left")])
def test_sides_that_were_swapped_would_be_noticed(loops: Loops, side: str, other: str) -> None:
    assert limb_errors_deg(loops, side, "forearm", like=other).mean() > 60.0


def test_it_is_the_right_hand_that_waves(loops: Loops) -> None:
    waving = [moment for moment in loops.standing if WAVING_S[0] < moment.time_s < WAVING_S[1]]
    for moment in waving:
        right, left = (
            limb_deg(loops.rig, moment.copied, side, "forearm")[0] for side in ("right", "left")
        )
        assert 45.0 < right < 135.0, moment
        assert not 0.0 < left < 180.0, moment


@pytest.mark.parametrize("finger", ["Index", "Middle", "Ring", "Little"])
def test_the_hand_counts(loops: Loops, finger: str) -> None:
    known, copied = (
        np.array([curl_deg(loops.rig, pose, finger) for pose in poses])
        for poses in zip(*((m.known, m.copied) for m in loops.counting), strict=True)
    )
    assert np.corrcoef(known, copied)[0, 1] > 0.65
    assert copied[known > 120.0].mean() > copied[known < 60.0].mean() + 50.0


def test_the_head_follows(loops: Loops) -> None:
    for angle, bound_deg in (("yaw", 8.0), ("roll", 6.0)):
        known, copied = head_angles_deg(loops, angle)
        assert np.abs(copied - known).mean() < bound_deg, angle
        assert np.corrcoef(known, copied)[0, 1] > 0.8, angle
        assert 0.45 < np.polyfit(known, copied, 1)[0] < 1.2, angle


def test_a_blink_is_copied(loops: Loops) -> None:
    def lids(moments: list[Moment]) -> float:
        return float(
            np.mean([weight(loops.rig, m.copied, "blinkLeft", "blinkRight") for m in moments])
        )

    assert lids(eyes(loops, left=True, right=True)) > 0.15
    assert lids(eyes(loops, left=False, right=False)) < 0.08


def test_a_wink_is_seen_on_its_own_side(loops: Loops) -> None:
    left, right = eyes(loops, left=True, right=False), eyes(loops, left=False, right=True)
    open_ = lid_difference(eyes(loops, left=False, right=False))
    assert lid_difference(left) > open_ + 0.15
    # Her right lid reads half shut even when open, so its wink shows against the other one alone.
    assert lid_difference(left) > lid_difference(right) + 0.25
    winking = [weight(loops.rig, moment.copied, "blinkLeft") for moment in left]
    still = [weight(loops.rig, moment.copied, "blinkRight") for moment in left]
    assert sum(winking) > 3.0 * sum(still) + 0.1


def test_the_mouth_opens_when_she_speaks(loops: Loops) -> None:
    spoken: dict[bool, list[float]] = {True: [], False: []}
    for moment in loops.facing:
        said = weight(loops.rig, moment.known, *VOWELS)
        if not 0.1 < said < 0.4:
            spoken[said >= 0.4].append(weight(loops.rig, moment.copied, *VOWELS))
    assert np.mean(spoken[True]) > np.mean(spoken[False]) + 0.15
