"""Filters along time, without delay: a clip is known as a whole.

In numpy alone: scipy looks torch up in the modules that are loaded, and fails while another thread
is still loading it.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Double = NDArray[np.float64]

REACH_SIGMAS = 3.0


def smooth(values: Double, sigma_frames: float) -> Double:
    """Blur ``[T, ...]`` along the first axis by a Gaussian; the ends are held."""
    reach = math.ceil(REACH_SIGMAS * sigma_frames)
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / max(sigma_frames, 1e-6)) ** 2)
    weights /= weights.sum()
    padded = _held(values, reach)
    total = np.zeros_like(values)
    for offset, weight in enumerate(weights):
        total += weight * padded[offset : offset + len(values)]
    return total


def running_median(values: Double, frames: int) -> Double:
    """Return the median of ``[T, ...]`` over a window of at least ``frames``, an odd number."""
    return np.asarray(np.median(_windows(values, frames), axis=-1))


def running_maximum(values: Double, frames: int) -> Double:
    """Return the maximum of ``[T, ...]`` over a window of at least ``frames``, an odd number."""
    return np.asarray(_windows(values, frames).max(axis=-1))


def _windows(values: Double, frames: int) -> Double:
    """Return ``[T, ..., window]``."""
    reach = frames // 2
    return sliding_window_view(_held(values, reach), 2 * reach + 1, axis=0)


def _held(values: Double, reach: int) -> Double:
    return np.pad(values, ((reach, reach), *((0, 0),) * (values.ndim - 1)), mode="edge")
