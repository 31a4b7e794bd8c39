"""Films and folders of pictures, made at leisure: every frame once, and resumable.

A render goes through tracking, retargeting and painting, or paints a folder of UDP files. What is
done is kept beside the output, so that an interrupted render goes on where it stopped and ends
with the same pictures as one that ran through.
"""

from avatar_app.rendering.avatar_render import AvatarRender
from avatar_app.rendering.progress import Progress, Silence
from avatar_app.rendering.render_order import RenderOrder, RenderReport
from avatar_app.rendering.udp_render import UdpRender

__all__ = ["AvatarRender", "Progress", "RenderOrder", "RenderReport", "Silence", "UdpRender"]
