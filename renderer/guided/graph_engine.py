"""The guided network replayed from recordings, on a GPU."""

import logging
from collections import OrderedDict

import torch
from torch import Tensor

from renderer.engines.cuda_recorder import Recorder
from renderer.guided.torch_engine import TorchEngine

logger = logging.getLogger(__name__)

STEP_PX = 128  # figures change their size from frame to frame: recordings are for steps of it
KEPT_RECORDINGS = 8


class GraphEngine:
    """Runs another engine from recordings, one for each size and number of candidates.

    See ``NetworkEngine``.
    """

    def __init__(self, engine: TorchEngine, recorder: Recorder) -> None:
        """Wrap an engine.

        Args:
            engine: On a CUDA device.
            recorder: Records on that device.
        """
        self._engine = engine
        self._recorder = recorder
        self._held: OrderedDict[tuple[int, ...], _HeldFrame] = OrderedDict()
        self._failed = False

    @property
    def name(self) -> str:
        """Name of the wrapped engine."""
        return self._engine.name

    @torch.inference_mode()
    def refine(self, slots: Tensor, picture: Tensor) -> Tensor:
        """Refine one picture; see NetworkEngine. The first one of a size takes a second."""
        frame = None if self._failed else self._frame(slots, picture)
        if frame is None:
            return self._engine.refine(slots, picture)
        return frame.refine(slots, picture)

    def _frame(self, slots: Tensor, picture: Tensor) -> "_HeldFrame | None":
        count, channels, *sides = slots.shape
        height, width = (side + -side % STEP_PX for side in sides)
        shape = (count, channels, height, width)
        if shape not in self._held:
            room = slots.new_zeros(shape), picture.new_zeros((len(picture), height, width))
            try:
                frame = _HeldFrame(self._engine, self._recorder, *room)
            except RuntimeError as error:
                logger.warning(
                    "the guided network runs without CUDA graphs, more slowly: %s", error
                )
                self._failed = True
                self._held.clear()
                return None
            self._held[shape] = frame
            if len(self._held) > KEPT_RECORDINGS:
                self._held.popitem(last=False)
        self._held.move_to_end(shape)
        return self._held[shape]


class _HeldFrame:
    """A recording with its inputs at fixed places."""

    def __init__(
        self, engine: TorchEngine, recorder: Recorder, slots: Tensor, picture: Tensor
    ) -> None:
        self._slots, self._picture = slots, picture
        self._recording = recorder.record(lambda: engine.refine(slots, picture))

    def refine(self, slots: Tensor, picture: Tensor) -> Tensor:
        """Refine a picture that fits."""
        height, width = picture.shape[1:]
        for place, given in ((self._slots, slots), (self._picture, picture)):
            place.zero_()
            place[..., :height, :width].copy_(given, non_blocking=True)
        return self._recording.replay()[:, :height, :width]
