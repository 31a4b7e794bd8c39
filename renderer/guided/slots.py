"""What the network sees of a frame: the classical picture, and candidates to choose from.

Colours come without ink, and ink by the subpixel: a line half a pixel wide or half a pixel beside
its place is what the classical picture gets wrong most, and after blending it cannot be told.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from renderer.guided.filled_picture import FilledPicture, LookedUp, firm_trust
from renderer.guided.samples import shrink

SLOT_CHANNELS = 5  # paint (3), trust, share
SUBPIXELS = 2  # along each side of a pixel, however many the map has
# Planes of a picture: where each begins.
COLOUR, ALPHA, PAINT, INK, SHAPE, TINT, UDP, PICTURE_CHANNELS = 0, 3, 4, 7, 11, 15, 18, 22
LOWEST_TRUST = 1e-4  # what a drawing says far from its surface


@dataclass(frozen=True, slots=True)
class Slots:
    """Inputs of the network at picture resolution.

    Attributes:
        slots: ``[K, 5, H, W]`` float32 in [0, 1], one per candidate drawing in any order: straight
            colour without ink, with the classical paint where the candidate shows nothing; its
            trust on a logarithmic scale; its share in the classical blend.
        picture: ``[22, H, W]`` float32: the classical picture's straight colour (3) and soft alpha
            in [0, 1]; its paint (3), which is its colour without ink; ink coverage (4) and
            shape (4), the occupancy, of two by two subpixels, row by row; the colour multiplier of
            ink (3), the same everywhere; then the Ultra-Dense Pose: occupancy, mean landmark minus
            one half (3), 0 outside the figure.
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
    tint = found.tint[:, None]  # [3, 1, 1]
    shade = 1 - (1 - tint) * shrink(found.ink, found.scale)
    unlit = (filled.colour / shade.clamp_min(1e-2)).clamp_(0, 255)
    trust = firm_trust(found.painted.trust)
    sums = samples.sum(torch.cat([found.painted.colour * trust, trust[None]]))
    paint = _shown(sums, unlit, filled.covered)
    covered = filled.covered.clamp_min(1e-3)
    slots = []
    for colour, trust, share in zip(
        found.apart.colour, found.apart.trust, found.apart.share, strict=True
    ):
        firm = firm_trust(trust)
        sums = samples.sum(
            torch.cat([colour * firm, torch.stack([firm, level_of_trust(trust), share])])
        )
        shown = _shown(sums, paint, filled.covered)
        slots.append(torch.cat([shown / 255, sums[4:] / covered]).clamp_(0, 1))
    planes = [
        (filled.colour / 255).clamp(0, 1),
        filled.alpha[None],
        (paint / 255).clamp(0, 1),
        subpixels(found.ink, found.scale),
        subpixels(found.occupied.to(torch.float32), found.scale),
        tint.expand(3, *filled.alpha.shape),
        filled.covered[None],
        samples.sum(samples.landmark - 0.5) / covered,
    ]
    return Slots(torch.stack(slots), torch.cat(planes))


def _shown(sums: Tensor, behind: Tensor, covered: Tensor) -> Tensor:
    """Return ``[3, H, W]`` colours of weighted sums; ``behind`` shows where weight is missing."""
    missing = (covered - sums[3]).clamp_min_(1e-3)
    return (sums[:3] + behind * missing) / (sums[3] + missing)


def subpixels(plane: Tensor, scale: int) -> Tensor:
    """Bring a plane of a map to ``[4, H, W]``: two by two values of each pixel.

    Args:
        plane: ``[sH, sW]`` float32.
        scale: Subpixels that it has along each side of a pixel.
    """
    if scale == 1:
        return plane.expand(SUBPIXELS**2, *plane.shape)
    if scale != SUBPIXELS:
        size = (plane.shape[0] // scale * SUBPIXELS, plane.shape[1] // scale * SUBPIXELS)
        plane = adaptive_avg_pool2d(plane[None], size)[0]
    steps = range(SUBPIXELS)  # slices are four times as fast as pixel_unshuffle
    return torch.stack([plane[y::SUBPIXELS, x::SUBPIXELS] for y in steps for x in steps])


def mirrored(picture: Tensor) -> Tensor:
    """Return pictures ``[..., 22, H, W]`` seen in a mirror."""
    order = torch.arange(PICTURE_CHANNELS, device=picture.device)
    for first in (INK, SHAPE):
        order[first : first + SUBPIXELS**2] = torch.tensor([1, 0, 3, 2]) + first
    flipped = picture.index_select(-3, order).flip(-1)
    flipped.narrow(-3, UDP + 1, 1).neg_()  # x of the landmark
    return flipped


def level_of_trust(trust: Tensor) -> Tensor:
    """Return 0 for the lowest trust, 1 for full trust, evenly per factor of ten."""
    return trust.clamp(LOWEST_TRUST, 1).log10().div_(-math.log10(LOWEST_TRUST)).add_(1)
