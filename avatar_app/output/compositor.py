"""Put the avatar in front of a background."""

import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar_app.errors import OutputError

Image = NDArray[np.uint8]

TRANSPARENT = "transparent"


class Compositor:
    """Lay premultiplied pictures over a colour, an image or nothing."""

    def __init__(self, background: str, width: int, height: int | None = None) -> None:
        """Prepare the background.

        Args:
            background: ``transparent``, ``#rrggbb`` or the path of an image.
            width: Of the pictures, pixels.
            height: Of the pictures, pixels; None for square ones.

        Raises:
            OutputError: The background is no colour and no readable image.
        """
        self._backdrop = open_background(background, width, height)

    @property
    def is_transparent(self) -> bool:
        """True when there is no background."""
        return self._backdrop is None

    def composite(self, image: Image) -> Image:
        """Lay ``[H, W, 4]`` premultiplied RGBA over the background.

        Returns:
            ``[H, W, 4]`` premultiplied RGBA; opaque unless the background is transparent, then
            ``image`` itself.
        """
        return image if self._backdrop is None else lay_over(image, self._backdrop)

    def composite_opaque(self, image: Image) -> Image:
        """Like ``composite``, with black in place of a transparent background."""
        backdrop = self._backdrop
        return lay_over(image, np.zeros((1, 1, 3), np.uint8) if backdrop is None else backdrop)


def lay_over(image: Image, backdrop: Image) -> Image:
    """Premultiplied "over": ``[H, W, 4]`` RGBA on ``[H, W, 3]`` or ``[1, 1, 3]`` RGB."""
    uncovered = cv2.bitwise_not(cv2.extractChannel(image, 3))
    height, width = uncovered.shape
    full = np.ascontiguousarray(np.broadcast_to(backdrop, (height, width, 3)))
    shine = cv2.multiply(full, cv2.cvtColor(uncovered, cv2.COLOR_GRAY2RGB), scale=1 / 255)
    over = cv2.add(cv2.cvtColor(image, cv2.COLOR_RGBA2RGB), shine)  # saturates
    return np.asarray(cv2.cvtColor(over, cv2.COLOR_RGB2RGBA), np.uint8)


def straighten(image: Image) -> Image:
    """Turn premultiplied into straight RGBA, both ``[H, W, 4]`` uint8."""
    alpha = image[:, :, 3:4].astype(np.float32)
    scale = np.divide(255.0, alpha, out=np.zeros_like(alpha), where=alpha > 0)
    colour = np.minimum(image[:, :, :3] * scale + 0.5, 255.0)
    return np.concatenate([colour.astype(np.uint8), image[:, :, 3:4]], axis=2)


def parse_colour(text: str) -> tuple[int, int, int] | None:
    """Read ``#rrggbb`` or ``#rgb``; None when ``text`` is neither."""
    match = re.fullmatch(r"#([0-9a-fA-F]{6}|[0-9a-fA-F]{3})", text)
    if match is None:
        return None
    digits = match[1] if len(match[1]) == 6 else "".join(2 * digit for digit in match[1])
    red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
    return red, green, blue


def open_background(background: str, width: int, height: int | None = None) -> Image | None:
    """Make the ``[H, W, 3]`` or ``[1, 1, 3]`` backdrop, or None for transparent."""
    if background == TRANSPARENT:
        return None
    colour = parse_colour(background)
    if colour is not None:
        return np.array([[colour]], np.uint8)
    return _fill(_read_image(background), width, width if height is None else height)


def _read_image(background: str) -> Image:
    path = Path(background).expanduser()
    if background.startswith("#") or not path.is_file():
        raise OutputError(
            f"background not understood: '{background}' is neither 'transparent', nor a colour "
            "like '#00ff00', nor an image file"
        )
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise OutputError(f"cannot read the background {path}: {error.strerror}") from error
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if picture is None:
        raise OutputError(f"cannot read the background {path}: it is not a PNG, JPEG or WebP image")
    return np.ascontiguousarray(picture[:, :, ::-1], dtype=np.uint8)


def _fill(picture: Image, width: int, height: int) -> Image:
    """Cut the largest part of the wanted shape out of the middle and scale it."""
    scale = max(width / picture.shape[1], height / picture.shape[0])
    wanted = (height, width)
    part = [
        min(max(round(side / scale), 1), length)
        for side, length in zip(wanted, picture.shape[:2], strict=True)
    ]
    top, left = ((length - side) // 2 for length, side in zip(picture.shape[:2], part, strict=True))
    middle = picture[top : top + part[0], left : left + part[1]]
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(middle, (width, height), interpolation=method), np.uint8)
