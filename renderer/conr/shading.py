"""How CoNR's shader paints: views as one batch, and nothing computed twice or for nobody.

Source: conditional generation with messages between views, CoNR (Lin et al., IJCAI 2023), section
"Collaborative Inference". Scales run from 1/32 to 1/1 of the picture's side; h and w are the sides
at a block's scale, N is the number of views, M the channels of a message.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from renderer.conr.shader import BlockKernels
from renderer.conr.warp import double, shrink, warp, warp_groups


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


@dataclass(frozen=True, slots=True)
class _State:
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

    Args:
        blocks: From ``Shader.kernels``.
        sheet: Of N views, in any order.
        targets: T0 to T4, coarse to fine, ``[1, C, h, w]``.

    Returns:
        ``[1, 64, H, W]``, the message that the RGBA head paints.
    """
    start, *others, last = blocks
    x = sheet.first_share + _first(targets[0], start.shared, start.bias)
    state = _exchange(start, _run(start, x), None, sheet.references[0])
    levels = zip(others, sheet.features, targets[1:], sheet.references[1:], strict=True)
    for block, feature, target, reference in levels:
        x = _inputs(block, state, feature, target)
        state = _exchange(block, _run(block, x), state.flow, reference)
    outputs = _run(last, _inputs(last, state, None, None))
    _, message, flow, _, _, _, mask = torch.split(outputs, last.outputs, 1)
    return _mean(warp_groups(message, flow.float()), torch.sigmoid(mask))


def _inputs(
    block: BlockKernels, state: _State, feature: Tensor | None, target: Tensor | None
) -> Tensor:
    """Run the first convolution, ``[N, 224, h/2, w/2]``: each view's own share plus the common."""
    dtype = state.local.dtype
    warped = [] if feature is None else [warp(feature, state.flow)]
    aimed = [] if target is None else [target]
    own = torch.cat([state.flow.to(dtype), state.reference, *warped, state.local], 1)
    mean = (state.mean_flow.to(dtype), state.mean_reference, state.mean_message)
    shared = _first(torch.cat([*aimed, *mean], 1), block.shared, block.bias)
    return functional.conv2d(own, block.own, stride=2, padding=1) + shared


def _first(x: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
    return functional.conv2d(x, kernel, bias, stride=2, padding=1)


def _run(block: BlockKernels, x: Tensor) -> Tensor:
    """Run the rest of a block, ``[N, outputs, h, w]``."""
    return functional.conv_transpose2d(block.body(x), block.last, block.last_bias, 2, 1)


def _exchange(
    block: BlockKernels, outputs: Tensor, flow: Tensor | None, reference: Tensor
) -> _State:
    """Move a block's outputs to the next block's size, warp them and let the views confer."""
    parts = torch.split(outputs, block.outputs, 1)
    step, message, message_flow, local, local_flow, mask, message_mask = parts
    total = step.float() if flow is None else flow + step.float()
    flow = double(total) * 2  # flows are pixels of their own scale
    warped = warp(reference, flow)
    weight = _weights(double(torch.sigmoid(mask.float())))
    return _State(
        flow,
        warped,
        (weight * flow).sum(0, keepdim=True),
        (weight.to(warped.dtype) * warped).sum(0, keepdim=True),
        _mean(
            warp_groups(double(message), double(message_flow.float()) * 2),
            double(torch.sigmoid(message_mask)),
        ),
        warp_groups(double(local), double(local_flow.float()) * 2),
    )


def _mean(messages: Tensor, masks: Tensor) -> Tensor:
    """Sum views ``[N, M, h, w]`` by their masks to ``[1, M, h, w]``."""
    return (_weights(masks) * messages).sum(0, keepdim=True)


def _weights(masks: Tensor) -> Tensor:
    """Turn masks in [0, 1] into weights of the views.

    The softmax goes over the masks themselves, so the weights do not sum to 1: the networks were
    trained with that, at four views.
    """
    return masks * masks.softmax(0)
