"""What expression weights and gaze do to a rig (VRM 1.0 expressions and lookAt)."""

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import quat_from_axis_angle, quat_identity, quat_multiply
from udp_live.rig.rig import LookAt, LookAtRange, Override, Rig
from udp_live.types import RigPose

Float = NDArray[np.float32]

BLINKS = ("blink", "blinkLeft", "blinkRight")
LOOKS = ("lookUp", "lookDown", "lookLeft", "lookRight")
MOUTHS = ("aa", "ih", "ou", "ee", "oh")


def rest_pose(rig: Rig) -> RigPose:
    """Return the pose in which the mesh was bound: nothing turned, no expression."""
    return RigPose(
        bone_rotations=quat_identity(rig.skeleton.bone_count),
        root_translation=np.zeros(3, np.float32),
        expression_weights=np.zeros(len(rig.expressions), np.float32),
        gaze=np.zeros(2, np.float32),
    )


def effective_expression_weights(rig: Rig, pose: RigPose) -> Float:
    """Resolve gaze, binary expressions and overrides into the weights that act on the mesh.

    Returns:
        ``[E]`` float32 in [0, 1], order of ``Rig.expressions``.
    """
    weights = _binarised(rig, np.clip(_with_gaze(rig, pose), 0.0, 1.0))
    factors = {
        name: factor
        for group, factor in (
            (BLINKS, _override_factor(rig, weights, "override_blink", BLINKS)),
            (LOOKS, _override_factor(rig, weights, "override_look_at", LOOKS)),
            (MOUTHS, _override_factor(rig, weights, "override_mouth", MOUTHS)),
        )
        for name in group
    }
    for index, expression in enumerate(rig.expressions):
        factor = factors.get(expression.name, 1.0)
        # A binary expression cannot be shown in part, so a partial override hides it.
        weights[index] *= 0.0 if expression.is_binary and factor < 1.0 else factor
    return weights


def morph_weights(rig: Rig, pose: RigPose) -> Float:
    """Return ``[M]`` float32 weights of the morph targets.

    Expressions add up, but no further than the strongest of them alone would go, so that
    ``blink`` on top of ``blinkLeft`` does not push the eyelid through the cheek.
    """
    count = len(rig.mesh.morph_targets)
    totals, lows, highs = np.zeros((3, count), np.float32)
    weights = effective_expression_weights(rig, pose)
    for expression, weight in zip(rig.expressions, weights, strict=True):
        for morph, full in expression.morphs:
            totals[morph] += weight * full
            lows[morph] = min(lows[morph], full)
            highs[morph] = max(highs[morph], full)
    clipped: Float = np.clip(totals, lows, highs)
    return clipped


def gaze_rotations(rig: Rig, pose: RigPose) -> Float:
    """Return the pose's ``[J, 4]`` bone rotations with the eyes turned by ``pose.gaze``."""
    look_at = rig.look_at
    if look_at is None or look_at.kind != "bone" or not np.any(pose.gaze):
        return pose.bone_rotations
    weights = _binarised(rig, np.clip(pose.expression_weights, 0.0, 1.0))
    factor = _override_factor(rig, weights, "override_look_at", LOOKS)
    rotations = pose.bone_rotations.copy()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        eye = rig.skeleton.humanoid.get(f"{side}Eye")
        if eye is not None:
            turn = _eye_turn(look_at, pose.gaze * np.float32(factor), outward=sign)
            rotations[eye] = quat_multiply(turn, rotations[eye])
    return rotations


def _eye_turn(look_at: LookAt, gaze: Float, *, outward: float) -> Float:
    """Return an eye's rotation; ``outward`` is the sign of a yaw that leaves the nose."""
    yaw, pitch = float(gaze[0]), float(gaze[1])
    yaw_range = look_at.outer if yaw * outward > 0.0 else look_at.inner
    pitch_range = look_at.up if pitch > 0.0 else look_at.down
    about_y = quat_from_axis_angle((0.0, 1.0, 0.0), np.copysign(_mapped(yaw_range, yaw), yaw))
    about_x = quat_from_axis_angle(
        (1.0, 0.0, 0.0), -np.copysign(_mapped(pitch_range, pitch), pitch)
    )
    return quat_multiply(about_y, about_x).astype(np.float32)


def _mapped(look_range: LookAtRange, angle: float) -> float:
    """Map the size of a gaze angle to the size of its effect."""
    if look_range.input_max_rad <= 0.0:
        return look_range.output if angle else 0.0
    return look_range.output * min(abs(angle) / look_range.input_max_rad, 1.0)


def _with_gaze(rig: Rig, pose: RigPose) -> Float:
    """Return the pose's expression weights plus those that gaze drives."""
    weights = pose.expression_weights.copy()
    look_at = rig.look_at
    if look_at is None or look_at.kind != "expression" or not np.any(pose.gaze):
        return weights
    yaw, pitch = float(pose.gaze[0]), float(pose.gaze[1])
    driven = {
        "lookLeft" if yaw > 0.0 else "lookRight": _mapped(look_at.outer, yaw),
        "lookUp" if pitch > 0.0 else "lookDown": _mapped(
            look_at.up if pitch > 0.0 else look_at.down, pitch
        ),
    }
    for index, expression in enumerate(rig.expressions):
        weights[index] += driven.get(expression.name, 0.0)
    return weights


def _binarised(rig: Rig, weights: Float) -> Float:
    """Round the weights of binary expressions to 0 or 1."""
    for index, expression in enumerate(rig.expressions):
        if expression.is_binary:
            weights[index] = 1.0 if weights[index] > 0.5 else 0.0
    return weights


def _override_factor(rig: Rig, weights: Float, attribute: str, group: tuple[str, ...]) -> float:
    """Return what is left of an expression group under the active overrides, in [0, 1]."""
    factor = 1.0
    for expression, weight in zip(rig.expressions, weights, strict=True):
        override = getattr(expression, attribute)
        if override is Override.NONE or weight <= 0.0 or expression.name in group:
            continue
        factor -= 1.0 if override is Override.BLOCK else float(weight)
    return max(factor, 0.0)
