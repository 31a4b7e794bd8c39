import numpy as np
import pytest

from avatar_app.engine.frames import FrameStamp, PoseFrame
from avatar_app.engine.pose_glide import PoseGlide, blend_rig_poses
from udp_live.types import RigPose


def pose_frame(number: int, weight: float, captured_s: float) -> PoseFrame:
    stamp = FrameStamp(number, round(captured_s * 1e9), captured_s)
    return PoseFrame(stamp, rig_pose((0.0, 0.0, 0.0, 1.0), weight))


def rig_pose(rotation: tuple[float, float, float, float], weight: float = 0.0) -> RigPose:
    return RigPose(
        np.array([rotation], np.float32),
        np.full(3, weight, np.float32),
        np.array([weight], np.float32),
        np.zeros(2, np.float32),
    )


def test_nothing_to_show_before_the_first_pose() -> None:
    assert PoseGlide(30).sample(1.0) is None


def test_poses_as_dense_as_the_output_pass_unchanged() -> None:
    glide = PoseGlide(30)
    for number in range(10):
        pose = pose_frame(number, float(number), number / 30)
        glide.aim(pose, number / 30)
        assert glide.sample(number / 30) is pose


def test_sparse_poses_are_approached_and_reached() -> None:
    glide = PoseGlide(30)
    for number in range(40):
        glide.aim(pose_frame(number, 0.0, number * 0.1), number * 0.1)
    glide.aim(pose_frame(40, 1.0, 4.0), 4.0)
    weights = [_weight(glide, 4.0 + share * glide.duration_s) for share in (0.0, 0.5, 1.0)]
    assert weights == pytest.approx([0.0, 0.5, 1.0], abs=1e-3)


def test_the_capture_time_glides_too_so_latency_stays_honest() -> None:
    glide = PoseGlide(30)
    for number in range(41):
        glide.aim(pose_frame(number, 0.0, number * 0.1), number * 0.1)
    middle = glide.sample(4.0 + 0.5 * glide.duration_s)
    assert middle is not None
    assert 3.9e9 < middle.stamp.captured_ns < 4.0e9


def test_rotations_take_the_shorter_arc() -> None:
    quarter = np.sin(np.pi / 8), np.cos(np.pi / 8)
    a = rig_pose((0.0, 0.0, 0.0, 1.0))
    b = rig_pose(
        (0.0, -float(quarter[0]), 0.0, -float(quarter[1]))
    )  # the negative of a 45 deg turn
    half = blend_rig_poses(a, b, 0.5).bone_rotations[0]
    assert half == pytest.approx([0.0, np.sin(np.pi / 16), 0.0, np.cos(np.pi / 16)], abs=1e-6)


def _weight(glide: PoseGlide, now_s: float) -> float:
    pose = glide.sample(now_s)
    assert pose is not None
    return float(pose.rig_pose.expression_weights[0])


def test_a_finished_glide_shows_the_newest_pose_at_once() -> None:
    glide = PoseGlide(30)
    for number in range(10):
        glide.aim(pose_frame(number, float(number), number * 0.1), number * 0.1)
    glide.finish()
    assert _weight(glide, 0.9) == 9.0
