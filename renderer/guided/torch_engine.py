"""The guided network run by torch."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from renderer.guided.network import GuidedNetwork
from renderer.guided.painting_network import PaintingNetwork


class TorchEngine:
    """See ``NetworkEngine``."""

    def __init__(
        self, network: GuidedNetwork, device: torch.device, dtype: torch.dtype = torch.float32
    ) -> None:
        """Copy a network.

        Args:
            network: In evaluation mode; left as it is.
            device: Where to run.
            dtype: Of the convolutions.
        """
        self.device = device
        self.name = "fp32" if dtype == torch.float32 else "half"
        self._network = PaintingNetwork(network, dtype).to(device)

    @property
    def multiple(self) -> int:
        """Sides that are multiples of this need no rim."""
        return self._network.multiple

    @torch.inference_mode()
    def refine(self, slots: Tensor, picture: Tensor) -> Tensor:
        """Refine one picture; see NetworkEngine."""
        height, width = picture.shape[1:]
        rim = (0, -width % self.multiple, 0, -height % self.multiple)
        if any(rim):
            slots, picture = pad(slots, rim), pad(picture, rim)
        refined: Tensor = self._network(slots, picture)
        return refined[:, :height, :width]
