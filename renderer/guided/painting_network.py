"""The guided network as it is run for painting: the same numbers, laid out for speed.

What differs from ``GuidedNetwork``, whose form training needs:

- normalisations are merged into the convolutions;
- the first convolutions read pixels as they lie. In memory ordered [H, W, C], a row of cells is two
  rows of W / 2 columns with 2 C channels each, and a 3 x 3 kernel over cells is a 6 x 3 kernel that
  takes two rows a step. Rearranging pixels into cells takes longer than the convolution;
- heads write cells row by row, for the same reason;
- all at the picture's full size happens in planes of single precision.

Margin: K candidates, H x W pixels, h x w cells; c and s are the widths of trunk and candidates.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import (
    avg_pool2d,
    leaky_relu_,
    pixel_shuffle,
)

from renderer.guided.network import (
    DETAIL,
    DETAIL_CHANNELS,
    FOLD,
    OUTPUTS,
    PAINTED_REACH,
    SLOPE,
    GuidedNetwork,
    inked,
    shift,
)
from renderer.guided.slots import ALPHA, INK, PAINT, SLOT_CHANNELS, UDP

FLOW_AXES = 2


class PaintingNetwork(nn.Module):
    """Refine one picture whose sides are multiples of ``multiple``. See ``GuidedNetwork``."""

    def __init__(self, network: GuidedNetwork, dtype: torch.dtype = torch.float32) -> None:
        """Copy a network.

        Args:
            network: In evaluation mode; left as it is.
            dtype: Of the convolutions.
        """
        super().__init__()
        self.multiple = network.config.multiple
        self.dtype = dtype
        folded = network.folded()
        encoder, trunk = folded.slot_encoder, folded.trunk
        self.slot_cells = _CellConvolution(_first(encoder.enter), SLOT_CHANNELS)
        self.slot_enter = encoder.enter[1:]
        self.slot_down = encoder.down
        self.messages = nn.ModuleList(
            message.get_submodule("weight") for message in encoder.messages
        )
        first, cell = _first(trunk.enter), DETAIL_CHANNELS * FOLD**2
        self.detail_cells = _CellConvolution(first, DETAIL_CHANNELS)
        self.message_enter = _convolution(first.weight[:, cell:], None, padding=(1, 1))
        self.trunk, self.trunk_enter = trunk, trunk.enter[1:]
        head = _row_by_row(folded.picture_head, OUTPUTS)
        self.picture_head = _convolution(head.weight[:, :-cell], None)
        self.detail_head = _CellConvolution(
            _convolution(head.weight[:, -cell:], head.bias), DETAIL_CHANNELS
        )
        self.slot_join = folded.slot_join
        self.slot_head = folded.slot_head
        self.to(dtype=dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.eval().requires_grad_(False)

    def forward(self, slots: Tensor, picture: Tensor) -> Tensor:
        """Refine one picture.

        Args:
            slots: ``[K, S, H, W]`` float32, see Slots.
            picture: ``[P, H, W]`` float32, see Slots.

        Returns:
            ``[4, H, W]`` float32: straight colour, then alpha, in [0, 1].
        """
        paint = picture[PAINT:INK]
        news = torch.cat([slots[:, :3] - paint, slots[:, 3:]], 1)  # [K, S, H, W]
        each, messages = self._listen(self._pixels(news))  # [K, s0, h, w]
        detail = self._pixels(picture[None, DETAIL])  # [1, H, W, D]
        x = self._think(detail, picture[None, UDP:], messages)  # [1, c0, h, w]
        planes, flow = _spread(self.picture_head(x) + self.detail_head(detail), OUTPUTS)
        joined = leaky_relu_(each + self.slot_join(x), SLOPE)  # [K, s0, h, w]
        heads = self.slot_head(joined)  # [K, 6, h, w]
        choices = _planes_of(heads[:, :-FLOW_AXES])  # [K, 1, H, W]
        sources = torch.cat([paint[None], slots[:, :3]])  # [1+K, 3, H, W]
        moved = shift(sources, torch.cat([flow, heads[:, -FLOW_AXES:]]))
        shares = torch.cat([planes[:, 6:], choices]).softmax(0)  # [1+K, 1, H, W]
        copied = weighted_sum(moved, shares)[None]  # [1, 3, H, W]
        invented = paint + PAINTED_REACH * planes[:, :3].tanh()
        mixed = torch.lerp(copied, invented, planes[:, 3:4].sigmoid())
        colour = inked(mixed, picture[None], planes[:, 5:6].tanh())
        alpha = picture[ALPHA] + planes[:, 4:5].tanh()  # [1, 1, H, W]
        return torch.cat([colour, alpha], 1)[0].clamp(0, 1)

    def _pixels(self, planes: Tensor) -> Tensor:
        """Turn planes ``[N, C, H, W]`` into ``[N, H, W, C]`` in the convolutions' type."""
        return planes.to(self.dtype).permute(0, 2, 3, 1).contiguous()

    def _listen(self, pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return features of each candidate, and the message of each scale, finest first."""
        finest = features = self.slot_enter(leaky_relu_(self.slot_cells(pixels), SLOPE))
        messages = [self._message(0, features)]  # [1, s0, h, w]
        for level, down in enumerate(self.slot_down, 1):
            features = down(features)  # [K, s1, h/2, w/2]
            messages.append(self._message(level, features))
        return finest, messages

    def _message(self, level: int, features: Tensor) -> Tensor:
        return weighted_sum(features, self.messages[level](features).softmax(0))[None]

    def _think(self, detail: Tensor, pose: Tensor, messages: list[Tensor]) -> Tensor:
        """Run the trunk, ``[1, c0, h, w]``."""
        x: Tensor = self.detail_cells(detail) + self.message_enter(messages[0])
        x = self.trunk_enter(leaky_relu_(x, SLOPE))
        udp = avg_pool2d(pose, 2 * FOLD)  # [1, 4, h/2, w/2]
        udp = udp.to(self.dtype, memory_format=torch.channels_last)
        return self.trunk.think(x, udp, messages)


class _CellConvolution(nn.Module):
    """A convolution over cells, on pixels."""

    def __init__(self, convolution: nn.Conv2d, channels: int) -> None:
        """Take the weights of the first ``channels`` of every pixel of a cell."""
        super().__init__()
        self.channels = channels
        weight = convolution.weight[:, : channels * FOLD**2]  # [s, C * y * x, k, k]
        outputs, _, side, _ = weight.shape
        weight = weight.reshape(outputs, channels, FOLD, FOLD, side, side)
        weight = weight.permute(0, 3, 1, 4, 2, 5).reshape(outputs, -1, side * FOLD, side)
        rim = side // 2
        self.convolution = _convolution(weight, convolution.bias, (rim * FOLD, rim), (FOLD, 1))

    def forward(self, pixels: Tensor) -> Tensor:
        """Map ``[N, H, W, C]`` to ``[N, s, h, w]``."""
        count, height, width, channels = pixels.shape
        half = pixels.reshape(count, height, width // FOLD, FOLD * channels)
        convolved: Tensor = self.convolution(half.permute(0, 3, 1, 2))
        return convolved


def _first(blocks: nn.Sequential) -> nn.Conv2d:
    convolution = blocks[0].get_submodule("convolution")
    if not isinstance(convolution, nn.Conv2d):
        raise TypeError(f"unexpected block: it begins with {type(convolution).__name__}")
    return convolution


def _convolution(
    weight: Tensor,
    bias: Tensor | None,
    padding: tuple[int, int] = (0, 0),
    stride: tuple[int, int] = (1, 1),
) -> nn.Conv2d:
    outputs, inputs, height, width = weight.shape
    made = nn.Conv2d(inputs, outputs, (height, width), stride, padding, bias=bias is not None)
    with torch.no_grad():
        made.weight.copy_(weight)
        if made.bias is not None and bias is not None:
            made.bias.copy_(bias)
    return made


def _row_by_row(head: nn.Conv2d, planes: int) -> nn.Conv2d:
    """Let what writes cells, plane by plane, write them row by row and pixel by pixel."""
    cells = planes * FOLD**2
    order = torch.arange(cells).view(planes, FOLD, FOLD).permute(1, 2, 0).reshape(-1)
    order = torch.cat([order, torch.arange(cells, head.out_channels)])
    return _convolution(head.weight[order], None if head.bias is None else head.bias[order])


def _spread(cells: Tensor, planes: int) -> tuple[Tensor, Tensor]:
    """Split what a head wrote into planes ``[N, C, H, W]`` float32 and a flow ``[N, 2, h, w]``."""
    rows = []
    for row in cells[:, :-FLOW_AXES].chunk(FOLD, 1):
        count, _, height, width = row.shape
        pixels = row.view(count, FOLD, planes, height, width).permute(0, 2, 3, 4, 1)
        pixels = pixels.to(torch.float32, memory_format=torch.contiguous_format)
        rows.append(pixels.flatten(3))  # [N, C, h, W]
    return torch.stack(rows, 3).flatten(2, 3), cells[:, -FLOW_AXES:]


def _planes_of(cells: Tensor) -> Tensor:
    """Turn cells ``[N, 4 C, h, w]`` into planes ``[N, C, H, W]`` float32; for few channels."""
    return pixel_shuffle(cells.to(torch.float32, memory_format=torch.contiguous_format), FOLD)


def weighted_sum(values: Tensor, shares: Tensor) -> Tensor:
    """Sum ``[K, C, H, W]`` over K, weighted by ``[K, 1, H, W]``."""
    if torch.onnx.is_in_onnx_export():  # any number will come
        return (values * shares).sum(0)
    total = values[0] * shares[0]
    for value, share in zip(values[1:], shares[1:], strict=True):
        total.addcmul_(value, share)
    return total
