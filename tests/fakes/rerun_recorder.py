"""A recorder that runs recorded work again instead of replaying a graph."""

from torch import Tensor

from renderer.engines.cuda_recorder import WARM_UPS, Work


class RerunRecorder:
    """Needs no GPU; counts what it recorded, fails when told to."""

    def __init__(self, error: str | None = None) -> None:
        self.recorded = 0
        self.replayed = 0
        self.error = error

    def record(self, work: Work) -> "Rerun":
        """Warm up, then keep the work; see Recorder."""
        for _ in range(WARM_UPS):
            work()
        if self.error is not None:
            raise RuntimeError(self.error)
        self.recorded += 1
        return Rerun(self, work)


class Rerun:
    """Runs work into one tensor. See ``Recording``."""

    def __init__(self, recorder: RerunRecorder, work: Work) -> None:
        self._recorder = recorder
        self._work = work
        self._output = work()

    def replay(self) -> Tensor:
        self._recorder.replayed += 1
        return self._output.copy_(self._work())
