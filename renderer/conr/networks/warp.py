"""Sampling along flows and change of size, as CoNR's shader needs them."""

import torch
from torch import Tensor
from torch.nn import functional


def warp(x: Tensor, flow: Tensor) -> Tensor:
    """Sample pictures at places shifted by a flow, bilinearly; outside, the border goes on.

    Args:
        x: ``[B, C, H, W]``.
        flow: ``[B, 2, H, W]`` float32, pixels to the right and down.

    Returns:
        ``[B, C, H, W]`` float32; pixel (column, row) shows (column, row) + flow.
    """
    height, width = (int(side) for side in x.shape[2:])  # constants of an exported graph
    columns = torch.arange(width, device=flow.device, dtype=torch.float32)
    rows = torch.arange(height, device=flow.device, dtype=torch.float32)[:, None]
    # Corners of the grid are centres of the corner pixels, so a flow counts whole pixels.
    across = (columns + flow[:, 0]) * (2 / max(width - 1, 1)) - 1
    down = (rows + flow[:, 1]) * (2 / max(height - 1, 1)) - 1
    grid = torch.stack([across, down], -1)
    return functional.grid_sample(x.float(), grid, "bilinear", "border", align_corners=True)


def warp_groups(x: Tensor, flows: Tensor) -> Tensor:
    """Warp groups of channels each with its own flow.

    Args:
        x: ``[B, C, H, W]``; the channels split evenly, in order, into as many groups as flows.
        flows: ``[B, 2 G, H, W]`` float32, pixels; (right, down) of each group.
    """
    groups = flows.shape[1] // 2
    height, width = (int(side) for side in x.shape[2:])
    split = x.reshape(-1, x.shape[1] // groups, height, width)  # [B G, C/G, H, W]
    return warp(split, flows.reshape(-1, 2, height, width)).reshape(x.shape)


def double(x: Tensor) -> Tensor:
    """Double height and width bilinearly, pixel areas aligned."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def shrink(x: Tensor, side: int) -> Tensor:
    """Scale down ``side`` times by bilinear sampling without antialiasing, as in training."""
    if side == 1:
        return x
    size = (x.shape[2] // side, x.shape[3] // side)
    return functional.interpolate(x, size, mode="bilinear", align_corners=False)
