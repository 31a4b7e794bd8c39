"""The guided network run by ONNX Runtime, on the processor or a GPU.

One model serves all sizes and numbers of candidates. It is written by torch's TorchScript
exporter, as CoNR's is.
"""

import hashlib
import logging
import tempfile
import warnings
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor
from torch.nn.functional import pad

from renderer.cache_folder import keep_newest
from renderer.engines.onnx_session import (
    SESSION_ERRORS,
    new_stream,
    open_session,
    place_of,
    runs_on_gpu,
)
from renderer.errors import AcceleratorError
from renderer.guided.network import GuidedNetwork
from renderer.guided.painting_network import PaintingNetwork
from renderer.guided.slots import PICTURE_CHANNELS, SLOT_CHANNELS
from udp_live.whole_file import replaced

logger = logging.getLogger(__name__)

OPSET = 16  # the first with GridSample; onnxruntime's CUDA provider has kernels for all of it
FORMAT_VERSION = 1  # raise whenever the network's forward or the names below change
KEPT_MODELS = 3  # per folder; older ones are deleted
SLOTS, PICTURE, REFINED = "slots", "picture", "refined"
AXES = {
    SLOTS: {0: "candidates", 2: "height", 3: "width"},
    PICTURE: {1: "height", 2: "width"},
    REFINED: {1: "height", 2: "width"},
}
FAILURES: tuple[type[Exception], ...] = (OSError, *SESSION_ERRORS)  # of export and opening


class OnnxEngine:
    """See ``NetworkEngine``; on a GPU it works on a stream of its own, in order with torch's."""

    name = "onnx"

    def __init__(
        self, network: GuidedNetwork, device: torch.device, cache_folder: Path | None = None
    ) -> None:
        """Open a session, exporting the network where the folder has no model of it.

        Args:
            network: In evaluation mode; left as it is.
            device: ``cpu`` or a CUDA device.
            cache_folder: Where the model is kept; None keeps none.

        Raises:
            AcceleratorError: ONNX Runtime cannot use the device.
        """
        self._device = device
        self._multiple = network.config.multiple
        self._stream = new_stream(device) if device.type == "cuda" else None
        try:
            self._session = self._open(network, cache_folder)
        except FAILURES as error:
            raise AcceleratorError(f"onnxruntime failed on {device}: {error}") from error
        if self._stream is not None and not runs_on_gpu(self._session):
            raise AcceleratorError(f"onnxruntime cannot use {device}: it needs CUDA 13 and cuDNN")

    @torch.inference_mode()
    def refine(self, slots: Tensor, picture: Tensor) -> Tensor:
        """Refine one picture; see NetworkEngine.

        Raises:
            AcceleratorError: The model was opened, but does not run.
        """
        height, width = picture.shape[1:]
        rim = (0, -width % self._multiple, 0, -height % self._multiple)
        slots, picture = pad(slots, rim).contiguous(), pad(picture, rim).contiguous()
        refined = torch.empty((4, *picture.shape[1:]), device=picture.device)
        binding = self._session.io_binding()
        binding.bind_input(SLOTS, *place_of(slots))
        binding.bind_input(PICTURE, *place_of(picture))
        binding.bind_output(REFINED, *place_of(refined))
        self._run(binding)
        return refined[:, :height, :width]

    def _run(self, binding: onnxruntime.IOBinding) -> None:
        current = None if self._stream is None else torch.cuda.current_stream(self._device)
        if self._stream is not None and current is not None:
            self._stream.wait_stream(current)
        try:
            self._session.run_with_iobinding(binding)
        except SESSION_ERRORS as error:
            raise AcceleratorError(
                f"onnxruntime failed on {self._device}: {error}; choose a smaller size or the "
                "decoder 'guided-fp32'"
            ) from error
        if self._stream is not None and current is not None:
            current.wait_stream(self._stream)

    def _open(
        self, network: GuidedNetwork, cache_folder: Path | None
    ) -> onnxruntime.InferenceSession:
        stream = 0 if self._stream is None else self._stream.cuda_stream
        if cache_folder is None:
            with tempfile.TemporaryDirectory() as folder:
                return open_session(exported(network, Path(folder)), self._device, stream=stream)
        path = exported(network, cache_folder)
        try:
            return open_session(path, self._device, stream=stream)
        except SESSION_ERRORS as error:
            logger.info("exporting the guided network anew: %s is damaged: %s", path, error)
            path.unlink()
            return open_session(exported(network, cache_folder), self._device, stream=stream)


def exported(network: GuidedNetwork, folder: Path) -> Path:
    """Return the file with the network's model, written now unless the folder has it.

    Args:
        network: In evaluation mode.
        folder: Created where missing.

    Raises:
        OSError: The folder cannot be written.
    """
    kind = f"{FORMAT_VERSION} opset {OPSET} torch {torch.__version__} {network_digest(network)}"
    digest = hashlib.sha256(kind.encode()).hexdigest()[:32]
    path = folder / f"guided-{digest}.onnx"
    if not path.is_file():
        logger.info("exporting the guided network to ONNX, once")
        folder.mkdir(parents=True, exist_ok=True)
        with replaced(path) as temporary:
            _export(network, temporary)
        keep_newest(folder, "guided-*.onnx", KEPT_MODELS)
    return path


def network_digest(network: GuidedNetwork) -> str:
    """Return a hash of the network's sizes and weights."""
    digest = hashlib.sha256(repr(network.config).encode())
    for name, tensor in network.state_dict().items():
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _export(network: GuidedNetwork, path: Path) -> None:
    height, width = 2 * network.config.multiple, 3 * network.config.multiple
    slots = torch.zeros(2, SLOT_CHANNELS, height, width)
    picture = torch.zeros(PICTURE_CHANNELS, height, width)
    # The exporter warns that it is not the newest and of checks that become constants.
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            PaintingNetwork(network),
            (slots, picture),
            path,
            input_names=[SLOTS, PICTURE],
            output_names=[REFINED],
            dynamic_axes=AXES,
            opset_version=OPSET,
            dynamo=False,
        )
