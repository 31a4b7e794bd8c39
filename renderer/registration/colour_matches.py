"""Places of two drawings that show the same landmark and so should have the same colour."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from renderer.guided.surface import Surface, measure_gradient
from renderer.types import SheetView

Double = NDArray[np.float64]

LEAST_FACING = 0.25  # a surface seen from aside shows its colours squeezed
NEAR_STEPS = 2.0  # landmarks as far apart as so many sampled pixels are the same
LEAST_PIXELS = 16
PARTNERS = 4  # drawings that one is compared with; the time taken grows with them


@dataclass(frozen=True, slots=True)
class ColourMatch:
    """Places of two drawings with equal landmarks.

    Attributes:
        first, second: Index of the drawings.
        from_first, from_second: ``[N, 2]`` float64 (x, y), heights of the pictures.
        weight: ``[N]`` float64 in [0, 1], how well both face the viewer.
    """

    first: int
    second: int
    from_first: Double = field(repr=False)
    from_second: Double = field(repr=False)
    weight: Double = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Sample:
    places: Double
    landmarks: NDArray[np.float32]
    facing: Double
    step: float


def match_colours(views: Sequence[SheetView], stride_px: int) -> list[ColourMatch]:
    """Pair up what several drawings show.

    Args:
        views: Of a sheet.
        stride_px: Between the pixels that are looked at, in both directions.
    """
    samples = [_sample(view, stride_px) for view in views]
    trees = [cKDTree(sample.landmarks) for sample in samples]
    matches = []
    for first, one in enumerate(samples):
        for second in range(first + 1, len(samples)):
            other = samples[second]
            # The denser drawing is searched, so that pairs lie as close as possible.
            pair = (first, second) if one.step >= other.step else (second, first)
            match = _match(*pair, samples, trees[pair[1]])
            if len(match.weight) >= LEAST_PIXELS:
                matches.append(match)
    return _strongest(matches, len(views))


def _strongest(matches: Sequence[ColourMatch], views: int) -> list[ColourMatch]:
    """Keep those that are among the best few of one of their drawings, in their order."""
    kept: set[int] = set()
    for view in range(views):
        mine = [i for i, match in enumerate(matches) if view in (match.first, match.second)]
        mine.sort(key=lambda i: float(matches[i].weight.sum()), reverse=True)
        kept.update(mine[:PARTNERS])
    return [matches[i] for i in sorted(kept)]


def _sample(view: SheetView, stride: int) -> _Sample:
    small = view.udp[stride // 2 :: stride, stride // 2 :: stride].astype(np.float32)
    landmark = np.ascontiguousarray(small[..., :3].transpose(2, 0, 1))
    occupied = (small[..., 3] > 0.5).astype(np.float32)
    gradient = measure_gradient(Surface(landmark, landmark, occupied))
    rows, columns = np.nonzero((occupied > 0) & (gradient.facing > LEAST_FACING))
    places = np.stack([columns, rows], 1) * stride + stride // 2 + 0.5
    return _Sample(
        places / view.udp.shape[0],
        np.ascontiguousarray(landmark[:, rows, columns].T),
        gradient.facing[rows, columns].astype(np.float64),
        1 / gradient.density,
    )


def _match(first: int, second: int, samples: Sequence[_Sample], tree: cKDTree) -> ColourMatch:
    one, other = samples[first], samples[second]
    reach = NEAR_STEPS * other.step
    distance, index = tree.query(one.landmarks, distance_upper_bound=reach)
    found = np.flatnonzero(np.isfinite(distance))
    index = index[found]
    weight = np.minimum(one.facing[found], other.facing[index])
    return ColourMatch(first, second, one.places[found], other.places[index], weight)
