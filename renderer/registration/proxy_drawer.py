"""Draws the landmarks of a proxy whose shape still changes."""

import moderngl

from udp_live.rasterizer.udp_pass import UdpRasterizer
from udp_live.rig.reference_poses import canonical_pose
from udp_live.rig.rig import Rig
from udp_live.types import UdpMap, Viewpoint


class GlProxyDrawer:
    """Draw each proxy once, with OpenGL.

    *Render thread only.*
    """

    def __init__(self, context: moderngl.Context) -> None:
        self._context = context

    def draw(self, rig: Rig, viewpoint: Viewpoint, side_px: int) -> UdpMap:
        """Return the UDP map of the canonical A-pose, square; see ``ProxyDrawer``."""
        rasterizer = UdpRasterizer(self._context, rig, (side_px, side_px))
        try:
            return rasterizer.draw(canonical_pose(rig), viewpoint)
        finally:
            rasterizer.close()
