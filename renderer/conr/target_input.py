"""From a UDP map to the square target that CoNR's networks take, and back to a picture."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderer.conr.config import SIDE_STEP
from renderer.conr.landmarks.landmark_convention import LandmarkConvention
from renderer.engines.read_back import read_back


@dataclass(frozen=True, slots=True)
class TargetSquare:
    """A picture centred in a square whose side suits the networks, at the picture's own scale.

    Attributes:
        width: Of the picture, pixels.
        height: Of the picture, pixels.
        side: Of the square, a multiple of 128.
    """

    width: int
    height: int
    side: int

    @property
    def rows(self) -> slice:
        """Where the picture lies in the square."""
        top = (self.side - self.height) // 2
        return slice(top, top + self.height)

    @property
    def columns(self) -> slice:
        """Where the picture lies in the square."""
        left = (self.side - self.width) // 2
        return slice(left, left + self.width)


def square_around(width: int, height: int) -> TargetSquare:
    """Return the smallest square that the networks take for a picture."""
    return TargetSquare(width, height, -(-max(width, height) // SIDE_STEP) * SIDE_STEP)


def read_target(
    udp: Tensor, square: TargetSquare, convention: LandmarkConvention, scale: int = 1
) -> Tensor:
    """Make the networks' target.

    The mask is the share of a pixel that is covered, in 255 steps as in training; the landmark is
    that of one covered subpixel, since a mean of landmarks may lie on no surface.

    Args:
        udp: ``[scale * height, scale * width, 4]`` float32.
        square: Of the picture.
        convention: From our landmarks to those of the weights.
        scale: Subpixels along each side of a pixel.

    Returns:
        ``[1, 4, side, side]`` float32, on the device of ``udp``: landmark times mask, then mask,
        in [0, 1].
    """
    height, width = square.height, square.width
    blocks = udp.reshape(height, scale, width, scale, 4).swapaxes(1, 2)
    pixels = blocks.reshape(height, width, scale * scale, 4)
    mask = (pixels[..., 3].clamp(0, 1).mean(-1) * 255).floor() / 255
    landmarks = _one_covered(pixels)
    target = udp.new_zeros(1, 4, square.side, square.side)
    inside = target[0, :, square.rows, square.columns]
    axes = zip(inside, convention.axes, convention.scale, convention.offset, strict=False)
    for plane, axis, stretch, offset in axes:
        torch.mul(landmarks[..., axis] * stretch + offset, mask, out=plane)
    inside[3] = mask
    return target


def read_picture(painted: Tensor, square: TargetSquare) -> NDArray[np.uint8]:
    """Turn ``[1, 4, side, side]`` premultiplied RGBA into ``[height, width, 4]`` uint8, rounded."""
    inside = painted[0, :, square.rows, square.columns]
    whole = (inside * 255).add_(0.5).clamp_(0, 255).to(torch.uint8)
    return read_back(whole.permute(1, 2, 0).contiguous())


def _one_covered(pixels: Tensor) -> Tensor:
    """Pick the last covered subpixel, or the last where none is: ``[H, W, S, 4]`` to ``[H, W, 4]``.

    At even scales the last of the first half would be as far from the centre.
    """
    last = pixels.shape[2] - 1
    chosen = last - (pixels[..., 3] > 0.5).byte().flip(-1).argmax(-1)
    return pixels.take_along_dim(chosen[..., None, None], 2)[..., 0, :]
