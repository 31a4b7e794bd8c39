from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.tiny_rig import tiny_rig
from udp_live.linalg import quat_from_axis_angle, quat_identity, quat_multiply
from udp_live.motion import MotionClip
from udp_live.rig import Rig

X_AXIS, Y_AXIS, Z_AXIS = np.eye(3)


def nodding_clip(bones: tuple[str, ...] = ("head",)) -> MotionClip:
    """Return three frames at 10 fps that turn ``bones`` by 0, 0.4 and 0.8 radians."""
    turns = quat_from_axis_angle(X_AXIS, np.array([0.0, 0.4, 0.8])).astype(np.float32)
    return MotionClip(
        fps=10.0,
        bone_names=bones,
        rotations=np.repeat(turns[:, None], len(bones), axis=1),
        hips_translation=np.float32([[0, 0, 0], [0, 0.1, 0], [0, 0.2, 0]]),
        hips_height_m=0.4,
        expression_names=("aa", "tongueOut"),
        expression_weights=np.float32([[0, 0], [0.5, 1], [1, 1]]),
        gaze=np.float32([[0, 0], [0.1, 0], [0.3, 0]]),
    )


def head_turn(rig: Rig, clip: MotionClip, time_s: float, *, loop: bool = False) -> float:
    x, _, _, w = clip.sample(rig, time_s, loop=loop).bone_rotations[rig.skeleton.humanoid["head"]]
    return float(2.0 * np.arctan2(x, w))


def test_moments_between_frames_are_interpolated() -> None:
    rig, clip = tiny_rig(), nodding_clip()
    pose = clip.sample(rig, 0.15)
    assert head_turn(rig, clip, 0.15) == pytest.approx(0.6, abs=1e-6)
    assert pose.expression_weights[rig.expression_index("aa")] == pytest.approx(0.75)
    np.testing.assert_allclose(pose.gaze, (0.2, 0.0), atol=1e-6)


def test_both_ends_are_held_unless_the_clip_loops() -> None:
    rig, clip = tiny_rig(), nodding_clip()
    assert clip.duration_s == pytest.approx(0.2)
    assert head_turn(rig, clip, -1.0) == 0.0
    assert head_turn(rig, clip, 9.0) == pytest.approx(0.8, abs=1e-6)
    assert head_turn(rig, clip, 0.25, loop=True) == pytest.approx(0.2, abs=1e-5)


def test_hips_move_in_proportion_to_the_rig() -> None:
    rig = tiny_rig()  # hips at 0.8 m, twice those of the clip
    np.testing.assert_allclose(
        nodding_clip().sample(rig, 0.2).root_translation, (0.0, 0.4, 0.0), atol=1e-6
    )


def test_a_missing_bone_hands_its_turn_to_its_children() -> None:
    rig = tiny_rig()  # has neither upperChest nor toes
    rotations = nodding_clip(("upperChest", "neck", "leftToes")).sample(rig, 0.1).bone_rotations
    once = quat_from_axis_angle(X_AXIS, 0.4)
    bones = rig.skeleton.humanoid
    np.testing.assert_allclose(rotations[bones["neck"]], quat_multiply(once, once), atol=1e-6)
    np.testing.assert_allclose(rotations[bones["leftShoulder"]], once, atol=1e-6)
    np.testing.assert_allclose(rotations[bones["chest"]], (0, 0, 0, 1), atol=1e-6)
    np.testing.assert_allclose(rotations[bones["leftFoot"]], (0, 0, 0, 1), atol=1e-6)


def test_a_clip_of_one_frame_stands_still() -> None:
    clip = nodding_clip()
    still = replace(
        clip,
        rotations=clip.rotations[2:],
        hips_translation=clip.hips_translation[2:],
        expression_weights=clip.expression_weights[2:],
        gaze=clip.gaze[2:],
    )
    assert head_turn(tiny_rig(), still, 5.0, loop=True) == pytest.approx(0.8, abs=1e-6)


def test_shapes_and_names_are_checked() -> None:
    clip = nodding_clip()
    with pytest.raises(ValueError, match="gaze shape"):
        replace(clip, gaze=clip.gaze[:1])
    with pytest.raises(ValueError, match="unexpected bone names: wing"):
        replace(clip, bone_names=("wing",))
    with pytest.raises(ValueError, match="0 fps"):
        replace(clip, fps=0.0)


def test_untouched_bones_rest() -> None:
    rig = tiny_rig()
    rotations = nodding_clip().sample(rig, 0.2).bone_rotations
    others = np.arange(rig.skeleton.bone_count) != rig.skeleton.humanoid["head"]
    np.testing.assert_array_equal(rotations[others], quat_identity(others.sum()))
