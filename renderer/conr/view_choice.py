"""Which drawings to paint from: those that show most of what is wanted.

CoNR's cost grows with every view, and its networks were trained with four.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from renderer.types import SheetView

GRID = 24  # voxels along each axis of landmark space; one is as large as a hand
OCCUPIED = 0.5

Weights = NDArray[np.float32]


def landmark_histogram(udp: NDArray[np.float16] | NDArray[np.float32], step: int = 1) -> Weights:
    """Count the pixels of a UDP in each voxel of landmark space, ``[GRID ** 3]`` float32.

    Args:
        udp: ``[H, W, 4]``.
        step: Looks at every so many rows and columns.
    """
    pixels = udp[::step, ::step]
    landmarks = pixels[pixels[..., 3] > OCCUPIED][:, :3].astype(np.float32)
    cells = np.clip(landmarks * GRID, 0, GRID - 1).astype(np.int64)
    index = (cells[:, 0] * GRID + cells[:, 1]) * GRID + cells[:, 2]
    counts: Weights = np.bincount(index, minlength=GRID**3).astype(np.float32)
    return counts


def shown(views: Sequence[SheetView]) -> Weights:
    """Return how well each view shows each voxel, ``[N, GRID ** 3]`` in [0, 1]; 1 is the best."""
    shares = [landmark_histogram(view.udp) / (view.udp.shape[0] ** 2) for view in views]
    sizes = np.sqrt(np.stack(shares))  # lengths, not areas
    best = sizes.max(0)
    relative: Weights = np.divide(sizes, best, out=np.zeros_like(sizes), where=best > 0)
    return relative


def choose_views(shows: Weights, wanted: Weights, count: int) -> tuple[int, ...]:
    """Choose views one after another, each the one that adds most to what is shown.

    Args:
        shows: ``[N, V]`` from ``shown``.
        wanted: ``[V]``, how much each voxel matters.
        count: How many to choose.

    Returns:
        Indices in rising order.
    """
    chosen: list[int] = []
    reached = np.zeros(shows.shape[1], np.float32)
    for _ in range(min(count, len(shows))):
        gains = (np.maximum(shows, reached) - reached) @ wanted
        gains[chosen] = -1.0
        chosen.append(int(gains.argmax()))
        reached = np.maximum(reached, shows[chosen[-1]])
    return tuple(sorted(chosen))
