"""From a rig pose to an Ultra-Dense Pose (UDP) map: springs and rasterizer."""

import numpy as np

from avatar_app.engine.config import EngineConfig
from avatar_app.engine.stage_stats import StageStats
from udp_live.rasterizer.gl_context import open_context
from udp_live.rasterizer.udp_pass import UdpRasterizer
from udp_live.rig.framing import Framing, frame_viewpoint
from udp_live.rig.rig import Rig
from udp_live.rig.spring_bones import SpringBones
from udp_live.types import RigPose, UdpMap, Viewpoint
from udp_live.udp_texture import UdpTexture

MAX_STEP_S = 0.25  # a longer gap is a stall: the springs go on as if it had not been


class AvatarRasterizer:
    """Draw one rig's UDP maps. *Render thread only*, from the constructor to ``close``."""

    def __init__(self, rig: Rig, config: EngineConfig, stats: StageStats) -> None:
        """Open a GL context and upload the rig.

        Args:
            rig: Whom to draw.
            config: Size, framing, zoom, pan, GL backend.
            stats: Receives the durations of ``springs`` and ``rasterizing``.

        Raises:
            GlContextError: No OpenGL.
        """
        self._rig = rig
        self._stats = stats
        self._last_s: float | None = None
        self._springs = SpringBones(rig)
        self._context = open_context(config.gl_backend)
        self._rasterizer = UdpRasterizer(self._context, rig, (config.size, config.size))
        self.apply(config)

    @property
    def viewpoint(self) -> Viewpoint:
        """From where the avatar is seen now."""
        return self._viewpoint

    def apply(self, config: EngineConfig) -> None:
        """Take over framing, zoom and pan."""
        self._viewpoint = frame_viewpoint(
            self._rig, Framing(config.framing), zoom=config.zoom, pan=config.pan
        )

    def draw(self, pose: RigPose, time_s: float, side: int) -> UdpMap:
        """Draw a square map.

        Args:
            pose: The pose without springs.
            time_s: Moment of the pose; springs move by the time since the last call.
            side: Of the map, pixels.
        """
        swung = self._swung(pose, time_s)
        with self._stats.measure("rasterizing"):
            return self.draw_still(swung, side).read()

    def draw_to_texture(self, pose: RigPose, time_s: float, side: int) -> UdpTexture:
        """Draw a square map like ``draw``, and leave it on the GPU until the next one is drawn."""
        swung = self._swung(pose, time_s)
        with self._stats.measure("rasterizing"):
            return self.draw_still(swung, side)

    def draw_still(self, pose: RigPose, side: int) -> UdpTexture:
        """Draw a square map of a pose as it is, at no moment: springs neither act nor move."""
        self._rasterizer.resize((side, side))
        return self._rasterizer.draw_to_texture(pose, self._viewpoint)

    def advance(self, pose: RigPose, time_s: float) -> None:
        """Let the springs follow a pose that is not drawn."""
        self._springs.step(pose, self._step_s(time_s))

    def close(self) -> None:
        """Release the rasterizer and the GL context."""
        self._rasterizer.close()
        self._context.release()

    def _swung(self, pose: RigPose, time_s: float) -> RigPose:
        with self._stats.measure("springs"):
            return self._springs.step(pose, self._step_s(time_s))

    def _step_s(self, time_s: float) -> float:
        step_s = 0.0 if self._last_s is None else time_s - self._last_s
        self._last_s = time_s
        return float(np.clip(step_s, 0.0, MAX_STEP_S))
