"""What runs the guided network: the contract, and the engines by name."""

import logging
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from renderer.engines.cuda_recorder import CudaRecorder
from renderer.guided.graph_engine import GraphEngine
from renderer.guided.network import GuidedNetwork
from renderer.guided.torch_engine import TorchEngine

logger = logging.getLogger(__name__)

ENGINE_NAMES = ("fp32", "half", "onnx")


class NetworkEngine(Protocol):
    """Runs the network on one device. *One thread at a time*, on a GPU the one that owns it."""

    @property
    def name(self) -> str:
        """One of ``ENGINE_NAMES``."""

    def refine(self, slots: Tensor, picture: Tensor) -> Tensor:
        """Refine one picture of any size.

        Args:
            slots: ``[K, S, H, W]`` float32 on the device, see Slots; any K.
            picture: ``[P, H, W]`` float32 on the device, see Slots.

        Returns:
            ``[4, H, W]`` float32 on the device: straight colour, then alpha, in [0, 1]; the next
            call may overwrite it.
        """


def open_engine(
    name: str, network: GuidedNetwork, device: torch.device, cache_folder: Path | None = None
) -> NetworkEngine:
    """Open an engine.

    Args:
        name: ``fp32``: torch; ``half``: torch with convolutions in bfloat16 on a processor, in
            float16 on a GPU; ``onnx``: ONNX Runtime. On a GPU torch replays CUDA graphs.
        network: In evaluation mode; left as it is.
        device: ``cpu`` or a CUDA device.
        cache_folder: Where exported models are kept; None keeps none.

    Raises:
        ValueError: The name is unknown.
        AcceleratorError: ONNX Runtime cannot use the device.
        torch.OutOfMemoryError: The network does not fit.
    """
    if name not in ENGINE_NAMES:
        raise ValueError(f"unknown engine: {name!r} not in {', '.join(ENGINE_NAMES)}")
    if name == "onnx":
        from renderer.guided.onnx_engine import OnnxEngine  # onnxruntime takes time to load

        return OnnxEngine(network, device, cache_folder)
    on_gpu = device.type == "cuda"
    half = torch.float16 if on_gpu else torch.bfloat16
    engine = TorchEngine(network, device, half if name == "half" else torch.float32)
    return GraphEngine(engine, CudaRecorder(device)) if on_gpu else engine
