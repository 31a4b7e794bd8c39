"""Fit the landmark convention to an official UDP sequence: which axis is which, scale and offset.

The figure of the sequence is another one than ours, but both stand in an A-pose, so their surfaces
lie near each other once each axis is scaled right. From side to side a figure mirrors itself, which
gives that axis and its middle; its height goes from sole to top; for the rest each order and
direction of the axes is tried, and the one is taken under which the two surfaces, outward normals
included, come closest. Where that is not clear the documented one is kept.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from renderer.conr.landmarks.landmark_convention import (
    CANDIDATE_AXES,
    MAX_SCALE,
    MIN_SCALE,
    LandmarkConvention,
)
from renderer.conr.landmarks.mirror_plane import MirrorPlane, find_mirror_plane
from renderer.conr.landmarks.surface_cloud import SurfaceCloud
from renderer.errors import WeightsError

Doubles = NDArray[np.float64]

FITTED_NAME = "fitted"
X, DEPTH = 0, 2  # our axes
OUR_MIDDLE = 0.5  # of our x
DOCUMENTED_SIGNS = (1.0, -1.0, 1.0)  # left hand, back and head high
COARSE_POINTS, COARSE_STEPS = 500, 7
FINE_POINTS, FINE_STEPS = 2000, 16
FINALISTS = 2
NORMAL_WEIGHT = 0.08  # landmark units that a right angle between normals counts, about
MIN_POINTS = 50  # a figure has thousands; noise, in which each step is a jump, next to none
SEEN_SHARE = 0.65  # of our surface that a sequence is trusted to show
KNOWN_SHARE = 0.85  # of their surface that ours is trusted to have
BACKWARD = 0.6  # cosine from which a normal counts as facing to the back
CLEAR_LEAD = 1.12  # residual of the documented axes over the best ones' that speaks against them


@dataclass(frozen=True, slots=True)
class AxisFit:
    """A map from our landmarks to a sequence's, and how well it brings the surfaces together.

    Attributes:
        axes: Which of our axes feeds their x, y, z.
        scale, offset: ``[3]`` float64, ``theirs = offset + scale * ours[axes]``.
        residual: Mean distance of the surfaces, positions in our landmark units with normals, the
            parts left out that one of the figures lacks.
    """

    axes: tuple[int, int, int]
    scale: Doubles
    offset: Doubles
    residual: float = np.inf

    @property
    def directions(self) -> tuple[tuple[int, int, int], tuple[float, ...]]:
        """Axes and the signs of their scales."""
        return self.axes, tuple(np.sign(self.scale).tolist())

    def convention(self) -> LandmarkConvention:
        """Return the map as a convention.

        Raises:
            WeightsError: Its scale is absurd.
        """
        if not np.all((np.abs(self.scale) >= MIN_SCALE) & (np.abs(self.scale) <= MAX_SCALE)):
            raise WeightsError("nothing to fit: the sequence's figure has an absurd size")
        scale, offset = self.scale.tolist(), self.offset.tolist()
        return LandmarkConvention(
            FITTED_NAME,
            self.axes,
            (scale[0], scale[1], scale[2]),
            (offset[0], offset[1], offset[2]),
        )


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted landmark convention, and what speaks for it.

    Attributes:
        fit: The map.
        plane: Left and right of the sequence's figure.
        lead: Residual of the next best order or direction of axes over this one's; below 1 where
            the documented one was kept although another fits better.
        agreement: Mean cosine between the outward normals of the two surfaces.
        seen: Share of our surface that the sequence shows.
        back_seen: The same of what faces to the back.
    """

    fit: AxisFit
    plane: MirrorPlane
    lead: float
    agreement: float
    seen: float
    back_seen: float


def calibrate(theirs: SurfaceCloud, ours: SurfaceCloud) -> Calibration:
    """Fit the map from our landmarks to those of a sequence.

    Args:
        theirs: What an official sequence shows.
        ours: Surface of a figure of ours, from ``rig_cloud``.

    Raises:
        WeightsError: The sequence's figure is flat, of absurd size, or no surface at all.
    """
    if np.any(theirs.high - theirs.low < MIN_SCALE):
        raise WeightsError("nothing to fit: an axis of the sequence hardly changes")
    if len(theirs.points) < MIN_POINTS:
        raise WeightsError(
            "nothing to fit: values jump from pixel to pixel, as on no surface; give larger frames "
            "or another sequence"
        )
    plane = find_mirror_plane(theirs)
    coarse = [
        _refined(fit, theirs, ours, COARSE_POINTS, COARSE_STEPS)
        for fit in _starts(theirs, ours, plane)
    ]
    coarse.sort(key=_residual)
    chosen = coarse[:FINALISTS]
    chosen += [fit for fit in coarse[FINALISTS:] if _is_documented(fit)]
    finalists = [_refined(fit, theirs, ours, FINE_POINTS, FINE_STEPS) for fit in chosen]
    finalists.sort(key=_residual)
    best = finalists[0]
    documented = next((fit for fit in finalists if _is_documented(fit)), best)
    if documented.residual <= CLEAR_LEAD * best.residual:
        best = documented
    rival = min(fit.residual for fit in finalists if fit is not best)
    lead = rival / max(best.residual, 1e-9)
    return Calibration(best, plane, lead, *_comparison(best, theirs, ours))


def _residual(fit: AxisFit) -> float:
    return fit.residual


def _is_documented(fit: AxisFit) -> bool:
    return fit.directions == (CANDIDATE_AXES, DOCUMENTED_SIGNS)


def _starts(theirs: SurfaceCloud, ours: SurfaceCloud, plane: MirrorPlane) -> Iterator[AxisFit]:
    """Map extent onto extent, in every order and direction that keeps left and right apart."""
    for axes in itertools.permutations(range(3)):
        if axes[plane.axis] != X:
            continue
        low, high = (end[list(axes)].astype(np.float64) for end in (ours.low, ours.high))
        for signs in itertools.product((1.0, -1.0), repeat=3):
            scale = np.array(signs) * (theirs.high - theirs.low) / (high - low)
            offset = 0.5 * (theirs.high + theirs.low) - scale * 0.5 * (high + low)
            offset[plane.axis] = plane.middle - OUR_MIDDLE * scale[plane.axis]
            yield AxisFit((axes[0], axes[1], axes[2]), scale, offset)


def _refined(
    fit: AxisFit, theirs: SurfaceCloud, ours: SurfaceCloud, count: int, steps: int
) -> AxisFit:
    """Pair each point with the nearest of the other surface, fit width and depth, repeat."""
    order = list(fit.axes)
    width = fit.axes.index(X)
    depth = fit.axes.index(DEPTH)
    points = theirs.points[:count].astype(np.float64)
    reference = ours.points[:count, order].astype(np.float64)
    target = np.hstack([reference, NORMAL_WEIGHT * _normals(ours, count, order)])
    tree = cKDTree(target)
    scale, offset, residual = fit.scale.copy(), fit.offset.copy(), np.inf
    for _ in range(steps):
        normals = _normals(theirs, count, [0, 1, 2], scale, fit.axes)
        moved = np.hstack([(points - offset) / scale, NORMAL_WEIGHT * normals])
        known, nearest = tree.query(moved)
        seen, backward = cKDTree(moved).query(target)
        kept, shown = (
            distance <= np.quantile(distance, share)
            for distance, share in ((known, KNOWN_SHARE), (seen, SEEN_SHARE))
        )
        residual = 0.5 * float(known[kept].mean() + seen[shown].mean())
        left = np.concatenate([reference[nearest[kept]], reference[shown]])
        right = np.concatenate([points[kept], points[backward[shown]]])
        middle = offset[width] + OUR_MIDDLE * scale[width]
        spread = np.mean((right[:, width] - middle) ** 2)
        spread /= np.mean((left[:, width] - OUR_MIDDLE) ** 2)
        scale[width] = np.sign(scale[width]) * np.sqrt(spread)
        offset[width] = middle - OUR_MIDDLE * scale[width]
        stretch = right[:, depth].std() / left[:, depth].std()
        scale[depth] = np.sign(scale[depth]) * max(stretch, MIN_SCALE)
        offset[depth] = right[:, depth].mean() - scale[depth] * left[:, depth].mean()
    return AxisFit(fit.axes, scale, offset, residual)


def _normals(
    cloud: SurfaceCloud,
    count: int,
    order: list[int],
    scale: Doubles | float = 1.0,
    axes: tuple[int, int, int] | None = None,
) -> Doubles:
    """Return outward unit normals, components in the order of ``order``, ``[count, 3]``."""
    down, right = cloud.down[:count][:, order] / scale, cloud.right[:count][:, order] / scale
    swapped = np.linalg.det(np.eye(3)[list(axes or order)])  # a swap of two axes turns them in
    normals = swapped * np.cross(down, right).astype(np.float64)
    unit: Doubles = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return unit


def _comparison(
    fit: AxisFit, theirs: SurfaceCloud, ours: SurfaceCloud
) -> tuple[float, float, float]:
    """Return the mean cosine between normals, and which share of ours, and of its back, is seen."""
    order = list(fit.axes)
    count = max(len(theirs.points), len(ours.points))
    reference, outward = ours.points[:, order].astype(np.float64), _normals(ours, count, order)
    moved = (theirs.points - fit.offset) / fit.scale
    normals = _normals(theirs, count, [0, 1, 2], fit.scale, fit.axes)
    distance, nearest = cKDTree(reference).query(moved)
    near = distance <= np.quantile(distance, KNOWN_SHARE)
    cosines = np.sum(normals * outward[nearest], axis=1)
    tree = cKDTree(np.hstack([moved, NORMAL_WEIGHT * normals]))
    seen = tree.query(np.hstack([reference, NORMAL_WEIGHT * outward]))[0] < NORMAL_WEIGHT
    back = outward[:, fit.axes.index(DEPTH)] < -BACKWARD
    return float(cosines[near].mean()), float(seen.mean()), float(seen[back].mean())
