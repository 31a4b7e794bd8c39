"""Weights of LPIPS with the right names and shapes, at random."""

from pathlib import Path

import torch
from torch import Tensor, nn

from renderer.evaluation.lpips import BACKBONE_FILE, HEADS_FILE

CHANNELS = (64, 192, 384, 256, 256)


def random_alexnet() -> nn.Sequential:
    """AlexNet's features as torchvision lays them out."""
    torch.manual_seed(3)
    layers = nn.Sequential(
        *(nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(64, 192, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(nn.Conv2d(192, 384, 3, 1, 1), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, 1, 1), nn.ReLU()),
        *(nn.Conv2d(256, 256, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(3, 2)),
    )
    return layers.requires_grad_(requires_grad=False)


def random_heads() -> dict[str, Tensor]:
    """The calibrated weights of each level, as the authors name them."""
    torch.manual_seed(4)
    return {
        f"lin{level}.model.1.weight": torch.rand(1, width, 1, 1)
        for level, width in enumerate(CHANNELS)
    }


def write_lpips_files(folder: Path) -> None:
    """Write both files."""
    backbone = {f"features.{name}": value for name, value in random_alexnet().state_dict().items()}
    torch.save({**backbone, "classifier.1.bias": torch.zeros(3)}, folder / BACKBONE_FILE)
    torch.save(random_heads(), folder / HEADS_FILE)
