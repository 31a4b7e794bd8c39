"""Viewpoints that frame a figure, and the projection that follows from a viewpoint."""

import math
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from udp_live.rig.landmarks import MARGIN, canonical_pose, landmark_space
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import skin_vertices
from udp_live.types import Viewpoint

Float = NDArray[np.float32]

NEAR_SHARE = 0.05  # of the distance to the target
FAR_BEYOND_M = 12.0  # behind the target; farther than any avatar's arm or train


class Framing(Enum):
    """How much of the figure the picture shows."""

    BUST = "bust"
    HALF = "half"
    FULL = "full"


# Shares of the picture's height.
AIR_ABOVE = {Framing.BUST: 0.10, Framing.HALF: 0.08, Framing.FULL: 0.06}
AIR_BELOW = {Framing.BUST: 0.0, Framing.HALF: 0.0, Framing.FULL: 0.04}
BUST_CUT = 0.55  # of the way from hips to neck: mid chest
SHOULDER_ROOM = 1.7  # picture's least width over the distance between the upper arms


def eye_distance(viewpoint: Viewpoint) -> float:
    """Return the distance from eye to target, metres."""
    return 0.5 * viewpoint.height_m / math.tan(0.5 * viewpoint.field_of_view_rad)


def view_from_world(viewpoint: Viewpoint) -> Float:
    """Return the ``[4, 4]`` float32 rigid transform to view space (+X right, +Y up, -Z ahead)."""
    yaw, pitch = viewpoint.yaw_rad, viewpoint.pitch_rad
    back = np.array(
        (math.sin(yaw) * math.cos(pitch), math.sin(pitch), math.cos(yaw) * math.cos(pitch))
    )
    right = np.array((math.cos(yaw), 0.0, -math.sin(yaw)))
    up = np.cross(back, right)
    matrix = np.eye(4)
    matrix[:3, :3] = (right, up, back)
    eye = np.asarray(viewpoint.target) + eye_distance(viewpoint) * back
    matrix[:3, 3] = -matrix[:3, :3] @ eye
    return matrix.astype(np.float32)


def clip_from_world(viewpoint: Viewpoint, aspect: float) -> Float:
    """Return the ``[4, 4]`` float32 projection of OpenGL's clip space, +Y up.

    Args:
        viewpoint: Eye and projection.
        aspect: Width over height of the picture.
    """
    distance = eye_distance(viewpoint)
    near, far = NEAR_SHARE * distance, distance + FAR_BEYOND_M
    scale = 1.0 / math.tan(0.5 * viewpoint.field_of_view_rad)
    projection = np.zeros((4, 4))
    projection[0, 0] = scale / aspect
    projection[1, 1] = scale
    projection[2, 2] = (far + near) / (near - far)
    projection[2, 3] = 2 * far * near / (near - far)
    projection[3, 2] = -1.0
    return (projection @ view_from_world(viewpoint)).astype(np.float32)


def project(points: Float, viewpoint: Viewpoint, size: tuple[int, int]) -> Float:
    """Project world points into a picture.

    Args:
        points: ``[N, 3]`` float32, metres; all in front of the eye.
        viewpoint: Eye and projection.
        size: ``(width, height)`` of the picture, pixels.

    Returns:
        ``[N, 2]`` float32 pixels, x to the right, y down; the first pixel's centre is (0.5, 0.5).
    """
    width, height = size
    homogeneous = np.concatenate((points, np.ones((len(points), 1), np.float32)), axis=1)
    clip = homogeneous @ clip_from_world(viewpoint, width / height).T
    ndc = clip[:, :2] / clip[:, 3:]
    return ((0.5 + 0.5 * ndc * (1.0, -1.0)) * size).astype(np.float32)


def frame_viewpoint(
    rig: Rig,
    framing: Framing,
    *,
    aspect: float = 1.0,
    zoom: float = 1.0,
    pan: tuple[float, float] = (0.0, 0.0),
) -> Viewpoint:
    """Return a frontal viewpoint that frames the rig.

    The top of hair, ears or hat has a little air above it in every framing. Narrow pictures
    show more below rather than cutting shoulders (bust, half) or hands (full).

    Args:
        rig: Measured in its canonical A-pose.
        framing: How much of the figure to show.
        aspect: Width over height of the picture.
        zoom: Above 1 enlarges the figure about the centre of the picture.
        pan: Shift of the figure to the right and upwards, in heights of the picture.
    """
    if aspect <= 0 or zoom <= 0:
        raise ValueError(f"unexpected aspect or zoom: {aspect}, {zoom}; both must be positive")
    positions, _ = skin_vertices(rig, canonical_pose(rig))
    low, width = _extent(rig, positions, framing)
    top = float(positions[:, 1].max()) if framing is Framing.FULL else _top(rig)
    air = AIR_ABOVE[framing]
    height = max((top - low) / (1.0 - air - AIR_BELOW[framing]), width / aspect)
    middle = top + air * height - 0.5 * height
    hips = rig.skeleton.rest_positions[rig.skeleton.humanoid["hips"]]
    shown = height / zoom
    target = (float(hips[0]) - pan[0] * shown, middle - pan[1] * shown, float(hips[2]))
    return Viewpoint(target=target, height_m=shown)


def _extent(rig: Rig, positions: Float, framing: Framing) -> tuple[float, float]:
    """Return the lowest height to show and the least width, metres."""
    if framing is Framing.FULL:
        return float(positions[:, 1].min()), float(np.ptp(positions[:, 0])) * 1.04
    hips, neck = (_bone(rig, name) for name in ("hips", "neck"))
    shoulders = abs(_bone(rig, "leftUpperArm")[0] - _bone(rig, "rightUpperArm")[0])
    low = hips[1] if framing is Framing.HALF else hips[1] + BUST_CUT * (neck[1] - hips[1])
    return float(low), float(shoulders) * SHOULDER_ROOM


def _bone(rig: Rig, name: str) -> Float:
    """Return a humanoid bone's rest position; the neck may be missing, then the head's."""
    humanoid = rig.skeleton.humanoid
    index = humanoid.get(name, humanoid.get("head", humanoid["hips"]))
    position: Float = rig.skeleton.rest_positions[index]
    return position


def _top(rig: Rig) -> float:
    space = landmark_space(rig)
    return float(space.origin[1]) + 0.5 * space.scale / MARGIN
