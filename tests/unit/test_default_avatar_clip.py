"""The hello clip: what Yuzu does in it, when, and that it repeats without a seam."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.default_avatar.assembly import assemble_skeleton
from avatar_app.default_avatar.hand_shape import FINGERS
from avatar_app.default_avatar.hello_clip import FPS, hello_clip
from udp_live.linalg import quat_identity, quat_rotate, quat_to_rotation_vector
from udp_live.motion import MotionClip, load_vrma, save_vrma
from udp_live.rig.rig import Skeleton
from udp_live.rig.skinning import posed_joints
from udp_live.types import RigPose


@pytest.fixture(scope="module")
def clip() -> MotionClip:
    return hello_clip()


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    return assemble_skeleton([])


def joint(clip: MotionClip, skeleton: Skeleton, bone: str, time_s: float) -> NDArray[np.float32]:
    """Return where a joint is at a moment, in the world."""
    frame = round(time_s * FPS)
    rotations = quat_identity(skeleton.bone_count)
    for column, name in enumerate(clip.bone_names):
        rotations[skeleton.humanoid[name]] = clip.rotations[frame, column]
    nothing = np.zeros(0, np.float32)
    pose = RigPose(rotations, clip.hips_translation[frame], nothing, np.zeros(2, np.float32))
    body = posed_joints(skeleton, pose)
    found: NDArray[np.float32] = body.positions[skeleton.humanoid[bone]]
    return found


def bend_deg(clip: MotionClip, bone: str, time_s: float) -> float:
    """Return how far a bone is turned from rest."""
    turn = clip.rotations[round(time_s * FPS), clip.bone_names.index(bone)]
    return float(np.degrees(np.linalg.norm(quat_to_rotation_vector(turn))))


def weight(clip: MotionClip, name: str, time_s: float) -> float:
    return float(clip.expression_weights[round(time_s * FPS), clip.expression_names.index(name)])


def straight_fingers(clip: MotionClip, time_s: float) -> int:
    fingers = [f"right{finger}Intermediate" for finger in FINGERS]
    count = sum(bend_deg(clip, finger, time_s) < 30.0 for finger in fingers)
    return count + (bend_deg(clip, "rightThumbDistal", time_s) < 25.0)


def test_it_lasts_thirty_seconds_at_thirty_frames(clip: MotionClip) -> None:
    assert clip.fps == 30.0
    assert clip.duration_s == pytest.approx(30.0)


def test_it_ends_as_it_began(clip: MotionClip) -> None:
    alike = np.abs(np.sum(clip.rotations[0] * clip.rotations[-1], axis=-1))
    np.testing.assert_allclose(alike, 1.0, atol=1e-5)
    np.testing.assert_allclose(clip.hips_translation[0], clip.hips_translation[-1], atol=1e-5)
    np.testing.assert_allclose(clip.expression_weights[0], clip.expression_weights[-1], atol=1e-5)


def test_nothing_jumps(clip: MotionClip) -> None:
    steps = np.abs(np.sum(clip.rotations[1:] * clip.rotations[:-1], axis=-1))
    degrees = np.degrees(2.0 * np.arccos(np.clip(steps, -1.0, 1.0)))
    assert degrees.max() < 22.0
    assert np.abs(np.diff(clip.expression_weights, axis=0)).max() < 0.7


def test_arms_hang_at_the_start(clip: MotionClip, skeleton: Skeleton) -> None:
    for side in ("left", "right"):
        shoulder = joint(clip, skeleton, f"{side}UpperArm", 0.0)
        wrist = joint(clip, skeleton, f"{side}Hand", 0.0)
        assert shoulder[1] - wrist[1] > 0.33


def test_she_bows(clip: MotionClip, skeleton: Skeleton) -> None:
    upright = joint(clip, skeleton, "head", 0.0)
    bowed = joint(clip, skeleton, "head", 2.1)
    assert bowed[2] - upright[2] > 0.05
    assert upright[1] - bowed[1] > 0.01


def test_she_talks_with_all_five_mouth_shapes(clip: MotionClip) -> None:
    spoken = slice(round(3.7 * FPS), round(8.0 * FPS))
    for name in ("aa", "ih", "ou", "ee", "oh"):
        assert clip.expression_weights[spoken, clip.expression_names.index(name)].max() > 0.5


def test_she_winks_left_then_right(clip: MotionClip) -> None:
    for time_s, shut, open_eye in (
        (8.95, "blinkLeft", "blinkRight"),
        (9.95, "blinkRight", "blinkLeft"),
    ):
        assert weight(clip, shut, time_s) > 0.9
        assert weight(clip, open_eye, time_s) < 0.1


def test_she_looks_to_both_sides(clip: MotionClip) -> None:
    yaw = np.degrees(clip.gaze[:, 0])
    assert yaw.max() > 20.0
    assert yaw.min() < -20.0


def test_she_waves_an_open_hand_above_her_elbow(clip: MotionClip, skeleton: Skeleton) -> None:
    times = np.arange(13.3, 15.3, 1.0 / FPS)
    tips = np.array([joint(clip, skeleton, "rightMiddleDistal", t) for t in times])
    elbows = np.array([joint(clip, skeleton, "rightLowerArm", t) for t in times])
    assert np.all(tips[:, 1] > elbows[:, 1] + 0.15)
    turns = np.flatnonzero(np.diff(np.sign(np.diff(tips[:, 0]))))
    assert len(turns) >= 5
    assert straight_fingers(clip, 14.2) == 5


@pytest.mark.parametrize(
    ("time_s", "count"), [(17.0, 1), (17.9, 2), (18.8, 3), (19.7, 4), (20.8, 5)]
)
def test_she_counts_on_her_fingers(clip: MotionClip, time_s: float, count: int) -> None:
    assert straight_fingers(clip, time_s) == count


def test_she_turns_once_all_the_way_round(clip: MotionClip) -> None:
    column = clip.bone_names.index("hips")
    ahead = quat_rotate(clip.rotations[:, column], np.float32((0.0, 0.0, 1.0)))
    heading = np.unwrap(np.arctan2(ahead[:, 0], ahead[:, 2]))
    assert np.degrees(heading[-1] - heading[0]) == pytest.approx(360.0, abs=1.0)


def test_hands_stay_out_of_the_trunk(clip: MotionClip, skeleton: Skeleton) -> None:
    """The trunk is a post about the spine that leans and turns with the upper chest."""
    for time_s in np.arange(0.0, 24.0, 0.2):
        chest = joint(clip, skeleton, "upperChest", time_s)
        for side in ("left", "right"):
            wrist = joint(clip, skeleton, f"{side}Hand", time_s)
            if abs(wrist[1] - chest[1]) < 0.1:
                assert np.hypot(wrist[0] - chest[0], wrist[2] - chest[2]) > 0.11


def test_it_survives_a_vrma_file(clip: MotionClip, skeleton: Skeleton, tmp_path: Path) -> None:
    path = tmp_path / "hello.vrma"
    save_vrma(path, clip, skeleton)
    loaded = load_vrma(path)
    assert loaded.bone_names
    for bone in ("rightUpperArm", "head", "leftIndexDistal"):
        ours = clip.rotations[:, clip.bone_names.index(bone)]
        theirs = loaded.rotations[:, loaded.bone_names.index(bone)]
        np.testing.assert_allclose(np.abs(np.sum(ours * theirs, axis=-1)), 1.0, atol=1e-4)
