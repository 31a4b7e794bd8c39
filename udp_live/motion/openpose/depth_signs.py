"""Before or behind: one choice out of a few per frame, steady over time."""

import numpy as np
from numpy.typing import NDArray

Double = NDArray[np.float64]

STIFFNESS = 8.0


def steadiest_choices(costs: Double, directions: Double) -> NDArray[np.intp]:
    """Choose one state per frame at the least cost (Viterbi).

    A state's own cost says how unlikely it is; a change of state costs as much as its directions
    turn, so that limbs only change sides while they are seen at full length.

    Args:
        costs: ``[T, S]`` float64.
        directions: ``[T, S, K, 3]`` float64 unit vectors of each state.

    Returns:
        ``[T]`` state of each frame.
    """
    frames, states = costs.shape
    arrived = np.zeros((frames, states), np.intp)
    total = costs[0]
    for frame in range(1, frames):
        turn = 1.0 - np.einsum("ikc,jkc->ijk", directions[frame - 1], directions[frame])
        ways = total[:, None] + STIFFNESS * turn.sum(axis=2)
        arrived[frame] = ways.argmin(axis=0)
        total = ways.min(axis=0) + costs[frame]
    choices = np.zeros(frames, np.intp)
    choices[-1] = total.argmin()
    for frame in range(frames - 1, 0, -1):
        choices[frame - 1] = arrived[frame, choices[frame]]
    return choices
