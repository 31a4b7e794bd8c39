"""Guided networks whose every part has a say, and something for them to refine."""

import torch
from torch import Tensor

from renderer.guided.network import GuidedConfig, GuidedNetwork
from renderer.guided.slots import PICTURE_CHANNELS, SLOT_CHANNELS

TINY = GuidedConfig((8, 12, 16), (8, 8))


def lively_guided(config: GuidedConfig = TINY, seed: int = 1) -> GuidedNetwork:
    """Return a network in evaluation mode whose flows, gates and choices differ by pixel."""
    torch.manual_seed(seed)
    network = GuidedNetwork(config)
    with torch.no_grad():
        for head in (network.picture_head, network.slot_head):
            head.weight.normal_(std=0.2)
    side = 2 * config.multiple
    network.train()
    slots, picture = guided_inputs(3, side, side)
    network(slots[None], picture[None])  # normalisations get statistics of their own
    return network.eval()


def guided_inputs(count: int, height: int, width: int, seed: int = 3) -> tuple[Tensor, Tensor]:
    """Return slots ``[K, S, H, W]`` and picture ``[P, H, W]``, random but not rough."""
    generator = torch.Generator().manual_seed(seed)

    def planes(number: int) -> Tensor:
        coarse = torch.rand(
            (1, number, -(-height // 4) + 1, -(-width // 4) + 1), generator=generator
        )
        return torch.nn.functional.interpolate(coarse, scale_factor=4.0, mode="bilinear")[
            0, :, :height, :width
        ].contiguous()

    return planes(count * SLOT_CHANNELS).view(count, SLOT_CHANNELS, height, width), planes(
        PICTURE_CHANNELS
    )
