"""The contract of everything whose pictures become a film or a folder of pictures."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Painting(Protocol):
    """Pictures that are painted one after the other, each with a name and a time.

    A picture may depend on those before it (hair swings on), so each index is either painted or
    passed over, in order. What is painted does not depend on which ones were passed over.
    """

    @property
    def size(self) -> tuple[int, int]:
        """``(width, height)`` of the pictures, pixels."""
        ...

    @property
    def names(self) -> Sequence[str]:
        """Name of each picture, without suffix."""
        ...

    @property
    def times_s(self) -> Sequence[float]:
        """Time of each picture from the start of the film, seconds, rising."""
        ...

    @property
    def end_s(self) -> float:
        """Until when the last picture is shown, seconds."""
        ...

    def paint(self, index: int) -> NDArray[np.uint8]:
        """Paint one picture: ``[H, W, 4]`` premultiplied sRGB RGBA."""
        ...

    def pass_over(self, index: int) -> None:
        """Leave one picture out."""
        ...
