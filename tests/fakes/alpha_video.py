"""Small videos of a figure on a transparent or plain background, made on the spot."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 96, 128
CODECS = {
    ".webm": ("libvpx-vp9", "yuva420p", {"auto-alt-ref": "0", "crf": "4", "b": "0"}),
    ".mov": ("qtrle", "argb", {}),
    ".mp4": ("libx264", "yuv420p", {"crf": "4"}),
}


def draw_figure(shift: int = 0, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """A head on a body, ``[H, W, 4]`` straight RGBA, moved to the right."""
    rows, columns = np.mgrid[:height, :width]
    x, y = (columns - width / 2 - shift) / width, rows / height
    head = np.hypot(x * width, (y - 0.25) * height) < 0.16 * height
    body = (np.abs(x) < 0.1 + 0.3 * (y - 0.4)) & (y > 0.4) & (y < 0.9)
    image = np.zeros((height, width, 4), np.uint8)
    image[body] = (40, 90, 220, 255)
    image[head] = (230, 180, 150, 255)
    return image


def write_figure_video(path: Path, pictures: list[NDArray[np.uint8]], fps: int = 12) -> Path:
    """Write pictures; the suffix chooses the codec, and ``.mp4`` puts them before green."""
    codec, pixel_format, options = CODECS[path.suffix]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(fps), options=options)
        stream.width, stream.height = pictures[0].shape[1], pictures[0].shape[0]
        stream.pix_fmt = pixel_format
        for picture in pictures:
            shown = on_green(picture) if path.suffix == ".mp4" else picture
            for packet in stream.encode(av.VideoFrame.from_ndarray(shown, format="rgba")):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return path


def on_green(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay a picture before the green of a green screen, opaque."""
    opaque = picture.copy()
    opaque[picture[..., 3] == 0] = (0, 255, 0, 255)
    return opaque
