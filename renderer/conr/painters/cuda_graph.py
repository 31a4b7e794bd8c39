"""CoNR's frames painted by replaying a CUDA graph."""

import logging
from collections import OrderedDict

import torch
from torch import Tensor

from renderer.conr.networks.shading import SheetFeatures
from renderer.conr.painters.painter import Painter
from renderer.engines.cuda_recorder import CudaRecorder, Recorder

logger = logging.getLogger(__name__)

KEPT_GRAPHS = 3  # numbers of views and sizes, together


class GraphPainter:
    """Paints like another painter, from recordings for each number of views and size.

    The picture stays valid until the next call. See ``Painter``.
    """

    def __init__(self, painter: Painter, recorder: Recorder | None = None) -> None:
        """Wrap a painter.

        Args:
            painter: On a CUDA device.
            recorder: None records CUDA graphs.
        """
        self._painter = painter
        self._recorder = recorder or CudaRecorder(painter.device)
        self._frames: OrderedDict[tuple[int, ...], _HeldFrame] = OrderedDict()
        self._failed = False

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self._painter.device

    @property
    def dtype(self) -> torch.dtype:
        """Of the convolutions."""
        return self._painter.dtype

    def encode(self, drawings: Tensor) -> SheetFeatures:
        """Encode drawings; see Painter."""
        return self._painter.encode(drawings)

    @torch.inference_mode()
    def paint(self, sheet: SheetFeatures, target: Tensor) -> Tensor:
        """Paint a frame; see Painter. The first one of a shape takes some seconds."""
        if self._failed:
            return self._painter.paint(sheet, target)
        shape = (len(sheet.first_share), *target.shape)
        if shape not in self._frames:
            try:
                frame = _HeldFrame(self._painter, self._recorder, sheet, target)
            except RuntimeError as error:
                logger.warning("CoNR is painted without CUDA graphs, more slowly: %s", error)
                self._failed = True
                self._frames.clear()
                return self._painter.paint(sheet, target)
            self._frames[shape] = frame
            if len(self._frames) > KEPT_GRAPHS:
                self._frames.popitem(last=False)
        self._frames.move_to_end(shape)
        return self._frames[shape].paint(sheet, target)


class _HeldFrame:
    """A recorded frame with its inputs at fixed places."""

    def __init__(
        self, painter: Painter, recorder: Recorder, sheet: SheetFeatures, target: Tensor
    ) -> None:
        self._inputs = SheetFeatures(
            tuple(tensor.to(painter.device, copy=True) for tensor in sheet.references),
            tuple(tensor.to(painter.device, copy=True) for tensor in sheet.features),
            sheet.first_share.to(painter.device, copy=True),
        )
        self._held = sheet
        self._target = target.to(painter.device, copy=True)
        self._recording = recorder.record(lambda: painter.paint(self._inputs, self._target))

    def paint(self, sheet: SheetFeatures, target: Tensor) -> Tensor:
        """Paint a frame of the recorded shape."""
        if sheet is not self._held:
            for place, tensor in zip(_tensors(self._inputs), _tensors(sheet), strict=True):
                place.copy_(tensor, non_blocking=True)
            self._held = sheet
        self._target.copy_(target, non_blocking=True)
        return self._recording.replay()


def _tensors(sheet: SheetFeatures) -> tuple[Tensor, ...]:
    return (sheet.first_share, *sheet.references, *sheet.features)
