"""LPIPS: how different two pictures look to a network that was trained to tell things apart.

Zhang, Isola, Efros, Shechtman, Wang: The Unreasonable Effectiveness of Deep Features as a
Perceptual Metric, CVPR 2018; version 0.1 with AlexNet (Krizhevsky), calibrated linear heads.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import relu

from renderer.conr.weights.checkpoint_file import CheckpointFile, read_checkpoint
from renderer.errors import WeightsError
from renderer.metrics import over_grey

BACKBONE_FILE = "alexnet-owt-7be5be79.pth"  # as torchvision stores it in torch's hub folder
HEADS_FILE = "alex.pth"  # as the authors' package ships it, weights/v0.1
# Mean and deviation of the pictures that the backbone was trained with, for colours in [-1, 1].
MEAN, DEVIATION = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
LEAST_LENGTH = 1e-10  # of the authors' code
# Index in torchvision's ``features``: inputs, outputs, kernel, stride, padding.
CONVOLUTIONS: Mapping[int, tuple[int, int, int, int, int]] = {
    0: (3, 64, 11, 4, 2),
    3: (64, 192, 5, 1, 2),
    6: (192, 384, 3, 1, 1),
    8: (384, 256, 3, 1, 1),
    10: (256, 256, 3, 1, 1),
}
POOLED_BEFORE = (3, 6)  # 3 x 3, stride 2
SMALLEST_PX = 32  # what is left of the picture after all strides


class Lpips:
    """The metric, on the processor. Free of state between calls."""

    def __init__(self, folder: Path) -> None:
        """Load the networks.

        Args:
            folder: With ``BACKBONE_FILE`` and ``HEADS_FILE``.

        Raises:
            WeightsError: A file is missing, damaged or of another network.
        """
        backbone, heads = (_read(folder / name) for name in (BACKBONE_FILE, HEADS_FILE))
        self._convolutions: list[tuple[int, nn.Conv2d]] = []
        self._heads: list[Tensor] = []
        for level, (index, sizes) in enumerate(CONVOLUTIONS.items()):
            inputs, outputs, kernel, stride, padding = sizes
            convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding)
            state = {
                name: _tensor(backbone, f"features.{index}.{name}", shape)
                for name, shape in (
                    ("weight", (outputs, inputs, kernel, kernel)),
                    ("bias", (outputs,)),
                )
            }
            convolution.load_state_dict(state)
            self._convolutions.append((index, convolution.requires_grad_(requires_grad=False)))
            name = f"lin{level}.model.1.weight"
            self._heads.append(_tensor(heads, name, (1, outputs, 1, 1)))

    @torch.inference_mode()
    def __call__(self, truth: NDArray[np.uint8], painted: NDArray[np.uint8]) -> float:
        """Return the distance of two pictures over grey, 0 for equal ones.

        Args:
            truth: ``[H, W, 4]`` uint8 straight RGBA, sides of at least ``SMALLEST_PX``.
            painted: Of the same size, premultiplied.
        """
        if min(truth.shape[:2]) < SMALLEST_PX:
            raise ValueError(f"unexpected size: {truth.shape[:2]} below {SMALLEST_PX} pixels")
        first = self._features(over_grey(truth, premultiplied=False))
        second = self._features(over_grey(painted, premultiplied=True))
        return sum(
            float(((one - other).square() * head).sum(1).mean())
            for one, other, head in zip(first, second, self._heads, strict=True)
        )

    def _features(self, picture: NDArray[np.float64]) -> list[Tensor]:
        """Return what each convolution sees, unit length along the channels."""
        x = torch.from_numpy(picture).float().permute(2, 0, 1)[None] / 127.5 - 1  # [1, 3, H, W]
        x = (x - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)
        seen = []
        for index, convolution in self._convolutions:
            if index in POOLED_BEFORE:
                x = nn.functional.max_pool2d(x, 3, 2)
            x = relu(convolution(x))
            length = x.square().sum(1, keepdim=True).sqrt()
            seen.append(x / (length + LEAST_LENGTH))
        return seen


def lpips_folder() -> Path | None:
    """Return torch's hub folder if it holds the weights."""
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    return (
        folder if all((folder / name).is_file() for name in (BACKBONE_FILE, HEADS_FILE)) else None
    )


def _read(path: Path) -> CheckpointFile:
    if not path.is_file():
        raise WeightsError(f"weights of LPIPS not found: no {path}; leave LPIPS out")
    return read_checkpoint(path)


def _tensor(file: CheckpointFile, name: str, shape: tuple[int, ...]) -> Tensor:
    tensor = file.tensors.get(name)
    if tensor is None or tuple(tensor.shape) != shape:
        found = "missing" if tensor is None else str(list(tensor.shape))
        raise WeightsError(
            f"{file.path} is of another network: {name} is {found}, expected {list(shape)}"
        )
    if not bool(torch.isfinite(tensor).all()):
        raise WeightsError(f"{file.path} is damaged: {name} holds numbers that are not finite")
    return tensor.float()
