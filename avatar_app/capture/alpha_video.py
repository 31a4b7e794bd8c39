"""A video with its transparency: WebM, ProRes 4444, Animation, FFV1 and what else has alpha."""

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from avatar_app.errors import SourceError

logger = logging.getLogger(__name__)

ALPHA_DECODERS = {"vp9": "libvpx-vp9", "vp8": "libvpx"}  # FFmpeg's own pass the alpha layer over
DEFAULT_FPS, MAX_FPS = 30.0, 240.0
MIN_SIDE_PX, MAX_SIDE_PX = 16, 8192


class AlphaVideo:
    """The pictures of a video file, one after another, each as straight RGBA."""

    def __init__(self, path: Path) -> None:
        """Open a video.

        Raises:
            SourceError: The file is missing, unreadable, has no pictures, or ones of absurd size.
        """
        self._path = path
        if not path.is_file():
            raise SourceError(f"video not found: {path}; give the path of a video file")
        try:
            self._container: Any = av.open(str(path))
        except (av.error.FFmpegError, OSError) as error:
            raise SourceError(f"cannot read the video {path}: {_reason(error)}") from error
        if not self._container.streams.video:
            self._container.close()
            raise SourceError(f"no pictures in {path}: the file has no video stream")
        self._stream = self._container.streams.video[0]
        size = (self._stream.width, self._stream.height)
        if not all(MIN_SIDE_PX <= side <= MAX_SIDE_PX for side in size):
            self._container.close()
            raise SourceError(f"the pictures in {path} have an absurd size: {size[0]}x{size[1]}")

    def __enter__(self) -> "AlphaVideo":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._container.close()

    @property
    def fps(self) -> float:
        """Its rate; 30 where the file does not tell."""
        rate = self._stream.average_rate or self._stream.guessed_rate or Fraction(0)
        return float(rate) if 1 <= rate <= MAX_FPS else DEFAULT_FPS

    @property
    def count(self) -> int:
        """How many pictures the file says it has; 0 where it does not tell."""
        return int(self._stream.frames or 0)

    @property
    def has_alpha(self) -> bool:
        """True when the pictures have an alpha channel; it may still be opaque everywhere."""
        return self._alpha_decoder is not None or any(
            component.is_alpha for component in self._stream.format.components
        )

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """Decode ``[H, W, 4]`` uint8 straight sRGB RGBA; damaged packets are skipped."""
        decoder = self._decoder()
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError as error:
                logger.warning("%s ends early: %s", self._path, _reason(error))
                packet = None
            yield from self._decode(decoder, packet)
            if packet is None:
                return

    def _decode(self, decoder: Any, packet: Any) -> Iterator[NDArray[np.uint8]]:
        try:
            frames = decoder.decode(packet)
        except av.error.EOFError:  # demux has flushed the decoder already
            return
        except av.error.InvalidDataError:
            logger.warning("%s: a damaged packet was skipped", self._path)
            return
        for frame in frames:
            turns = round(frame.rotation / 90) % 4  # phones store how it has to be turned
            yield np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgba"), turns))

    @property
    def _alpha_decoder(self) -> str | None:
        """Name of the decoder that knows this stream's separate alpha layer, if it has one."""
        if self._stream.metadata.get("alpha_mode") != "1":
            return None
        return ALPHA_DECODERS.get(self._stream.codec_context.name)

    def _decoder(self) -> Any:
        if self._alpha_decoder is None:
            return self._stream.codec_context
        decoder = av.CodecContext.create(self._alpha_decoder, "r")
        decoder.extradata = self._stream.codec_context.extradata
        return decoder


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", "") or error)
