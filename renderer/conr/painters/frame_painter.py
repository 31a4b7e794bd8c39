"""CoNR prepared for one device: weights cut, converted and laid out once, not per frame."""

import copy
from dataclasses import replace

import torch
from torch import Tensor, nn

from renderer.conr.networks import ConrNetworks
from renderer.conr.networks.shader import BlockKernels, ShaderBlock
from renderer.conr.networks.shading import SheetFeatures


class FramePainter:
    """Encode sheets and paint frames in the type that suits the device.

    Attributes:
        device: Where it runs.
        dtype: Of the shader's convolutions, nearly all of the work.
        end_dtype: Of the target encoder and the RGBA head.
        networks: Its own copy, without what no frame needs.
        kernels: Of the shader, cut.
    """

    def __init__(
        self, networks: ConrNetworks, device: torch.device, dtype: torch.dtype | None = None
    ) -> None:
        """Copy the networks to a device.

        Args:
            networks: Left as they are.
            device: ``cpu`` or a CUDA device.
            dtype: Of the shader's convolutions; None takes the fastest that the device has.

        Raises:
            torch.OutOfMemoryError: They do not fit.
        """
        self.device = device
        self.dtype = dtype or fastest_dtype(device)
        # bfloat16 has few digits; at both ends they matter most and single precision costs least.
        self.end_dtype = torch.float32 if self.dtype == torch.bfloat16 else self.dtype
        networks = copy.deepcopy(networks).eval().requires_grad_(False)
        _drop_decoders(networks)
        networks.to(device)
        networks.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.networks = networks
        with torch.inference_mode():
            self._sheet_kernels = (_laid_out(networks.shader.kernels()[0]),)
        networks.shader.to(self.dtype)
        for part in (networks.pose_encoder, networks.rgba_head):
            part.to(self.end_dtype)
        with torch.inference_mode():
            self.kernels = tuple(_laid_out(block) for block in networks.shader.kernels())
        _drop_uncut(networks)

    @torch.inference_mode()
    def encode(self, drawings: Tensor) -> SheetFeatures:
        """Encode drawings ``[N, 4, S, S]`` float32 premultiplied RGBA, see ``ConrNetworks``.

        The parser runs in float32: once per sheet, that costs little, and in half precision it
        alone would take more from the picture than everything else together.
        """
        taken = drawings.to(self.device, torch.float32, memory_format=torch.channels_last)
        features = self.networks.encode(taken, self._sheet_kernels)
        return features.to(feature_dtype(self.dtype))

    @torch.inference_mode()
    def paint(self, sheet: SheetFeatures, target: Tensor) -> Tensor:
        """Paint a target ``[1, 4, S, S]`` float32; ``[1, 4, S, S]`` float32, premultiplied."""
        taken = target.to(self.device, self.end_dtype, memory_format=torch.channels_last)
        return self.networks.paint(sheet, taken, self.kernels)


def _drop_decoders(networks: ConrNetworks) -> None:
    """Drop the U-Nets' decoders, which only detection runs: 0.2 GB."""
    for network in (networks.parser, networks.pose_encoder):
        del network.upsample_blocks, network.final_conv


def _drop_uncut(networks: ConrNetworks) -> None:
    """Drop the convolutions that the kernels hold parts of: 0.28 GB in single precision."""
    for block in networks.shader.decoder_blocks:
        if isinstance(block, ShaderBlock):
            block.conv0[0] = block.conv_last[2] = nn.Identity()


def fastest_dtype(device: torch.device) -> torch.dtype:
    """Return float16 for CUDA, bfloat16 for processors with such instructions, else float32."""
    if device.type == "cuda":
        return torch.float16
    has_bfloat16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()  # no public way to ask
    return torch.bfloat16 if has_bfloat16 else torch.float32


def feature_dtype(dtype: torch.dtype) -> torch.dtype:
    """Return the type in which features are kept: float16 beside bfloat16, which has fewer digits.

    Args:
        dtype: Of the convolutions.
    """
    return torch.float32 if dtype == torch.float32 else torch.float16


def _laid_out(block: BlockKernels) -> BlockKernels:
    layout = torch.channels_last
    return replace(
        block,
        own=block.own.contiguous(memory_format=layout),
        shared=block.shared.contiguous(memory_format=layout),
        last=block.last.contiguous(memory_format=layout),
    )
