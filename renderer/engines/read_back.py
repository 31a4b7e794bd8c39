"""Pictures from the device to numpy."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def read_back(pixels: Tensor) -> NDArray[np.uint8]:
    """Turn a finished picture into an array of its own.

    From a GPU it comes in one copy into pinned memory, behind all that is queued on the current
    stream; meanwhile the processor sleeps, so that other threads get it.

    Args:
        pixels: ``[H, W, 4]`` uint8 that nothing else will write to.
    """
    if pixels.device.type != "cuda":
        return pixels.numpy()
    # Torch keeps pinned memory and gives it out again when the array is dropped.
    host = torch.empty(pixels.shape, dtype=pixels.dtype, pin_memory=True)
    host.copy_(pixels, non_blocking=True)
    arrived = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
    arrived.record(torch.cuda.current_stream(pixels.device))
    arrived.synchronize()
    return host.numpy()
