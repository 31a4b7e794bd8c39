"""How much a network improves on the classical picture, on characters it has never seen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean

import torch
from torch import Tensor

from renderer.guided.network import GuidedNetwork
from renderer.training.sample_store import SampleStore, Shard

GREY = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Means over the validation pictures.

    Attributes:
        metrics: ``psnr_db`` in the figure and image ``l1`` of the network's pictures;
            ``filled_...`` of the classical ones; the same with ``exact_`` and ``noisy_`` in front
            for sheets with true and with wrong landmarks, where there are any.
    """

    metrics: dict[str, float] = field(default_factory=dict)

    @property
    def gain_db(self) -> float:
        """Of the network over the classical picture."""
        return self.metrics["psnr_db"] - self.metrics["filled_psnr_db"]

    @property
    def balanced_gain_db(self) -> float:
        """Mean of the gains with true and with wrong landmarks, however many there are of each."""
        gains = [
            self.metrics[f"{kind}psnr_db"] - self.metrics[f"{kind}filled_psnr_db"]
            for kind in ("exact_", "noisy_")
            if f"{kind}psnr_db" in self.metrics
        ]
        return fmean(gains) if gains else self.gain_db


@torch.inference_mode()
def validate(
    network: GuidedNetwork, store: SampleStore, most: int, device: torch.device
) -> Verdict:
    """Paint up to ``most`` pictures, evenly picked, and compare them with the truth."""
    folded = network.folded().to(device)
    rows: dict[str, list[float]] = {}
    for shard, target in evenly(store, most):
        sample = store.whole(shard, target).to(device)
        colour, alpha = folded.refine_any(sample.slots, sample.picture)
        soft = sample.picture[:, 3]
        scores = {
            "psnr_db": figure_psnr(colour, alpha, sample.truth),
            "l1": image_l1(colour, alpha, sample.truth),
            "filled_psnr_db": figure_psnr(sample.picture[:, :3], soft, sample.truth),
            "filled_l1": image_l1(sample.picture[:, :3], soft, sample.truth),
        }
        kind = "exact_" if shard.is_exact else "noisy_"
        if math.isnan(scores["filled_psnr_db"]):  # nothing shows
            continue
        for name, score in scores.items():
            rows.setdefault(name, []).append(score)
            rows.setdefault(kind + name, []).append(score)
    return Verdict({name: round(fmean(values), 5) for name, values in rows.items()})


def evenly(store: SampleStore, most: int) -> Sequence[tuple[Shard, int]]:
    """Pick up to ``most`` targets, spread over all sheets."""
    every = [(shard, target) for shard in store.shards for target in range(len(shard.boxes))]
    step = max(len(every) / most, 1.0)
    return [every[int(place * step)] for place in range(min(len(every), most))]


def figure_psnr(colour: Tensor, alpha: Tensor, truth: Tensor) -> float:
    """Return the PSNR of straight colours in the figure, as ``renderer.evaluation`` does it."""
    inside = (truth[:, 3] > 0.5)[:, None].expand_as(colour)
    if not bool(inside.any()):
        return math.nan
    shown = torch.round(colour * alpha[:, None] * 255) / (alpha[:, None] * 255).clamp_min(1)
    square = (shown.clamp(0, 1) - truth[:, :3])[inside].square().mean()
    return 10 * math.log10(1 / max(float(square), 1e-10))


def image_l1(colour: Tensor, alpha: Tensor, truth: Tensor) -> float:
    """Return the mean absolute difference over grey, in the part of the picture that is given."""
    one, other = over_grey(colour, alpha), over_grey(truth[:, :3], truth[:, 3])
    return float((one - other).abs().mean())


def over_grey(colour: Tensor, alpha: Tensor) -> Tensor:
    """Return ``[B, 3, H, W]`` straight colours over grey."""
    return colour * alpha[:, None] + GREY * (1 - alpha[:, None])
