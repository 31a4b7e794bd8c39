"""Landmark space: where each bit of surface lies in the canonical A-pose, scaled to [0, 1]."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from udp_live.rig.reference_poses import canonical_pose
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import skin_vertices

__all__ = ["MARGIN", "LandmarkSpace", "canonical_landmarks", "canonical_pose", "landmark_space"]

Float = NDArray[np.float32]

MARGIN = 1.2  # side of the landmark cube over the figure's height


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


def landmark_space(rig: Rig) -> LandmarkSpace:
    """Measure the rig in its canonical A-pose."""
    return _measure(rig, skin_vertices(rig, canonical_pose(rig))[0])


def canonical_landmarks(rig: Rig) -> Float:
    """Return each vertex's landmark, ``[V, 3]`` float32 in [0, 1].

    A vertex keeps its landmark whatever the pose and expression, so this is a vertex attribute.
    A mesh that was reshaped keeps the landmarks it had before.
    """
    if rig.mesh.landmarks is not None:
        return rig.mesh.landmarks
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
