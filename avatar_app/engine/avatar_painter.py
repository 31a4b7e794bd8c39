"""From a rig pose to a painted picture: springs, rasterizer, decoder."""

import os
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar_app.engine.avatar_rasterizer import AvatarRasterizer
from avatar_app.engine.config import SUPERSAMPLING, EngineConfig
from avatar_app.engine.decoder_choice import open_app_decoder
from avatar_app.engine.stage_stats import StageStats
from renderer.engines.torch_device import limit_processor_threads
from renderer.sheet.avatar_file import Avatar
from udp_live.rig.expressions import effective_expression_weights, rest_pose
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, UdpMap, Viewpoint
from udp_live.udp_texture import UdpTexture


class AvatarPainter:
    """Paint one avatar. *Render thread only*, from the constructor to ``close``."""

    def __init__(
        self,
        avatar: Avatar,
        config: EngineConfig,
        *,
        stats: StageStats | None = None,
        cache_folder: Path | None = None,
    ) -> None:
        """Open a GL context and the decoder, and encode the character sheet or load it from cache.

        Args:
            avatar: Whom to paint.
            config: Size, framing, decoder, device, GL backend.
            stats: Receives the durations of ``springs``, ``rasterizing`` and ``decoding``.
            cache_folder: Where encoded sheets are kept; None keeps none.

        Raises:
            GlContextError: No OpenGL.
            RendererError: The sheet or the device cannot be used.
        """
        self._rig: Rig = avatar.rig
        self._size = config.size
        self._stats = stats or StageStats()
        self._rasterizer = AvatarRasterizer(self._rig, config, self._stats)
        with ExitStack() as opened:  # a run that does not start leaves no GL context behind
            opened.callback(self._rasterizer.close)
            limit_processor_threads(fair_threads())
            self._decoder = open_app_decoder(
                config.decoder, config.device, cache_folder, config.views
            )
            opened.callback(self._decoder.close)
            self._encoding = self._decoder.encode(avatar.sheet)
            self._warm_up(config)
            opened.pop_all()

    @property
    def decoder_name(self) -> str:
        """Name of the decoder."""
        return self._decoder.name

    @property
    def device_name(self) -> str:
        """Where the decoder runs."""
        return self._decoder.device

    @property
    def viewpoint(self) -> Viewpoint:
        """From where the avatar is seen now."""
        return self._rasterizer.viewpoint

    def apply(self, config: EngineConfig) -> None:
        """Take over framing, zoom and pan."""
        self._rasterizer.apply(config)

    def paint(
        self,
        pose: RigPose,
        time_s: float,
        decode_size: int,
        supersampling: int = SUPERSAMPLING,
    ) -> NDArray[np.uint8]:
        """Paint a ``[size, size, 4]`` premultiplied picture.

        Args:
            pose: The pose without springs.
            time_s: Moment of the pose; springs move by the time since the last call.
            decode_size: Side of the picture that the decoder makes; scaled to the output size.
            supersampling: Side of the UDP map over ``decode_size``.
        """
        leaves_it = self._decoder.reads_textures
        draw = self._rasterizer.draw_to_texture if leaves_it else self._rasterizer.draw
        udp = draw(pose, time_s, decode_size * supersampling)
        with self._stats.measure("decoding"):
            image = self._decode(pose, udp, supersampling)
        return image if decode_size == self._size else enlarge(image, self._size)

    def advance(self, pose: RigPose, time_s: float) -> None:
        """Let the springs follow a pose that is not painted."""
        self._rasterizer.advance(pose, time_s)

    def close(self) -> None:
        """Release the decoder, the rasterizer and the GL context."""
        self._decoder.close()
        self._rasterizer.close()

    def _decode(
        self, pose: RigPose, udp: UdpMap | UdpTexture, supersampling: int
    ) -> NDArray[np.uint8]:
        weights = effective_expression_weights(self._rig, pose)
        names = (expression.name for expression in self._rig.expressions)
        expressions = dict(zip(names, weights.tolist(), strict=True))
        return self._decoder.decode(self._encoding, udp, expressions, supersampling)

    def _warm_up(self, config: EngineConfig) -> None:
        """Paint once, because libraries put off much of their work until they are first used."""
        pose = rest_pose(self._rig)
        scale = config.supersampling
        texture = self._rasterizer.draw_still(pose, self._size * scale)
        self._decode(pose, texture if self._decoder.reads_textures else texture.read(), scale)


def fair_threads() -> int:
    """Return half of the cores: the tracker wants the others.

    Measured on two cores under load, one thread decodes several times as fast as two that wait for
    each other.
    """
    return max(1, (os.cpu_count() or 1) // 2)


def enlarge(image: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Scale a premultiplied picture to ``[size, size, 4]``, colours never above alpha."""
    scaled = cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC)
    return np.minimum(scaled, scaled[..., 3:]).astype(np.uint8, copy=False)
