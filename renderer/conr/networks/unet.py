"""The two U-Nets of CoNR: sheet parser with UDP detector, and target pose encoder."""

import torch
from torch import Tensor, nn

from renderer.conr.config import ConrConfig
from renderer.conr.networks.resnet import (
    BasicBlock,
    Bottleneck,
    Norm,
    backbone,
    convolution,
    features,
)

INPUT_MEAN, INPUT_DEVIATION = 0.6, 0.297  # the same for each channel, colours and landmarks alike


class UpsampleBlock(nn.Module):
    """Double the size, join the backbone's feature of that size, convolve."""

    def __init__(self, width_in: int, skip_width: int, width: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(width_in, width, 4, 2, 1, bias=False)
        self.bn1 = Norm(width)
        self.conv2 = convolution(width + skip_width, width, 3)
        self.bn2 = Norm(width)

    def forward(self, x: Tensor, skip: Tensor | None) -> Tensor:
        """Return ``[B, width, 2H, 2W]`` from ``[B, width_in, H, W]``."""
        x = torch.relu(self.bn1(self.up(x)))
        x = x if skip is None else torch.cat([x, skip], 1)
        return torch.relu(self.bn2(self.conv2(x)))


class ParserNet(nn.Module):
    """ResNet-50 U-Net: its backbone encodes drawings, its decoder detects their UDP."""

    def __init__(self, config: ConrConfig) -> None:
        super().__init__()
        pool = convolution(config.stem_width, config.stem_width, 3, 2)
        widths, depths = config.parser_widths, config.parser_depths
        self.backbone = backbone(3, config.stem_width, pool, Bottleneck, widths, depths)
        self.upsample_blocks = upsample_blocks(config.feature_widths, config.decoder_widths)
        self.final_conv = nn.Conv2d(config.decoder_widths[-1], 4, 1)

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Encode drawings.

        Args:
            images: ``[N, 3, H, W]`` premultiplied RGB in [0, 1]; sides divisible by 32.

        Returns:
            F0 to F4, coarse to fine: ``[N, 2048, H/32, W/32]`` to ``[N, 64, H/2, W/2]``.
        """
        return features(self.backbone, normalise(images))

    def detect(self, images: Tensor) -> Tensor:
        """Detect the UDP of drawings: ``[N, 4, H, W]`` landmark and occupancy in [0, 1]."""
        x, *skips = self(images)
        for block, skip in zip(self.upsample_blocks, (*skips, None), strict=True):
            x = block(x, skip)
        detected: Tensor = self.final_conv(x)
        return detected.clamp(0, 1)


class PoseEncoder(nn.Module):
    """ResNet-18 U-Net that encodes the target UDP; its decoder only carries published weights."""

    def __init__(self, config: ConrConfig) -> None:
        super().__init__()
        pool = nn.MaxPool2d(3, 2, 1)
        widths, depths = config.encoder_widths, config.encoder_depths
        self.backbone = backbone(4, config.stem_width, pool, BasicBlock, widths, depths)
        self.upsample_blocks = upsample_blocks(config.target_widths, config.decoder_widths)
        self.final_conv = nn.Conv2d(config.decoder_widths[-1], 1, 1)

    def forward(self, target: Tensor) -> tuple[Tensor, ...]:
        """Encode a target.

        Args:
            target: ``[B, 4, H, W]`` landmark times occupancy, then occupancy, in [0, 1].

        Returns:
            T0 to T4, coarse to fine: ``[B, 512, H/32, W/32]`` to ``[B, 64, H/2, W/2]``.
        """
        return features(self.backbone, normalise(target))


def upsample_blocks(widths_in: tuple[int, ...], widths: tuple[int, ...]) -> nn.ModuleList:
    """Build the decoder of a U-Net whose backbone has features of ``widths_in``, coarse to fine."""
    below = (widths_in[0], *widths[:-1])
    skips = (*widths_in[1:], 0)
    blocks = zip(below, skips, widths, strict=True)
    return nn.ModuleList(UpsampleBlock(width_in, skip, width) for width_in, skip, width in blocks)


def normalise(x: Tensor) -> Tensor:
    """Shift and scale colours and landmarks to the range that the backbones were trained on."""
    return (x - INPUT_MEAN) / INPUT_DEVIATION
