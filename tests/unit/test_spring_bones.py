from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.tiny_rig import tiny_rig
from udp_live.linalg import quat_from_axis_angle
from udp_live.rig import Rig, SpringBones, SpringChain, SpringCollider, posed_joints, rest_pose
from udp_live.types import RigPose


def shaken(rig: Rig, time_s: float) -> RigPose:
    """Return a body that shakes its head and sways."""
    pose = rest_pose(rig)
    turn = quat_from_axis_angle((0.0, 1.0, 0.0), 0.6 * np.sin(5.0 * time_s))
    pose.bone_rotations[rig.skeleton.humanoid["head"]] = turn
    pose.root_translation[0] = 0.1 * np.sin(3.0 * time_s)
    return pose


def tip_path(rig: Rig, rate_hz: int, duration_s: float = 2.0) -> np.ndarray:
    """Return where the tail's tip is at each frame, ``[T, 3]``."""
    springs = SpringBones(rig)
    path = []
    for frame in range(int(duration_s * rate_hz) + 1):
        pose = springs.step(shaken(rig, frame / rate_hz), 1.0 / rate_hz)
        path.append(tip(rig, pose))
    return np.array(path)


def tip(rig: Rig, pose: RigPose) -> np.ndarray:
    return posed_joints(rig.skeleton, pose).positions[rig.springs[0].bones[-1]]


@pytest.mark.parametrize("rate_hz", [15, 24, 30, 48, 60, 144])
def test_hair_swings_alike_at_any_frame_rate(rate_hz: int) -> None:
    rig = tiny_rig()
    fine, coarse = tip_path(rig, 240), tip_path(rig, rate_hz)
    times = np.arange(len(coarse)) / rate_hz
    for axis in range(3):
        expected = np.interp(times, np.arange(len(fine)) / 240, fine[:, axis])
        np.testing.assert_allclose(coarse[:, axis], expected, atol=3e-3)
    assert np.ptp(fine[:, 0]) > 0.05


def test_hair_lags_behind_the_head_that_turns() -> None:
    rig = replace(tiny_rig(), colliders=())
    rig = replace(rig, springs=tuple(replace(spring, colliders=()) for spring in rig.springs))
    springs = SpringBones(rig)
    springs.step(rest_pose(rig), 0.0)
    turned = rest_pose(rig)
    turned.root_translation[0] = 0.2
    first = tip(rig, springs.step(turned, 1.0 / 30.0))[0]
    for _ in range(90):
        last = tip(rig, springs.step(turned, 1.0 / 30.0))[0]
    assert first < 0.17
    assert last == pytest.approx(0.2, abs=5e-3)


def overshoot(drag: float) -> float:
    """Return how far a released tail swings beyond its resting place, metres."""
    rig = tiny_rig()
    spring = replace(rig.springs[0], drag=(drag,) * 4, colliders=())
    rig = replace(rig, springs=(spring,), colliders=())
    springs = SpringBones(rig)
    moved = rest_pose(rig)
    moved.root_translation[0] = 0.2
    springs.step(rest_pose(rig), 0.0)
    path = [tip(rig, springs.step(moved, 1.0 / 60.0))[0] for _ in range(120)]
    return float(max(path)) - 0.2


def test_drag_calms_the_swing() -> None:
    assert overshoot(0.05) > overshoot(0.4) + 0.01
    assert overshoot(1.0) < 1e-3


def test_bones_keep_their_lengths_and_turn_only_springs(rng: np.random.Generator) -> None:
    rig = tiny_rig()
    springs = SpringBones(rig)
    body = [index for index, name in enumerate(rig.skeleton.names) if "tail" not in name]
    for _ in range(40):
        pose = shaken(rig, float(rng.uniform(0.0, 3.0)))
        swung = springs.step(pose, float(rng.uniform(0.0, 0.1)))
        np.testing.assert_array_equal(swung.bone_rotations[body], pose.bone_rotations[body])
        lengths = np.linalg.norm(swung.bone_rotations, axis=1)
        np.testing.assert_allclose(lengths, 1.0, atol=1e-5)


def test_a_violent_body_does_not_blow_the_hair_up(rng: np.random.Generator) -> None:
    rig = tiny_rig()
    wild = replace(
        rig.springs[0], stiffness=(50.0,) * 4, gravity_power=(20.0,) * 4, drag=(0.0,) * 4
    )
    rig = replace(rig, springs=(wild,))
    springs = SpringBones(rig)
    for _ in range(60):
        pose = rest_pose(rig)
        pose.root_translation[:] = rng.uniform(-0.2, 0.2, 3)
        swung = springs.step(pose, 1.0 / 15.0)
        assert np.isfinite(swung.bone_rotations).all()


def test_gravity_pulls_a_horizontal_strand_down() -> None:
    rig = tiny_rig()
    rest = rig.skeleton.rest_positions.copy()
    for place, bone in enumerate(rig.springs[0].bones):
        rest[bone] = (0.0, 1.45, -0.12 - 0.12 * place)
    limp = replace(rig.springs[0], stiffness=(0.0,) * 4, gravity_power=(1.0,) * 4, colliders=())
    rig = replace(rig, skeleton=replace(rig.skeleton, rest_positions=rest), springs=(limp,))
    springs = SpringBones(rig)
    for _ in range(120):
        pose = springs.step(rest_pose(rig), 1.0 / 60.0)
    np.testing.assert_allclose(tip(rig, pose), (0.0, 1.45 - 0.36, -0.12), atol=0.02)


@pytest.mark.parametrize("length", [0.0, 0.3])
def test_hair_stays_outside_of_its_colliders(length: float) -> None:
    rig = tiny_rig()
    head = rig.skeleton.humanoid["head"]
    # A ball, or a bar across, right where the tail hangs.
    bar = SpringCollider(head, (-length, -0.10, -0.20), (length, -0.10, -0.20), 0.08)
    rig = replace(rig, colliders=(bar,))
    springs = SpringBones(rig)
    for _ in range(30):
        pose = springs.step(rest_pose(rig), 1.0 / 60.0)
    posed = posed_joints(rig.skeleton, pose).positions
    centre = rig.skeleton.rest_positions[head] + (0.0, -0.10, -0.20)
    for bone in rig.springs[0].bones[1:]:
        distance = np.linalg.norm((posed[bone] - centre)[1:])
        assert distance > 0.08 + 0.02 - 2e-3


def test_a_chain_that_leaves_a_bone_out_hangs_as_one() -> None:
    rig = tiny_rig()
    bones = tuple(rig.skeleton.names.index(f"tail.{name}") for name in ("0", "2", "end"))
    chain = SpringChain(bones, (0.0,) * 3, (0.0,) * 3, (1.0,) * 3, (0.5,) * 3, (1.0, 0.0, 0.0))
    rig = replace(rig, springs=(chain,), colliders=())
    springs = SpringBones(rig)
    for _ in range(100):
        pose = springs.step(rest_pose(rig), 1 / 60)
    places = posed_joints(rig.skeleton, pose).positions[list(bones)]
    for along in np.diff(places, axis=0):
        assert along[0] / np.linalg.norm(along) > 0.99


def test_a_teleport_or_a_long_gap_starts_afresh() -> None:
    rig = tiny_rig()
    springs = SpringBones(rig)
    at_rest = springs.step(rest_pose(rig), 0.0).bone_rotations
    for frame in range(20):
        springs.step(shaken(rig, frame / 30.0), 1.0 / 30.0)
    away = rest_pose(rig)
    away.root_translation[2] = 3.0
    np.testing.assert_allclose(springs.step(away, 1.0 / 30.0).bone_rotations, at_rest, atol=1e-5)
    for frame in range(20):
        springs.step(shaken(rig, frame / 30.0), 1.0 / 30.0)
    np.testing.assert_allclose(springs.step(rest_pose(rig), 5.0).bone_rotations, at_rest, atol=1e-5)


def test_a_pose_of_nan_is_forgotten() -> None:
    rig = tiny_rig()
    springs = SpringBones(rig)
    still = rest_pose(rig)
    broken = replace(still, bone_rotations=np.full_like(still.bone_rotations, np.nan))
    expected = springs.step(still, 1 / 60)
    springs.step(broken, 1 / 60)
    after = springs.step(still, 1 / 60)
    np.testing.assert_array_equal(after.bone_rotations, expected.bone_rotations)


def test_reset_forgets_the_swing() -> None:
    rig = tiny_rig()
    springs = SpringBones(rig)
    at_rest = springs.step(rest_pose(rig), 0.0).bone_rotations
    for frame in range(10):
        springs.step(shaken(rig, frame / 30.0), 1.0 / 30.0)
    springs.reset()
    found = springs.step(rest_pose(rig), 1.0 / 30.0).bone_rotations
    np.testing.assert_allclose(found, at_rest, atol=1e-6)


def test_a_rig_without_springs_passes_through() -> None:
    rig = replace(tiny_rig(), springs=())
    pose = rest_pose(rig)
    assert SpringBones(rig).step(pose, 0.1) is pose
