"""CoNR's frames painted by replaying a CUDA graph: one launch instead of a thousand.

Source: PyTorch documentation, "CUDA semantics", section "CUDA Graphs". What a graph records must
keep its shapes and addresses, so inputs are copied to fixed places, and must not wait for the
device.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor

from renderer.conr.networks.shading import SheetFeatures
from renderer.conr.painters.painter import Painter

logger = logging.getLogger(__name__)

KEPT_GRAPHS = 3  # numbers of views and sizes, together
WARM_UPS = 3  # runs before the recording, in which libraries choose kernels and take workspaces

Work = Callable[[], Tensor]


class Recording(Protocol):
    """Work that can be repeated on whatever its inputs hold by then."""

    def replay(self) -> Tensor:
        """Repeat the work; returns the same tensor every time, with another content."""


class Recorder(Protocol):
    """Records work on a device."""

    def record(self, work: Work) -> Recording:
        """Run work several times and record it.

        Raises:
            RuntimeError: It cannot be recorded, or the device ran out of memory.
        """


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


class CudaRecorder:
    """Records CUDA graphs that share their working memory.

    Replays must not overlap: all happen on one stream.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        # One stream for warm-up and recording: libraries keep a workspace for each stream.
        self._stream: torch.cuda.Stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()

    def record(self, work: Work) -> "CudaRecording":
        """Record work as a graph; see Recorder."""
        with torch.cuda.device(self._device), _fastest_convolutions():
            current = torch.cuda.current_stream()
            self._stream.wait_stream(current)
            with torch.cuda.stream(self._stream):
                for _ in range(WARM_UPS):
                    work()
            current.wait_stream(self._stream)
            graph = torch.cuda.CUDAGraph()
            # Other threads may use the device meanwhile: their work is not recorded.
            with torch.cuda.graph(
                graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"
            ):
                output = work()
        return CudaRecording(graph, output)


class CudaRecording:
    """A CUDA graph and the tensor that it writes. See ``Recording``."""

    def __init__(self, graph: torch.cuda.CUDAGraph, output: Tensor) -> None:
        self._graph = graph
        self._output = output

    def replay(self) -> Tensor:
        """Queue the graph on the current stream."""
        self._graph.replay()
        return self._output


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


@contextmanager
def _fastest_convolutions() -> Iterator[None]:
    """Let cuDNN try its kernels: shapes stay, so the search pays off."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before
