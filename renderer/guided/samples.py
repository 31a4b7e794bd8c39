"""Where a picture is sampled: once for every surface that shows in a pixel."""

from dataclasses import dataclass

import torch
from torch import Tensor

SURFACE_STEPS = 1.4  # subpixels further apart than this many typical steps get samples of their own


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
    """Merge the subpixels of each pixel that show the same surface.

    Most pixels lie inside one surface and need one look-up, however many subpixels they have.

    Args:
        landmark: ``[3, sH, sW]``.
        occupied: ``[sH, sW]`` bool.
        ink: ``[sH, sW]``.
        scale: Subpixels along each side of a pixel.
        step: Typical distance of neighbouring subpixels' landmarks.
    """
    height, width = occupied.shape[0] // scale, occupied.shape[1] // scale
    shown = shrink(occupied.to(torch.float32), scale) > 0
    pixel = shown.view(-1).nonzero().view(-1)
    subpixel = _subpixels(pixel, width, scale)
    free, *channels = (
        plane.reshape(-1).index_select(0, subpixel.view(-1)).view_as(subpixel)
        for plane in (occupied, *landmark, ink)
    )
    values = torch.stack(channels)
    limit = (SURFACE_STEPS * scale * step) ** 2
    parts = []
    while pixel.numel() > 0:
        surface = _first_surface(values[:3], free, limit)
        count = surface.sum(0)
        parts.append(((values * surface).sum(1).div_(count), pixel, count / scale**2))
        free &= ~surface
        rest = free.any(0).nonzero().view(-1)
        pixel, free = pixel.index_select(0, rest), free.index_select(1, rest)
        values = values.index_select(2, rest)
    if not parts:
        parts.append((values[:, 0], pixel, values[0, 0]))
    mean, pixel, share = (torch.cat(part, -1) for part in zip(*parts, strict=True))
    return Samples(mean[:3], pixel, share, mean[3], (height, width))


def _first_surface(landmark: Tensor, free: Tensor, limit: float) -> Tensor:
    """Mark the free subpixels that lie near the first free one, ``[s * s, N]`` bool.

    Args:
        landmark: ``[3, s * s, N]``.
        free: ``[s * s, N]`` bool, one or more of each pixel.
        limit: Squared distance in landmark space.
    """
    anchor = landmark[:, -1]
    for subpixel in range(free.shape[0] - 2, -1, -1):
        anchor = torch.where(free[subpixel], landmark[:, subpixel], anchor)
    x, y, z = landmark - anchor[:, None]
    square = x.square_().add_(y.square_()).add_(z.square_())
    return torch.less_equal(square, limit).logical_and_(free)


def shrink(plane: Tensor, scale: int) -> Tensor:
    """Average the subpixels of each pixel: ``[sH, sW]`` to ``[H, W]``."""
    if scale == 1:
        return plane
    # Sums of slices are several times as fast as pooling.
    rows = plane[::scale].clone()
    for step in range(1, scale):
        rows += plane[step::scale]
    total = rows[:, ::scale].clone()
    for step in range(1, scale):
        total += rows[:, step::scale]
    return total.mul_(1 / scale**2)


def _subpixels(pixel: Tensor, width: int, scale: int) -> Tensor:
    """Return the flat indices of the subpixels of each pixel, ``[s * s, N]`` int64."""
    corner = (pixel // width * scale * width + pixel % width) * scale
    steps = torch.arange(scale, device=pixel.device)
    offset = (steps[:, None] * (width * scale) + steps).view(-1, 1)
    return corner + offset
