"""More samples out of each: mirrored, and with their colours exchanged."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from renderer.guided.slots import COLOUR, PAINT, TINT, mirrored
from renderer.training.sample_store import Samples


def augmented(samples: Samples, random: Sequence[np.random.Generator]) -> Samples:
    """Mirror or not, and permute red, green and blue.

    Args:
        samples: A batch.
        random: One for each run of equally many pictures, which all change alike.
    """
    device, each = samples.truth.device, len(samples.truth) // len(random)
    orders = np.stack([one.permutation(3) for one in random])
    order = torch.from_numpy(orders).to(device).repeat_interleave(each, 0)  # [B, 3]
    is_mirrored = torch.tensor([one.random() < 0.5 for one in random], device=device)
    is_mirrored = is_mirrored.repeat_interleave(each)  # [B]
    slots, truth = (
        _mirrored(_reordered(planes, order), is_mirrored)
        for planes in (samples.slots, samples.truth)
    )
    picture = _reordered(samples.picture, order, (COLOUR, PAINT, TINT))
    picture = torch.where(is_mirrored[:, None, None, None], mirrored(picture), picture)
    return Samples(slots, picture.contiguous(), truth)


def _reordered(planes: Tensor, order: Tensor, firsts: Sequence[int] = (0,)) -> Tensor:
    """Permute channels of each picture ``[B, ..., C, H, W]``: the three from each of ``firsts``."""
    index = torch.arange(planes.shape[-3], device=order.device).repeat(len(order), 1)  # [B, C]
    for first in firsts:
        index[:, first : first + 3] = first + order
    batch = torch.arange(len(order), device=order.device)[:, None]
    if planes.dim() == 4:
        return planes[batch, index]
    return planes.transpose(1, 2)[batch, index].transpose(1, 2)


def _mirrored(planes: Tensor, is_mirrored: Tensor) -> Tensor:
    """Mirror some of the pictures ``[B, ..., H, W]``."""
    chosen = is_mirrored.view(-1, *[1] * (planes.dim() - 1))
    return torch.where(chosen, planes.flip(-1), planes).contiguous()
