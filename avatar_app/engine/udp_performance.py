"""A performance as Ultra-Dense Pose (UDP): every frame drawn, none painted."""

from collections.abc import Generator, Iterable
from contextlib import closing

from avatar_app.engine.avatar_rasterizer import AvatarRasterizer
from avatar_app.engine.config import EngineConfig
from avatar_app.engine.frames import PoseFrame, UdpFrame
from avatar_app.engine.stage_stats import StageStats
from udp_live.rig.rig import Rig


def draw_performance(
    config: EngineConfig, rig: Rig, frames: Iterable[PoseFrame]
) -> Generator[UdpFrame, None, None]:
    """Yield the UDP map of every frame, ``[size, size, 4]``; hair and clothes swing.

    Raises:
        GlContextError: No OpenGL.
    """
    with closing(AvatarRasterizer(rig, config, StageStats())) as rasterizer:
        for frame in frames:
            time_s = frame.stamp.media_s
            yield UdpFrame(frame.stamp, rasterizer.draw(frame.rig_pose, time_s, config.size))
