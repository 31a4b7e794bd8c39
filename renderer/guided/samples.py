"""Where a picture is sampled: once inside a surface, at every subpixel where surfaces meet."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

EDGE_STEPS = 1.4  # subpixels further apart than this many typical steps are sampled one by one


@dataclass(frozen=True, slots=True)
class Samples:
    """Landmarks to look up, and what they mean for the picture.

    Attributes:
        landmark: ``[3, N]`` float32.
        pixel: ``[N]`` int64, flat index in the picture.
        share: ``[N]``, of the pixel's area.
        ink: ``[N]``, coverage in [0, 1].
        size: ``(height, width)`` of the picture.
    """

    landmark: Tensor
    pixel: Tensor
    share: Tensor
    ink: Tensor
    size: tuple[int, int]

    def sum(self, values: Tensor) -> Tensor:
        """Add up values ``[C, N]``, weighted by area, into a picture ``[C, H, W]``."""
        height, width = self.size
        total = torch.zeros((values.shape[0], height * width), device=values.device)
        for channel, value in zip(total, values, strict=True):
            channel.index_add_(0, self.pixel, value * self.share)
        return total.view(-1, height, width)


def find_samples(
    landmark: Tensor, occupied: Tensor, ink: Tensor, scale: int, step: float
) -> Samples:
    """Choose samples of a UDP map that is ``scale`` times as large as the picture.

    Args:
        landmark: ``[3, sH, sW]``.
        occupied: ``[sH, sW]`` bool.
        ink: ``[sH, sW]``.
        scale: Subpixels along each side of a pixel.
        step: Typical distance of neighbouring subpixels' landmarks.
    """
    height, width = occupied.shape[0] // scale, occupied.shape[1] // scale
    if scale == 1:
        pixel = occupied.reshape(-1).nonzero().view(-1)
        return Samples(
            landmark.reshape(3, -1).index_select(1, pixel),
            pixel,
            torch.ones_like(pixel, dtype=landmark.dtype),
            ink.reshape(-1).index_select(0, pixel),
            (height, width),
        )
    blocks = [_subpixels(plane, scale) for plane in (*landmark, ink)]
    inside = _subpixels(occupied, scale)
    spread = torch.zeros((height, width), device=landmark.device)
    for plane in blocks[:3]:
        spread += (plane.amax(0) - plane.amin(0)).square_()
    smooth = inside.all(0) & (spread < (EDGE_STEPS * scale * step) ** 2)
    whole = smooth.view(-1).nonzero().view(-1)
    part = (inside & ~smooth).view(scale * scale, -1).nonzero()
    subpixel, edge = part[:, 0] * (height * width) + part[:, 1], part[:, 1]
    values = [
        torch.cat(
            [
                plane.mean(0).view(-1).index_select(0, whole),
                plane.reshape(-1).index_select(0, subpixel),
            ]
        )
        for plane in blocks
    ]
    share = torch.ones_like(values[3])
    share[whole.numel() :] = 1 / scale**2
    return Samples(
        torch.stack(values[:3]), torch.cat([whole, edge]), share, values[3], (height, width)
    )


def shrink(plane: Tensor, scale: int) -> Tensor:
    """Average the subpixels of each pixel: ``[sH, sW]`` to ``[H, W]``."""
    return plane if scale == 1 else avg_pool2d(plane[None], scale)[0]


def _subpixels(plane: Tensor, scale: int) -> Tensor:
    """Split ``[sH, sW]`` into ``[s * s, H, W]``."""
    return torch.stack([plane[y::scale, x::scale] for y in range(scale) for x in range(scale)])
