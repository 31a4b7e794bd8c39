"""Fill what no drawing shows, and soften the outline of the figure."""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, pad

THINNEST = 0.5  # coverage that a hair's tip keeps
FILL_TRUST = 0.0015  # colours less certain than this yield to their surroundings


def fill_holes(weighted: Tensor, steps: int = 6) -> Tensor:
    """Extend trusted colours into holes and past the silhouette (push and pull).

    Args:
        weighted: ``[4, H, W]``, colours times trust, then trust in [0, 1].
        steps: Halvings; holes up to about ``2 ** steps`` pixels wide close.

    Returns:
        ``[3, H, W]``, the same colours where trust is high.
    """
    level = weighted[None]
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
    mask = pad(occupied.to(torch.float32)[None], (1, 1, 1, 1), mode="replicate")[0]
    rows = mask[:-2] + 2 * mask[1:-1] + mask[2:]
    coverage = rows[:, :-2] + 2 * rows[:, 1:-1] + rows[:, 2:]
    coverage.mul_(2 / 16).sub_(0.5).clamp_(0, 1)
    return torch.maximum(coverage, THINNEST * mask[1:-1, 1:-1])
