"""Rasterizer: a posed rig in, Ultra-Dense Pose (UDP) maps or toon drawings out, with OpenGL.

Import from the modules, because they load OpenGL: ``gl_context.open_context``,
``udp_pass.UdpRasterizer``, ``toon_pass.ToonRasterizer``. Only ``ink``, the rule for outlines, is
plain numpy. Everything that touches OpenGL runs on the thread that opened the context.
"""

from udp_live.rasterizer.ink import ink_mask

__all__ = ["ink_mask"]
