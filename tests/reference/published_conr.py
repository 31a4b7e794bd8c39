"""CoNR as it was published: single precision, one picture, views in a loop, nothing saved.

A slow twin for tests and the yardstick of ``bench``. It follows the description of the paper's
networks line by line and shares no code with ``renderer``: weights are looked up by the names of
the official files, widths are read from their shapes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - everybody's name for it
from torch import Tensor

StateDict = Mapping[str, Tensor]

PARSER = "udpparsernet.pth"
POSE_ENCODER = "target_pose_encoder.pth"
SHADER = "shader.pth"
RGBA_HEAD = "rgbadecodernet.pth"

PIXEL_MEAN, PIXEL_SCALE = 0.6, 0.297  # of every input channel of both U-Nets, mask included
STAGES = (4, 5, 6, 7)  # index of the residual stages in the flattened backbone
COARSEST = 32  # the first shading block works at 1/32 of the picture


@dataclass(slots=True)
class ViewState:
    """What one view carries from block to block, at the size of the block that reads it."""

    flow: Tensor  # [1, 2, h, w] accumulated, pixels
    reference: Tensor  # [1, 4, h, w] warped
    feature: Tensor | None  # [1, F, h, w] warped; None before the last block
    message: Tensor | None  # [1, M, h, w] warped, not yet mixed
    local: Tensor | None  # [1, M, h, w] warped
    mask: Tensor | None  # [1, 2 + M, h, w] after the sigmoid


@dataclass(slots=True)
class Means:
    """What the views have told each other: the same for every view."""

    flow: Tensor
    reference: Tensor
    message: Tensor


class PublishedConr:
    """The four networks, run the way their authors run them.

    Args:
        state_dicts: Official file name to key to tensor, all float32 on one device.
        flow_groups: Into how many groups of channels a message is split for its warp.
    """

    def __init__(self, state_dicts: Mapping[str, StateDict], flow_groups: int = 16) -> None:
        self._parser = state_dicts[PARSER]
        self._pose_encoder = state_dicts[POSE_ENCODER]
        self._shader = state_dicts[SHADER]
        self._head = state_dicts[RGBA_HEAD]
        self._groups = flow_groups
        self._cached_sheet: Tensor | None = None
        self._cached_features: list[list[Tensor]] = []

    def detect(self, image: Tensor) -> Tensor:
        """Detect the Ultra-Dense Pose of premultiplied RGB ``[3, H, W]``: ``[4, H, W]``."""
        features = backbone(self._parser, normalised(image[None]))
        return unet_decoder(self._parser, features)[0].clamp(0.0, 1.0)

    def paint(
        self,
        sheet_rgb: Tensor,
        sheet_alpha: Tensor,
        udp_xyz: Tensor,
        udp_mask: Tensor,
        *,
        recompute_sheet: bool = True,
    ) -> Tensor:
        """Paint one frame.

        Args:
            sheet_rgb: ``[N, 3, H, W]`` premultiplied, in [0, 1]; H and W multiples of 128.
            sheet_alpha: ``[N, 1, H, W]``.
            udp_xyz: ``[3, H, W]`` landmarks, zero or not outside of the figure.
            udp_mask: ``[1, H, W]`` occupancy.
            recompute_sheet: True parses the sheet with its unused detector, as the original does
                for its first frame; False keeps the features of this very sheet tensor.

        Returns:
            ``[4, H, W]`` premultiplied RGBA.
        """
        message = self.message(
            sheet_rgb, sheet_alpha, udp_xyz, udp_mask, recompute_sheet=recompute_sheet
        )
        return rgba_head(self._head, message)[0]

    def message(
        self,
        sheet_rgb: Tensor,
        sheet_alpha: Tensor,
        udp_xyz: Tensor,
        udp_mask: Tensor,
        *,
        recompute_sheet: bool = True,
    ) -> Tensor:
        """Run everything but the head: the shader's only output ``[1, M, H, W]``."""
        features = self._sheet_features(sheet_rgb, recompute_sheet)
        target = torch.cat([udp_xyz * udp_mask, udp_mask])[None]
        pose = backbone(self._pose_encoder, normalised(target))
        # The colours were multiplied by alpha when the sheet was loaded; the shader's are again.
        references = torch.cat([sheet_rgb * sheet_alpha, sheet_alpha], dim=1)
        return self._shade(list(references.split(1)), features, pose)

    def _sheet_features(self, sheet_rgb: Tensor, recompute: bool) -> list[list[Tensor]]:
        if recompute or self._cached_sheet is not sheet_rgb:
            self._cached_features = []
            for view in sheet_rgb.split(1):
                features = backbone(self._parser, normalised(view))
                unet_decoder(self._parser, features).clamp(0.0, 1.0)  # nobody reads it
                self._cached_features.append(features)
            self._cached_sheet = sheet_rgb
        return self._cached_features

    def _shade(
        self, references: Sequence[Tensor], features: Sequence[Sequence[Tensor]], pose: list[Tensor]
    ) -> Tensor:
        count = 1 + max(int(key.split(".")[1]) for key in self._shader)
        height, width = references[0].shape[2:]
        states, means = self._start(references, features)
        for block in range(count):
            last = block == count - 1
            size = (height, width) if last else tuple(2 * n for n in states[0].flow.shape[2:])
            target = None if last else pose[block]
            told = []
            for view, state in enumerate(states):
                feature = features[view][block + 1] if block + 1 < len(features[view]) else None
                out = self._block(block, state, means, target)
                told.append(self._carry(out, state, references[view], feature, size, last))
            states, means = told, self._mix(told)
        assert means is not None
        return means.message

    def _start(
        self, references: Sequence[Tensor], features: Sequence[Sequence[Tensor]]
    ) -> tuple[list[ViewState], Means | None]:
        states = []
        for reference, own in zip(references, features, strict=True):
            size = tuple(n // COARSEST for n in reference.shape[2:])
            small = resized(reference, size)
            states.append(
                ViewState(torch.zeros_like(small[:, :2]), small, own[0], None, None, None)
            )
        return states, None

    def _block(
        self, block: int, state: ViewState, means: Means | None, target: Tensor | None
    ) -> Tensor:
        inputs = [state.flow, target, state.reference, state.feature]
        if means is None:  # before the first block nobody has spoken
            inputs += [torch.zeros_like(state.flow), state.reference]
        else:
            inputs += [means.flow, means.reference, means.message, state.local]
        x = torch.cat([part for part in inputs if part is not None], dim=1)
        return shading_convolutions(self._shader, f"decoder_blocks.{block}", x)

    def _carry(
        self,
        out: Tensor,
        state: ViewState,
        reference: Tensor,
        feature: Tensor | None,
        size: tuple[int, ...],
        last: bool,
    ) -> ViewState:
        """Split a block's output, bring it to ``size`` and warp all that moves."""
        flows = 2 * self._groups
        if last:
            width = (out.shape[1] - 4 - flows) // 2
            parts = out.split([2, width, flows, 2 + width], dim=1)
            step, message, message_flow, mask = parts
            local = local_flow = None
        else:
            width = (out.shape[1] - 4 - 2 * flows) // 3
            parts = out.split([2, width, flows, width, flows, 2 + width], dim=1)
            step, message, message_flow, local, local_flow, mask = parts
        flow = resized_flow(state.flow + step, size)
        message = warped(resized(message, size), resized_flow(message_flow, size), self._groups)
        if local is not None and local_flow is not None:
            local = warped(resized(local, size), resized_flow(local_flow, size), self._groups)
        return ViewState(
            flow=flow,
            reference=warped(resized(reference, size), flow),
            feature=None if feature is None else warped(feature, flow),
            message=message,
            local=local,
            mask=resized(torch.sigmoid(mask), size),
        )

    def _mix(self, states: Sequence[ViewState]) -> Means:
        """Let the views speak; the softmax is over the masks themselves."""
        masks = torch.cat([state.mask for state in states])  # [N, 2 + M, h, w]
        weights = (masks * torch.softmax(masks, dim=0)).split(1)
        pairs = list(zip(weights, states, strict=True))
        if states[0].feature is not None:
            sum(weight[:, 1:2] * state.feature for weight, state in pairs)  # nobody reads it
        return Means(
            flow=sum(weight[:, 0:1] * state.flow for weight, state in pairs),
            reference=sum(weight[:, 0:1] * state.reference for weight, state in pairs),
            message=sum(weight[:, 2:] * state.message for weight, state in pairs),
        )


def normalised(x: Tensor) -> Tensor:
    """Shift and scale an input of a U-Net."""
    return (x - PIXEL_MEAN) / PIXEL_SCALE


def instance_norm(weights: StateDict, name: str, x: Tensor) -> Tensor:
    """Normalise each picture by its own statistics."""
    weight, bias = weights[f"{name}.norm.weight"], weights[f"{name}.norm.bias"]
    return F.instance_norm(x, weight=weight, bias=bias, eps=1e-5)


def backbone(weights: StateDict, x: Tensor) -> list[Tensor]:
    """Run a ResNet; features from coarse (1/32) to fine (1/2)."""
    x = F.conv2d(x, weights["backbone.0.weight"], stride=2, padding=3)
    x = F.relu(instance_norm(weights, "backbone.1", x))
    features = [x]
    if "backbone.3.weight" in weights:  # the parser convolves where the encoder pools
        x = F.conv2d(x, weights["backbone.3.weight"], stride=2, padding=1)
    else:
        x = F.max_pool2d(x, 3, stride=2, padding=1)
    for stage in STAGES:
        index = 0
        while f"backbone.{stage}.{index}.conv1.weight" in weights:
            stride = 2 if index == 0 and stage != STAGES[0] else 1
            x = residual_block(weights, f"backbone.{stage}.{index}", x, stride)
            index += 1
        features.append(x)
    return features[::-1]


def residual_block(weights: StateDict, name: str, x: Tensor, stride: int) -> Tensor:
    """Run a basic block or a bottleneck, the stride on the first 3x3 convolution."""
    skip = x
    if f"{name}.downsample.0.weight" in weights:
        skip = F.conv2d(x, weights[f"{name}.downsample.0.weight"], stride=stride)
        skip = instance_norm(weights, f"{name}.downsample.1", skip)
    if f"{name}.conv3.weight" in weights:
        strides, paddings = (1, stride, 1), (0, 1, 0)
    else:
        strides, paddings = (stride, 1), (1, 1)
    for index, (step, padding) in enumerate(zip(strides, paddings, strict=True), start=1):
        x = F.conv2d(x, weights[f"{name}.conv{index}.weight"], stride=step, padding=padding)
        x = instance_norm(weights, f"{name}.bn{index}", x)
        if index < len(strides):
            x = F.relu(x)
    return F.relu(x + skip)


def unet_decoder(weights: StateDict, features: Sequence[Tensor]) -> Tensor:
    """Run the way up of a U-Net to full size, without the clamp."""
    x = features[0]
    for level in range(len(features)):
        name = f"upsample_blocks.{level}"
        x = F.conv_transpose2d(x, weights[f"{name}.up.weight"], stride=2, padding=1)
        x = F.relu(instance_norm(weights, f"{name}.bn1", x))
        if level + 1 < len(features):
            x = torch.cat([x, features[level + 1]], dim=1)
        x = F.conv2d(x, weights[f"{name}.conv2.weight"], padding=1)
        x = F.relu(instance_norm(weights, f"{name}.bn2", x))
    return F.conv2d(x, weights["final_conv.weight"], weights["final_conv.bias"])


def shading_convolutions(weights: StateDict, name: str, x: Tensor) -> Tensor:
    """Run the body of a shading block: down to a quarter, residual groups, up again."""
    for layer in (0, 2):
        x = convolved(weights, f"{name}.conv0.{layer}", x, stride=2)
        x = F.prelu(x, weights[f"{name}.conv0.{layer + 1}.weight"])
    group = 0
    while f"{name}.convblocks.{group}.0.weight" in weights:
        skip = x
        for layer in range(0, 12, 2):
            x = convolved(weights, f"{name}.convblocks.{group}.{layer}", x)
            x = F.prelu(x, weights[f"{name}.convblocks.{group}.{layer + 1}.weight"])
        x = x + skip
        group += 1
    x = up_convolved(weights, f"{name}.conv_last.0", x)
    x = F.prelu(x, weights[f"{name}.conv_last.1.weight"])
    return up_convolved(weights, f"{name}.conv_last.2", x)


def rgba_head(weights: StateDict, message: Tensor) -> Tensor:
    """Turn the last message into premultiplied RGBA; the two "norms" are 1x1 convolutions."""
    name = "bottleneck.r0"
    x = F.relu(convolved(weights, f"{name}.norm1", message))
    x = convolved(weights, f"{name}.conv1", x)
    x = F.relu(convolved(weights, f"{name}.norm2", x))
    x = convolved(weights, f"{name}.conv2", x) + message
    x = torch.sigmoid(convolved(weights, "conv_rgba.0", x))
    return torch.cat([x[:, :3] * x[:, 3:], x[:, 3:]], dim=1)


def convolved(weights: StateDict, name: str, x: Tensor, stride: int = 1) -> Tensor:
    """Convolve with bias, padded to keep the size."""
    weight = weights[f"{name}.weight"]
    padding = weight.shape[2] // 2
    return F.conv2d(x, weight, weights[f"{name}.bias"], stride=stride, padding=padding)


def up_convolved(weights: StateDict, name: str, x: Tensor) -> Tensor:
    """Convolve up to twice the size."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    return F.conv_transpose2d(x, weight, bias, stride=2, padding=1)


def resized(x: Tensor, size: tuple[int, ...]) -> Tensor:
    """Resize bilinearly between pixel areas, without antialiasing."""
    if tuple(x.shape[2:]) == tuple(size):
        return x
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


def resized_flow(flow: Tensor, size: tuple[int, ...]) -> Tensor:
    """Resize a flow and stretch it alike, so that it still counts pixels."""
    return resized(flow, size) * (size[0] / flow.shape[2])


def warped(x: Tensor, flow: Tensor, groups: int = 1) -> Tensor:
    """Fetch each pixel from where its flow points; beyond the border the border goes on.

    Args:
        x: ``[1, C, H, W]``; the channels are split in order into ``groups``.
        flow: ``[1, 2 * groups, H, W]`` pixels, x then y of each group.
        groups: How many flows there are.
    """
    _, channels, height, width = x.shape
    flow = flow.reshape(groups, 2, height, width)
    across = torch.linspace(-1.0, 1.0, width, device=x.device, dtype=x.dtype)
    down = torch.linspace(-1.0, 1.0, height, device=x.device, dtype=x.dtype)
    grid_x = across[None, None, :] + flow[:, 0] / ((width - 1) / 2)
    grid_y = down[None, :, None] + flow[:, 1] / ((height - 1) / 2)
    grid = torch.stack([grid_x, grid_y], dim=3)  # [groups, H, W, 2]
    x = x.reshape(groups, channels // groups, height, width)
    x = F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=True)
    return x.reshape(1, channels, height, width)
