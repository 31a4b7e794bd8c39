"""Draws the landmarks of a proxy whose shape still changes."""

import moderngl

from udp_live.rasterizer.udp_pass import UdpRasterizer
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, UdpMap, Viewpoint


class GlProxyDrawer:
    """Draw each proxy once, with OpenGL.

    *Render thread only.*
    """

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context

    def draw(self, rig: Rig, pose: RigPose, viewpoint: Viewpoint, side_px: int) -> UdpMap:
        """Return the rig's UDP map, square; see ``ProxyDrawer``."""
        rasterizer = UdpRasterizer(self._context, rig, (side_px, side_px))
        try:
            return rasterizer.draw(pose, viewpoint)
        finally:
            rasterizer.close()
