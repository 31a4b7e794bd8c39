"""The ink rule of ``udp_live.rasterizer.ink`` on tensors: outlines of a UDP map.

Drawings are supersampled, so their rule sees steps a third as long next to the same jumps. A
smaller slope factor makes up for that: 1.3 instead of 2.5 brings the ink of a figure 384 pixels
tall 1.3 dB closer to the drawing's.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import pad

from udp_live.rasterizer.ink import JUMP_HIGH, JUMP_LOW

SLOPE_FACTOR = 1.3


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
    across = _pixel_strength(landmark, occupied, slope_factor)
    down = _pixel_strength(landmark.transpose(1, 2), occupied.T, slope_factor).T
    outside = torch.full_like(across, width_px + 1.0)
    reach = torch.where(occupied, torch.maximum(across, down) * (0.5 * width_px), outside)
    return _spread(reach, width_px + 1.0).clamp_(0.0, 1.0)


def _pixel_strength(landmark: Tensor, occupied: Tensor, slope_factor: float) -> Tensor:
    """Return ``[H, W]``, the stronger of each pixel's jumps to its left and right."""
    both = occupied[:, :-1] & occupied[:, 1:]
    x, y, z = (landmark[:, :, 1:] - landmark[:, :, :-1]).unbind(0)
    steps = torch.sqrt(x * x + y * y + z * z)
    padded = pad(steps.masked_fill(~both, math.inf), (1, 1), value=math.inf)
    beside = torch.minimum(padded[:, :-2], padded[:, 2:])
    predicted = beside.masked_fill_(beside.isinf(), 0.0).mul_(slope_factor)
    strength = (steps - predicted).sub_(JUMP_LOW).div_(JUMP_HIGH - JUMP_LOW).clamp_(0.0, 1.0)
    padded = pad(strength.mul_(both), (1, 1))
    return torch.maximum(padded[:, :-1], padded[:, 1:])


def _spread(reach: Tensor, farthest: float) -> Tensor:
    """Return at each pixel the most that any pixel's reach exceeds its distance."""
    radius = math.ceil(farthest) - 1
    height, width = reach.shape
    padded = pad(reach, (radius, radius, radius, radius))
    spread = reach.clone()
    for ring in _rings(radius, farthest):
        near = torch.zeros_like(reach)
        for y, x in ring:
            shifted = padded[radius + y : radius + y + height, radius + x : radius + x + width]
            torch.maximum(near, shifted, out=near)
        torch.maximum(spread, near.sub_(math.hypot(*ring[0])), out=spread)
    return spread


def _rings(radius: int, farthest: float) -> list[list[tuple[int, int]]]:
    """Group the offsets within reach by their distance."""
    rings: dict[int, list[tuple[int, int]]] = {}
    for y in range(-radius, radius + 1):
        for x in range(-radius, radius + 1):
            if 0 < x * x + y * y < farthest * farthest:
                rings.setdefault(x * x + y * y, []).append((y, x))
    return list(rings.values())
