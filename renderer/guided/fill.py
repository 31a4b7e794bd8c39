"""Fill what no drawing shows, and soften the outline of the figure."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, pad

FILL_TRUST = 0.05  # colours less certain than this yield to their surroundings


def fill_holes(colour: Tensor, trust: Tensor, steps: int = 6) -> Tensor:
    """Extend trusted colours into holes and past the silhouette (push and pull).

    Args:
        colour: ``[3, H, W]``, any value where ``trust`` is 0.
        trust: ``[H, W]`` in [0, 1].
        steps: Halvings; holes up to about ``2 ** steps`` pixels wide close.

    Returns:
        ``[3, H, W]``, the same colours where trust is high.
    """
    share = trust.square()
    share /= share + FILL_TRUST**2
    level = torch.cat([colour * share, share[None]])[None]
    pyramid = [level]
    for _ in range(steps):
        if min(level.shape[-2:]) < 2:
            break
        odd = (0, level.shape[-1] % 2, 0, level.shape[-2] % 2)
        level = avg_pool2d(pad(level, odd), 2)
        pyramid.append(level)
    below = pyramid[-1]
    for level in reversed(pyramid[:-1]):
        size = (level.shape[-2] + level.shape[-2] % 2, level.shape[-1] + level.shape[-1] % 2)
        wide = interpolate(below, size=size, mode="bilinear", align_corners=False)
        wide = wide[..., : level.shape[-2], : level.shape[-1]]
        gap = (1 - level[:, 3:]).clamp_(0, 1)
        below = level + wide * (gap / wide[:, 3:].clamp_min(1e-6))
    return below[0, :3] / below[0, 3].clamp_min(1e-6)


def soft_mask(occupied: Tensor) -> Tensor:
    """Turn a hard mask into coverage: a ramp one pixel wide along the smoothed edge.

    Args:
        occupied: ``[H, W]`` bool.

    Returns:
        ``[H, W]`` float32 in [0, 1].
    """
    mask = occupied.to(torch.float32)[None, None]
    kernel = torch.tensor([1.0, 2.0, 1.0], device=occupied.device) / 4
    mask = torch.conv2d(pad(mask, (1, 1, 0, 0)), kernel.view(1, 1, 1, 3))
    mask = torch.conv2d(pad(mask, (0, 0, 1, 1)), kernel.view(1, 1, 3, 1))
    return ((mask[0, 0] - 0.5) * 2 + 0.5).clamp_(0, 1)
