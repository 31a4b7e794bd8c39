"""Flat keypoints of a motion that is known: what comes back in space, and on the rig."""

from typing import NamedTuple

import numpy as np
import pytest

from tests.fakes.known_motion import FPS, known_poses
from tests.fakes.openpose_files import SIZE, keypoints_of_pose, with_noise, write_frames
from tests.fakes.person import rig_with_hands
from udp_live.motion.openpose import KeypointClip, KeypointMotion, load_openpose
from udp_live.motion.openpose.keypoints import BODY, FACE, SIDED
from udp_live.retargeting import Retargeter, RetargeterConfig
from udp_live.retargeting.blendshapes import BLENDSHAPE_INDEX
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import posed_joints
from udp_live.types import RigPose

CALM_FRAMES = 36
HEAD_SCALE = 0.75
LIMBS = {
    "upper_arm": ("UpperArm", "LowerArm"),
    "forearm": ("LowerArm", "Hand"),
    "thigh": ("UpperLeg", "LowerLeg"),
    "shin": ("LowerLeg", "Foot"),
}


class Performance(NamedTuple):
    rig: Rig
    truth: list[RigPose]
    poses: list[RigPose]
    motion: KeypointMotion


def keypoint_clip(points: list[np.ndarray]) -> KeypointClip:
    return KeypointClip(FPS, SIZE, np.array(points, np.float32))


@pytest.fixture(scope="module")
def performance(tmp_path_factory: pytest.TempPathFactory) -> Performance:
    rng = np.random.default_rng(7)
    rig = rig_with_hands()
    truth = known_poses(rig)
    seen = [keypoints_of_pose(rig, pose, head_scale=HEAD_SCALE) for pose in truth]
    noisy = [with_noise(points, rng, pixels=1.0, lost=0.03) for points in seen]
    folder = write_frames(tmp_path_factory.mktemp("keypoints"), [[points] for points in noisy])
    motion = KeypointMotion(load_openpose(folder, fps=FPS, image_size=SIZE))
    retargeter = Retargeter(rig, RetargeterConfig(mirror=False))
    poses = [retargeter.retarget(motion.motion(i), i / FPS) for i in range(motion.frame_count)]
    return Performance(rig, truth, poses, motion)


def directions(rig: Rig, poses: list[RigPose], side: str, limb: str) -> np.ndarray:
    """Return [T, 3] unit vectors of a limb after the calm beginning."""
    start, end = (rig.skeleton.humanoid[side + bone] for bone in LIMBS[limb])
    positions = [posed_joints(rig.skeleton, pose).positions for pose in poses[CALM_FRAMES:]]
    apart = np.array([joints[end] - joints[start] for joints in positions])
    return apart / np.linalg.norm(apart, axis=1, keepdims=True)


def angles(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip(np.sum(first * second, axis=1), -1.0, 1.0)))


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    ("limb", "median", "worst"),
    [
        ("upper_arm", 6.0, 20.0),
        ("forearm", 26.0, 45.0),
        ("thigh", 12.0, 30.0),
        ("shin", 12.0, 30.0),
    ],
)
def test_limbs_point_where_they_pointed(
    performance: Performance, side: str, limb: str, median: float, worst: float
) -> None:
    rig = performance.rig

    errors = angles(
        directions(rig, performance.truth, side, limb),
        directions(rig, performance.poses, side, limb),
    )

    assert np.median(errors) < median
    assert np.percentile(errors, 95) < worst


@pytest.mark.parametrize("limb", list(LIMBS))
def test_limbs_do_not_jump_between_before_and_behind(performance: Performance, limb: str) -> None:
    for side in SIDED:
        way = directions(performance.rig, performance.poses, side, limb)
        assert angles(way[1:], way[:-1]).max() < 25.0


def test_the_head_turns_as_it_turned(performance: Performance) -> None:
    head = performance.rig.skeleton.humanoid["head"]
    skeleton = performance.rig.skeleton
    turned, true = (
        np.array([posed_joints(skeleton, pose).rotations[head] for pose in poses[CALM_FRAMES:]])
        for poses in (performance.poses, performance.truth)
    )

    cosines = np.abs(np.sum(turned * true, axis=1)).clip(0.0, 1.0)

    errors = np.degrees(2.0 * np.arccos(cosines))
    assert np.median(errors) < 4.0
    assert errors.max() < 15.0


def test_a_fist_closes_and_opens_with_the_hand(performance: Performance) -> None:
    bone = performance.rig.skeleton.humanoid["leftMiddleIntermediate"]
    bends, true = (
        np.degrees([2.0 * np.arccos(min(abs(pose.bone_rotations[bone, 3]), 1.0)) for pose in poses])
        for poses in (performance.poses, performance.truth)
    )

    assert np.median(bends[true > 60.0]) > 45.0
    assert np.median(bends[CALM_FRAMES:][true[CALM_FRAMES:] < 10.0]) < 40.0


def test_hands_are_the_right_way_round(performance: Performance) -> None:
    """The palm looks down in the rest pose, whichever way the arm is turned."""
    humanoid = performance.rig.skeleton.humanoid
    wrong = 0
    for truth, pose in list(zip(performance.truth, performance.poses, strict=True))[CALM_FRAMES:]:
        across = []
        for one in (truth, pose):
            joints = posed_joints(performance.rig.skeleton, one).positions
            across.append(
                joints[humanoid["rightIndexProximal"]] - joints[humanoid["rightLittleProximal"]]
            )
        wrong += bool(np.dot(across[0], across[1]) < 0.0)
    assert wrong == 0


def test_a_hand_on_the_chest_is_in_front_of_it() -> None:
    """Even where both bones are seen at full length, so that no depth is left for them."""
    rig = rig_with_hands()
    frames = [keypoints_of_pose(rig, known_poses(rig, 0.1)[0]) for _ in range(40)]
    neck, shoulder, hip = frames[0][1], frames[0][5], frames[0][12]
    for frame in frames[20:]:
        frame[7, :2] = 0.7 * neck[:2] + 0.3 * hip[:2]
        frame[6, :2] = shoulder[:2] + np.array((60.0, 110.0))
    body = KeypointMotion(keypoint_clip(frames)).motion(30).body

    shoulders = body.world_landmarks[[11, 12], 2].mean()
    assert body.world_landmarks[15, 2] < shoulders - 0.12  # z runs away from the webcam


def test_a_wink_closes_one_eye(rng: np.random.Generator) -> None:
    rig = rig_with_hands()
    points = keypoints_of_pose(rig, known_poses(rig, 0.1)[0], head_scale=1.5)
    frames = [points.copy() for _ in range(60)]
    for frame in frames[30:36]:
        for upper, lower in ((43, 47), (44, 46)):  # the person's left eye
            frame[FACE][[upper, lower], 1] = frame[FACE][[upper, lower], 1].mean()
    motion = KeypointMotion(
        keypoint_clip([with_noise(f, rng, pixels=0.2, lost=0.0) for f in frames])
    )

    shapes = np.array([motion.motion(i).face.blendshapes for i in (10, 33)])

    left, right = BLENDSHAPE_INDEX["eyeBlinkLeft"], BLENDSHAPE_INDEX["eyeBlinkRight"]
    assert shapes[0, left] < 0.3
    assert shapes[1, left] > 0.6
    assert shapes[:, right].max() < 0.3


def test_an_open_mouth_opens_the_jaw_and_no_smile(rng: np.random.Generator) -> None:
    rig = rig_with_hands()
    points = keypoints_of_pose(rig, known_poses(rig, 0.1)[0], head_scale=1.5)
    frames = [points.copy() for _ in range(40)]
    for frame in frames[30:]:
        frame[FACE][[65, 66, 67, 55, 56, 57, 58, 59], 1] += 22.0
    motion = KeypointMotion(keypoint_clip(frames))

    shapes = motion.motion(36).face.blendshapes

    assert shapes[BLENDSHAPE_INDEX["jawOpen"]] > 0.5
    assert motion.motion(10).face.blendshapes[BLENDSHAPE_INDEX["jawOpen"]] < 0.1
    assert shapes[BLENDSHAPE_INDEX["mouthSmileLeft"]] < 0.2


def test_the_picture_keeps_each_keypoint_where_it_was(performance: Performance) -> None:
    """Landmarks lie where OpenPose saw them, apart from smoothing."""
    points = keypoints_of_pose(performance.rig, performance.truth[20], head_scale=HEAD_SCALE)
    motion = performance.motion.motion(20)

    for landmark, keypoint in ((11, 5), (16, 4), (25, 13)):
        place = motion.body.landmarks[landmark, :2] * SIZE
        assert np.hypot(*(place - points[keypoint, :2])) < 4.0
    assert np.hypot(*(motion.face.landmarks[4, :2] * SIZE - points[FACE][30, :2])) < 4.0


def test_without_face_keypoints_the_head_follows_nose_eyes_and_ears() -> None:
    rig = rig_with_hands()
    truth = known_poses(rig, 3.0)
    frames = [keypoints_of_pose(rig, pose, head_scale=HEAD_SCALE) for pose in truth]
    for frame in frames:
        frame[FACE] = 0.0
    motion = KeypointMotion(keypoint_clip(frames))

    yaws = [motion.motion(i).face.camera_from_head for i in range(len(frames))]

    found = np.degrees([np.arctan2(matrix[0, 2], matrix[2, 2]) for matrix in yaws])
    true = [32.0 * np.sin(2.0 * max(i / FPS - 1.2, 0.0)) for i in range(len(frames))]
    assert np.median(np.abs(found - true)) < 6.0


def test_what_is_not_seen_is_none_and_a_short_gap_is_bridged() -> None:
    rig = rig_with_hands()
    frames = [keypoints_of_pose(rig, pose) for pose in known_poses(rig, 2.0)]
    for frame in frames[20:23]:
        frame[BODY] = 0.0
    for frame in frames[30:]:
        frame[:] = 0.0
    motion = KeypointMotion(keypoint_clip(frames))

    assert motion.motion(21).body is not None
    assert motion.motion(21).body.visibility[13] > 0.5
    lost = motion.motion(45)
    assert lost.face is None
    assert lost.body is None
    assert lost.left_hand is None
    assert lost.right_hand is None


def test_a_single_frame_of_two_shoulders_is_enough_not_to_fail() -> None:
    points = np.zeros((1, 137, 3))
    points[0, 2], points[0, 5] = (300.0, 400.0, 0.9), (500.0, 400.0, 0.9)

    motion = KeypointMotion(keypoint_clip(list(points))).motion(0)

    assert motion.face is None
    assert motion.body is not None
    assert np.isfinite(motion.body.landmarks).all()
    assert np.isfinite(motion.body.world_landmarks).all()


def test_all_keypoints_in_one_place_stay_finite() -> None:
    points = np.full((4, 137, 3), 1.0)
    points[:, :, :2] = 200.0

    motion = KeypointMotion(keypoint_clip(list(points))).motion(2)

    for part in (motion.face, motion.body, motion.left_hand):
        assert part is None or np.isfinite(part.landmarks).all()
