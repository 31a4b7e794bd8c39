"""What a refined picture is blamed for."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d

CHARBONNIER = 0.03  # errors below this count squared: no pull towards doing nothing
BAND_PX = 4  # around the figure; further out there is nothing to learn
GREY = 0.5
SSIM_WINDOW = 7
SSIM_C1, SSIM_C2 = 0.01**2, 0.03**2


@dataclass(frozen=True, slots=True)
class LossWeights:
    """How much each part counts."""

    straight: float = 1.0
    composite: float = 1.0
    gradient: float = 0.5
    ssim: float = 0.1
    mask: float = 0.5
    temporal: float = 0.5


def losses(
    colour: Tensor, alpha: Tensor, truth: Tensor, soft: Tensor, clips: Tensor
) -> dict[str, Tensor]:
    """Return every part, unweighted, named like the fields of ``LossWeights``.

    Args:
        colour: ``[B, 3, H, W]`` straight, in [0, 1].
        alpha: ``[B, H, W]``.
        truth: ``[B, 4, H, W]`` straight RGBA.
        soft: ``[B, H, W]``, alpha of the classical picture.
        clips: ``[B / 2]`` bool: pictures 2 i and 2 i + 1 follow each other in a clip.
    """
    opaque = truth[:, 3]
    shown = torch.maximum(opaque, soft)[:, None]
    band = (max_pool2d(shown, 2 * BAND_PX + 1, 1, BAND_PX) > 0).to(colour.dtype)  # [B, 1, H, W]
    painted = colour * alpha[:, None] + GREY * (1 - alpha[:, None])
    wanted = truth[:, :3] * opaque[:, None] + GREY * (1 - opaque[:, None])
    miss = painted - wanted
    return {
        "straight": _mean(charbonnier(colour - truth[:, :3]), opaque[:, None]),
        "composite": _mean(charbonnier(miss), band),
        "gradient": _gradient(miss, band),
        "ssim": _mean(1 - structure(painted, wanted), band),
        "mask": _mean((alpha - opaque).abs()[:, None], band),
        "temporal": _temporal(miss, band, clips),
    }


def weighted_sum(parts: dict[str, Tensor], weights: LossWeights) -> Tensor:
    """Return the loss."""
    return torch.stack([getattr(weights, name) * part for name, part in parts.items()]).sum()


def charbonnier(error: Tensor) -> Tensor:
    """Return the length of errors, smooth at 0."""
    return (error.square() + CHARBONNIER**2).sqrt() - CHARBONNIER


def structure(one: Tensor, other: Tensor) -> Tensor:
    """Return the structural similarity of each pixel's surroundings, ``[B, 3, H, W]``."""
    means = [_blur(picture) for picture in (one, other)]
    spreads = [_blur(p * p) - m * m for p, m in zip((one, other), means, strict=True)]
    together = _blur(one * other) - means[0] * means[1]
    light = (2 * means[0] * means[1] + SSIM_C1) / (means[0] ** 2 + means[1] ** 2 + SSIM_C1)
    return light * (2 * together + SSIM_C2) / (spreads[0] + spreads[1] + SSIM_C2)


def _blur(picture: Tensor) -> Tensor:
    return avg_pool2d(picture, SSIM_WINDOW, 1, SSIM_WINDOW // 2, count_include_pad=False)


def _gradient(miss: Tensor, band: Tensor) -> Tensor:
    """Compare steps between pixels at three scales."""
    parts = []
    for scale in (1, 2, 4):
        coarse = avg_pool2d(miss, scale) if scale > 1 else miss
        where = avg_pool2d(band, scale) if scale > 1 else band
        for axis in (-1, -2):
            step = coarse.diff(dim=axis)
            parts.append(_mean(step.abs(), where.narrow(axis, 1, step.shape[axis])))
    return torch.stack(parts).mean()


def _temporal(miss: Tensor, band: Tensor, clips: Tensor) -> Tensor:
    """Blame what changes from frame to frame though the truth does not, or the other way round."""
    if not bool(clips.any()):
        return miss.new_zeros(())
    change = (miss[1::2] - miss[::2])[clips]
    return _mean(change.abs(), torch.maximum(band[1::2], band[::2])[clips])


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    """Average ``[B, C, H, W]`` with weights ``[B, 1, H, W]``."""
    return (values * weight).sum() / (weight.sum() * values.shape[1]).clamp_min(1.0)
