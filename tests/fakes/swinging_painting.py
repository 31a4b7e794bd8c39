"""A painting whose pictures depend on those before, as hair that swings does."""

import numpy as np
from numpy.typing import NDArray


class SwingingPainting:
    """Each picture's colour is a running sum over all pictures so far.

    Attributes:
        painted: Indices that were painted, in order.
        fail_at: Index at which painting fails once.
    """

    def __init__(
        self, count: int = 20, side: int = 32, *, times_s: list[float] | None = None
    ) -> None:
        self.size = (side, side)
        self.names = [f"frame_{number:06d}" for number in range(count)]
        self.times_s = times_s or [number / 10 for number in range(count)]
        self.end_s = self.times_s[-1] + 0.1
        self.painted: list[int] = []
        self.fail_at: int | None = None
        self._swing = 0

    def paint(self, index: int) -> NDArray[np.uint8]:
        if index == self.fail_at:
            raise KeyboardInterrupt
        self.pass_over(index)
        self.painted.append(index)
        picture = np.zeros((*self.size, 4), np.uint8)
        picture[:, : self.size[0] // 2] = (self._swing, 128, 64, 255)
        return picture

    def pass_over(self, index: int) -> None:
        self._swing = (3 * self._swing + 7 * index + 11) % 256
