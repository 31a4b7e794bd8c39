"""Viewpoints that frame a figure, and the projection that follows from a viewpoint."""

import math
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from udp_live.rig.landmarks import MARGIN, landmark_space
from udp_live.rig.reference_poses import canonical_pose
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import skin_vertices
from udp_live.types import Viewpoint

Float = NDArray[np.float32]

NEAR_SHARE = 0.05  # of the distance to the target
FAR_BEYOND_M = 12.0  # behind the target; farther than any avatar's arm or train


class Framing(Enum):
    """How much of the figure the picture shows."""

    FACE = "face"
    BUST = "bust"
    HALF = "half"
    FULL = "full"


AIR_ABOVE = {
    Framing.FACE: 0.08,
    Framing.BUST: 0.10,
    Framing.HALF: 0.08,
}  # share of the picture's height
FULL_AIR = 0.05  # share above and below
WIDTH_AIR = 1.06  # times the figure's width
# Lower edge on the way from hips to neck: at the hips, mid chest, the collar.
CUT = {Framing.HALF: 0.0, Framing.BUST: 0.55, Framing.FACE: 0.95}
# Picture's least width over the distance between the upper arms; a face may cut shoulders.
SHOULDER_ROOM = {Framing.HALF: 1.7, Framing.BUST: 1.7, Framing.FACE: 0.0}
HAIR_LIMIT = 1.2  # wide hair, ears or brims enlarge bust and half no further


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
    height, middle = _full(rig, positions, aspect)
    if framing is not Framing.FULL:
        height, middle = _upper(rig, positions, framing, aspect)
    hips = _bone(rig, "hips")
    shown = height / zoom
    target = (float(hips[0]) - pan[0] * shown, middle - pan[1] * shown, float(hips[2]))
    return Viewpoint(target=target, height_m=shown)


def _full(rig: Rig, positions: Float, aspect: float) -> tuple[float, float]:
    """Return height and middle that show every vertex, metres."""
    low, top = float(positions[:, 1].min()), float(positions[:, 1].max())
    width = WIDTH_AIR * 2.0 * max(_sides(rig, positions))
    height = max((top - low) / (1.0 - 2.0 * FULL_AIR), width / aspect)
    return height, 0.5 * (low + top)


def _upper(rig: Rig, positions: Float, framing: Framing, aspect: float) -> tuple[float, float]:
    """Return height and middle that show the head and a part of the body, metres."""
    space = landmark_space(rig)
    top = float(space.origin[1]) + 0.5 * space.scale / MARGIN
    hips, neck = float(_bone(rig, "hips")[1]), float(_bone(rig, "neck")[1])
    low = hips + CUT[framing] * (neck - hips)
    air = AIR_ABOVE[framing]
    height = (top - low) / (1.0 - air)
    shoulders = np.ptp([_bone(rig, name)[0] for name in ("leftUpperArm", "rightUpperArm")])
    # The lesser side, because something that stands out on one side alone is a prop.
    hair = WIDTH_AIR * 2.0 * min(_sides(rig, positions[positions[:, 1] > neck]))
    width = float(shoulders) * SHOULDER_ROOM[framing]
    height = max(height, width / aspect, min(hair / aspect, HAIR_LIMIT * height))
    return height, top + air * height - 0.5 * height


def _sides(rig: Rig, positions: Float) -> tuple[float, float]:
    """Return how far the figure reaches to the right and left of its hips, metres."""
    offsets = positions[:, 0] - _bone(rig, "hips")[0]
    return float(-offsets.min(initial=0.0)), float(offsets.max(initial=0.0))


def _bone(rig: Rig, name: str) -> Float:
    """Return a humanoid bone's rest position; the neck may be missing, then the head's."""
    humanoid = rig.skeleton.humanoid
    index = humanoid.get(name, humanoid.get("head", humanoid["hips"]))
    position: Float = rig.skeleton.rest_positions[index]
    return position
