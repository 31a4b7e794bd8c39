from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.tiny_rig import tiny_rig
from udp_live.linalg import quat_rotate
from udp_live.rig import (
    Expression,
    LookAt,
    LookAtRange,
    Override,
    Rig,
    effective_expression_weights,
    morph_weights,
    posed_joints,
    rest_pose,
)
from udp_live.rig.expressions import gaze_rotations
from udp_live.types import RigPose

FORWARD = np.array((0.0, 0.0, 1.0))


def expressive_rig(*expressions: Expression) -> Rig:
    return replace(tiny_rig(), expressions=expressions)


def pose_with(rig: Rig, gaze: tuple[float, float] = (0.0, 0.0), **weights: float) -> RigPose:
    pose = replace(rest_pose(rig), gaze=np.array(gaze, np.float32))
    for name, weight in weights.items():
        pose.expression_weights[rig.expression_index(name)] = weight
    return pose


def effective(rig: Rig, name: str, pose: RigPose) -> float:
    return float(effective_expression_weights(rig, pose)[rig.expression_index(name)])


@pytest.mark.parametrize(
    ("override", "weight", "left"),
    [
        (Override.NONE, 1.0, 0.8),
        (Override.BLOCK, 0.01, 0.0),
        (Override.BLOCK, 0.0, 0.8),
        (Override.BLEND, 0.25, 0.6),
        (Override.BLEND, 1.0, 0.0),
    ],
)
def test_an_expression_may_hold_back_the_blink(
    override: Override, weight: float, left: float
) -> None:
    rig = expressive_rig(Expression("blink", ()), Expression("happy", (), override_blink=override))
    pose = pose_with(rig, blink=0.8, happy=weight)
    assert effective(rig, "blink", pose) == pytest.approx(left)
    assert effective(rig, "happy", pose) == pytest.approx(weight)


def test_a_mouth_override_touches_the_mouth_alone() -> None:
    rig = expressive_rig(
        Expression("aa", ()),
        Expression("blinkLeft", ()),
        Expression("sad", (), override_mouth=Override.BLEND),
    )
    weights = effective_expression_weights(rig, pose_with(rig, aa=1.0, blinkLeft=1.0, sad=0.4))
    np.testing.assert_allclose(weights, (0.6, 1.0, 0.4), atol=1e-6)


def test_two_overrides_add_up_to_nothing_left() -> None:
    blend = Override.BLEND
    rig = expressive_rig(
        Expression("aa", ()),
        Expression("sad", (), override_mouth=blend),
        Expression("angry", (), override_mouth=blend),
    )
    assert effective(rig, "aa", pose_with(rig, aa=1.0, sad=0.7, angry=0.7)) == 0.0


def test_an_expression_does_not_hold_back_its_own_kind() -> None:
    block = Override.BLOCK
    rig = expressive_rig(
        Expression("aa", (), override_mouth=block), Expression("oh", (), override_mouth=block)
    )
    np.testing.assert_allclose(
        effective_expression_weights(rig, pose_with(rig, aa=0.6, oh=0.3)), (0.6, 0.3)
    )


def test_binary_expressions_are_on_or_off() -> None:
    rig = expressive_rig(
        Expression("blink", (), is_binary=True),
        Expression("happy", (), override_blink=Override.BLEND),
    )
    assert effective(rig, "blink", pose_with(rig, blink=0.51)) == 1.0
    assert effective(rig, "blink", pose_with(rig, blink=0.5)) == 0.0
    assert effective(rig, "blink", pose_with(rig, blink=1.0, happy=0.3)) == 0.0


def test_eyelids_that_two_expressions_close_do_not_close_twice() -> None:
    rig = expressive_rig(Expression("blink", ((0, 1.0),)), Expression("blinkLeft", ((0, 0.9),)))
    weights = morph_weights(rig, pose_with(rig, blink=0.6, blinkLeft=1.0))
    np.testing.assert_allclose(weights, (1.0, 0.0))


@pytest.mark.parametrize(
    ("gaze", "left_output", "right_output"),
    [((0.5, 0.0), 0.20, 0.10), ((-0.5, 0.0), -0.10, -0.20), ((2.0, 0.0), 0.40, 0.20)],
)
def test_gaze_turns_each_eye_by_its_own_range(
    gaze: tuple[float, float], left_output: float, right_output: float
) -> None:
    look_at = LookAt(
        "bone",
        (0.0, 0.0, 0.0),
        inner=LookAtRange(1.0, 0.2),
        outer=LookAtRange(1.0, 0.4),
        down=LookAtRange(1.0, 0.3),
        up=LookAtRange(1.0, 0.3),
    )
    rig = replace(tiny_rig(), look_at=look_at)
    rotations = gaze_rotations(rig, pose_with(rig, gaze=gaze))
    for side, output in (("left", left_output), ("right", right_output)):
        looks = quat_rotate(rotations[rig.skeleton.humanoid[f"{side}Eye"]], FORWARD)
        np.testing.assert_allclose(looks, (np.sin(output), 0.0, np.cos(output)), atol=1e-6)


def test_looking_up_lifts_the_eyes() -> None:
    rig = tiny_rig()
    pose = pose_with(rig, gaze=(0.0, 1.0))
    rotations = gaze_rotations(rig, pose)
    assert quat_rotate(rotations[rig.skeleton.humanoid["leftEye"]], FORWARD)[1] > 0.2
    assert pose.bone_rotations[rig.skeleton.humanoid["leftEye"], 3] == 1.0


def test_a_look_at_override_holds_the_eyes_still() -> None:
    rig = expressive_rig(Expression("happy", (), override_look_at=Override.BLOCK))
    rotations = gaze_rotations(rig, pose_with(rig, gaze=(1.0, 0.5), happy=0.2))
    np.testing.assert_array_equal(rotations, rest_pose(rig).bone_rotations)


def test_gaze_may_drive_expressions_instead_of_bones() -> None:
    steep = LookAtRange(0.5, 1.0)
    names = ("lookUp", "lookDown", "lookLeft", "lookRight")
    rig = replace(
        expressive_rig(*(Expression(name, ()) for name in names)),
        look_at=LookAt("expression", (0.0, 0.0, 0.0), steep, steep, steep, steep),
    )
    weights = effective_expression_weights(rig, pose_with(rig, gaze=(0.25, -2.0)))
    np.testing.assert_allclose(weights, (0.0, 1.0, 0.5, 0.0))
    posed = posed_joints(rig.skeleton, pose_with(rig, gaze=(0.25, -2.0)))
    assert posed.rotations[rig.skeleton.humanoid["leftEye"], 3] == 1.0
