"""Points on a figure's surface in landmark space, from a rig or from a sequence of UDP frames."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from renderer.errors import WeightsError
from udp_live.rig.landmarks import canonical_landmarks
from udp_live.rig.rig import Rig
from udp_live.types import UdpMap

Float = NDArray[np.float32]

OCCUPIED = 0.5
RIG_SAMPLES = 60_000
TANGENT = np.float32(1e-3)  # length of a rig's tangents in edges, so that none seems to jump
FRAME_SAMPLES = 6_000
CELLS = 40  # per axis of the figure's extent; points of one cell count as one
CLOUD_POINTS = 3_000
MIN_POINTS = 400
EXTREMES = (0.2, 99.8)  # percentiles that count as a figure's extent
ENDS = (0.01, 99.99)  # percentiles that count as its very ends; beyond are stray pixels
MAX_SATURATED = 0.002  # of the points; a figure that just touches 0 or 1 has fewer
MAX_STEP = 0.06  # of the extent; a longer one to the next pixel crosses a contour
MIN_EXTENT = 1e-4


@dataclass(frozen=True, slots=True)
class SurfaceCloud:
    """Points spread evenly over what was seen of a surface.

    Attributes:
        points: ``[N, 3]`` float32, in the space of their source.
        right: ``[N, 3]`` float32, a tangent of the surface there.
        down: ``[N, 3]`` float32, another; ``cross(down, right)`` points out of the body where the
            space is right-handed.
        low, high: ``[3]`` float32, robust extent along each axis.
        ends: ``[2, 3]`` float32, lowest and highest values, but for a few stray ones.
        clipped: ``[3]`` bool, whether values pile up at 0 or 1, so that the ends say nothing.
    """

    points: Float = field(repr=False)
    right: Float = field(repr=False)
    down: Float = field(repr=False)
    low: Float
    high: Float
    ends: Float
    clipped: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(3, np.bool_))


def rig_cloud(rig: Rig, seed: int = 0) -> SurfaceCloud:
    """Sample the surface of a rig, in our landmarks."""
    random = np.random.default_rng(seed)
    corners = canonical_landmarks(rig)[rig.mesh.triangles]  # [T, 3, 3]
    right, down = (
        TANGENT * (corners[:, 2] - corners[:, 0]),
        TANGENT * (corners[:, 1] - corners[:, 0]),
    )
    area = np.linalg.norm(np.cross(down, right), axis=1).astype(np.float64)
    chosen = random.choice(len(corners), RIG_SAMPLES, p=area / area.sum())
    u, v = random.random((2, RIG_SAMPLES, 1), np.float32)
    outside = u + v > 1
    u, v = np.where(outside, 1 - u, u), np.where(outside, 1 - v, v)
    points = corners[chosen, 0] + (u * right[chosen] + v * down[chosen]) / TANGENT
    # Triangles run counter-clockwise seen from outside: (1 - 0) x (2 - 0) points out.
    return _thinned(points, right[chosen], down[chosen], random)


def sequence_cloud(frames: Iterable[UdpMap], seed: int = 0) -> SurfaceCloud:
    """Gather what a sequence shows, in the sequence's own landmarks.

    Pixels at contours are left out: other programs blend them.

    Raises:
        WeightsError: Hardly anything is to be seen.
    """
    random = np.random.default_rng(seed)
    parts = [_frame_samples(frame.xyzv, random) for frame in frames]
    samples = np.concatenate(parts) if parts else np.empty((0, 3, 3), np.float32)
    if len(samples) < MIN_POINTS:
        raise WeightsError(
            f"nothing to fit: the sequence shows {len(samples)} points of a figure, at least "
            f"{MIN_POINTS} are needed; give frames on which the whole figure is seen"
        )
    saturated = (samples[:, 0] == 0) | (samples[:, 0] == 1)
    free = samples[~saturated.any(axis=1)]
    if len(free) < MIN_POINTS:
        raise WeightsError("nothing to fit: nearly all values of the sequence are 0 or 1")
    cloud = _thinned(free[:, 0], free[:, 1], free[:, 2], random)
    return replace(cloud, clipped=saturated.mean(axis=0) > MAX_SATURATED)


def _frame_samples(xyzv: Float, random: np.random.Generator) -> Float:
    """Return points and both tangents, ``[N, 3 (point, right, down), 3]``."""
    inside = xyzv[..., 3] > OCCUPIED
    inside &= np.isfinite(xyzv[..., :3]).all(axis=-1)
    whole = inside[1:-1, 1:-1].copy()
    for rows, columns in ((0, 1), (2, 1), (1, 0), (1, 2)):
        height, width = inside.shape
        whole &= inside[rows : height - 2 + rows, columns : width - 2 + columns]
    at = np.argwhere(whole) + 1
    if len(at) > FRAME_SAMPLES:
        at = at[random.choice(len(at), FRAME_SAMPLES, replace=False)]
    row, column = at.T
    point = xyzv[row, column, :3]
    right = (xyzv[row, column + 1, :3] - xyzv[row, column - 1, :3]) / 2
    down = (xyzv[row + 1, column, :3] - xyzv[row - 1, column, :3]) / 2
    return np.stack([point, right, down], axis=1)


def _thinned(points: Float, right: Float, down: Float, random: np.random.Generator) -> SurfaceCloud:
    """Keep one point of each cell, so that what is seen often counts no more than the rest."""
    low, high = np.percentile(points, EXTREMES, axis=0).astype(np.float32)
    ends = np.percentile(points, ENDS, axis=0).astype(np.float32)
    extent = np.maximum(high - low, MIN_EXTENT)
    steps = np.maximum(np.abs(right), np.abs(down)) / extent
    stray = np.any((points < low - 0.1 * extent) | (points > high + 0.1 * extent), axis=1)
    kept = np.flatnonzero(~stray & np.all(steps < MAX_STEP, axis=1))
    kept = random.permutation(kept)
    cells = np.clip((points[kept] - low) / extent * CELLS, 0, CELLS - 1).astype(np.int64)
    _, first = np.unique(cells @ (CELLS * CELLS, CELLS, 1), return_index=True)
    kept = kept[random.permutation(first)[:CLOUD_POINTS]]
    return SurfaceCloud(points[kept], right[kept], down[kept], low, high, ends)
