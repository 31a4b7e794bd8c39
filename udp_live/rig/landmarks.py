"""Landmark space: where each bit of surface lies in the canonical A-pose, scaled to [0, 1]."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import quat_between, quat_conjugate, quat_multiply, vec_normalize
from udp_live.rig.expressions import rest_pose
from udp_live.rig.humanoid import A_POSE
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import posed_joints, skin_vertices
from udp_live.types import RigPose

Float = NDArray[np.float32]

MARGIN = 1.2  # side of the landmark cube over the figure's height
_MIRROR = np.array((-1.0, 1.0, 1.0), np.float32)


@dataclass(frozen=True, slots=True)
class LandmarkSpace:
    """The cube of space that landmarks cover, the same shape for every rig.

    ``landmark = 0.5 + (p - o) / (1.2 * H)``, clipped to [0, 1]; ``p`` is the surface point in
    the canonical A-pose, ``H`` the figure's height in that pose from the sole of its feet to the
    top of its head (hair and hat included), ``o = (hips.x, sole + H / 2, hips.z)``.

    Attributes:
        origin: ``[3]`` float32, ``o`` in metres: the world point whose landmark is 0.5.
        scale: ``1.2 * H``, metres per landmark unit.
    """

    origin: Float = field(repr=False)
    scale: float

    def landmarks(self, positions: Float) -> Float:
        """Return the landmarks ``[..., 3]`` of canonical A-pose ``positions`` in metres."""
        return np.clip(0.5 + (positions - self.origin) / np.float32(self.scale), 0.0, 1.0)

    def positions(self, landmarks: Float) -> Float:
        """Return the canonical A-pose positions ``[..., 3]`` in metres of ``landmarks``."""
        return (landmarks - np.float32(0.5)) * np.float32(self.scale) + self.origin


def canonical_pose(rig: Rig) -> RigPose:
    """Return the pose that brings the rig to the canonical A-pose.

    Upper arms point 35 degrees below the horizontal in the frontal plane, forearms and hands in
    line with them, legs straight down, feet level as at rest, everything else at rest. Arms that
    rest in any other pose are turned the shortest way.
    """
    pose = rest_pose(rig)
    skeleton, rotations = rig.skeleton, pose.bone_rotations
    for side, mirror in (("left", None), ("right", _MIRROR)):
        for bone_name, target_name, left_direction in A_POSE:
            bone = skeleton.humanoid.get(side + bone_name)
            target = skeleton.humanoid.get(side + target_name)
            if bone is None or target is None:
                continue
            direction = left_direction if mirror is None else left_direction * mirror
            rest = skeleton.rest_positions[target] - skeleton.rest_positions[bone]
            world = quat_between(vec_normalize(rest), direction)
            _set_world_rotation(rig, pose, bone, world)
        foot = skeleton.humanoid.get(f"{side}Foot")
        if foot is not None:
            _set_world_rotation(rig, pose, foot, np.array((0.0, 0.0, 0.0, 1.0), np.float32))
    return replace(pose, bone_rotations=rotations)


def _set_world_rotation(rig: Rig, pose: RigPose, bone: int, world: Float) -> None:
    """Write the local rotation that gives ``bone`` the rotation ``world``."""
    parent = rig.skeleton.parents[bone]
    above = np.array((0.0, 0.0, 0.0, 1.0), np.float32)
    if parent >= 0:
        above = posed_joints(rig.skeleton, pose).rotations[parent]
    pose.bone_rotations[bone] = quat_multiply(quat_conjugate(above), world)


def landmark_space(rig: Rig) -> LandmarkSpace:
    """Measure the rig in its canonical A-pose."""
    return _measure(rig, skin_vertices(rig, canonical_pose(rig))[0])


def canonical_landmarks(rig: Rig) -> Float:
    """Return each vertex's landmark, ``[V, 3]`` float32 in [0, 1].

    A vertex keeps its landmark whatever the pose and expression, so this is a vertex attribute.
    """
    positions = skin_vertices(rig, canonical_pose(rig))[0]
    return _measure(rig, positions).landmarks(positions)


def _measure(rig: Rig, positions: Float) -> LandmarkSpace:
    """Find height and centre of the figure, whose ``positions`` are in the canonical A-pose.

    Only legs count for the sole and only the head for the top, so that a cape, a sword or a
    raised prop does not change the scale.
    """
    hips = rig.skeleton.rest_positions[rig.skeleton.humanoid["hips"]]
    heights = positions[:, 1]
    legs = heights[_bound_below(rig, "leftLowerLeg") | _bound_below(rig, "rightLowerLeg")]
    head = heights[_bound_below(rig, "head")]
    sole = float(legs.min() if len(legs) else heights.min())
    top = float(head.max() if len(head) else heights.max())
    height = max(top - sole, 1e-3)
    origin = np.array((hips[0], sole + 0.5 * height, hips[2]), np.float32)
    return LandmarkSpace(origin, MARGIN * height)


def _bound_below(rig: Rig, bone_name: str) -> NDArray[np.bool_]:
    """Mark the vertices whose strongest bone is ``bone_name`` or hangs from it, ``[V]``."""
    root = rig.skeleton.humanoid.get(bone_name)
    below = np.zeros(rig.skeleton.bone_count, bool)
    for bone, parent in enumerate(rig.skeleton.parents):
        below[bone] = bone == root or (parent >= 0 and below[parent])
    strongest = np.argmax(rig.mesh.weights, axis=1)
    bones = np.take_along_axis(rig.mesh.joints, strongest[:, None], axis=1)[:, 0]
    bound: NDArray[np.bool_] = below[bones]
    return bound
