"""Retargeting: what was tracked of a person becomes a pose of the avatar's rig.

``Retargeter`` is the stage; ``Imitation`` measures how alike the result is. Each other module
covers one part of the body or one concern, in terms of plain quaternions.
"""

from udp_live.retargeting.blendshapes import BLENDSHAPE_NAMES
from udp_live.retargeting.imitation import Imitation, ImitationReport
from udp_live.retargeting.retargeter import Retargeter, RetargeterConfig

__all__ = ["BLENDSHAPE_NAMES", "Imitation", "ImitationReport", "Retargeter", "RetargeterConfig"]
