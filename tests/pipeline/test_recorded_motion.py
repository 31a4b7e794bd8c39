"""A recording replayed: tracked motion of the drawn default avatar moves a rig as she moved.

``tests/data/hello_tracked.npz`` was recorded once from a rendering of the default avatar that waves
and counts on her fingers; beside the tracked motion it keeps the arm angles she really had.
"""

from pathlib import Path

import numpy as np
import pytest

from avatar_app.engine.frames import CameraFrame, FrameStamp
from avatar_app.tracking.replay_tracker import ReplayTracker
from tests.fakes.person import rig_with_hands
from udp_live.retargeting import Imitation, Retargeter, RetargeterConfig
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import posed_joints
from udp_live.types import RigPose

RECORDING = Path(__file__).parents[1] / "data" / "hello_tracked.npz"
BLACK = np.zeros((4, 4, 3), np.uint8)
LIMBS = [
    (f"{side}{start}", f"{side}{end}")
    for side in ("left", "right")
    for start, end in (("UpperArm", "LowerArm"), ("LowerArm", "Hand"))
]


@pytest.fixture(scope="module")
def recording() -> dict[str, np.ndarray]:
    with np.load(RECORDING, allow_pickle=False) as archive:
        return {name: archive[name] for name in ("media_s", "known_arms_rad")}


@pytest.fixture(scope="module")
def rig() -> Rig:
    return rig_with_hands()


@pytest.fixture(scope="module")
def replayed(recording: dict[str, np.ndarray], rig: Rig) -> tuple[list[RigPose], Imitation]:
    tracker = ReplayTracker(RECORDING)
    retargeter = Retargeter(rig, RetargeterConfig(mirror=False))
    imitation = Imitation(rig, mirror=False)
    poses = []
    for index, media_s in enumerate(recording["media_s"].tolist()):
        frame = CameraFrame(FrameStamp(index, index, media_s), BLACK)
        motion = tracker.track(frame).motion
        poses.append(retargeter.retarget(motion, media_s))
        imitation.add(motion, poses[-1], retargeter.neutral)
    return poses, imitation


def arm_angles(rig: Rig, pose: RigPose) -> list[float]:
    positions = posed_joints(rig.skeleton, pose).positions
    humanoid = rig.skeleton.humanoid
    apart = [positions[humanoid[end]] - positions[humanoid[start]] for start, end in LIMBS]
    return [float(np.arctan2(limb[1], limb[0])) for limb in apart]


def raised_fingers(rig: Rig, pose: RigPose) -> int:
    bends = []
    for finger in ("Index", "Middle", "Ring", "Little"):
        bone = rig.skeleton.humanoid[f"right{finger}Intermediate"]
        bends.append(2 * np.arccos(min(abs(float(pose.bone_rotations[bone, 3])), 1.0)))
    return sum(bend < np.radians(50.0) for bend in bends)


def test_the_arms_move_as_the_drawn_avatar_moved(
    recording: dict[str, np.ndarray], rig: Rig, replayed: tuple[list[RigPose], Imitation]
) -> None:
    found = np.array([arm_angles(rig, pose) for pose in replayed[0]])

    errors = np.degrees(np.abs(np.angle(np.exp(1j * (found - recording["known_arms_rad"])))))

    assert errors.mean() < 14.0
    assert errors.mean(axis=0).max() < 22.0


def test_an_open_hand_waves_then_a_fist_counts_to_two(
    rig: Rig, replayed: tuple[list[RigPose], Imitation]
) -> None:
    raised = [raised_fingers(rig, pose) for pose in replayed[0]]

    acts = {"wave": raised[10:32], "fist": raised[34:45], "one": raised[46:50]}
    acts["two"] = raised[51:58]

    medians = {name: np.median(counts) for name, counts in acts.items()}
    assert medians == {"wave": 4, "fist": 0, "one": 1, "two": 2}


def test_the_imitation_of_what_was_tracked_meets_its_targets(
    replayed: tuple[list[RigPose], Imitation],
) -> None:
    report = replayed[1].report()

    assert report["upper_arm_deg"] < 12.0
    assert report["forearm_deg"] < 18.0
    assert report["head_deg"] < 8.0
    assert report["frames"] == 70


def test_trunk_and_limbs_do_not_jump_between_frames(
    rig: Rig, replayed: tuple[list[RigPose], Imitation]
) -> None:
    limbs = [rig.skeleton.humanoid[bone] for bone, _ in LIMBS]
    trunk = [rig.skeleton.humanoid[bone] for bone in ("hips", "spine", "chest", "neck", "head")]
    rotations = np.stack([pose.bone_rotations for pose in replayed[0]])[:, limbs + trunk]

    cosines = np.abs(np.sum(rotations[1:] * rotations[:-1], axis=-1)).clip(0.0, 1.0)

    assert np.degrees(2 * np.arccos(cosines)).max() < 60.0
