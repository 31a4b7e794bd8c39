"""The network of the guided decoder: a collaborative U-Net that refines the classical picture.

After CoNR (Lin et al., IJCAI 2023, section 3.3): weights are shared by the candidates, which send
each other messages, averaged by learned softmax weights; Ultra-Dense Pose re-enters at each scale.
Unlike there, the look-up has already found the colours, so that

- candidates are worked on at half resolution only, and they are the best two per pixel however
  many drawings a sheet has: cost does not grow with the sheet;
- everything is a residual: an untrained network gives the classical picture back;
- paint and ink are kept apart: a flow of a few pixels moves paint that the look-up got slightly
  wrong and leaves lines where the pose has them; lines are corrected by the subpixel;
- two branches make a paint: one copies (sharp), one invents, a gate chooses.

Precautions that training needs: leaky ReLU (plain ones die on residuals that are mostly zero),
batch normalisation (folded at run time), heads that begin small but not at zero.

Margin: B pictures, K candidates, H x W pixels; c and s are the widths of trunk and candidates.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn.functional import (
    avg_pool2d,
    grid_sample,
    interpolate,
    leaky_relu,
    pad,
    pixel_shuffle,
    pixel_unshuffle,
)
from torch.nn.utils.fusion import fuse_conv_bn_eval

from renderer.guided.slots import (
    ALPHA,
    COLOUR,
    INK,
    PAINT,
    SHAPE,
    SLOT_CHANNELS,
    TINT,
    UDP,
    Slots,
)

SLOPE = 0.1
FOLD = 2  # pixels along each side of a cell of the finest scale
HEAD_STD = 0.003
MOST_FLOW_PX = 4.0
CLASSICAL_LOGIT = 2.0  # the copy branch begins with 79 % classical paint where there are two others
# Both branches begin with half of the say: behind a gate that is nearly shut nothing is learned.
GATE_LOGIT = 0.0
PAINTED_REACH = 0.5  # of the colour range
UDP_CHANNELS = 4
DETAIL = slice(PAINT, TINT)  # planes of a picture that are looked at pixel by pixel
DETAIL_CHANNELS = TINT - PAINT
OUTPUTS = 7  # per pixel: invented (3), gate, alpha, ink, choice of the classical paint


@dataclass(frozen=True, slots=True)
class GuidedConfig:
    """Size of the network.

    Attributes:
        widths: Channels of the trunk at 1/2, 1/4, 1/8 ... of the picture.
        slot_widths: Channels of the candidates at the first of these scales.
    """

    widths: tuple[int, ...] = (24, 32, 64, 96)
    slot_widths: tuple[int, ...] = (16, 24)

    def __post_init__(self) -> None:
        sizes = (*self.widths, *self.slot_widths)
        if not 1 <= len(self.slot_widths) <= len(self.widths) <= 6 or len(self.widths) < 2:
            raise ValueError(f"unexpected scales: {self}")
        if not all(4 <= size <= 512 for size in sizes):
            raise ValueError(f"unexpected widths: {self} not in 4..512")

    @property
    def multiple(self) -> int:
        """Sides of what the network sees are multiples of this."""
        return int(FOLD * 2 ** (len(self.widths) - 1))


# small: at most 1.8 GFLOP at 256 x 256, for two processor cores. base: for a GPU at 512 x 512.
PRESETS: Mapping[str, GuidedConfig] = MappingProxyType(
    {
        "small": GuidedConfig(),
        "base": GuidedConfig((64, 96, 160, 224, 256), (40, 64, 96)),
    }
)


class Block(nn.Module):
    """Convolution, normalisation, leaky ReLU; ``stride`` 2 halves the size."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.normalisation: nn.Module = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[B, inputs, H, W]`` to ``[B, outputs, H / stride, W / stride]``."""
        return leaky_relu(self.normalisation(self.convolution(x)), SLOPE)

    def fold(self) -> None:
        """Merge the normalisation into the convolution; for evaluation only."""
        if isinstance(self.normalisation, nn.BatchNorm2d):
            self.convolution = fuse_conv_bn_eval(self.convolution, self.normalisation)
            self.normalisation = nn.Identity()


def each_slot(features: Tensor, count: int) -> Tensor:
    """Split ``[B * K, ...]`` into ``[B, K, ...]``."""
    return features.view(-1, count, *features.shape[1:])


class Message(nn.Module):
    """Average what the candidates have to say, each weighted by what it says itself."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Conv2d(width, 1, 1)

    def forward(self, slots: Tensor, count: int) -> Tensor:
        """Map ``[B * K, s, h, w]`` to ``[B, s, h, w]``."""
        shares = each_slot(self.weight(slots), count).softmax(1)  # [B, K, 1, h, w]
        return (each_slot(slots, count) * shares).sum(1)  # [B, s, h, w]


class SlotEncoder(nn.Module):
    """Look at each candidate alone, at half resolution and coarser."""

    def __init__(self, config: GuidedConfig) -> None:
        super().__init__()
        first, *coarser = config.slot_widths
        self.enter = nn.Sequential(Block(SLOT_CHANNELS * FOLD**2, first), Block(first, first))
        self.down = nn.ModuleList(
            Block(wide, narrow, 2)
            for wide, narrow in zip(config.slot_widths, coarser, strict=False)
        )
        self.messages = nn.ModuleList(Message(width) for width in config.slot_widths)

    def forward(self, slots: Tensor, count: int) -> tuple[Tensor, list[Tensor]]:
        """Return features of each candidate, and the message of each scale, finest first."""
        finest = features = self.enter(pixel_unshuffle(slots, FOLD))  # [B*K, s0, H/2, W/2]
        messages = [self.messages[0](features, count)]  # [B, s0, H/2, W/2]
        for down, message in zip(self.down, list(self.messages)[1:], strict=True):
            features = down(features)  # [B*K, s1, H/4, W/4]
            messages.append(message(features, count))  # [B, s1, H/4, W/4]
        return finest, messages


class Trunk(nn.Module):
    """A U-Net over the picture, the messages and the Ultra-Dense Pose of each scale."""

    def __init__(self, config: GuidedConfig) -> None:
        super().__init__()
        widths, slot_widths = config.widths, config.slot_widths
        inputs = DETAIL_CHANNELS * FOLD**2 + slot_widths[0]
        self.enter = nn.Sequential(Block(inputs, widths[0]), Block(widths[0], widths[0]))
        self.down = nn.ModuleList()
        self.udp = nn.ModuleList()
        self.deepen = nn.ModuleList()
        for level, width in enumerate(widths[1:], 1):
            self.down.append(Block(widths[level - 1], width, 2))
            said = slot_widths[level] if level < len(slot_widths) else 0
            self.udp.append(nn.Conv2d(UDP_CHANNELS + said, width, 1))
            self.deepen.append(Block(width, width))
        coarsest_first = list(zip(widths[1:], widths[:-1], strict=True))[::-1]
        self.narrow = nn.ModuleList(nn.Conv2d(wide, fine, 1) for wide, fine in coarsest_first)
        self.merge = nn.ModuleList(Block(fine, fine) for _, fine in coarsest_first)

    def forward(self, cells: Tensor, udp: Tensor, messages: list[Tensor]) -> Tensor:
        """Map cells ``[B, 44, H/2, W/2]`` and a UDP ``[B, 4, H, W]`` to ``[B, c0, H/2, W/2]``."""
        x = self.enter(torch.cat([cells, messages[0]], 1))
        return self.think(x, avg_pool2d(udp, 2 * FOLD), messages)

    def think(self, x: Tensor, udp: Tensor, messages: list[Tensor]) -> Tensor:
        """Go down to the coarsest scale and up again.

        Args:
            x: ``[B, c0, H/2, W/2]``, what has entered.
            udp: ``[B, 4, H/4, W/4]``.
            messages: Of each scale of the candidates, finest first.
        """
        skips = []
        for level, down in enumerate(self.down):
            skips.append(x)  # [B, c0, H/2, W/2], [B, c1, H/4, W/4] ...
            udp = avg_pool2d(udp, 2) if level else udp
            said = [udp, *messages[level + 1 : level + 2]]
            x = self.deepen[level](down(x) + self.udp[level](torch.cat(said, 1)))
        for narrow, merge in zip(self.narrow, self.merge, strict=True):
            wide = interpolate(narrow(x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = merge(wide + skips.pop())
        return x


class GuidedNetwork(nn.Module):
    """Refine the classical picture with the candidates it was blended from."""

    def __init__(self, config: GuidedConfig) -> None:
        super().__init__()
        self.config = config
        width, slot_width, cell = config.widths[0], config.slot_widths[0], FOLD**2
        self.slot_encoder = SlotEncoder(config)
        self.trunk = Trunk(config)
        # Of the picture: see OUTPUTS; flow of the classical paint (2).
        self.picture_head = nn.Conv2d(width + DETAIL_CHANNELS * cell, OUTPUTS * cell + 2, 1)
        # Of each candidate: choice; flow (2).
        self.slot_join = nn.Conv2d(width, slot_width, 1)
        self.slot_head = nn.Conv2d(slot_width, cell + 2, 1)
        self._begin_small()

    def _begin_small(self) -> None:
        cell = FOLD**2
        for head in (self.picture_head, self.slot_head):
            nn.init.normal_(head.weight, std=HEAD_STD)
            if head.bias is not None:
                nn.init.zeros_(head.bias)
        with torch.no_grad():
            # Cells, unlike features, are large from the start.
            self.picture_head.weight[:, -DETAIL_CHANNELS * cell :] = 0
            if self.picture_head.bias is not None:
                self.picture_head.bias[3 * cell : 4 * cell] = GATE_LOGIT
                self.picture_head.bias[6 * cell : 7 * cell] = CLASSICAL_LOGIT

    def forward(self, slots: Tensor, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Refine pictures whose sides are multiples of ``config.multiple``.

        Args:
            slots: ``[B, K, 5, H, W]``, see Slots; the order of candidates has no effect.
            picture: ``[B, 22, H, W]``, see Slots.

        Returns:
            Straight colour ``[B, 3, H, W]`` and alpha ``[B, H, W]``, in [0, 1].
        """
        count = slots.shape[1]
        paint = picture[:, PAINT:INK]
        # What differs from the classical paint is what there is to say.
        news = torch.cat([slots[:, :, :3] - paint[:, None], slots[:, :, 3:]], 2)
        each, messages = self.slot_encoder(news.flatten(0, 1), count)  # [B*K, s0, H/2, W/2]
        cells = pixel_unshuffle(picture[:, DETAIL], FOLD)  # [B, 44, H/2, W/2]
        x = self.trunk(cells, picture[:, UDP:], messages)
        planes, flow = self.picture_head(torch.cat([x, cells], 1)).split([OUTPUTS * FOLD**2, 2], 1)
        shared = pixel_shuffle(planes, FOLD)  # [B, 7, H, W]
        logits, slot_flow = self._choose(x, each, count)  # [B, K, H, W], [B, K, 2, H/2, W/2]
        shares = torch.cat([shared[:, 6:], logits], 1).softmax(1)  # [B, 1+K, H, W]
        flows = torch.cat([flow[:, None], slot_flow], 1)
        sources = torch.cat([paint[:, None], slots[:, :, :3]], 1)  # [B, 1+K, 3, H, W]
        moved = shift(sources.flatten(0, 1), flows.flatten(0, 1))
        copied = (each_slot(moved, 1 + count) * shares[:, :, None]).sum(1)
        invented = paint + PAINTED_REACH * shared[:, :3].tanh()
        mixed = copied + shared[:, 3:4].sigmoid() * (invented - copied)  # [B, 3, H, W]
        colour = inked(mixed, picture, shared[:, 5:6].tanh()).clamp(0, 1)
        alpha = (picture[:, ALPHA] + shared[:, 4].tanh()).clamp(0, 1)  # [B, H, W]
        return colour, alpha

    def _choose(self, x: Tensor, each: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Return how much each candidate is wanted, and its flow."""
        joined = leaky_relu(each_slot(each, count) + self.slot_join(x)[:, None], SLOPE)
        choice, flow = self.slot_head(joined.flatten(0, 1)).split([FOLD**2, 2], 1)
        logits = each_slot(pixel_shuffle(choice, FOLD), count)[:, :, 0]  # [B, K, H, W]
        return logits, each_slot(flow, count)  # [B, K, 2, H/2, W/2]

    def folded(self) -> "GuidedNetwork":
        """Return a copy for painting, its normalisations merged into its convolutions."""
        network = copy.deepcopy(self).eval()
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        for module in network.modules():
            if isinstance(module, Block):
                module.fold()
        return network

    def refine_any(self, slots: Tensor, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Refine pictures of any size; otherwise as ``forward``."""
        height, width = picture.shape[-2:]
        room = (0, -width % self.config.multiple, 0, -height % self.config.multiple)
        colour, alpha = self(pad(slots, room), pad(picture, room))
        return colour[..., :height, :width], alpha[..., :height, :width]

    def refine(self, slots: Slots) -> tuple[Tensor, Tensor]:
        """Refine one picture of any size: straight colour ``[3, H, W]``, alpha ``[H, W]``."""
        colour, alpha = self.refine_any(slots.slots[None], slots.picture[None])
        return colour[0], alpha[0]


def inked(paint: Tensor, picture: Tensor, more: Tensor) -> Tensor:
    """Draw the lines over a paint; over the classical one without more ink: the classical colour.

    Args:
        paint: ``[B, 3, H, W]``.
        picture: ``[B, 22, H, W]``.
        more: ``[B, 1, H, W]``, coverage to be added; negative to be taken away.
    """
    dark = 1 - picture[:, TINT:UDP]
    ink = picture[:, INK:SHAPE].mean(1, keepdim=True)
    # Where a line runs along an edge, it darkens one of the surfaces of a pixel more.
    uneven = picture[:, COLOUR:ALPHA] - picture[:, PAINT:INK] * (1 - dark * ink)
    return paint * (1 - dark * (ink + more).clamp(0, 1)) + uneven


def shift(pictures: Tensor, flow: Tensor) -> Tensor:
    """Fetch each pixel from up to ``MOST_FLOW_PX`` beside it.

    Args:
        pictures: ``[N, C, H, W]``, of any type.
        flow: ``[N, 2, H/2, W/2]``, unbounded; x, then y.

    Returns:
        ``[N, C, H, W]`` float32.
    """
    height, width = pictures.shape[2:]
    flow = flow.to(torch.float32, memory_format=torch.contiguous_format)
    wide = interpolate(flow, scale_factor=float(FOLD), mode="bilinear", align_corners=False).tanh()
    places = []
    for axis, size in enumerate((width, height)):
        here = torch.arange(size, device=flow.device).add(0.5).mul(2).div(size).sub(1)  # [W or H]
        here = here if axis == 0 else here[:, None]
        places.append(wide[:, axis].mul(2 * MOST_FLOW_PX).div(size).add(here))
    place = torch.stack(places, -1)  # [N, H, W, 2]
    return grid_sample(pictures.float(), place, "bilinear", "border", align_corners=False)
