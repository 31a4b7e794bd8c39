"""Work on a GPU recorded once and replayed: one launch instead of a thousand.

Source: PyTorch documentation, "CUDA semantics", section "CUDA Graphs". What a graph records must
keep its shapes and addresses, so inputs are copied to fixed places, and must not wait for the
device.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import torch
from torch import Tensor

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


@contextmanager
def _fastest_convolutions() -> Iterator[None]:
    """Let cuDNN try its kernels: shapes stay, so the search pays off."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before
