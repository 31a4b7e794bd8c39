"""CoNR's frames painted by onnxruntime, on the processor or a GPU."""

import logging
import tempfile
from collections import OrderedDict
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor

from renderer.conr.networks import ConrNetworks
from renderer.conr.networks.shading import SheetFeatures
from renderer.conr.painters.frame_painter import FramePainter
from renderer.conr.painters.onnx_export import OUTPUT, TARGET, cached_frame, sheet_tensors
from renderer.engines.onnx_session import (
    SESSION_ERRORS,
    new_stream,
    open_session,
    place_of,
    runs_on_gpu,
)
from renderer.errors import AcceleratorError

logger = logging.getLogger(__name__)

KEPT_SIDES = 2  # sessions for so many sizes of picture
FAILURES: tuple[type[Exception], ...] = (OSError, *SESSION_ERRORS)  # of export and opening


class OnnxPainter:
    """Encodes with torch, paints with onnxruntime. See ``Painter``.

    Where onnxruntime cannot use the device, torch paints and the log says so once.

    Attributes:
        device: Where it runs.
        dtype: Of the convolutions: float32 or float16.
    """

    def __init__(
        self,
        networks: ConrNetworks,
        device: torch.device,
        dtype: torch.dtype | None = None,
        cache_folder: Path | None = None,
    ) -> None:
        """Prepare the encoder; models are exported when a size is first painted.

        Args:
            networks: Left as they are, and kept for further sizes.
            device: ``cpu`` or a CUDA device.
            dtype: None takes float16 on CUDA, float32 on the processor, which computes float16
                through float32.
            cache_folder: Where models and TensorRT engines are kept; None keeps none.

        Raises:
            torch.OutOfMemoryError: The networks do not fit.
        """
        self.device = device
        self.dtype = dtype or (torch.float16 if device.type == "cuda" else torch.float32)
        self._networks = networks
        self._torch = FramePainter(networks, device, self.dtype)
        self._folder = cache_folder
        self._stream = new_stream(device) if device.type == "cuda" else None
        self._frames: OrderedDict[int, _BoundFrame | None] = OrderedDict()

    def encode(self, drawings: Tensor) -> SheetFeatures:
        """Encode drawings; see Painter."""
        return self._torch.encode(drawings)

    @torch.inference_mode()
    def paint(self, sheet: SheetFeatures, target: Tensor) -> Tensor:
        """Paint a frame; see Painter. The first one of a size takes seconds.

        Raises:
            AcceleratorError: The model was opened, but does not run.
        """
        frame = self._frame(target.shape[-1])
        if frame is None:
            return self._torch.paint(sheet, target)
        return frame.paint(sheet, target)

    def engine(self, side: int) -> str:
        """Name what paints pictures of a size: ``Tensorrt``, ``CUDA``, ``CPU`` or ``torch``."""
        frame = self._frame(side)
        return "torch" if frame is None else frame.provider

    def _frame(self, side: int) -> "_BoundFrame | None":
        if side not in self._frames:
            self._frames[side] = self._open(side)
            if len(self._frames) > KEPT_SIDES:
                self._frames.popitem(last=False)
        self._frames.move_to_end(side)
        return self._frames[side]

    def _open(self, side: int) -> "_BoundFrame | None":
        """Open a session for one size; None where onnxruntime does not run on the device."""
        try:
            session = self._session(side)
        except FAILURES as error:
            logger.warning("CoNR is painted with torch: onnxruntime failed: %s", error)
            return None
        if self._stream is not None and not runs_on_gpu(session):
            logger.warning(
                "CoNR is painted with torch: onnxruntime cannot use %s; it needs CUDA 13 and cuDNN",
                self.device,
            )
            return None
        return _BoundFrame(session, self.device, self.dtype, side, self._stream)

    def _session(self, side: int) -> onnxruntime.InferenceSession:
        if self._folder is None:
            with tempfile.TemporaryDirectory() as folder:
                return self._session_in(Path(folder), side)
        try:
            return self._session_in(self._folder, side)
        except SESSION_ERRORS as error:
            path = cached_frame(self._networks, side, self.dtype, self._folder)
            logger.info("exporting CoNR anew: %s is damaged: %s", path, error)
            path.unlink()
            return self._session_in(self._folder, side)

    def _session_in(self, folder: Path, side: int) -> onnxruntime.InferenceSession:
        path = cached_frame(self._networks, side, self.dtype, folder)
        half = self.dtype == torch.float16
        stream = 0 if self._stream is None else self._stream.cuda_stream
        return open_session(path, self.device, half=half, stream=stream)


class _BoundFrame:
    """A session with inputs and output at fixed places: a frame copies its target alone."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        device: torch.device,
        dtype: torch.dtype,
        side: int,
        stream: torch.cuda.Stream | None,
    ) -> None:
        self._session = session
        self._binding = session.io_binding()
        self._stream = stream
        self._target = torch.empty(1, 4, side, side, dtype=dtype, device=device)
        self._output = torch.empty(1, 4, side, side, dtype=torch.float32, device=device)
        self._sheet: SheetFeatures | None = None
        self._held: dict[str, Tensor] = {}
        self._bind_input(TARGET, self._target)
        self._binding.bind_output(OUTPUT, *place_of(self._output))

    @property
    def provider(self) -> str:
        """What the session runs on."""
        return str(self._session.get_providers()[0]).removesuffix("ExecutionProvider")

    def paint(self, sheet: SheetFeatures, target: Tensor) -> Tensor:
        """Paint; ``[1, 4, S, S]`` float32, overwritten by the next call."""
        if sheet is not self._sheet:
            self._hold(sheet)
        self._target.copy_(target)
        if self._stream is None:
            self._run()
            return self._output
        # The session works on a stream of its own, after what torch has put in its queue.
        current = torch.cuda.current_stream(self._target.device)
        self._stream.wait_stream(current)
        self._run()
        current.wait_stream(self._stream)
        return self._output

    def _run(self) -> None:
        try:
            self._session.run_with_iobinding(self._binding)
        except SESSION_ERRORS as error:
            raise AcceleratorError(
                f"onnxruntime failed on {self._target.device}: {error}; choose a smaller size, "
                "fewer views or the decoder 'conr'"
            ) from error

    def _hold(self, sheet: SheetFeatures) -> None:
        """Bind the features of another sheet, in the model's type and in planes."""
        self._held = {
            name: tensor.to(self._target.device, self._target.dtype).contiguous()
            for name, tensor in sheet_tensors(sheet).items()
        }
        for name, tensor in self._held.items():
            self._bind_input(name, tensor)
        self._sheet = sheet

    def _bind_input(self, name: str, tensor: Tensor) -> None:
        self._binding.bind_input(name, *place_of(tensor))
