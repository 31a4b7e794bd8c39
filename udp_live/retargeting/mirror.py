"""The mirror image of a rig pose."""

import numpy as np
from numpy.typing import NDArray

from udp_live.rig.rig import Rig
from udp_live.types import RigPose


class PoseMirror:
    """Swap left and right of a rig pose, once per rig prepared."""

    def __init__(self, rig: Rig) -> None:
        self._bones = _bone_partners(rig)
        self._expressions = _expression_partners(rig)

    def reflect(self, pose: RigPose) -> RigPose:
        """Return the pose as a mirror shows it."""
        flip = np.array([1.0, -1.0, -1.0, 1.0], np.float32)
        return RigPose(
            bone_rotations=pose.bone_rotations[self._bones] * flip,
            root_translation=pose.root_translation * np.array([-1.0, 1.0, 1.0], np.float32),
            expression_weights=pose.expression_weights[self._expressions],
            gaze=pose.gaze * np.array([-1.0, 1.0], np.float32),
        )


def _swap_sides(name: str) -> str:
    for one, other in (("left", "right"), ("Left", "Right")):
        if one in name:
            return name.replace(one, other)
        if other in name:
            return name.replace(other, one)
    return name


def _bone_partners(rig: Rig) -> NDArray[np.intp]:
    partners = np.arange(rig.skeleton.bone_count)
    for name, index in rig.skeleton.humanoid.items():
        partners[index] = rig.skeleton.humanoid.get(_swap_sides(name), index)
    return partners


def _expression_partners(rig: Rig) -> NDArray[np.intp]:
    partners = np.arange(len(rig.expressions))
    for index, expression in enumerate(rig.expressions):
        partner = rig.expression_index(_swap_sides(expression.name))
        partners[index] = index if partner is None else partner
    return partners
