"""The ink rule of ``udp_live.rasterizer.ink`` on tensors: outlines of a UDP map.

Drawings are supersampled, so their rule sees steps a third as long next to the same jumps. A
smaller slope factor makes up for that: 1.3 instead of 2.5 brings the ink of a figure 384 pixels
tall 1.3 dB closer to the drawing's. Maps with subpixels of their own need less of it.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import pad

from udp_live.rasterizer.ink import JUMP_HIGH, JUMP_LOW
from udp_live.rasterizer.ink import SLOPE_FACTOR as DRAWN_SLOPE_FACTOR

SLOPE_FACTOR = 1.3  # for maps with one sample per pixel
SLOPE_FACTORS = {1: 1.4, 2: 2.0}  # by subpixels along each side of a pixel


def slope_factor_at(scale: int) -> float:
    """Return the slope factor for maps with so many subpixels along each side of a pixel."""
    return SLOPE_FACTORS.get(scale, DRAWN_SLOPE_FACTOR)


def ink_coverage(
    landmark: Tensor, occupied: Tensor, width_px: float, slope_factor: float = SLOPE_FACTOR
) -> Tensor:
    """Return how much ink covers each pixel.

    Args:
        landmark: ``[3, H, W]`` float, 0 where nothing is drawn.
        occupied: ``[H, W]`` bool.
        width_px: Line width in pixels; 0 draws none.
        slope_factor: Of the rule; smaller than the drawings' where they are supersampled.

    Returns:
        ``[H, W]`` in [0, 1]; 1 outside the figure, whose rim is ink.
    """
    if width_px <= 0:
        return torch.zeros_like(landmark[0])
    farthest = width_px + 1.0
    unit = 255 / farthest  # bytes are several times as fast as floats, and fine enough
    reach = occupied.logical_not().to(torch.uint8).mul_(255)
    for axis in (0, 1):
        place, strength = _jumps(landmark, occupied, axis, slope_factor)
        drawn = strength.mul_(0.5 * width_px * unit).add_(0.5).to(torch.uint8)
        for side in (place, place + (reach.shape[1], 1)[axis]):
            held = reach.view(-1).index_select(0, side)
            reach.view(-1).index_copy_(0, side, torch.maximum(held, drawn))
    return _spread(reach, farthest, unit).to(torch.float32).div_(unit).clamp_(0.0, 1.0)


def _jumps(
    landmark: Tensor, occupied: Tensor, axis: int, slope_factor: float
) -> tuple[Tensor, Tensor]:
    """Find where landmarks jump from a pixel to the next one of its column (0) or row (1).

    Returns:
        ``[N]`` int64 flat index of the first pixel, ``[N]`` strength of the jump.
    """
    height, width = occupied.shape
    count = occupied.shape[axis] - 1
    square = torch.full((height, width), math.inf, device=landmark.device)
    steps = square.narrow(axis, 0, count).zero_()
    for plane in landmark:
        step = plane.narrow(axis, 1, count) - plane.narrow(axis, 0, count)
        steps.addcmul_(step, step)
    both = occupied.narrow(axis, 1, count) & occupied.narrow(axis, 0, count)
    steps.masked_fill_(both.logical_not_(), math.inf)
    wide = (square > JUMP_LOW**2).logical_and_(square < math.inf)
    place = wide.view(-1).nonzero().view(-1)
    stride = (width, 1)[axis]  # a step back from the first line wraps to the last, where none is
    length = square.view(-1).index_select(0, place).sqrt_()
    beside = torch.minimum(
        *(
            square.view(-1).index_select(0, (place + shift).remainder_(height * width))
            for shift in (-stride, stride)
        )
    ).sqrt_()
    predicted = beside.masked_fill_(beside.isinf(), 0.0).mul_(slope_factor)
    strength = (length - predicted).sub_(JUMP_LOW).div_(JUMP_HIGH - JUMP_LOW).clamp_(0.0, 1.0)
    return place, strength


def _spread(reach: Tensor, farthest: float, unit: float) -> Tensor:
    """Return at each pixel the most that any pixel's reach exceeds its distance.

    Args:
        reach: ``[H, W]`` uint8.
        farthest: Greatest reach, pixels.
        unit: Steps of ``reach`` per pixel.
    """
    radius = math.ceil(farthest) - 1
    height, width = reach.shape
    padded = pad(reach, (radius, radius, radius, radius))
    spread = reach.clone()
    for ring in _rings(radius, farthest):
        distance = round(math.hypot(*ring[0]) * unit)
        near = torch.full_like(reach, distance)
        for y, x in ring:
            shifted = padded[radius + y : radius + y + height, radius + x : radius + x + width]
            torch.maximum(near, shifted, out=near)
        torch.maximum(spread, near.sub_(distance), out=spread)
    return spread


def _rings(radius: int, farthest: float) -> list[list[tuple[int, int]]]:
    """Group the offsets within reach by their distance."""
    rings: dict[int, list[tuple[int, int]]] = {}
    for y in range(-radius, radius + 1):
        for x in range(-radius, radius + 1):
            if 0 < x * x + y * y < farthest * farthest:
                rings.setdefault(x * x + y * y, []).append((y, x))
    return list(rings.values())
