"""A performance as Ultra-Dense Pose (UDP): every frame of a source drawn, none painted."""

from collections.abc import Generator
from contextlib import closing

from avatar_app.engine.avatar_rasterizer import AvatarRasterizer
from avatar_app.engine.config import EngineConfig
from avatar_app.engine.frames import UdpFrame
from avatar_app.engine.parts import EngineParts
from avatar_app.engine.performance import perform
from avatar_app.engine.stage_stats import StageStats
from udp_live.rig.rig import Rig


def perform_udp(
    config: EngineConfig, parts: EngineParts, rig: Rig
) -> Generator[UdpFrame, None, None]:
    """Yield the UDP map of every frame of a clip or video, ``[size, size, 4]``.

    Raises:
        AppError: The source cannot be read, or the tracker does not work.
        GlContextError: No OpenGL.
    """
    with closing(AvatarRasterizer(rig, config, StageStats())) as rasterizer:
        for frame in perform(config, parts, rig):
            time_s = frame.stamp.media_s
            yield UdpFrame(frame.stamp, rasterizer.draw(frame.rig_pose, time_s, config.size))
