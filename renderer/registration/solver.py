"""Finds the smooth shift of every drawing against its UDP, all drawings at once, coarse to fine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.sparse import block_diag, csr_matrix, diags, vstack
from scipy.sparse.linalg import LinearOperator, cg
from scipy.spatial import cKDTree

from renderer.registration.colour_matches import ColourMatch, match_colours
from renderer.registration.outlines import Outline, drawn_lines, landmark_jumps, silhouette
from renderer.registration.spline_field import SplineField, SplineGrid
from renderer.types import InkStyle, SheetView

Double = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stage:
    """One round of the search, from coarse to fine.

    Attributes:
        knots: Intervals of the spline from top to bottom.
        reach: Outlines farther apart than this count for little, heights.
        blur: Of the colours, heights.
        steps: Gauss-Newton steps.
    """

    knots: int
    reach: float
    blur: float
    steps: int


STAGES = (
    Stage(3, 0.030, 0.012, 4),
    Stage(5, 0.020, 0.006, 4),
    Stage(8, 0.010, 0.003, 4),
    Stage(12, 0.006, 0.002, 4),
)
OUTLINE_WEIGHT = 1.0
JUMP_WEIGHT = 0.5
COLOUR_WEIGHT = 0.6
COLOUR_SCALE = 14.0  # of 255; larger differences are other things, not shifts
BENDING = 2e-2
SHRINKING = 0.02
OUTLINE_STEP = 0.005  # heights between points of outlines that are used
NORMAL_REACH = 0.03  # outlines with opposite normals count as this much farther apart, heights
COLOUR_STRIDE = 1 / 144
COLOUR_SIZE = 256  # rows of the pictures whose colours are compared
CG_STEPS = 24
CG_PRECISION = 1e-3


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What is compared of one view; places in heights."""

    aspect: float
    udp_silhouette: Outline
    udp_jumps: Outline
    silhouette: Outline
    lines: Outline


@dataclass(frozen=True, slots=True)
class _Pull:
    """How strongly an outline is pulled, whether its sides differ, and how far away it looks."""

    weight: float
    signed: bool
    reach: float


@dataclass(frozen=True, slots=True)
class _Equations:
    """Weighted linear equations on all coefficients: row by row, ``values @ c[places] = right``.

    Attributes:
        places: ``[N, K]`` int64 indices of coefficients.
        values: ``[N, K]`` float64.
        right: ``[N]`` float64.
    """

    places: NDArray[np.int64]
    values: Double
    right: Double

    def matrix(self, unknowns: int) -> csr_matrix:
        """Return ``[N, unknowns]``."""
        count, each = self.places.shape
        starts = np.arange(0, count * each + 1, each)
        entries = (self.values.reshape(-1), self.places.reshape(-1), starts)
        return csr_matrix(entries, (count, unknowns))


def find_shifts(
    views: Sequence[SheetView], ink: InkStyle, fixed: Sequence[bool]
) -> list[SplineField]:
    """Return how far each drawing lies from its UDP.

    Args:
        views: Of one sheet.
        ink: Of the drawings.
        fixed: Which of them are in place and hold the others there.
    """
    drawings = [_outlines(view, ink) for view in views]
    stride = [max(round(COLOUR_STRIDE * view.udp.shape[0]), 1) for view in views]
    matches = match_colours(views, max(stride))
    fields = [SplineField.zero(SplineGrid.over(d.aspect, STAGES[0].knots)) for d in drawings]
    for stage in STAGES:
        fields = [f.on(SplineGrid.over(f.grid.aspect, stage.knots)) for f in fields]
        colours = [_soft_colours(view.image, stage.blur) for view in views]
        smooth = csr_matrix(block_diag([_smoothness(f.grid) for f in fields]))
        for _ in range(stage.steps):
            improved = _improved(fields, drawings, colours, matches, stage, smooth)
            fields = [
                old if still else new
                for old, new, still in zip(fields, improved, fixed, strict=True)
            ]
    return fields


def _outlines(view: SheetView, ink: InkStyle) -> _Drawing:
    occupied = view.udp[..., 3] > 0.5
    landmark = view.udp[..., :3].astype(np.float32)
    height, width = occupied.shape
    step = max(round(OUTLINE_STEP * height), 1)
    return _Drawing(
        width / height,
        silhouette(occupied).thinned(step),
        landmark_jumps(landmark, occupied).thinned(step),
        silhouette(view.image[..., 3] > 127),
        drawn_lines(view.image, ink),
    )


def _soft_colours(image: NDArray[np.uint8], blur: float) -> NDArray[np.float32]:
    """Return ``[h, w, 3]`` Lab colours smoothed within the figure."""
    height = COLOUR_SIZE
    width = max(round(image.shape[1] * height / image.shape[0]), 1)
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    alpha = small[..., 3:].astype(np.float32) / 255
    lab = cv2.cvtColor(np.ascontiguousarray(small[..., :3]), cv2.COLOR_RGB2LAB).astype(np.float32)
    sigma = blur * height
    total = cv2.GaussianBlur(lab * alpha, (0, 0), sigma)
    weight = cv2.GaussianBlur(alpha, (0, 0), sigma)
    return np.asarray(total / np.maximum(weight[..., None], 1e-3), np.float32)


def _improved(
    fields: Sequence[SplineField],
    drawings: Sequence[_Drawing],
    colours: Sequence[NDArray[np.float32]],
    matches: Sequence[ColourMatch],
    stage: Stage,
    smooth: csr_matrix,
) -> list[SplineField]:
    """Take one Gauss-Newton step."""
    sizes = [2 * f.grid.size for f in fields]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    parts: list[_Equations] = []
    for index, (f, drawing) in enumerate(zip(fields, drawings, strict=True)):
        parts += _outline_equations(f, drawing, stage, int(starts[index]))
    parts += [_colour_equations(fields, colours, match, starts) for match in matches]
    rows = csr_matrix(vstack([*(part.matrix(int(starts[-1])) for part in parts), smooth]))
    right = np.concatenate([*(part.right for part in parts), np.zeros(smooth.shape[0])])
    solved = _least_squares(rows, right, np.concatenate([f.coefficients.ravel() for f in fields]))
    return [
        replace(f, coefficients=solved[start : start + size].reshape(2, -1))
        for f, start, size in zip(fields, starts, sizes, strict=False)
    ]


def _least_squares(rows: csr_matrix, right: Double, guess: Double) -> Double:
    """Solve by conjugate gradients on the normal equations, scaled by their diagonal.

    Returns:
        The guess where the equations have no finite solution.
    """
    turned = csr_matrix(rows.T)
    diagonal = np.bincount(rows.indices, rows.data**2, rows.shape[1])
    square = LinearOperator(
        (rows.shape[1], rows.shape[1]), matvec=lambda c: turned @ (rows @ c), dtype=np.float64
    )
    solved, _ = cg(
        square,
        turned @ right,
        x0=guess,
        rtol=CG_PRECISION,
        maxiter=CG_STEPS,
        M=diags(1 / np.maximum(diagonal, 1e-12)),
    )
    return np.asarray(solved) if np.isfinite(solved).all() else guess


def _smoothness(grid: SplineGrid) -> csr_matrix:
    """Return what should be nothing: a field's bending and, barely, the field."""
    rough = grid.roughness() * BENDING
    small = diags(np.full(grid.size, SHRINKING / np.sqrt(grid.size)))
    one = csr_matrix(vstack([rough, small]))
    return csr_matrix(block_diag([one, one]))


def _outline_equations(
    f: SplineField, drawing: _Drawing, stage: Stage, start: int
) -> list[_Equations]:
    pairs = (
        (drawing.udp_silhouette, drawing.silhouette, OUTLINE_WEIGHT, True),
        (drawing.udp_jumps, drawing.lines, JUMP_WEIGHT, False),
    )
    return [
        _along_normals(f, ours, theirs, _Pull(weight, signed, stage.reach), start)
        for ours, theirs, weight, signed in pairs
        if len(ours.points) and len(theirs.points)
    ]


def _along_normals(
    f: SplineField, ours: Outline, theirs: Outline, pull: _Pull, start: int
) -> _Equations:
    """Pull each point of an outline across it onto the nearest alike point of another."""
    index, share = f.grid.weights(ours.points)
    moved = ours.points + _shift(f, index, share)
    tree = cKDTree(_with_direction(theirs.points, theirs.normals, pull.signed))
    distance, nearest = tree.query(_with_direction(moved, ours.normals, pull.signed))
    aim, normal = theirs.points[nearest], theirs.normals[nearest]
    trust = 1 / (1 + (distance / pull.reach) ** 2)
    trust = trust * trust * pull.weight * np.sqrt(OUTLINE_STEP) / pull.reach
    right = np.sum(normal * (aim - ours.points), axis=1) * trust
    return _Equations(
        _both_axes(index, start, f.grid.size), _sloped(share, normal * trust[:, None]), right
    )


def _shift(f: SplineField, index: NDArray[np.int64], share: Double) -> Double:
    """Return the field ``[N, 2]`` where its grid has these weights."""
    return np.stack([np.sum(plane[index] * share, axis=1) for plane in f.coefficients], 1)


def _both_axes(index: NDArray[np.int64], start: int, size: int) -> NDArray[np.int64]:
    return np.concatenate([start + index, start + size + index], axis=1)


def _sloped(share: Double, slope: Double) -> Double:
    """Return the weights of the coefficients in the shift along ``slope [N, 2]``."""
    return np.concatenate([share * slope[:, :1], share * slope[:, 1:]], axis=1)


def _with_direction(points: Double, normals: Double, signed: bool) -> Double:
    if signed:
        return np.concatenate([points, normals * (NORMAL_REACH / 2)], axis=1)
    x, y = normals.T
    double = np.stack([x * x - y * y, 2 * x * y], 1)
    return np.concatenate([points, double * (NORMAL_REACH / 2)], axis=1)


def _colour_equations(
    fields: Sequence[SplineField],
    colours: Sequence[NDArray[np.float32]],
    match: ColourMatch,
    starts: NDArray[np.int64],
) -> _Equations:
    """Equate the colours of matching places to first order."""
    places, shares, slopes, shifts, seen = [], [], [], [], []
    for view, points in ((match.first, match.from_first), (match.second, match.from_second)):
        index, share = fields[view].grid.weights(points)
        shift = _shift(fields[view], index, share)
        colour, slope = _colour_at(colours[view], points + shift)
        places.append(_both_axes(index, int(starts[view]), fields[view].grid.size))
        shares.append(share)
        shifts.append(shift)
        slopes.append(slope)
        seen.append(colour)
    difference = seen[0] - seen[1]  # [N, 3]
    off = np.linalg.norm(difference, axis=1) / COLOUR_SCALE
    trust = match.weight / (1 + off**2) * COLOUR_WEIGHT * COLOUR_STRIDE / COLOUR_SCALE
    values, right = [], []
    for channel in range(3):
        first, second = slopes[0][:, channel], -slopes[1][:, channel]  # [N, 2]
        known = np.sum(first * shifts[0], axis=1) + np.sum(second * shifts[1], axis=1)
        both = [_sloped(shares[0], first), _sloped(shares[1], second)]
        values.append(np.concatenate(both, axis=1) * trust[:, None])
        right.append((known - difference[:, channel]) * trust)
    joined = np.concatenate(places, axis=1)
    return _Equations(np.tile(joined, (3, 1)), np.concatenate(values), np.concatenate(right))


def _colour_at(colours: NDArray[np.float32], points: Double) -> tuple[Double, Double]:
    """Return colours ``[N, 3]`` and their slopes ``[N, 3, 2]`` per height of the picture."""
    height = colours.shape[0]
    place = points.T[::-1] * height - 0.5
    planes = [colours[..., c] for c in range(3)]
    colour = np.stack([_sampled(plane, place) for plane in planes], 1)
    slopes = []
    for offset in ((0.0, 1.0), (1.0, 0.0)):
        step = np.asarray(offset)[:, None]
        both = [_sampled(plane, place + step) - _sampled(plane, place - step) for plane in planes]
        slopes.append(np.stack(both, 1) * (0.5 * height))
    return colour, np.stack(slopes, -1)


def _sampled(plane: NDArray[np.float32], place: Double) -> Double:
    return np.asarray(map_coordinates(plane, place, order=1, mode="nearest"), np.float64)
