import math

import numpy as np
import pytest

from tests.fakes.person import (
    ARM_LANDMARKS,
    body_tracking,
    face_tracking,
    hand_tracking,
    motion,
    rig_with_hands,
    rotation,
)
from udp_live.linalg import quat_multiply, quat_to_matrix, quat_to_rotation_vector
from udp_live.retargeting.retargeter import Retargeter, RetargeterConfig
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import posed_joints
from udp_live.types import RigPose, TrackedMotion

STEP_S = 1 / 30
FAITHFUL = RetargeterConfig(mirror=False)
WAVE = ((1.0, -0.2, 0.1), (0.3, 1.0, 0.2))


def settle(retargeter: Retargeter, seen: TrackedMotion, seconds: float = 1.5) -> RigPose:
    last = retargeter.retarget(seen, 0.0)
    for step in range(1, int(seconds / STEP_S)):
        last = retargeter.retarget(seen, step * STEP_S)
    return last


def bone_direction(rig: Rig, pose: RigPose, start: str, end: str) -> np.ndarray:
    positions = posed_joints(rig.skeleton, pose).positions
    humanoid = rig.skeleton.humanoid
    apart = positions[humanoid[end]] - positions[humanoid[start]]
    return apart / np.linalg.norm(apart)


def bone_rotation(rig: Rig, pose: RigPose, bone: str) -> np.ndarray:
    rotations = posed_joints(rig.skeleton, pose).rotations
    return quat_to_matrix(rotations[rig.skeleton.humanoid[bone]])


def largest_step_deg(poses: list[RigPose]) -> float:
    rotations = np.stack([pose.bone_rotations for pose in poses])
    inverse = rotations[:-1] * np.array((-1, -1, -1, 1), np.float32)
    turns = quat_to_rotation_vector(quat_multiply(rotations[1:], inverse))
    return float(np.degrees(np.linalg.norm(turns, axis=-1)).max())


def in_picture_deg(direction: np.ndarray) -> float:
    return math.degrees(math.atan2(direction[1], direction[0]))


@pytest.mark.parametrize("arm_drop_deg", [0.0, 40.0])
@pytest.mark.parametrize(
    "arm",
    [WAVE, ((0.6, -1.0, 0.2), (-0.8, 0.5, 0.6)), ((0.4, 0.9, 0.0), (0.1, 1.0, 0.0))],
    ids=["wave", "hand on chest", "arm up"],
)
def test_arms_point_as_the_persons_do_whatever_the_rest_pose(
    arm: tuple[tuple[float, float, float], tuple[float, float, float]], arm_drop_deg: float
) -> None:
    rig = rig_with_hands(arm_drop_deg)
    seen = motion(face=face_tracking(), body=body_tracking({"left": arm}))

    pose = settle(Retargeter(rig, FAITHFUL), seen)

    for wanted, (start, end) in zip(
        arm, (("leftUpperArm", "leftLowerArm"), ("leftLowerArm", "leftHand")), strict=True
    ):
        found = in_picture_deg(bone_direction(rig, pose, start, end))
        assert found == pytest.approx(in_picture_deg(np.array(wanted)), abs=1.5)


def test_a_mirror_moves_the_other_arm_to_the_other_side() -> None:
    rig = rig_with_hands()
    seen = motion(face=face_tracking(), body=body_tracking({"left": WAVE}))

    mirrored = settle(Retargeter(rig, RetargeterConfig(mirror=True)), seen)

    wave = bone_direction(rig, mirrored, "rightLowerArm", "rightHand")
    assert wave[1] > 0.8
    assert wave[0] < 0.0


def test_arms_that_are_not_seen_hang_down_beside_the_body() -> None:
    rig = rig_with_hands()
    hidden = (*ARM_LANDMARKS["left"], *ARM_LANDMARKS["right"])
    seen = motion(face=face_tracking(), body=body_tracking({"left": WAVE}, hidden=hidden))

    pose = settle(Retargeter(rig, FAITHFUL), seen)

    for side, sign in (("left", 1.0), ("right", -1.0)):
        upper = bone_direction(rig, pose, f"{side}UpperArm", f"{side}LowerArm")
        assert upper[1] < -0.9
        assert 0.05 < sign * upper[0] < 0.4


def test_a_hand_in_the_picture_raises_the_arm_though_the_elbow_is_below_it() -> None:
    rig = rig_with_hands()
    body = body_tracking({"left": WAVE}, hidden=ARM_LANDMARKS["left"][1:])
    hand = hand_tracking("left", (0.3, 1.0, 0.2), (0.0, 0.2, -1.0))

    pose = settle(Retargeter(rig, FAITHFUL), motion(body=body, left_hand=hand))

    assert bone_direction(rig, pose, "leftLowerArm", "leftHand")[1] > 0.8


@pytest.mark.parametrize("head", [("y", 35.0), ("x", -20.0), ("z", 15.0)])
def test_the_head_turns_exactly_as_far_as_the_persons(head: tuple[str, float]) -> None:
    rig = rig_with_hands()
    retargeter = Retargeter(rig, FAITHFUL)
    settle(retargeter, motion(face=face_tracking()))
    turned = motion(face=face_tracking(rotation(*head)), body=body_tracking())

    for step in range(45, 90):
        pose = retargeter.retarget(turned, step * STEP_S)

    np.testing.assert_allclose(bone_rotation(rig, pose, "head"), rotation(*head), atol=0.02)


def test_a_user_who_sits_askew_looks_straight_ahead_after_a_calm_second() -> None:
    rig = rig_with_hands()
    retargeter = Retargeter(rig, FAITHFUL)

    pose = settle(retargeter, motion(face=face_tracking(rotation("y", 18.0))), seconds=5.0)

    assert retargeter.neutral.is_calibrated
    np.testing.assert_allclose(bone_rotation(rig, pose, "head"), np.eye(3), atol=0.02)


def test_losing_the_face_eases_to_idle_without_a_jump_and_back() -> None:
    rig = rig_with_hands()
    retargeter = Retargeter(rig, FAITHFUL)
    settle(retargeter, motion(face=face_tracking()))
    turned = motion(face=face_tracking(rotation("y", 40.0)), body=body_tracking({"left": WAVE}))
    poses = [retargeter.retarget(turned, (45 + i) * STEP_S) for i in range(60)]
    turned_rotation = bone_rotation(rig, poses[-1], "head")

    gone = [retargeter.retarget(motion(), (105 + i) * STEP_S) for i in range(33)]
    back = [retargeter.retarget(turned, (138 + i) * STEP_S) for i in range(45)]

    assert turned_rotation[0, 2] > 0.6
    assert abs(bone_rotation(rig, gone[-1], "head")[0, 2]) < 0.1
    assert bone_direction(rig, gone[-1], "leftLowerArm", "leftHand")[1] < -0.8
    assert largest_step_deg([poses[-1], *gone, *back]) < 22.0
    assert bone_rotation(rig, back[-1], "head")[0, 2] > 0.6


def test_an_idle_avatar_breathes_blinks_and_looks_about() -> None:
    rig = rig_with_hands()
    retargeter = Retargeter(rig, FAITHFUL)

    poses = [retargeter.idle(step * STEP_S) for step in range(300)]

    blink = rig.expression_index("blinkLeft")
    blinks = np.array([pose.expression_weights[blink] for pose in poses])
    chest = rig.skeleton.humanoid["chest"]
    assert blinks.max() > 0.8
    assert (blinks < 0.1).mean() > 0.8
    assert np.ptp([pose.gaze for pose in poses], axis=0).min() > 0.0
    assert np.ptp([pose.bone_rotations[chest] for pose in poses], axis=0).max() > 0.005
    assert largest_step_deg(poses) < 2.0


def test_a_fist_bends_all_fingers_and_an_open_hand_stretches_them() -> None:
    rig = rig_with_hands()
    raised = body_tracking({"left": WAVE})
    bends = {}
    for name, curl in (("open", 0.0), ("fist", 70.0)):
        hand = hand_tracking("left", (0.3, 1.0, 0.2), (0.2, 0.2, -1.0), curl)
        seen = motion(face=face_tracking(), body=raised, left_hand=hand)
        pose = settle(Retargeter(rig, FAITHFUL), seen)
        humanoid = rig.skeleton.humanoid
        bends[name] = [
            math.degrees(2 * math.acos(min(abs(pose.bone_rotations[humanoid[bone], 3]), 1.0)))
            for bone in humanoid
            if "Intermediate" in bone and "left" in bone
        ]

    assert max(bends["open"]) < 10.0
    assert min(bends["fist"]) > 50.0


def test_the_palm_turns_to_where_the_persons_palm_faces() -> None:
    rig = rig_with_hands()
    hand = hand_tracking("left", (0.3, 1.0, 0.2), (0.0, 0.2, -1.0))
    seen = motion(face=face_tracking(), body=body_tracking({"left": WAVE}), left_hand=hand)

    pose = settle(Retargeter(rig, FAITHFUL), seen)

    back = bone_rotation(rig, pose, "leftHand") @ np.array((0.0, 1.0, 0.0))
    assert back[2] < -0.85


def test_turning_the_palm_is_shared_by_forearm_and_wrist() -> None:
    rig = rig_with_hands()
    reach = ((1.0, 0.0, 0.05), (1.0, 0.0, 0.05))
    hand = hand_tracking("left", (1.0, 0.0, 0.0), (0.0, 0.0, -1.0))
    seen = motion(face=face_tracking(), body=body_tracking({"left": reach}), left_hand=hand)

    pose = settle(Retargeter(rig, FAITHFUL), seen)

    humanoid = rig.skeleton.humanoid
    twists = [
        math.degrees(quat_to_rotation_vector(pose.bone_rotations[humanoid[bone]])[0])
        for bone in ("leftLowerArm", "leftHand")
    ]
    assert abs(sum(twists)) == pytest.approx(90.0, abs=8.0)
    assert max(map(abs, twists)) < 60.0


def test_a_raised_knee_lifts_the_leg_and_the_other_foot_stays_on_the_ground() -> None:
    rig = rig_with_hands()
    legs = {"left": ((0.1, 0.1, 1.0), (0.0, -1.0, 0.0)), "right": ((-0.05, -1, 0), (0, -1, 0))}
    seen = motion(face=face_tracking(), body=body_tracking(legs=legs))

    pose = settle(Retargeter(rig, FAITHFUL), seen)

    thigh = bone_direction(rig, pose, "leftUpperLeg", "leftLowerLeg")
    ankles = posed_joints(rig.skeleton, pose).positions[:, 1]
    right = rig.skeleton.humanoid["rightFoot"]
    assert thigh[2] > 0.9
    assert ankles[right] == pytest.approx(rig.skeleton.rest_positions[right, 1], abs=0.01)
    assert ankles[rig.skeleton.humanoid["leftFoot"]] > ankles[right] + 0.2


def test_legs_out_of_the_picture_stand_still() -> None:
    rig = rig_with_hands()
    seen = motion(face=face_tracking(), body=body_tracking(shift_m=0.2))

    pose = settle(Retargeter(rig, FAITHFUL), seen)

    assert np.allclose(pose.root_translation, 0.0, atol=1e-4)
    assert bone_direction(rig, pose, "leftUpperLeg", "leftLowerLeg")[1] < -0.99


def test_rotations_are_unit_quaternions_for_a_rig_without_optional_bones() -> None:
    from tests.fakes.tiny_rig import tiny_rig

    rig = tiny_rig()
    hand = hand_tracking("right", (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), 40.0)
    seen = motion(face=face_tracking(), body=body_tracking({"right": WAVE}), right_hand=hand)

    pose = settle(Retargeter(rig), seen)

    lengths = np.linalg.norm(pose.bone_rotations, axis=1)
    np.testing.assert_allclose(lengths, 1.0, atol=1e-5)
