"""The parameters of CoNR's shader, cut into the parts that inference needs.

The published code feeds each view's whole input to each block. Convolutions are linear, so the
first one splits into a share of the sheet alone (block 0), a share that all views have in common
and a share of each view. Outputs that nothing reads are cut off the last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from renderer.conr.config import SHADER_BLOCKS, ConrConfig

FLOW, RGBA = 2, 4  # channels


@dataclass(frozen=True, slots=True)
class BlockWidths:
    """Channels that enter and leave one shader block.

    Attributes:
        target: Of the target feature; 0 in the last block, as the next.
        feature: Of the view's own sheet feature.
        received: Of the messages from the block before; 0 in the first block.
        message: Of the message to all views.
        local: Of the message that a view sends to itself alone; 0 in the last block.
        groups: Of message channels that share a flow.
    """

    target: int
    feature: int
    received: int
    message: int
    local: int
    groups: int

    @property
    def inputs(self) -> tuple[int, ...]:
        """Own flow, target, own reference, feature; mean flow, reference, message; own local."""
        mean = (FLOW, RGBA, self.received)
        return (FLOW, self.target, RGBA, self.feature, *mean, self.received)

    @property
    def outputs(self) -> tuple[int, ...]:
        """Flow step, message, its flow, local message, its flow, masks: 1, 1 (unused), message."""
        local_flow = FLOW * self.groups if self.local else 0
        message = (self.message, FLOW * self.groups)
        return (FLOW, *message, self.local, local_flow, 1, 1, self.message)


@dataclass(frozen=True, slots=True)
class BlockKernels:
    """A shader block, ready to run.

    Attributes:
        own: ``[224, own, 3, 3]``, first convolution's share of flow, reference, feature, local
            message of each view; in block 0 of reference and feature alone.
        shared: ``[224, shared, 3, 3]``, its share of target, mean flow, mean reference, mean
            message; in block 0 of the target alone.
        bias: ``[224]`` of the first convolution.
        body: All layers between the first and the last convolution.
        last: ``[224, out, 4, 4]`` transposed, without outputs that nothing reads.
        last_bias: ``[out]``.
        outputs: Channels of ``last`` in order: flow step, message, its flow, local message, its
            flow, mask of flow and reference, mask of the message; 0 where cut off.
    """

    own: Tensor
    shared: Tensor
    bias: Tensor
    body: "ShaderBlock"
    last: Tensor
    last_bias: Tensor
    outputs: tuple[int, ...]


ShaderKernels = tuple[BlockKernels, ...]


class ShaderBlock(nn.Module):
    """One collaborative block; runs at a quarter of its scale."""

    def __init__(self, widths: BlockWidths, width: int, groups: int) -> None:
        """Make the layers; ``groups`` is the number of residual groups of six convolutions."""
        super().__init__()
        self.widths = widths
        self.conv0 = nn.Sequential(
            nn.Conv2d(sum(widths.inputs), width, 3, 2, 1),
            nn.PReLU(width),
            nn.Conv2d(width, width, 3, 2, 1),
            nn.PReLU(width),
        )
        self.convblocks = nn.ModuleList(_six_convolutions(width) for _ in range(groups))
        self.conv_last = nn.Sequential(
            nn.ConvTranspose2d(width, width, 4, 2, 1),
            nn.PReLU(width),
            nn.ConvTranspose2d(width, sum(widths.outputs), 4, 2, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Run all but the first and the last convolution, ``[N, 224, H, W]`` at half the scale."""
        x = self.conv0[3](self.conv0[2](self.conv0[1](x)))
        for convolutions in self.convblocks:
            x = x + convolutions(x)
        upsampled: Tensor = self.conv_last[1](self.conv_last[0](x))
        return upsampled

    def kernels(self) -> BlockKernels:
        """Cut the first and last convolution; gradients flow back to their parameters."""
        first = self.conv0[0].get_parameter("weight"), self.conv0[0].get_parameter("bias")
        last = self.conv_last[2].get_parameter("weight"), self.conv_last[2].get_parameter("bias")
        own, shared = self._cut_first(first[0])
        weight, bias, outputs = self._cut_last(*last)
        return BlockKernels(own, shared, first[1], self, weight, bias, outputs)

    def _cut_first(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        parts = torch.split(weight, list(self.widths.inputs), 1)
        flow, target, reference, feature, mean_flow, mean_reference, mean_message, local = parts
        if self.widths.received:
            own = torch.cat([flow, reference, feature, local], 1)
            return own, torch.cat([target, mean_flow, mean_reference, mean_message], 1)
        # Flows begin at zero, and the first mean reference is a copy of the view's own.
        return torch.cat([reference + mean_reference, feature], 1), target

    def _cut_last(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor, tuple[int, ...]]:
        step, *message, mask, _, message_mask = self.widths.outputs
        if not self.widths.local:
            step = mask = 0  # nothing comes after the last block
        kept = (step, *message, mask, 0, message_mask)
        weights = zip(torch.split(weight, list(self.widths.outputs), 1), kept, strict=True)
        biases = zip(torch.split(bias, list(self.widths.outputs)), kept, strict=True)
        return (
            torch.cat([part for part, keep in weights if keep], 1),
            torch.cat([part for part, keep in biases if keep]),
            (step, *message, mask, message_mask),
        )


class Shader(nn.Module):
    """Collaborative Inference Neural Network (CINN): six blocks, weights shared by all views."""

    def __init__(self, config: ConrConfig) -> None:
        super().__init__()
        groups = (1,) * (SHADER_BLOCKS - 1) + (2,)
        self.decoder_blocks = nn.ModuleList(
            ShaderBlock(widths, config.shader_width, count)
            for widths, count in zip(block_widths(config), groups, strict=True)
        )

    def kernels(self) -> ShaderKernels:
        """Cut every block for inference, see ``shade``."""
        return tuple(block.kernels() for block in self._blocks())

    def _blocks(self) -> Sequence[ShaderBlock]:
        return [block for block in self.decoder_blocks if isinstance(block, ShaderBlock)]


def block_widths(config: ConrConfig) -> list[BlockWidths]:
    """Return the widths of the six blocks, coarse to fine."""
    messages = config.message_widths
    return [
        BlockWidths(target, feature, received, message, local, config.flow_groups)
        for target, feature, received, message, local in zip(
            (*config.target_widths, 0),
            (*config.feature_widths, 0),
            (0, *messages[:-1]),
            messages,
            (*messages[:-1], 0),
            strict=True,
        )
    ]


def _six_convolutions(width: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(6):
        layers += [nn.Conv2d(width, width, 3, 1, 1), nn.PReLU(width)]
    return nn.Sequential(*layers)
