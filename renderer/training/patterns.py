"""Patterns for cloth: small images that repeat, laid over the landmarks of a surface."""

import colorsys
from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Share = NDArray[np.float32]

TILE_PX = 64  # side of a pattern's image, one period
PERIODS = (0.025, 0.13)  # landmark units that one period covers
GRADIENT_PERIODS = (0.5, 1.2)
EDGE = 0.04  # of a period: width of the soft edge between two colours


def _wave(x: Share) -> Share:
    """Return 0..1..0 along one period, linear."""
    return np.asarray(1 - np.abs(2 * (x % 1.0) - 1), np.float32)


def _step(x: Share, edge: float) -> Share:
    return np.asarray(np.clip((x - edge) / EDGE + 0.5, 0.0, 1.0), np.float32)


def _stripes(u: Share, v: Share, duty: float) -> Share:
    return _step(np.asarray(_wave(u) + 0 * v, np.float32), duty)


def _checks(u: Share, v: Share, duty: float) -> Share:
    first, second = _step(_wave(u), 0.5), _step(_wave(v), 0.5)
    return np.asarray(np.abs(first - second) + 0 * duty, np.float32)


def _dots(u: Share, v: Share, duty: float) -> Share:
    return _step(0.25 + 0.5 * duty - np.hypot(u - 0.5, v - 0.5), 0.12)


def _plaid(u: Share, v: Share, duty: float) -> Share:
    return 0.5 * (_step(_wave(u), duty) + _step(_wave(v), duty))


def _zigzag(u: Share, v: Share, duty: float) -> Share:
    return _step(_wave(u + 0.25 * _wave(v)), duty)


def _gradient(u: Share, v: Share, duty: float) -> Share:
    return np.asarray(_wave(u) + 0 * v * duty, np.float32)


PATTERNS: Mapping[str, Callable[[Share, Share, float], Share]] = MappingProxyType(
    {
        "stripes": _stripes,
        "checks": _checks,
        "dots": _dots,
        "plaid": _plaid,
        "zigzag": _zigzag,
        "gradient": _gradient,
    }
)


def random_rgb(random: np.random.Generator) -> tuple[float, float, float]:
    """Draw an sRGB colour that cloth might have, in [0, 1]."""
    grey = random.random() < 0.2
    saturation = random.uniform(0, 0.1) if grey else random.uniform(0.2, 0.9)
    return colorsys.hsv_to_rgb(random.random(), saturation, random.uniform(0.2, 1.0))


def random_pattern(random: np.random.Generator) -> tuple[str, Picture]:
    """Draw a kind of pattern and its image ``[TILE_PX, TILE_PX, 4]`` uint8."""
    kind = str(random.choice(list(PATTERNS)))
    colours = np.array((random_rgb(random), random_rgb(random)), np.float32)
    return kind, pattern_image(kind, colours[0], colours[1], float(random.uniform(0.25, 0.75)))


def pattern_image(
    kind: str, ground: NDArray[np.float32], figure: NDArray[np.float32], duty: float
) -> Picture:
    """Paint one period of a pattern; it continues across its edges."""
    places = (np.arange(TILE_PX, dtype=np.float32) + 0.5) / TILE_PX
    u, v = np.meshgrid(places, places)
    share = PATTERNS[kind](u, v, duty)[..., None]
    rgb = ground + share * (figure - ground)
    alpha = np.ones((TILE_PX, TILE_PX, 1), np.float32)
    return np.asarray(np.rint(np.concatenate((rgb, alpha), axis=-1) * 255), np.uint8)


def laid_over(
    landmarks: NDArray[np.float32], kind: str, random: np.random.Generator
) -> NDArray[np.float32]:
    """Return texture coordinates ``[V, 2]`` that glue a pattern to landmarks ``[V, 3]``.

    The plane of the pattern is turned and leans against all axes, so that no side of the body
    shows it as a smear.
    """
    period = random.uniform(*(GRADIENT_PERIODS if kind == "gradient" else PERIODS))
    angle = random.choice((0.0, 0.5 * np.pi, 0.25 * np.pi, random.uniform(0, np.pi)))
    across = np.array((np.cos(angle), np.sin(angle), random.choice((-0.6, 0.6))))
    along = np.array((-np.sin(angle), np.cos(angle), random.choice((-0.6, 0.6))))
    axes = np.stack((across, along), axis=1) / period
    offset = random.uniform(0, 1, 2)
    return np.asarray(landmarks @ axes + offset, np.float32)
