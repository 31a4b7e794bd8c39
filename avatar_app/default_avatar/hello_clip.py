"""The hello clip: thirty seconds in which Yuzu introduces herself, made to repeat."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar import hello_script as script
from avatar_app.default_avatar.arm_pose import solve_arm
from avatar_app.default_avatar.hand_shape import hand_shapes
from avatar_app.default_avatar.keyframes import (
    Quaternions,
    blend_poses,
    channel,
    softened,
    softened_channel,
    turned,
)
from avatar_app.default_avatar.skeleton import CENTRE_BONES, LEFT_BONES
from avatar_app.default_avatar.surfaces import Double, smoothstep
from udp_live.linalg import quat_multiply
from udp_live.motion import MotionClip

FPS = 30.0
HIPS_HEIGHT_M = CENTRE_BONES["hips"][1][1]
LEG_M = HIPS_HEIGHT_M - LEFT_BONES["leftFoot"][1][1]
BREATHS = 8  # whole numbers of cycles, so that the end meets the beginning
SWAYS = 4
TRUNK_SHARES = {"spine": 0.30, "chest": 0.36, "upperChest": 0.34}
HEAD_SHARES = {"neck": 0.4, "head": 0.6}


def hello_clip() -> MotionClip:
    """Return the clip; its last frame equals its first."""
    times = np.arange(round(script.DURATION_S * FPS) + 1) / FPS
    sway = np.sin(2.0 * np.pi * SWAYS * times / script.DURATION_S)
    turns = {**_hips_and_legs(times, sway), **_trunk_and_head(times, sway)}
    for side in ("left", "right"):
        turns |= _arm(times, side)
    weights = _expressions(times)
    names = tuple(turns)
    return MotionClip(
        fps=FPS,
        bone_names=names,
        rotations=np.stack([turns[name] for name in names], axis=1).astype(np.float32),
        hips_translation=_hips_translation(times, sway),
        hips_height_m=HIPS_HEIGHT_M,
        expression_names=tuple(weights),
        expression_weights=np.stack(list(weights.values()), axis=1).astype(np.float32),
        gaze=np.radians(
            np.stack([channel(script.GAZE_YAW, times), channel(script.GAZE_PITCH, times)], axis=1)
        ).astype(np.float32),
    )


def _breath(times: Double) -> Double:
    """Return the breath in [-1, 1]: in quickly, out slowly."""
    phase = 2.0 * np.pi * BREATHS * times / script.DURATION_S
    return np.asarray(np.sin(phase + 0.35 * np.sin(phase)))


def _step_lift(times: Double, moments: Sequence[float]) -> Double:
    lift = np.zeros_like(times)
    for moment in moments:
        lift += np.exp(-(((times - moment) / script.STEP_WIDTH_S) ** 2))
    return np.asarray(lift)


def _sway_m(sway: Double) -> Double:
    return np.asarray(0.007 * sway)


def _hips_and_legs(times: Double, sway: Double) -> dict[str, Quaternions]:
    """Turn about and step; in between the feet stay while the hips sway."""
    lean = np.degrees(_sway_m(sway) / LEG_M)
    turns = {"hips": turned(("z", -1.5 * lean), ("y", channel(script.HIPS_YAW, times)))}
    for side, moments in (("left", script.LEFT_STEPS_S), ("right", script.RIGHT_STEPS_S)):
        lift = script.STEP_LIFT_DEG * _step_lift(times, moments)
        stance = 2.0 if side == "left" else -2.0
        turns[f"{side}UpperLeg"] = turned(
            ("y", 4.0 * stance), ("x", -lift), ("z", stance + 0.5 * lean)
        )
        turns[f"{side}LowerLeg"] = turned(("x", 1.7 * lift))
        turns[f"{side}Foot"] = turned(("x", -0.3 * lift), ("z", -stance))
    return turns


def _hips_translation(times: Double, sway: Double) -> NDArray[np.float32]:
    steps = _step_lift(times, script.LEFT_STEPS_S) - _step_lift(times, script.RIGHT_STEPS_S)
    bow = smoothstep(0.9, 1.8, times) - smoothstep(2.3, 3.2, times)
    moved = np.zeros((len(times), 3))
    moved[:, 0] = _sway_m(sway)
    moved[:, 1] = 0.0015 * _breath(times) - 0.006 * np.abs(steps)
    moved[:, 2] = -0.030 * bow
    return moved.astype(np.float32)


def _trunk_and_head(times: Double, sway: Double) -> dict[str, Quaternions]:
    breath = _breath(times)
    pitch = softened_channel(channel(script.TRUNK_PITCH, times), 2.0)
    yaw = channel(script.TRUNK_YAW, times)
    roll = channel(script.TRUNK_ROLL, times) + 0.8 * sway
    turns = {}
    for bone, share in TRUNK_SHARES.items():
        swell = -0.7 * breath if bone == "chest" else 0.0
        turns[bone] = turned(("z", share * roll), ("x", share * pitch + swell), ("y", share * yaw))
    # the head stays upright against breath and sway, and drifts a little on its own
    drift = 0.8 * np.sin(2.0 * np.pi * 7 * times / script.DURATION_S + 1.0)
    head_pitch = channel(script.HEAD_PITCH, times) + 0.5 * breath
    head_yaw = channel(script.HEAD_YAW, times) + drift
    head_roll = channel(script.HEAD_ROLL, times) - 0.6 * sway
    for bone, share in HEAD_SHARES.items():
        turn = turned(("z", share * head_roll), ("x", share * head_pitch), ("y", share * head_yaw))
        turns[bone] = softened(turn, 2.0)
    return turns


def _arm(times: Double, side: str) -> dict[str, Quaternions]:
    """Blend one side's arm and hand poses; hands follow the arms a moment later."""
    arm_keys = script.LEFT_ARM if side == "left" else script.RIGHT_ARM
    hand_keys = script.LEFT_HAND if side == "left" else script.RIGHT_HAND
    poses = {name: solve_arm(pose, side) for name, pose in script.ARM_POSES.items()}
    turns = blend_poses(arm_keys, poses, times)
    breath = _breath(times)
    sign = 1.0 if side == "left" else -1.0
    lift = turned(("z", sign * (0.9 * breath + 0.4)))
    turns[f"{side}Shoulder"] = quat_multiply(lift, turns[f"{side}Shoulder"])
    late = {f"{side}LowerArm": 1, f"{side}Hand": 2}
    arm = {bone: softened(turn, 2.2, late=late.get(bone, 0)) for bone, turn in turns.items()}
    fingers = blend_poses(hand_keys, hand_shapes(side), times)
    return arm | {bone: softened(turn, 1.2) for bone, turn in fingers.items()}


def _expressions(times: Double) -> dict[str, Double]:
    happy = channel(script.HAPPY, times)
    blink = np.zeros_like(times)
    for moment in script.BLINKS_S:
        closing = smoothstep(moment - 0.075, moment - 0.01, times)
        blink = np.maximum(blink, closing - smoothstep(moment + 0.03, moment + 0.17, times))
    mouth = _speech(times)
    spoken = np.clip(np.sum(list(mouth.values()), axis=0), 0.0, 1.0)
    return {
        "blinkLeft": np.maximum(blink, channel(script.LEFT_WINK, times)),
        "blinkRight": np.maximum(blink, channel(script.RIGHT_WINK, times)),
        "smile": channel(script.SMILE, times) * (1.0 - 0.7 * spoken) * (1.0 - happy),
        "browUp": channel(script.BROW_UP, times),
        "happy": happy,
        **mouth,
    }


def _speech(times: Double) -> dict[str, Double]:
    """Return the weights of the five mouth shapes; neighbours run into each other."""
    mouth = {name: np.zeros_like(times) for name in script.VISEME_WEIGHTS}
    for start, text in script.SPEECH:
        for position, sound in enumerate(text.split()):
            if sound in mouth:
                middle = start + position * script.VISEME_S
                # stress rises and falls, as it does in speech
                stress = 0.82 + 0.18 * np.sin(2.1 * position + start)
                hump = np.exp(-(((times - middle) / (0.62 * script.VISEME_S)) ** 2))
                shown = stress * script.VISEME_WEIGHTS[sound] * hump
                mouth[sound] = np.maximum(mouth[sound], shown)
    total = np.maximum(np.sum(list(mouth.values()), axis=0), 1.0)
    return {name: weights / total for name, weights in mouth.items()}
