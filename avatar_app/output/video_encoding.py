"""How pictures become the packets of a video stream: codecs, their settings, colours."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

from avatar_app.output.compositor import straighten

TIME_BASE = Fraction(1, 90_000)  # holds the frame times of every usual rate


@dataclass(frozen=True, slots=True)
class VideoEncoding:
    """A codec with its settings.

    Attributes:
        codec: FFmpeg's name of the encoder.
        pixel_format: FFmpeg's name; with an alpha plane the background stays out.
        options: The encoder's own options.
    """

    codec: str
    pixel_format: str
    options: Mapping[str, str]

    @property
    def keeps_alpha(self) -> bool:
        """True when the pictures are encoded with their alpha."""
        return self.pixel_format.startswith("yuva")


# By suffix. Live: fast enough to go on beside tracking and painting.
LIVE_ENCODINGS = {
    ".mp4": VideoEncoding(
        "libx264", "yuv420p", {"preset": "veryfast", "crf": "18", "tune": "animation"}
    ),
    ".webm": VideoEncoding(
        "libvpx-vp9",
        "yuva420p",
        {"deadline": "realtime", "cpu-used": "8", "crf": "24", "b": "0", "auto-alt-ref": "0"},
    ),
}
VIDEO_SUFFIXES = tuple(LIVE_ENCODINGS)


def add_video_stream(
    container: Any, encoding: VideoEncoding, size: tuple[int, int], fps: float
) -> Any:
    """Add a stream to a container that is being written.

    Args:
        container: PyAV's.
        encoding: Codec and settings.
        size: ``(width, height)`` of the pictures, pixels, even.
        fps: Nominal rate; each picture has its own time in ``TIME_BASE``.
    """
    rate = Fraction(fps).limit_denominator(1001)
    stream = container.add_stream(encoding.codec, rate=rate, options=dict(encoding.options))
    stream.pix_fmt = encoding.pixel_format
    stream.width, stream.height = size
    context = stream.codec_context
    stream.time_base = context.time_base = TIME_BASE
    context.thread_count = min(4, os.cpu_count() or 1)
    context.colorspace = Colorspace.ITU709
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    context.color_range = ColorRange.MPEG
    return stream


def to_picture(image: NDArray[np.uint8], encoding: VideoEncoding) -> Any:
    """Turn ``[H, W, 4]`` premultiplied RGBA into a picture for the encoder.

    Colours are converted as the stream says (BT.709): players take unlabelled small pictures for
    BT.601 and large ones for BT.709, so one of the two would be off.
    """
    if encoding.keeps_alpha:
        picture = av.VideoFrame.from_ndarray(straighten(image), format="rgba")
    else:
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(image[:, :, :3]), format="rgb24")
    return picture.reformat(
        format=encoding.pixel_format,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )
