"""Skin weights of the body as fields over space.

A field depends on the place alone, so layers of cloth and skin that lie on each other move
together and nothing pokes through.
"""

from collections.abc import Mapping

import numpy as np

from avatar_app.default_avatar.skeleton import CENTRE_BONES, LEFT_BONES
from avatar_app.default_avatar.surfaces import Double, smoothstep

ELBOW_X = LEFT_BONES["leftLowerArm"][1][0]
WRIST_X = LEFT_BONES["leftHand"][1][0]
KNEE_Y = LEFT_BONES["leftLowerLeg"][1][1]
ANKLE_Y = LEFT_BONES["leftFoot"][1][1]

# A trunk bone hands over to the next around that one's joint, over a generous stretch.
TRUNK_BORDERS = (
    ("spine", CENTRE_BONES["spine"][1][1], 0.050),
    ("chest", CENTRE_BONES["chest"][1][1], 0.060),
    ("upperChest", CENTRE_BONES["upperChest"][1][1], 0.060),
    ("neck", CENTRE_BONES["neck"][1][1] + 0.010, 0.030),
    ("head", CENTRE_BONES["head"][1][1] - 0.006, 0.030),
)


def trunk(positions: Double, *, top: str = "head") -> dict[str, Double]:
    """Share the trunk among hips, spine, chest, upperChest, neck and head by height.

    Args:
        positions: ``[V, 3]``.
        top: Last bone that takes part; cloth stops at ``upperChest``.
    """
    shares = {"hips": np.ones(len(positions))}
    below = "hips"
    for bone, border, reach in TRUNK_BORDERS:
        rise = smoothstep(border - reach, border + reach, positions[:, 1])
        shares[bone] = shares[below] * rise
        shares[below] = shares[below] * (1.0 - rise)
        below = bone
        if bone == top:
            break
    return shares


def _arm_share(x: Double, y: Double) -> Double:
    """How far the upper arm leads: early on top of the shoulder, late in the armpit."""
    above = smoothstep(0.030, 0.150, x)
    below = smoothstep(0.085, 0.245, x)
    height = np.clip((y - 1.112) / 0.12, 0.0, 1.0)
    flank = np.maximum(smoothstep(1.015, 1.105, y), smoothstep(0.155, 0.185, x))
    return np.asarray((below + (above - below) * height) * flank)


def torso_and_arms(positions: Double) -> Mapping[str, Double]:
    """Field of everything worn above the waist, sleeves included."""
    shares = trunk(positions, top="upperChest")
    x, y = np.abs(positions[:, 0]), positions[:, 1]
    arm = _arm_share(x, y)
    fore = smoothstep(ELBOW_X - 0.055, ELBOW_X + 0.055, x)
    clavicle = 0.8 * smoothstep(0.012, 0.080, x) * smoothstep(1.080, 1.165, y) * (1.0 - arm)
    rest = 1.0 - arm - clavicle
    field = {bone: share * rest for bone, share in shares.items()}
    for side, mask in (("left", positions[:, 0] >= 0), ("right", positions[:, 0] < 0)):
        field[f"{side}Shoulder"] = clavicle * mask
        field[f"{side}UpperArm"] = arm * (1.0 - fore) * mask
        field[f"{side}LowerArm"] = arm * fore * mask
    return field


def neck(positions: Double) -> Mapping[str, Double]:
    """Field of the skin from the collarbones up into the head."""
    shares = trunk(positions)
    field = dict(torso_and_arms(positions))
    field["upperChest"] = np.maximum(field["upperChest"] - shares["neck"] - shares["head"], 0.0)
    field["neck"], field["head"] = shares["neck"], shares["head"]
    return field


def legs(positions: Double) -> Mapping[str, Double]:
    """Field of pelvis, thighs, shins and feet."""
    y, z = positions[:, 1], positions[:, 2]
    # In front the thigh begins lower than behind, where the buttock stays with the hips.
    crease = 0.770 - 0.25 * np.clip(-z, 0.0, 0.08)
    thigh = 1.0 - smoothstep(-0.055, 0.060, y - crease)
    shin = 1.0 - smoothstep(KNEE_Y - 0.050, KNEE_Y + 0.050, y)
    foot = 1.0 - smoothstep(ANKLE_Y - 0.005, ANKLE_Y + 0.060, y)
    toes = foot * smoothstep(0.052, 0.088, z)
    trunk_shares = trunk(positions, top="spine")
    field = {bone: share * (1.0 - thigh) for bone, share in trunk_shares.items()}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        # the crotch belongs to both legs
        mine = smoothstep(-0.02, 0.02, sign * positions[:, 0])
        field[f"{side}UpperLeg"] = thigh * (1.0 - shin) * mine
        field[f"{side}LowerLeg"] = thigh * shin * (1.0 - foot) * mine
        field[f"{side}Foot"] = thigh * shin * (foot - toes) * mine
        field[f"{side}Toes"] = thigh * shin * toes * mine
    return field
