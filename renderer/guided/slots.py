"""What the network sees of a frame: the classical picture, and candidates to choose from."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from renderer.guided.filled_picture import FilledPicture, LookedUp, firm_trust
from renderer.guided.samples import shrink

SLOT_CHANNELS = 5  # colour (3), trust, share
PICTURE_CHANNELS = 9  # colour (3), alpha, ink, occupancy, landmark (3)
LOWEST_TRUST = 1e-4  # what a drawing says far from its surface


@dataclass(frozen=True, slots=True)
class Slots:
    """Inputs of the network at picture resolution.

    Attributes:
        slots: ``[K, 5, H, W]`` float32 in [0, 1], one per candidate drawing in any order: straight
            colour under ink, with the classical picture where the candidate shows nothing; its
            trust on a logarithmic scale; its share in the classical blend.
        picture: ``[9, H, W]`` float32: the classical picture's straight colour and soft alpha in
            [0, 1]; ink coverage; occupancy; mean landmark minus one half, 0 outside the figure.
    """

    slots: Tensor
    picture: Tensor


def gather_slots(found: LookedUp, filled: FilledPicture) -> Slots:
    """Bring candidates from samples to pixels.

    Args:
        found: With candidates kept apart.
        filled: The classical picture of it.

    Raises:
        ValueError: The candidates were not kept apart.
    """
    if found.apart is None:
        raise ValueError("unexpected look-up: its candidates were not kept apart")
    samples = found.samples
    shade = 1 - (1 - found.tint) * samples.ink
    covered = filled.covered.clamp_min(1e-3)
    slots = []
    for colour, trust, share in zip(
        found.apart.colour, found.apart.trust, found.apart.share, strict=True
    ):
        firm = firm_trust(trust)
        sums = samples.sum(
            torch.cat([colour * shade * firm, torch.stack([firm, level_of_trust(trust), share])])
        )
        missing = (filled.covered - sums[3]).clamp_min_(1e-3)
        shown = (sums[:3] + filled.colour * missing) / (sums[3] + missing)
        slots.append(torch.cat([shown / 255, sums[4:] / covered]).clamp_(0, 1))
    middle = samples.sum(samples.landmark - 0.5) / covered
    planes = torch.stack([filled.alpha, shrink(found.ink, found.scale), filled.covered])
    colour = (filled.colour / 255).clamp(0, 1)
    return Slots(torch.stack(slots), torch.cat([colour, planes, middle]))


def level_of_trust(trust: Tensor) -> Tensor:
    """Return 0 for the lowest trust, 1 for full trust, evenly per factor of ten."""
    return trust.clamp(LOWEST_TRUST, 1).log10().div_(-math.log10(LOWEST_TRUST)).add_(1)
