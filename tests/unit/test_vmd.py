"""VMD motions: curves, axes, IK legs, morphs, and what is refused."""

import math
import struct
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.pmx_draft import VmdDraft, person_draft
from tests.fakes.tiny_rig import tiny_rig
from udp_live.errors import MotionFormatError
from udp_live.linalg import quat_from_axis_angle, quat_multiply, quat_rotate
from udp_live.loaders import load_rig
from udp_live.motion import MotionClip, load_vmd
from udp_live.motion.vmd_curves import eased
from udp_live.motion.vmd_legs import bent_leg
from udp_live.rig.skinning import posed_joints

X_AXIS, Y_AXIS, Z_AXIS = np.eye(3)
HALF = math.sqrt(0.5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dance.vmd"


def turn_of(clip: MotionClip, bone: str, frame: int) -> np.ndarray:
    return clip.rotations[frame, clip.bone_names.index(bone)]


def standing(clip: MotionClip, bone: str, frame: int) -> np.ndarray:
    """Return where a bone of the tiny rig is."""
    rig = tiny_rig()
    posed = posed_joints(rig.skeleton, clip.sample(rig, frame / clip.fps))
    return posed.positions[rig.skeleton.humanoid[bone]]


def test_turns_are_mirrored_into_the_projects_axes(path: Path) -> None:
    # A quarter turn about +Y in left-handed axes turns the other way round in ours.
    clip = load_vmd(VmdDraft().key("頭", 0, rotation=(0.0, HALF, 0.0, HALF)).write(path))
    wanted = quat_from_axis_angle(Y_AXIS, -math.pi / 2)
    np.testing.assert_allclose(turn_of(clip, "head", 0), wanted, atol=1e-6)


def test_arms_rest_in_mmds_a_pose(path: Path) -> None:
    clip = load_vmd(VmdDraft().key("頭", 0).write(path))
    arm = quat_rotate(turn_of(clip, "leftUpperArm", 0), X_AXIS.astype(np.float32))
    assert math.degrees(math.atan2(-arm[1], arm[0])) == pytest.approx(35.0, abs=0.2)


def test_a_bent_elbow_is_told_in_axes_of_the_t_pose(path: Path) -> None:
    turn = quat_from_axis_angle(Y_AXIS, -0.5)  # forward for the left arm, in our axes
    key = (-turn[0], -turn[1], turn[2], turn[3])
    clip = load_vmd(VmdDraft().key("左ひじ", 0, rotation=tuple(key)).write(path))
    lower = turn_of(clip, "leftLowerArm", 0)
    tilt = quat_from_axis_angle(Z_AXIS, -math.radians(35.0))
    wanted = quat_multiply(quat_multiply(tilt * (-1, -1, -1, 1), turn), tilt)
    np.testing.assert_allclose(lower, wanted, atol=2e-3)


def test_half_of_a_twisted_forearm_turns_at_the_elbow(path: Path) -> None:
    along = np.array((math.cos(math.radians(35)), -math.sin(math.radians(35)), 0.0))
    turn = quat_from_axis_angle(along, 1.0)
    key = tuple(turn * (-1, -1, 1, 1))
    clip = load_vmd(VmdDraft().key("左手捩", 0, rotation=key).write(path))
    for bone in ("leftLowerArm", "leftHand"):
        angle = 2.0 * np.arccos(turn_of(clip, bone, 0)[3])
        assert angle == pytest.approx(0.5, abs=0.01)


def test_keys_are_reached_on_their_bezier_curve(path: Path) -> None:
    late = bytes((127, 127, 127, 127, 0, 0, 0, 0, 127, 127, 127, 127, 0, 0, 0, 0))
    draft = VmdDraft().key("センター", 0).key("センター", 10, (0.0, 5.0, 0.0), row=late)
    draft.key("全ての親", 0).key("全ての親", 10, (0.0, 0.0, 0.0))
    clip = load_vmd(draft.write(path))
    heights = clip.hips_translation[:, 1]
    assert heights[10] - heights[0] == pytest.approx(5.0 * 0.08, abs=1e-5)
    assert heights[5] - heights[0] < 0.1 * (heights[10] - heights[0])


def test_a_straight_curve_is_straight_and_a_bent_one_solves_its_time() -> None:
    share = np.linspace(0.0, 1.0, 11)
    straight = np.tile((0.2, 0.2, 0.8, 0.8), (11, 1))
    np.testing.assert_allclose(eased(straight, share), share)
    bent = np.tile((0.5, 0.0, 0.5, 1.0), (11, 1))
    found = eased(bent, share)
    # time = 1.5 s (1 - s) + s^3 at the curve's parameter s; value = 3 s^2 - 2 s^3
    s = np.linspace(0.0, 1.0, 2001)
    wanted = np.interp(share, 1.5 * s * (1 - s) + s**3, 3 * s**2 - 2 * s**3)
    np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_the_flags_that_mmd_writes_over_the_curves_do_no_harm(path: Path) -> None:
    draft = VmdDraft().key("頭", 0).key("頭", 10, rotation=(0.0, HALF, 0.0, HALF))
    clean = load_vmd(draft.write(path))
    name, frame, position, rotation, curves = draft.bones[1]
    draft.bones[1] = (name, frame, position, rotation, curves[:2] + b"\0\x0f" + curves[4:])
    flagged = load_vmd(draft.write(path))
    np.testing.assert_allclose(flagged.rotations, clean.rotations)


def test_a_squat_bends_the_knees_and_leaves_the_feet(path: Path) -> None:
    draft = VmdDraft().key("センター", 0).key("センター", 10, (0.0, -4.0, 0.0))
    clip = load_vmd(draft.key("左足ＩＫ", 0).key("右足ＩＫ", 0).write(path))
    for side in ("left", "right"):
        before, after = (standing(clip, f"{side}Foot", frame) for frame in (0, 10))
        np.testing.assert_allclose(after, before, atol=0.03)
        knee = [standing(clip, f"{side}LowerLeg", frame) for frame in (0, 10)]
        assert knee[1][2] - knee[0][2] > 0.1
    fall = standing(clip, "head", 10)[1] - standing(clip, "head", 0)[1]
    assert fall == pytest.approx(-4.0 * 0.08 * 0.78 / 0.912, abs=0.01)


def test_a_raised_foot_goes_where_its_goal_goes(path: Path) -> None:
    clip = load_vmd(VmdDraft().key("左足ＩＫ", 0, (0.0, 3.0, -2.0)).write(path))
    still = load_vmd(VmdDraft().key("左足ＩＫ", 0).write(path))
    moved = standing(clip, "leftFoot", 0) - standing(still, "leftFoot", 0)
    assert moved[1] > 0.12
    assert moved[2] > 0.08
    np.testing.assert_allclose(
        standing(clip, "rightFoot", 0), standing(still, "rightFoot", 0), atol=1e-5
    )


def test_legs_turned_by_hand_stay_so_when_ik_is_off(path: Path) -> None:
    turn = (math.sin(0.25), 0.0, 0.0, math.cos(0.25))
    draft = VmdDraft().key("左足", 0, rotation=turn).key("左足ＩＫ", 0)
    draft.switches = [(0, {"左足ＩＫ": False, "右足ＩＫ": True})]
    angle = 2.0 * np.arcsin(-turn_of(load_vmd(draft.write(path)), "leftUpperLeg", 0)[0])
    assert angle == pytest.approx(0.5, abs=0.05)
    draft.switches = []
    assert abs(turn_of(load_vmd(draft.write(path)), "leftUpperLeg", 0)[0]) < 0.1


def test_the_closed_form_leg_reaches_any_goal_in_reach(rng: np.random.Generator) -> None:
    count = 200
    thigh, shin = np.array((0.0, -4.8, 0.1)), np.array((0.0, -4.6, -0.3))
    goals = rng.normal(size=(count, 3))
    goals *= (rng.uniform(1.0, 9.2, count) / np.linalg.norm(goals, axis=1))[:, None]
    start = np.tile((0.0, 0.0, 0.0, 1.0), (count, 1))
    upper, lower, ankle = bent_leg(np.zeros((count, 3)), start, goals, thigh, shin)
    np.testing.assert_allclose(ankle, goals, atol=1e-6)
    knee = quat_multiply(upper * (-1, -1, -1, 1), lower)
    assert np.all(knee[:, 0] * np.sign(knee[:, 3]) >= 0.0)
    np.testing.assert_allclose(knee[:, 1:3], 0.0, atol=1e-9)


def test_morphs_become_expressions_even_with_names_cut_short(path: Path) -> None:
    draft = VmdDraft()
    draft.morphs = [("まばたき", 0, 0.0), ("まばたき", 10, 1.0), ("とても長い名前のモーフ", 0, 0.5)]
    draft.morphs += [("あ", 0, 0.0), ("う", 3, 2.0)]
    clip = load_vmd(draft.write(path))
    shown = dict(zip(clip.expression_names, clip.expression_weights.T, strict=True))
    assert shown.keys() == {"blink", "ou", "とても長い名前"}  # 15 bytes, one of them half a sign
    assert shown["blink"][5] == pytest.approx(0.5)
    assert shown["ou"].max() == 1.0


def test_a_rig_without_a_morph_shows_what_comes_close(path: Path, tmp_path: Path) -> None:
    draft = VmdDraft()
    draft.morphs = [("笑い", 0, 0.6)]
    clip = load_vmd(draft.write(path))
    stranger = tiny_rig()
    pose = clip.sample(stranger, 0.0)
    assert pose.expression_weights[stranger.expression_index("happy")] == pytest.approx(0.6)
    own = load_rig(person_draft().write(tmp_path / "tiny.pmx"))
    pose = clip.sample(own, 0.0)
    assert pose.expression_weights[own.expression_index("笑い")] == pytest.approx(0.6)
    assert pose.expression_weights[own.expression_index("happy")] == 0.0


def test_eyes_that_turn_are_a_gaze(path: Path) -> None:
    turn = quat_from_axis_angle(Y_AXIS, 0.2) * (-1, -1, 1, 1)
    clip = load_vmd(VmdDraft().key("両目", 0, rotation=tuple(turn)).write(path))
    np.testing.assert_allclose(clip.gaze[0], (0.2, 0.0), atol=1e-6)


def test_a_motion_begins_where_the_figure_stands(path: Path) -> None:
    draft = VmdDraft().key("全ての親", 0, (30.0, 0.0, 10.0)).key("全ての親", 9, (30.0, 0.0, 0.0))
    clip = load_vmd(draft.write(path))
    np.testing.assert_allclose(clip.hips_translation[0], 0.0, atol=1e-5)
    np.testing.assert_allclose(clip.hips_translation[9], (0.0, 0.0, 0.8), atol=1e-5)


def test_a_camera_motion_is_refused(path: Path) -> None:
    with pytest.raises(MotionFormatError, match="camera motion"):
        load_vmd(VmdDraft().write(path))


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (VmdDraft().key("頭", 2**31), "lasts longer"),
        (VmdDraft().key("頭", 0, (float("nan"), 0.0, 0.0)), "none or absurd"),
        (VmdDraft().key("頭", 0, rotation=(0.0, float("inf"), 0.0, 1.0)), "none or absurd"),
        (VmdDraft(morphs=[("あ", 0, float("nan"))]), "none or absurd"),
    ],
)
def test_absurd_motions_are_refused(path: Path, draft: VmdDraft, reason: str) -> None:
    with pytest.raises(MotionFormatError, match=reason):
        load_vmd(draft.write(path))


def test_broken_files_are_refused(path: Path) -> None:
    with pytest.raises(MotionFormatError, match="check the path"):
        load_vmd(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(MotionFormatError, match="no VMD motion"):
        load_vmd(path)
    data = VmdDraft().key("頭", 0).data()
    path.write_bytes(data[:50] + struct.pack("<I", 2**32 - 1) + data[54:])
    with pytest.raises(MotionFormatError, match="middle of its data"):
        load_vmd(path)


def test_old_files_without_the_last_sections_are_read(path: Path) -> None:
    data = VmdDraft().key("頭", 3).data()
    for missing in (4, 8, 12):
        path.write_bytes(data[:-missing])
        assert len(load_vmd(path).rotations) == 4


def test_third_party_motions_play_on_any_rig(shared_data: Path) -> None:
    rig = tiny_rig()
    for folder in ("vmd_gene", "vmd_mei"):
        for path in sorted((shared_data / "motions" / folder).glob("*.vmd"))[::9]:
            clip = load_vmd(path)
            pose = clip.sample(rig, 0.5 * clip.duration_s)
            assert np.isfinite(pose.bone_rotations).all()
            heights = posed_joints(rig.skeleton, pose).positions[:, 1]
            assert heights[rig.skeleton.humanoid["head"]] > 0.7
