from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.tiny_rig import tiny_rig
from udp_live.linalg import quat_conjugate, quat_from_axis_angle, vec_normalize
from udp_live.rig import (
    Rig,
    canonical_landmarks,
    canonical_pose,
    landmark_space,
    posed_joints,
    rest_from_t_pose,
    rest_pose,
    skin_vertices,
    t_pose,
)

Z_AXIS = (0.0, 0.0, 1.0)


def rig_resting_in(arm_turns: dict[str, np.ndarray]) -> Rig:
    """Return the tiny rig as if it had been modelled with turned bones."""
    rig = tiny_rig()
    pose = rest_pose(rig)
    for bone, turn in arm_turns.items():
        pose.bone_rotations[rig.skeleton.humanoid[bone]] = turn
    positions, normals = skin_vertices(rig, pose)
    posed = posed_joints(rig.skeleton, pose).positions
    return replace(
        rig,
        skeleton=replace(rig.skeleton, rest_positions=posed),
        mesh=replace(rig.mesh, positions=positions, normals=normals),
    )


def lowered_arms(angle: float) -> dict[str, np.ndarray]:
    down = quat_from_axis_angle(Z_AXIS, -angle).astype(np.float32)
    return {"leftUpperArm": down, "rightUpperArm": quat_conjugate(down)}


def test_landmarks_stay_with_the_surface_when_the_body_moves(rng: np.random.Generator) -> None:
    rig = tiny_rig()
    space, landmarks = landmark_space(rig), canonical_landmarks(rig)
    pose = rest_pose(rig)
    pose.bone_rotations[:] = vec_normalize(
        pose.bone_rotations + rng.normal(scale=0.2, size=pose.bone_rotations.shape)
    )
    moved, _ = skin_vertices(rig, pose)
    canonical, _ = skin_vertices(rig, canonical_pose(rig))
    assert np.abs(moved - canonical).max() > 0.1
    np.testing.assert_array_equal(canonical_landmarks(rig), landmarks)
    np.testing.assert_allclose(space.positions(landmarks), canonical, atol=1e-5)


@pytest.mark.parametrize("angle", [np.radians(35.0), np.radians(80.0), -np.radians(40.0)])
def test_landmarks_do_not_depend_on_the_pose_a_rig_was_modelled_in(angle: float) -> None:
    expected = canonical_landmarks(tiny_rig())
    found = canonical_landmarks(rig_resting_in(lowered_arms(angle)))
    whole = tiny_rig().mesh.weights[:, 0] == 1.0  # blended elbows lose volume either way
    np.testing.assert_allclose(found[whole], expected[whole], atol=1e-5)


def test_bent_elbows_and_spread_legs_are_straightened() -> None:
    turns = {
        "leftLowerArm": quat_from_axis_angle((0.0, 1.0, 0.0), -1.2).astype(np.float32),
        "rightUpperLeg": quat_from_axis_angle(Z_AXIS, -0.3).astype(np.float32),
    }
    rig = rig_resting_in(turns)
    posed = posed_joints(rig.skeleton, canonical_pose(rig)).positions
    bones = rig.skeleton.humanoid
    forearm = vec_normalize(posed[bones["leftHand"]] - posed[bones["leftLowerArm"]])
    leg = vec_normalize(posed[bones["rightFoot"]] - posed[bones["rightUpperLeg"]])
    np.testing.assert_allclose(forearm, (0.8192, -0.5736, 0.0), atol=1e-3)
    np.testing.assert_allclose(leg, (0.0, -1.0, 0.0), atol=1e-5)


def test_arms_point_35_degrees_below_the_horizontal() -> None:
    rig = tiny_rig()
    posed = posed_joints(rig.skeleton, canonical_pose(rig)).positions
    bones = rig.skeleton.humanoid
    for side, sign in (("left", 1.0), ("right", -1.0)):
        arm = vec_normalize(posed[bones[f"{side}Hand"]] - posed[bones[f"{side}UpperArm"]])
        angle = np.radians(35.0)
        np.testing.assert_allclose(arm, (sign * np.cos(angle), -np.sin(angle), 0.0), atol=1e-5)


def test_the_figure_fills_the_cube_up_to_its_margin() -> None:
    landmarks = canonical_landmarks(tiny_rig())
    assert landmarks.dtype == np.float32
    assert landmarks[:, 1].min() == pytest.approx(0.5 - 0.5 / 1.2, abs=1e-5)
    assert landmarks[:, 1].max() == pytest.approx(0.5 + 0.5 / 1.2, abs=1e-5)
    hips = tiny_rig().skeleton.rest_positions[0]
    assert landmark_space(tiny_rig()).landmarks(hips)[0] == pytest.approx(0.5)


def test_landmarks_do_not_depend_on_size_or_place() -> None:
    rig = tiny_rig()
    shift = np.array((0.3, 0.0, -2.0), np.float32)
    moved = replace(
        rig,
        skeleton=replace(rig.skeleton, rest_positions=2.0 * rig.skeleton.rest_positions + shift),
        mesh=replace(rig.mesh, positions=2.0 * rig.mesh.positions + shift),
    )
    np.testing.assert_allclose(canonical_landmarks(moved), canonical_landmarks(rig), atol=1e-5)


def test_a_sword_or_a_train_does_not_change_the_scale() -> None:
    rig = tiny_rig()
    positions = rig.mesh.positions.copy()
    positions[rig.mesh.joints[:, 0] == rig.skeleton.humanoid["leftHand"], 1] += 3.0
    positions[rig.mesh.joints[:, 0] == rig.skeleton.names.index("tail.2"), 1] -= 3.0
    long_reach = replace(rig, mesh=replace(rig.mesh, positions=positions))
    assert landmark_space(long_reach).scale == pytest.approx(landmark_space(rig).scale)
    landmarks = canonical_landmarks(long_reach)
    assert landmarks.min() >= 0.0
    assert landmarks.max() <= 1.0


def test_motion_told_from_the_t_pose_fits_a_rig_that_rests_otherwise() -> None:
    plain, lowered = tiny_rig(), rig_resting_in(lowered_arms(np.radians(60.0)))
    rotations = rest_pose(plain).bone_rotations
    for bone, axis, angle in (
        ("leftUpperArm", Z_AXIS, 0.9),
        ("leftLowerArm", (0.0, 1.0, 0.0), -1.1),
        ("leftHand", (1.0, 0.0, 0.0), 0.5),
        ("chest", (0.0, 1.0, 0.0), 0.3),
    ):
        rotations[plain.skeleton.humanoid[bone]] = quat_from_axis_angle(axis, angle)
    expected, _ = skin_vertices(plain, replace(rest_pose(plain), bone_rotations=rotations))
    turned = rest_from_t_pose(lowered, rotations)
    found, _ = skin_vertices(lowered, replace(rest_pose(lowered), bone_rotations=turned))
    whole = plain.mesh.weights[:, 0] == 1.0
    np.testing.assert_allclose(found[whole], expected[whole], atol=1e-4)


def test_a_rig_that_rests_in_a_t_pose_is_left_as_it_is() -> None:
    rig = rig_resting_in(lowered_arms(np.radians(8.0)))
    np.testing.assert_array_equal(t_pose(rig).bone_rotations, rest_pose(rig).bone_rotations)


def test_feet_stay_level_when_the_leg_above_is_turned() -> None:
    spread = {"leftUpperLeg": quat_from_axis_angle(Z_AXIS, 0.5).astype(np.float32)}
    rig = rig_resting_in(spread)
    foot = rig.skeleton.humanoid["leftFoot"]
    for pose in (canonical_pose(rig), t_pose(rig)):
        world = posed_joints(rig.skeleton, pose).rotations
        assert abs(world[rig.skeleton.humanoid["leftLowerLeg"], 3]) < 0.98
        np.testing.assert_allclose(np.abs(world[foot]), (0, 0, 0, 1), atol=1e-6)
