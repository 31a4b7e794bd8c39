"""What a proxy's landmarks are under the pixels of a drawing."""

import math
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from renderer.registration.proxy_view import ProxyView
from renderer.sheet.sheet_drawing import with_expression
from udp_live.linalg import vec_normalize
from udp_live.rig.framing import view_from_world
from udp_live.rig.landmarks import canonical_pose
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, UdpMap, Viewpoint


class ProxyDrawer(Protocol):
    """What draws a proxy's landmarks."""

    def draw(self, rig: Rig, pose: RigPose, viewpoint: Viewpoint, side_px: int) -> UdpMap:
        """Return the rig's UDP map, square."""


def redrawn_landmarks(rig: Rig, placed: ProxyView, drawer: ProxyDrawer) -> NDArray[np.float16]:
    """Draw what lies under the pixels of a drawing; one of an expression ends around the face."""
    pose = with_expression(rig, canonical_pose(rig), placed.view.expression)
    height, width = placed.view.udp.shape[:2]
    first = placed.left * height
    whole = math.floor(first)
    viewpoint = placed.viewpoint
    right = vec_normalize(view_from_world(viewpoint)[0, :3].astype(np.float64))
    aside = np.asarray(viewpoint.target) + right * ((first - whole) / height * viewpoint.height_m)
    x, y, z = map(float, aside)
    square = drawer.draw(rig, pose, replace(viewpoint, target=(x, y, z)), height).xyzv
    udp = np.zeros((height, width, 4), np.float16)
    kept = slice(max(whole, 0), min(whole + width, height))
    udp[:, kept.start - whole : kept.stop - whole] = square[:, kept]
    if placed.view.expression is not None:
        udp[placed.view.image[..., 3] == 0] = 0
    return udp
