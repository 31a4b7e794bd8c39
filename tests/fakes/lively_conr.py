"""Random CoNR weights that paint pictures with contrast, and drawings to feed them with.

Default initial weights let signals die out: masks of 0.5, flows of no pixel and grey pictures
agree with anything. These keep every layer's output at about unit variance, spread masks over
[0, 1], move pixels by several pixels and make colours from dark to bright.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from renderer.conr.config import ConrConfig
from renderer.conr.networks import NETWORK_OF_FILE, ConrNetworks, expected_shapes

Shapes = Mapping[str, Mapping[str, tuple[int, ...]]]
StateDicts = dict[str, dict[str, Tensor]]

STEP_PX = (0.25, 0.3, 0.4, 0.6, 0.8, 1.0)  # of accumulated flow per block, its own pixels
MESSAGE_FLOW_PX = 2.5
MASK_SPREAD = 2.0  # of logits
COLOUR_SPREAD = 2.0  # of logits
SMOOTH = torch.tensor([0.25, 0.75, 0.75, 0.25])  # doubles the size bilinearly
BRANCH_ENDS = ("bn3.norm", ".10.", "r0.conv2")
BRANCH = 0.3  # at 1 the depth of the published size amplifies rounding a hundred times
SOFT_EDGE = 12.0  # steeper edges have no alpha between 0 and 1 left


@dataclass(frozen=True, slots=True)
class ConrInput:
    """A sheet and a target, all in [0, 1].

    Attributes:
        drawings: ``[N, 4, H, W]`` premultiplied RGBA.
        landmarks: ``[3, H, W]``, not masked.
        occupancy: ``[1, H, W]``.
    """

    drawings: Tensor
    landmarks: Tensor
    occupancy: Tensor

    @property
    def target(self) -> Tensor:
        """``[1, 4, H, W]`` as the networks get it."""
        return torch.cat([self.landmarks * self.occupancy, self.occupancy])[None]


def lively_weights(
    shapes: Shapes, flow_groups: int, seed: int = 0, movement: float = 1.0
) -> StateDicts:
    """Draw weights of the given shapes: file name to key to tensor; ``movement`` scales flows."""
    generator = torch.Generator().manual_seed(seed)
    files: StateDicts = {}
    for file, keys in shapes.items():
        files[file] = {key: _drawn(key, shape, generator) for key, shape in keys.items()}
    for block in range(len(STEP_PX)):
        _spread_outputs(files["shader.pth"], block, flow_groups, movement)
    for key in ("conv_rgba.0.weight", "conv_rgba.0.bias"):
        files["rgbadecodernet.pth"][key] *= COLOUR_SPREAD
    return files


def figures(count: int, height: int, width: int, seed: int = 0) -> ConrInput:
    """Draw ``count`` soft-edged, patterned ellipses and one target of another shape."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.linspace(-1, 1, height)[:, None]
    columns = torch.linspace(-1, 1, width)[None, :]

    def number(low: float, high: float) -> float:
        return low + (high - low) * float(torch.rand((), generator=generator))

    def alpha() -> Tensor:
        across = (columns - number(-0.2, 0.2)) / number(0.4, 0.8)
        down = (rows - number(-0.1, 0.1)) / number(0.7, 0.95)
        return torch.clamp((1 - across**2 - down**2) * SOFT_EDGE, 0, 1)[None]

    def waves(channels: int) -> Tensor:
        phases = [
            number(2, 9) * rows + number(2, 9) * columns + number(0, 6) for _ in range(channels)
        ]
        return torch.stack([0.5 + 0.5 * torch.sin(phase) for phase in phases])

    views = []
    for _ in range(count):
        edge = alpha()
        views.append(torch.cat([waves(3) * edge, edge]))
    return ConrInput(torch.stack(views), waves(3), alpha())


def _drawn(key: str, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    drawn = _at_unit_variance(key, shape, generator)
    return drawn * BRANCH if any(end in key for end in BRANCH_ENDS) else drawn


def _at_unit_variance(key: str, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    noise = torch.randn(shape, generator=generator)
    if len(shape) == 1:
        if "norm.weight" in key:
            return 1.0 + 0.25 * noise
        if _is_slope(key):
            return 0.25 + 0.15 * noise
        return 0.1 * noise
    # Upsampling without checkerboards, as in a trained network: flows and messages are smooth.
    if ".up." in key or "conv_last" in key:
        mixing = noise[:, :, :1, :1] * (1.6 / shape[0]) ** 0.5
        return mixing * torch.outer(SMOOTH, SMOOTH)
    return noise * (1.6 / (shape[1] * shape[2] * shape[3])) ** 0.5


def _is_slope(key: str) -> bool:
    """Tell PReLU slopes, the odd layers of the shader's sequences, from biases."""
    return key.startswith("decoder_blocks") and key.endswith("weight")


def _spread_outputs(
    shader: dict[str, Tensor], block: int, flow_groups: int, movement: float
) -> None:
    spreads: tuple[float, ...]
    weight = shader[f"decoder_blocks.{block}.conv_last.2.weight"]
    bias = shader[f"decoder_blocks.{block}.conv_last.2.bias"]
    flows = 2 * flow_groups
    step_px, message_px = movement * STEP_PX[block], movement * MESSAGE_FLOW_PX
    if block == len(STEP_PX) - 1:
        width = (weight.shape[1] - 4 - flows) // 2
        sizes = (2, width, flows, 2 + width)
        spreads = (step_px, 1.0, message_px, MASK_SPREAD)
    else:
        width = (weight.shape[1] - 4 - 2 * flows) // 3
        sizes = (2, width, flows, width, flows, 2 + width)
        message = (1.0, message_px)
        spreads = (step_px, *message, *message, MASK_SPREAD)
    channels = torch.cat(
        [torch.full((size,), spread) for size, spread in zip(sizes, spreads, strict=True)]
    )
    weight *= channels[None, :, None, None]
    bias *= channels


def lively_networks(config: ConrConfig, seed: int = 0, movement: float = 1.0) -> ConrNetworks:
    """Make networks with such weights."""
    networks = ConrNetworks(config)
    files = lively_weights(expected_shapes(config), config.flow_groups, seed, movement)
    for file, state in files.items():
        networks.get_submodule(NETWORK_OF_FILE[file]).load_state_dict(state)
    return networks.eval()
