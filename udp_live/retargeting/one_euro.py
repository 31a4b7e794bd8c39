"""The One Euro filter: smooth while still, quick while moving (Casiez, Roussel, Vogel 2012)."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.retargeting.quaternion import (
    Quat,
    angle_of,
    inverse,
    multiply,
    slerp,
)

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class OneEuroConfig:
    """Strength of a filter.

    Attributes:
        min_cutoff_hz: Cutoff at rest; lower is calmer.
        beta: Cutoff gained per unit of speed; higher lags less in motion.
        speed_cutoff_hz: Smoothing of the speed estimate itself.
    """

    min_cutoff_hz: float = 1.5
    beta: float = 20.0
    speed_cutoff_hz: float = 4.0


def _share(cutoff_hz: float, dt_s: float) -> float:
    """Return how much of a new value a low-pass takes."""
    return 1.0 - math.exp(-2.0 * math.pi * cutoff_hz * dt_s)


class OneEuroFilter:
    """Filter an array; each row (last axis) moves with one cutoff, so that shapes hold."""

    def __init__(self, config: OneEuroConfig) -> None:
        self._config = config
        self._value: Float | None = None
        self._speed: Float | None = None

    def smooth(self, value: NDArray[np.floating[Any]], dt_s: float) -> Float:
        """Return the filtered value ``dt_s`` seconds after the one before."""
        fresh = np.asarray(value, np.float64)
        if self._value is None or self._speed is None or dt_s <= 0.0:
            self._value, self._speed = fresh, np.zeros_like(fresh)
            return fresh
        config = self._config
        step = fresh - self._value
        speed_share = _share(config.speed_cutoff_hz, dt_s)
        self._speed = self._speed + speed_share * (step / dt_s - self._speed)
        pace = np.sqrt(np.sum(self._speed**2, axis=-1, keepdims=True))
        cutoff = config.min_cutoff_hz + config.beta * pace
        self._value = self._value + (1.0 - np.exp(-2.0 * np.pi * cutoff * dt_s)) * step
        return self._value

    def forget(self) -> None:
        """Start anew with the next value."""
        self._value = self._speed = None


class OneEuroQuaternion:
    """The same for one rotation; speeds are radians per second."""

    def __init__(self, config: OneEuroConfig) -> None:
        self._config = config
        self._value: Quat | None = None
        self._speed = 0.0

    def smooth(self, value: Quat, dt_s: float) -> Quat:
        """Return the filtered rotation ``dt_s`` seconds after the one before."""
        if self._value is None or dt_s <= 0.0:
            self._value, self._speed = value, 0.0
            return value
        config = self._config
        speed = angle_of(multiply(inverse(self._value), value)) / dt_s
        self._speed += _share(config.speed_cutoff_hz, dt_s) * (speed - self._speed)
        cutoff = config.min_cutoff_hz + config.beta * self._speed
        self._value = slerp(self._value, value, _share(cutoff, dt_s))
        return self._value

    def forget(self) -> None:
        """Start anew with the next value."""
        self._value = None
