import numpy as np

from tests.fakes.person import rig_with_hands
from udp_live.linalg import vec_normalize
from udp_live.retargeting.mirror import PoseMirror
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import posed_joints
from udp_live.types import RigPose


def random_pose(rig: Rig, rng: np.random.Generator) -> RigPose:
    rotations = rng.normal(0.0, 0.3, (rig.skeleton.bone_count, 4))
    rotations[:, 3] = 1.0
    humanoid = list(rig.skeleton.humanoid.values())
    still = np.setdiff1d(np.arange(rig.skeleton.bone_count), humanoid)
    rotations[still] = (0.0, 0.0, 0.0, 1.0)
    return RigPose(
        bone_rotations=vec_normalize(rotations).astype(np.float32),
        root_translation=rng.normal(size=3).astype(np.float32),
        expression_weights=rng.random(len(rig.expressions)).astype(np.float32),
        gaze=rng.normal(size=2).astype(np.float32),
    )


def test_the_mirror_image_has_each_joint_on_the_other_side(rng: np.random.Generator) -> None:
    rig = rig_with_hands()
    pose = random_pose(rig, rng)

    straight = posed_joints(rig.skeleton, pose).positions
    mirrored = posed_joints(rig.skeleton, PoseMirror(rig).reflect(pose)).positions

    for name, index in rig.skeleton.humanoid.items():
        other = name.replace("left", "right") if "left" in name else name.replace("right", "left")
        expected = straight[rig.skeleton.humanoid[other]] * (-1.0, 1.0, 1.0)
        np.testing.assert_allclose(mirrored[index], expected, atol=1e-5)


def test_sided_expressions_and_gaze_change_sides(rng: np.random.Generator) -> None:
    rig = rig_with_hands()
    pose = random_pose(rig, rng)
    left, right = rig.expression_index("blinkLeft"), rig.expression_index("blinkRight")

    mirrored = PoseMirror(rig).reflect(pose)

    assert mirrored.expression_weights[left] == pose.expression_weights[right]
    assert mirrored.gaze.tolist() == [-pose.gaze[0], pose.gaze[1]]


def test_mirroring_twice_changes_nothing(rng: np.random.Generator) -> None:
    rig = rig_with_hands()
    pose = random_pose(rig, rng)
    mirror = PoseMirror(rig)

    twice = mirror.reflect(mirror.reflect(pose))

    np.testing.assert_array_equal(twice.bone_rotations, pose.bone_rotations)
    np.testing.assert_array_equal(twice.expression_weights, pose.expression_weights)
