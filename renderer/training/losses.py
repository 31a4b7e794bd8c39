"""What a refined picture is blamed for."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d

from renderer.guided.slots import ALPHA, COLOUR
from renderer.training.correspondence import correspondence

# Errors below these count squared, others by their length: the one counts what PSNR does, and does
# not pull towards doing nothing; the other keeps flat paint flat.
STRAIGHT_BEND, COMPOSITE_BEND = 0.3, 0.04
BAND_PX = 4  # around the figure; further out there is nothing to learn
GREY = 0.5
# Of the classical picture: with an error of the one, pictures count as they are; below the other,
# gains no longer show.
USUAL_ERROR, LEAST_ERROR = 0.02, 0.001
SSIM_WINDOW = 7
SSIM_C1, SSIM_C2 = 0.01**2, 0.03**2


Total = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class LossWeights:
    """How much each part counts; ``vgg`` and ``teacher`` only where there are any."""

    straight: float = 4.0
    composite: float = 0.5
    gradient: float = 0.25
    ssim: float = 0.1
    mask: float = 0.5
    temporal: float = 0.5
    vgg: float = 0.05
    teacher: float = 1.0


@dataclass(frozen=True, slots=True)
class Painting:
    """What a network paints, or what it should have painted.

    Attributes:
        colour: ``[B, 3, H, W]`` float32 straight, in [0, 1].
        alpha: ``[B, H, W]`` float32.
    """

    colour: Tensor
    alpha: Tensor

    def over_grey(self) -> Tensor:
        """Return ``[B, 3, H, W]``."""
        return self.colour * self.alpha[:, None] + GREY * (1 - self.alpha[:, None])


def alone(weight: Tensor) -> Tensor:
    """Return the total of a weight where one process has the entire batch."""
    return weight


def losses(
    painting: Painting, truth: Tensor, picture: Tensor, clips: Tensor, total: Total = alone
) -> dict[str, Tensor]:
    """Return every part, unweighted, named like the fields of ``LossWeights``.

    Pictures count by how much better they are than the classical ones in proportion, as in
    decibels: sheets with true landmarks, whose errors are small, must not lose what others gain.

    Args:
        painting: Of the network.
        truth: ``[B, 4, H, W]`` straight RGBA.
        picture: ``[B, 22, H, W]``, the classical one, see Slots.
        clips: ``[B / 2]`` bool: pictures 2 i and 2 i + 1 follow each other in a clip.
        total: Sums weights over the processes that share a batch; the parts then are shares too.
    """
    wanted = Painting(truth[:, :3], truth[:, 3])
    opaque = wanted.alpha[:, None]
    band = figure_band(wanted.alpha, picture)
    painted, target = painting.over_grey(), wanted.over_grey()
    worth = _worth(picture, target, band)
    miss = painted - target
    straight = charbonnier(painting.colour - wanted.colour, STRAIGHT_BEND)
    return {
        "straight": _mean(straight * worth, opaque, total),
        "composite": _mean(charbonnier(miss) * worth, band, total),
        "gradient": _gradient(miss * worth, band, total),
        "ssim": _mean((1 - structure(painted, target)) * worth, band, total),
        "mask": _mean((painting.alpha - wanted.alpha).abs()[:, None] * worth, band, total),
        "temporal": _temporal(miss, worth, band, picture, clips, total=total),
    }


@torch.no_grad()
def _worth(picture: Tensor, target: Tensor, band: Tensor) -> Tensor:
    """Return how much each picture counts, ``[B, 1, 1, 1]``: what the classical one misses less."""
    classical = Painting(picture[:, COLOUR:ALPHA], picture[:, ALPHA])
    miss = charbonnier(classical.over_grey() - target) * band
    sides = (1, 2, 3)
    error = miss.sum(sides, keepdim=True) / (3 * band.sum(sides, keepdim=True)).clamp_min(1.0)
    return USUAL_ERROR / (error + LEAST_ERROR)


def distance_to_teacher(
    painting: Painting, teacher: Painting, picture: Tensor, total: Total = alone
) -> Tensor:
    """Blame what differs from another network's painting, in colour and in alpha."""
    band = figure_band(teacher.alpha, picture)
    colour = charbonnier(painting.over_grey() - teacher.over_grey())
    alpha = charbonnier(painting.alpha - teacher.alpha)[:, None]
    return _mean(colour, band, total) + _mean(alpha, band, total)


def figure_band(alpha: Tensor, picture: Tensor) -> Tensor:
    """Mark the figure, as it is and as it is painted, and its surroundings, ``[B, 1, H, W]``."""
    shown = torch.maximum(alpha, picture[:, ALPHA])[:, None]
    return (max_pool2d(shown, 2 * BAND_PX + 1, 1, BAND_PX) > 0).to(alpha.dtype)


def weighted_sum(parts: dict[str, Tensor], weights: LossWeights) -> Tensor:
    """Return the loss."""
    return torch.stack([getattr(weights, name) * part for name, part in parts.items()]).sum()


def charbonnier(error: Tensor, bend: float = COMPOSITE_BEND) -> Tensor:
    """Return the length of errors, smooth at 0: errors below ``bend`` count squared."""
    return (error.square() + bend**2).sqrt() - bend


def structure(one: Tensor, other: Tensor) -> Tensor:
    """Return the structural similarity of each pixel's surroundings, ``[B, 3, H, W]``."""
    means = [_blur(picture) for picture in (one, other)]
    spreads = [_blur(p * p) - m * m for p, m in zip((one, other), means, strict=True)]
    together = _blur(one * other) - means[0] * means[1]
    light = (2 * means[0] * means[1] + SSIM_C1) / (means[0] ** 2 + means[1] ** 2 + SSIM_C1)
    return light * (2 * together + SSIM_C2) / (spreads[0] + spreads[1] + SSIM_C2)


def _blur(picture: Tensor) -> Tensor:
    reach = SSIM_WINDOW // 2  # first along rows, then along columns: a third of the work
    rows = avg_pool2d(picture, (1, SSIM_WINDOW), 1, (0, reach), count_include_pad=False)
    return avg_pool2d(rows, (SSIM_WINDOW, 1), 1, (reach, 0), count_include_pad=False)


def _gradient(miss: Tensor, band: Tensor, total: Total) -> Tensor:
    """Compare steps between pixels at three scales."""
    parts = []
    for scale in (1, 2, 4):
        coarse = avg_pool2d(miss, scale) if scale > 1 else miss
        where = avg_pool2d(band, scale) if scale > 1 else band
        for axis in (-1, -2):
            step = coarse.diff(dim=axis)
            parts.append(_mean(step.abs(), where.narrow(axis, 1, step.shape[axis]), total))
    return torch.stack(parts).mean()


def _temporal(
    miss: Tensor, worth: Tensor, band: Tensor, picture: Tensor, clips: Tensor, *, total: Total
) -> Tensor:
    """Blame the paint of a landmark that changes though the truth's does not, or the reverse.

    The motion is followed: a wrong colour that stays on its limb does not flicker.
    """
    pairs = clips.nonzero()[:, 0].to(miss.device)
    first, second = 2 * pairs, 2 * pairs + 1
    match = correspondence(picture[first], picture[second])
    change = miss[second] - match.moved(miss[first])
    return _mean(change.abs() * worth[second], match.matched * band[second], total)


def _mean(values: Tensor, weight: Tensor, total: Total) -> Tensor:
    """Average ``[B, C, H, W]`` with weights ``[B, 1, H, W]``."""
    whole = total(weight.sum()) * values.shape[1]
    return (values * weight).sum() / whole.clamp_min(1.0)
