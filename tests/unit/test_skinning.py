from dataclasses import replace

import numpy as np

from tests.fakes.tiny_rig import tiny_rig
from udp_live.linalg import (
    quat_from_axis_angle,
    quat_from_rotation_vector,
    quat_multiply,
    quat_rotate,
)
from udp_live.rig import Rig, joint_matrices, posed_joints, rest_pose, skin_vertices
from udp_live.types import RigPose


def random_pose(rig: Rig, rng: np.random.Generator) -> RigPose:
    turns = quat_from_rotation_vector(rng.normal(scale=0.6, size=(rig.skeleton.bone_count, 3)))
    return replace(
        rest_pose(rig),
        bone_rotations=turns.astype(np.float32),
        root_translation=rng.normal(scale=0.2, size=3).astype(np.float32),
        expression_weights=rng.uniform(size=len(rig.expressions)).astype(np.float32),
    )


def test_the_rest_pose_changes_nothing() -> None:
    rig = tiny_rig()
    positions, normals = skin_vertices(rig, rest_pose(rig))
    np.testing.assert_allclose(positions, rig.mesh.positions, atol=1e-6)
    np.testing.assert_allclose(normals, rig.mesh.normals, atol=1e-6)


def test_bones_are_posed_as_if_one_walked_down_the_skeleton(rng: np.random.Generator) -> None:
    rig = tiny_rig()
    pose = random_pose(rig, rng)
    posed = posed_joints(rig.skeleton, pose)
    rest, parents = rig.skeleton.rest_positions, rig.skeleton.parents
    for bone, parent in enumerate(parents):
        if parent < 0:
            np.testing.assert_allclose(posed.positions[bone], rest[bone] + pose.root_translation)
            continue
        above = posed.rotations[parent]
        offset = quat_rotate(above, rest[bone] - rest[parent])
        np.testing.assert_allclose(
            posed.positions[bone], posed.positions[parent] + offset, atol=1e-5
        )
        expected = quat_multiply(above, pose.bone_rotations[bone])
        np.testing.assert_allclose(posed.rotations[bone], expected, atol=1e-5)


def test_bones_keep_their_lengths(rng: np.random.Generator) -> None:
    rig = tiny_rig()
    posed = posed_joints(rig.skeleton, random_pose(rig, rng)).positions
    children = np.flatnonzero(rig.skeleton.parents >= 0)
    parents = rig.skeleton.parents[children]
    rest = rig.skeleton.rest_positions
    np.testing.assert_allclose(
        np.linalg.norm(posed[children] - posed[parents], axis=1),
        np.linalg.norm(rest[children] - rest[parents], axis=1),
        atol=1e-5,
    )


def test_a_joint_matrix_takes_its_bone_to_the_posed_place(rng: np.random.Generator) -> None:
    rig = tiny_rig()
    pose = random_pose(rig, rng)
    matrices = joint_matrices(rig, pose)
    rest = np.concatenate(
        (rig.skeleton.rest_positions, np.ones((rig.skeleton.bone_count, 1))), axis=1
    )
    moved = np.einsum("jab,jb->ja", matrices, rest)[:, :3]
    np.testing.assert_allclose(moved, posed_joints(rig.skeleton, pose).positions, atol=1e-5)
    assert matrices.dtype == np.float32


def test_a_vertex_of_one_bone_moves_rigidly_with_it() -> None:
    rig = tiny_rig()
    pose = rest_pose(rig)
    arm = rig.skeleton.humanoid["leftUpperArm"]
    pose.bone_rotations[arm] = quat_from_axis_angle((0.0, 0.0, 1.0), -np.pi / 2)
    hand = rig.mesh.joints[:, 0] == rig.skeleton.humanoid["leftHand"]
    positions, normals = skin_vertices(rig, pose)
    pivot = rig.skeleton.rest_positions[arm]
    away = rig.mesh.positions[hand] - pivot
    expected = pivot + np.stack((away[:, 1], -away[:, 0], away[:, 2]), axis=1)
    np.testing.assert_allclose(positions[hand], expected, atol=1e-5)
    turned = rig.mesh.normals[hand]
    np.testing.assert_allclose(
        normals[hand], np.stack((turned[:, 1], -turned[:, 0], turned[:, 2]), axis=1), atol=1e-5
    )


def test_a_vertex_of_two_bones_lies_between_what_each_would_do() -> None:
    rig = tiny_rig()
    pose = rest_pose(rig)
    elbow = rig.skeleton.humanoid["leftLowerArm"]
    pose.bone_rotations[elbow] = quat_from_axis_angle((0.0, 1.0, 0.0), -1.0)
    shared = np.flatnonzero((rig.mesh.joints[:, 0] == elbow) & (rig.mesh.weights[:, 1] > 0))[0]
    rest = rig.mesh.positions[shared]
    pivot = rig.skeleton.rest_positions[elbow]
    bent = pivot + quat_rotate(pose.bone_rotations[elbow], rest - pivot)
    positions, _ = skin_vertices(rig, pose)
    np.testing.assert_allclose(positions[shared], 0.5 * (rest + bent), atol=1e-6)


def test_morph_targets_act_before_the_bones() -> None:
    rig = tiny_rig()
    pose = rest_pose(rig)
    pose.expression_weights[rig.expression_index("aa")] = 0.5
    head = rig.skeleton.humanoid["neck"]
    pose.bone_rotations[head] = quat_from_axis_angle((0.0, 0.0, 1.0), np.pi / 2)
    target = rig.mesh.morph_targets[1]
    pivot = rig.skeleton.rest_positions[head]
    moved = rig.mesh.positions[target.vertices] + 0.5 * target.position_offsets - pivot
    expected = pivot + np.stack((-moved[:, 1], moved[:, 0], moved[:, 2]), axis=1)
    positions, _ = skin_vertices(rig, pose)
    np.testing.assert_allclose(positions[target.vertices], expected, atol=1e-5)


def test_gaze_moves_the_eyes_of_the_mesh() -> None:
    rig = tiny_rig()
    pose = replace(rest_pose(rig), gaze=np.array((0.5, 0.0), np.float32))
    moved = np.abs(skin_vertices(rig, pose)[0] - rig.mesh.positions).max(axis=1)
    eyes = [rig.skeleton.humanoid["leftEye"], rig.skeleton.humanoid["rightEye"]]
    is_eye = np.isin(rig.mesh.joints[:, 0], eyes)
    assert (moved[is_eye] > 1e-3).all()
    assert (moved[~is_eye] < 1e-6).all()
