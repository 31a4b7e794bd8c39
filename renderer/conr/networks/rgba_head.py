"""The last network of CoNR: from the shader's message to colour and alpha."""

import torch
from torch import Tensor, nn

from renderer.conr.config import ConrConfig


class RgbaHead(nn.Module):
    """A residual bottleneck and a 3x3 convolution; ``norm`` keys hold 1x1 convolutions."""

    def __init__(self, config: ConrConfig) -> None:
        super().__init__()
        self.bottleneck = nn.ModuleDict({"r0": _Residual(config.stem_width)})
        self.conv_rgba = nn.Sequential(nn.Conv2d(config.stem_width, 4, 3, padding=1))

    def forward(self, message: Tensor) -> Tensor:
        """Turn ``[B, 64, H, W]`` into ``[B, 4, H, W]`` premultiplied RGBA in [0, 1]."""
        x = self.bottleneck["r0"](message)
        rgba = torch.sigmoid(self.conv_rgba(x).float())
        alpha = rgba[:, 3:]
        return torch.cat([rgba[:, :3] * alpha, alpha], 1)


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1 = nn.Conv2d(width, width, 1)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.norm2 = nn.Conv2d(width, width, 1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv1(torch.relu(self.norm1(x)))
        out = self.conv2(torch.relu(self.norm2(out)))
        shifted: Tensor = x + out
        return shifted
