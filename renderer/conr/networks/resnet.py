"""Residual backbones with instance normalisation, in the key layout of the published weights.

They follow ResNet v1.5 (He et al., *Deep Residual Learning*, CVPR 2016; the stride sits on the
bottleneck's 3x3 convolution), flattened to a sequence: 0 stem, 1 norm, 2 ReLU, 3 pool, 4-7 stages.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Block = Callable[[int, int, int], nn.Module]


class Norm(nn.Module):
    """Normalise each channel of each picture by its own mean and variance."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm2d(width, eps=1e-5, affine=True)

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        normed: Tensor = self.norm(x)
        return normed


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut (ResNet-18)."""

    def __init__(self, width_in: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = convolution(width_in, width, 3, stride)
        self.bn1 = Norm(width)
        self.conv2 = convolution(width, width, 3)
        self.bn2 = Norm(width)
        self.downsample = shortcut(width_in, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[B, width, H / stride, W / stride]``."""
        out = torch.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return torch.relu(out + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions with a shortcut; a quarter of the width inside (ResNet-50)."""

    def __init__(self, width_in: int, width: int, stride: int) -> None:
        super().__init__()
        inner = width // 4
        self.conv1 = convolution(width_in, inner, 1)
        self.bn1 = Norm(inner)
        self.conv2 = convolution(inner, inner, 3, stride)
        self.bn2 = Norm(inner)
        self.conv3 = convolution(inner, width, 1)
        self.bn3 = Norm(width)
        self.downsample = shortcut(width_in, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[B, width, H / stride, W / stride]``."""
        out = torch.relu(self.bn1(self.conv1(x)))
        out = torch.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return torch.relu(out + (x if self.downsample is None else self.downsample(x)))


def backbone(
    channels: int,
    stem_width: int,
    pool: nn.Module,
    block: Block,
    widths: Sequence[int],
    depths: Sequence[int],
) -> nn.Sequential:
    """Build a backbone.

    Args:
        channels: Of the input.
        stem_width: Output channels of the 7x7 stem.
        pool: What halves the stem's output; with weights in the parser, without in the encoder.
        block: Makes a residual block from width in, width out, stride.
        widths: Output channels of the four stages.
        depths: Blocks of the four stages.
    """
    layers = [
        convolution(channels, stem_width, 7, 2),
        Norm(stem_width),
        nn.ReLU(inplace=True),
        pool,
    ]
    width_in = stem_width
    for index, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        first = block(width_in, width, 1 if index == 0 else 2)
        layers.append(nn.Sequential(first, *(block(width, width, 1) for _ in range(depth - 1))))
        width_in = width
    return nn.Sequential(*layers)


def features(network: nn.Sequential, x: Tensor) -> tuple[Tensor, ...]:
    """Run a backbone; returns five feature maps at 1/32, 1/16, 1/8, 1/4 and 1/2, coarse to fine."""
    stem = network[2](network[1](network[0](x)))  # [B, stem, H/2, W/2]
    found = [stem]
    x = network[3](stem)  # [B, stem, H/4, W/4]
    for index in range(4, len(network)):
        x = network[index](x)  # halved from the second stage on
        found.append(x)
    return tuple(reversed(found))


def convolution(width_in: int, width: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """Make a convolution without bias that keeps the size at stride 1."""
    return nn.Conv2d(width_in, width, kernel, stride, padding=kernel // 2, bias=False)


def shortcut(width_in: int, width: int, stride: int) -> nn.Sequential | None:
    """Make the projection around a block that changes width or size, None for one that does not."""
    if stride == 1 and width_in == width:
        return None
    return nn.Sequential(convolution(width_in, width, 1, stride), Norm(width))
