"""How CoNR's shader paints: views as one batch, and nothing computed twice or for nobody.

Source: conditional generation with messages between views, CoNR (Lin et al., IJCAI 2023), section
"Collaborative Inference". Scales run from 1/32 to 1/1 of the picture's side; h and w are the sides
at a block's scale, N is the number of views, M the channels of a message.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from renderer.conr.networks.shader import BlockKernels
from renderer.conr.networks.warp import double, shrink, warp, warp_groups


@dataclass(frozen=True, slots=True)
class SheetFeatures:
    """What the shader keeps of a sheet; computed once per sheet and size.

    Attributes:
        references: Five times ``[N, 4, h, w]``: drawings with RGB times alpha and alpha, at the
            scales 1/16 to 1/1.
        features: Four times ``[N, C, h, w]``: F1 to F4 at the scales 1/16 to 1/2.
        first_share: ``[N, 224, H/64, W/64]``: what the drawings add to block 0's first convolution.
    """

    references: tuple[Tensor, ...]
    features: tuple[Tensor, ...]
    first_share: Tensor

    def to(self, target: torch.dtype | torch.device) -> "SheetFeatures":
        """Return the features in another type or on another device."""
        return SheetFeatures(
            tuple(tensor.to(target) for tensor in self.references),
            tuple(tensor.to(target) for tensor in self.features),
            self.first_share.to(target),
        )


@dataclass(frozen=True, slots=True)
class ShadingState:
    """What one block hands to the next, at the next block's size.

    Attributes:
        flow: ``[N, 2, h, w]`` float32, pixels, accumulated over the blocks.
        reference: ``[N, 4, h, w]``, warped along ``flow``.
        mean_flow: ``[1, 2, h, w]``.
        mean_reference: ``[1, 4, h, w]``.
        mean_message: ``[1, M, h, w]``.
        local: ``[N, M, h, w]``.
    """

    flow: Tensor
    reference: Tensor
    mean_flow: Tensor
    mean_reference: Tensor
    mean_message: Tensor
    local: Tensor


def share_of_sheet(first: BlockKernels, drawings: Tensor, feature: Tensor) -> Tensor:
    """Compute the part of block 0's first convolution that depends on the sheet alone.

    Args:
        first: Block 0.
        drawings: ``[N, 4, H, W]``, see ``SheetFeatures.references``.
        feature: F0, ``[N, 2048, H/32, W/32]``.
    """
    own = torch.cat([shrink(drawings, 32).to(feature.dtype), feature], 1)
    return functional.conv2d(own, first.own, stride=2, padding=1)


def shade(
    blocks: Sequence[BlockKernels], sheet: SheetFeatures, targets: Sequence[Tensor]
) -> Tensor:
    """Run the six blocks.

    Convolutions run in the type of the kernels; what lies between them in float32, because flows
    want more digits than half precision has.

    Args:
        blocks: From ``Shader.kernels``.
        sheet: Of N views, in any order.
        targets: T0 to T4, coarse to fine, ``[1, C, h, w]``.

    Returns:
        ``[1, 64, H, W]`` float32, the message that the RGBA head paints.
    """
    start, *others, last = blocks
    state = begin(start, sheet, targets[0])
    levels = zip(others, sheet.features, targets[1:], sheet.references[1:], strict=True)
    for block, feature, target, reference in levels:
        state = advance(block, state, feature, target, reference)
    return finish(last, state)


def begin(block: BlockKernels, sheet: SheetFeatures, target: Tensor) -> ShadingState:
    """Run the first block; ``target`` is T0."""
    shared = _first(block, target)
    x = sheet.first_share.to(shared.dtype) + shared
    return _exchange(block, _run(block, x), None, sheet.references[0])


def advance(
    block: BlockKernels, state: ShadingState, feature: Tensor, target: Tensor, reference: Tensor
) -> ShadingState:
    """Run a block between; feature and target at its scale, reference at the next one's."""
    outputs = _run(block, _inputs(block, state, feature, target))
    return _exchange(block, outputs, state.flow, reference)


def finish(block: BlockKernels, state: ShadingState) -> Tensor:
    """Run the last block, see ``shade`` for what it returns."""
    outputs = _run(block, _inputs(block, state, None, None))
    _, message, flow, _, _, _, mask = torch.split(outputs, list(block.outputs), 1)
    parts = [
        _mean(warp_groups(message[:, channels], flow[:, flows]), mask[:, channels].sigmoid())
        for channels, flows in _portions(message, flow)
    ]
    return torch.cat(parts, 1)


def _inputs(
    block: BlockKernels, state: ShadingState, feature: Tensor | None, target: Tensor | None
) -> Tensor:
    """Run the first convolution, ``[N, 224, h/2, w/2]``: each view's own share plus the common."""
    warped = [] if feature is None else [warp(feature, state.flow)]
    aimed = [] if target is None else [target.float()]
    own = torch.cat([state.flow, state.reference, *warped, state.local], 1)
    mean = (state.mean_flow, state.mean_reference, state.mean_message)
    shared = _first(block, torch.cat([*aimed, *mean], 1))
    return functional.conv2d(_like(own, block.own), block.own, stride=2, padding=1) + shared


def _first(block: BlockKernels, shared: Tensor) -> Tensor:
    """Run the first convolution's share of all views."""
    shared = _like(shared, block.shared)
    return functional.conv2d(shared, block.shared, block.bias, stride=2, padding=1)


def _like(x: Tensor, kernel: Tensor) -> Tensor:
    """Give a convolution's input the type and the memory layout of its kernel."""
    is_last = kernel.is_contiguous(memory_format=torch.channels_last)
    layout = torch.channels_last if is_last else torch.contiguous_format
    return x.to(kernel.dtype, memory_format=layout)


def _run(block: BlockKernels, x: Tensor) -> Tensor:
    """Run the rest of a block, ``[N, outputs, h, w]`` float32 in planes, as sampling likes them."""
    outputs = functional.conv_transpose2d(block.body(x), block.last, block.last_bias, 2, 1)
    return outputs.float().contiguous()


def _exchange(
    block: BlockKernels, outputs: Tensor, flow: Tensor | None, reference: Tensor
) -> ShadingState:
    """Move a block's outputs to the next block's size, warp them and let the views confer."""
    parts = torch.split(outputs, list(block.outputs), 1)
    step, message, message_flow, local, local_flow, mask, message_mask = parts
    # Flows count pixels of their own scale.
    flow = 2 * double(step if flow is None else step + flow)
    reference = warp(reference, flow)
    mask = double(mask.sigmoid())
    return ShadingState(
        flow,
        reference,
        _mean(flow, mask),
        _mean(reference, mask),
        _mean_message(message, message_flow, message_mask),
        _moved(local, local_flow),
    )


def _mean_message(message: Tensor, flow: Tensor, mask: Tensor) -> Tensor:
    """Return what the views tell each other, ``[1, M, 2 h, 2 w]``."""
    means = []
    for channels, flows in _portions(message, flow):
        warped = warp_groups(double(message[:, channels]), 2 * double(flow[:, flows]))
        # The mask goes through the sigmoid before it is resized.
        means.append(_mean(warped, double(mask[:, channels].sigmoid())))
    return torch.cat(means, 1)


def _moved(message: Tensor, flow: Tensor) -> Tensor:
    """Return messages at twice the size, warped: ``[N, M, 2 h, 2 w]``."""
    return torch.cat(
        [
            warp_groups(double(message[:, channels]), 2 * double(flow[:, flows]))
            for channels, flows in _portions(message, flow)
        ],
        1,
    )


def _portions(message: Tensor, flow: Tensor) -> Iterator[tuple[slice, slice]]:
    """Yield channels of a message with the channels of their flows.

    A processor works on one group after the other, so that what lies between two operations stays
    in its cache; a GPU and an exported model on all at once.
    """
    groups = flow.shape[1] // 2
    is_processor = message.device.type == "cpu" and not torch.onnx.is_in_onnx_export()
    at_once = 1 if is_processor else groups
    width = message.shape[1] // groups
    for first in range(0, groups, at_once):
        last = first + at_once
        yield slice(first * width, last * width), slice(2 * first, 2 * last)


def _mean(values: Tensor, masks: Tensor) -> Tensor:
    """Sum views ``[N, M, h, w]``, weighted by masks of M or 1 channels, to ``[1, M, h, w]``.

    The softmax goes over the masks themselves, which lie in [0, 1], so the weights do not sum to
    1: the networks were trained with that, at four views.
    """
    grown = masks.exp()
    return (grown * masks * values).sum(0, keepdim=True) / grown.sum(0, keepdim=True)
