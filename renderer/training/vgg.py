"""The perceptual term: how differently a network that knows photographs sees two pictures.

VGG-19 (Simonyan and Zisserman, 2015), its first layers in plain torch, with weights as torchvision
publishes them; torchvision itself is not needed. Which layers count how much follows pix2pixHD
(Wang et al., 2018).
"""

from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d, relu

from renderer.errors import WeightsError
from renderer.training.losses import Total, alone

# Place in torchvision's ``features``, inputs, outputs; one line per resolution.
LAYERS = (
    ((0, 3, 64), (2, 64, 64)),
    ((5, 64, 128), (7, 128, 128)),
    ((10, 128, 256), (12, 256, 256), (14, 256, 256), (16, 256, 256)),
    ((19, 256, 512), (21, 512, 512), (23, 512, 512), (25, 512, 512)),
    ((28, 512, 512),),
)
# The first layer of each resolution, relu1_1 ... relu5_1.
SHARES = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, which it learned from
FILE_PATTERN = "vgg19-*.pth"  # torchvision's name
MAX_FILE_BYTES = 1 << 30
DAMAGE = (OSError, ValueError, TypeError, LookupError, RuntimeError, EOFError, UnpicklingError)


class Vgg(nn.Module):
    """The first 13 convolutions of VGG-19."""

    _mean: Tensor
    _spread: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.ModuleDict(
            {
                str(place): nn.Conv2d(inputs, outputs, 3, 1, 1)
                for scale in LAYERS
                for place, inputs, outputs in scale
            }
        )
        self.register_buffer("_mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("_spread", torch.tensor(SPREAD)[:, None, None], persistent=False)

    def forward(self, picture: Tensor) -> list[Tensor]:
        """Map ``[B, 3, H, W]`` in [0, 1] to features at 1/1, 1/2, ... 1/16 of its size."""
        x = (picture - self._mean) / self._spread
        seen = []
        for scale, layers in enumerate(LAYERS):
            x = max_pool2d(x, 2) if scale else x
            for layer, (place, _, _) in enumerate(layers):
                x = relu(self.features[str(place)](x))
                if layer == 0:
                    seen.append(x)
        return seen

    def distance(self, one: Tensor, other: Tensor, total: Total = alone) -> Tensor:
        """Return the weighted mean difference of what it sees in two batches of pictures.

        Args:
            one: ``[B, 3, H, W]`` in [0, 1]; its gradient is kept.
            other: Of the same shape.
            total: Sums weights over the processes that share a batch.
        """
        with torch.no_grad():
            wanted = self(other)
        parts = []
        for share, mine, its in zip(SHARES, self(one), wanted, strict=True):
            miss = (mine - its).float().abs()
            parts.append(share * miss.sum() / total(miss.new_tensor(miss.numel())))
        return torch.stack(parts).sum()


def find_vgg_file() -> Path | None:
    """Return torchvision's file of weights, if torch has ever fetched it on this computer."""
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    return next(iter(sorted(folder.glob(FILE_PATTERN))), None)


def load_vgg(path: Path) -> Vgg:
    """Read weights; what the file holds beyond them is left alone.

    Raises:
        WeightsError: The file is missing, damaged, or of another network.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ValueError(f"it is larger than {MAX_FILE_BYTES} bytes")
        found = torch.load(path, map_location="cpu", weights_only=True)
        network = Vgg()
        names = network.state_dict().keys()
        tensors = {name: found[name] for name in names}
        network.load_state_dict(tensors)
        if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
            raise ValueError("it holds numbers that are not finite")
    except DAMAGE as error:
        raise WeightsError(
            f"{path} holds no weights of VGG-19: {str(error)[:200]}; give torchvision's "
            f"{FILE_PATTERN}, or leave --vgg out"
        ) from error
    return network.eval().requires_grad_(False)
