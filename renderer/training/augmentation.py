"""More samples out of each: mirrored, and with their colours exchanged."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from renderer.guided.slots import PICTURE_CHANNELS
from renderer.training.sample_store import Samples

LANDMARK_X = PICTURE_CHANNELS - 3  # plane of Slots.picture


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
    slots, picture, truth = (
        _mirrored(_reordered(planes, order), is_mirrored)
        for planes in (samples.slots, samples.picture, samples.truth)
    )
    picture[:, LANDMARK_X] *= torch.where(is_mirrored, -1.0, 1.0)[:, None, None]
    return Samples(slots, picture, truth)


def _reordered(planes: Tensor, order: Tensor) -> Tensor:
    """Permute the first three channels of each picture ``[B, ..., C, H, W]``."""
    rest = torch.arange(3, planes.shape[-3], device=order.device).expand(len(order), -1)
    index = torch.cat([order, rest], 1)  # [B, C]
    batch = torch.arange(len(order), device=order.device)[:, None]
    if planes.dim() == 4:
        return planes[batch, index]
    return planes.transpose(1, 2)[batch, index].transpose(1, 2)


def _mirrored(planes: Tensor, is_mirrored: Tensor) -> Tensor:
    """Mirror some of the pictures ``[B, ..., H, W]``."""
    chosen = is_mirrored.view(-1, *[1] * (planes.dim() - 1))
    return torch.where(chosen, planes.flip(-1), planes).contiguous()
