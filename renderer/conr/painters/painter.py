"""The contract of whatever encodes sheets and paints frames with CoNR's networks."""

from typing import Protocol

import torch
from torch import Tensor

from renderer.conr.networks.shading import SheetFeatures


class Painter(Protocol):
    """Runs CoNR's networks on one device.

    *One thread at a time*, on a GPU the thread that owns it.
    """

    @property
    def device(self) -> torch.device:
        """Where it runs, and where features should lie."""

    @property
    def dtype(self) -> torch.dtype:
        """Of the convolutions and of the features."""

    def encode(self, drawings: Tensor) -> SheetFeatures:
        """Encode drawings ``[N, 4, S, S]`` float32 premultiplied RGBA in [0, 1]."""

    def paint(self, sheet: SheetFeatures, target: Tensor) -> Tensor:
        """Paint one frame.

        Args:
            sheet: From ``encode``, of any number of views.
            target: ``[1, 4, S, S]`` float32: landmark times occupancy, then occupancy.

        Returns:
            ``[1, 4, S, S]`` float32 premultiplied RGBA on the device; it may be overwritten by
            the next call.
        """
