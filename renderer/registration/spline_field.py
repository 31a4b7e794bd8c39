"""Smooth fields of shifts over a picture: cubic B-splines on a regular grid of knots."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, kron, vstack
from scipy.sparse import diags as diagonals
from scipy.sparse import eye as identity

Double = NDArray[np.float64]

MIN_INTERVALS = 2
NARROW_SHARE = 0.6  # a narrow picture has at least so many knots across as it would have if square
WIDEST = 3  # heights; the cells of wider pictures are wide, too


@dataclass(frozen=True, slots=True)
class SplineGrid:
    """Knots over a picture whose height is 1.

    Attributes:
        aspect: Width of the picture over its height.
        across: Intervals between knots from left to right.
        down: Intervals from top to bottom.
    """

    aspect: float
    across: int
    down: int

    @classmethod
    def over(cls, aspect: float, down: int) -> "SplineGrid":
        """Return about square cells, ``down`` of them from top to bottom."""
        across = max(round(down * aspect), math.ceil(NARROW_SHARE * down), MIN_INTERVALS)
        across = min(across, WIDEST * down)
        return cls(aspect, across, down)

    @property
    def size(self) -> int:
        """Coefficients of one component."""
        return (self.across + 3) * (self.down + 3)

    def weights(self, points: Double) -> tuple[NDArray[np.int64], Double]:
        """Return which coefficients act at ``points [N, 2]`` (x, y) and how much, ``[N, 16]``."""
        column, across = _cubic(points[:, 0] / self.aspect, self.across)
        row, down = _cubic(points[:, 1], self.down)
        rows = (row[:, None] + np.arange(4))[:, :, None]
        columns = (column[:, None] + np.arange(4))[:, None, :]
        index = rows * (self.across + 3) + columns
        weight = down[:, :, None] * across[:, None, :]
        return index.reshape(-1, 16), weight.reshape(-1, 16)

    def basis(self, points: Double) -> csr_matrix:
        """Return the ``[N, size]`` weights of the coefficients at ``points [N, 2]`` (x, y)."""
        index, weight = self.weights(points)
        starts = np.arange(0, weight.size + 1, 16)
        shape = (len(points), self.size)
        return csr_matrix((weight.reshape(-1), index.reshape(-1), starts), shape)

    def roughness(self) -> csr_matrix:
        """Return ``[M, size]`` whose product's square is the bending energy of one component."""
        across, down = self.across + 3, self.down + 3
        wide, tall = self.aspect / self.across, 1 / self.down
        area = math.sqrt(wide * tall)
        xx = kron(identity(down), _differences(across, 2)) * (area / wide**2)
        yy = kron(_differences(down, 2), identity(across)) * (area / tall**2)
        xy = kron(_differences(down, 1), _differences(across, 1)) * (math.sqrt(2) / area)
        return csr_matrix(vstack([xx, yy, xy]))


@dataclass(frozen=True, slots=True)
class SplineField:
    """A smooth shift of every place of a picture.

    Attributes:
        grid: Where the knots are.
        coefficients: ``[2, grid.size]`` float64, x and y, in heights of the picture.
    """

    grid: SplineGrid
    coefficients: Double = field(repr=False)

    @classmethod
    def zero(cls, grid: SplineGrid) -> "SplineField":
        """Return the field that shifts nothing."""
        return cls(grid, np.zeros((2, grid.size)))

    def at(self, points: Double) -> Double:
        """Return the shift ``[N, 2]`` at ``points [N, 2]``, both in heights."""
        return np.asarray(self.grid.basis(points) @ self.coefficients.T)

    def on(self, grid: SplineGrid) -> "SplineField":
        """Return the same field on other knots, as closely as they can follow it."""
        x = np.linspace(0, grid.aspect, 3 * grid.across + 3)
        y = np.linspace(0, 1, 3 * grid.down + 3)
        points = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
        basis = grid.basis(points)
        normal = (basis.T @ basis).toarray() + 1e-6 * np.eye(grid.size)
        fitted = np.linalg.solve(normal, basis.T @ self.at(points))
        return SplineField(grid, np.ascontiguousarray(fitted.T))

    def dense(self, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Return the shift at every pixel centre, ``[H, W, 2]`` float32, pixels."""
        height, width = shape
        x = (np.arange(width) + 0.5) / height
        y = (np.arange(height) + 0.5) / height
        across = _dense_basis(x / self.grid.aspect, self.grid.across)
        down = _dense_basis(y, self.grid.down)
        planes = self.coefficients.reshape(2, self.grid.down + 3, self.grid.across + 3)
        field_px = np.einsum("yr,krc,xc->yxk", down, planes, across, optimize=True) * height
        return np.asarray(field_px, np.float32)


def _cubic(place: Double, intervals: int) -> tuple[NDArray[np.int64], Double]:
    """Return the first of four knots of places in [0, 1], and the weights of the four."""
    scaled = np.clip(place, 0, 1) * intervals
    first = np.minimum(scaled.astype(np.int64), intervals - 1)
    t = scaled - first
    weights = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1
    )
    return first, weights / 6


def _dense_basis(place: Double, intervals: int) -> Double:
    first, weights = _cubic(place, intervals)
    dense = np.zeros((len(place), intervals + 3))
    np.put_along_axis(dense, first[:, None] + np.arange(4), weights, axis=1)
    return dense


def _differences(count: int, order: int) -> csr_matrix:
    """Return the matrix of first or second differences of ``count`` values."""
    taps = {1: (-1.0, 1.0), 2: (1.0, -2.0, 1.0)}[order]
    rows = count - order if order == 2 else count - 1
    return csr_matrix(diagonals(taps, range(len(taps)), shape=(rows, count)))
