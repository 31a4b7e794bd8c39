"""A smooth field of moves over landmark space, and its least-squares estimate."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

# Two bits of a proxy nearer than this, in heights of the figure, are wrong in much the same way.
CORRELATION_LENGTH = 0.13
CENTRE_SPACING = 0.06  # half the length leaves nothing between the centres
LEAST_VARIANCE = 1e-4  # of the strongest mode; weaker ones are below what a drawing can tell


@dataclass(frozen=True, slots=True)
class FieldBasis:
    """Modes of a Gaussian process over the surface, strongest first, of unit variance in sum.

    Attributes:
        centres: ``[M, 3]`` in heights of the figure.
        loadings: ``[M, R]``, a mode's share of each centre's kernel.
        length: Correlation length in the same unit.
    """

    centres: Float = field(repr=False)
    loadings: Float = field(repr=False)
    length: float = CORRELATION_LENGTH

    def modes(self, points: Float) -> Float:
        """Return the modes ``[N, R]`` at ``points [N, 3]``, heights of the figure."""
        return _kernel(points, self.centres, self.length) @ self.loadings


def field_basis(points: Float, length: float = CORRELATION_LENGTH) -> FieldBasis:
    """Return the modes of fields over the surface that ``points [N, 3]`` sample."""
    spacing = CENTRE_SPACING * length / CORRELATION_LENGTH
    cells = np.unique(np.floor(points / spacing).astype(np.int64), axis=0)
    centres = (cells + 0.5) * spacing
    variances, vectors = np.linalg.eigh(_kernel(centres, centres, length))
    kept = variances > LEAST_VARIANCE * variances[-1]
    loadings = vectors[:, kept][:, ::-1] / np.sqrt(variances[kept][::-1])
    return FieldBasis(centres, loadings, length)


def _kernel(points: Float, centres: Float, length: float) -> Float:
    squares = np.sum(points**2, axis=1)[:, None] + np.sum(centres**2, axis=1)
    squares -= 2 * points @ centres.T
    return np.asarray(np.exp(-np.maximum(squares, 0) / (2 * length**2)))


@dataclass(frozen=True, slots=True)
class Pulls:
    """What one drawing says about moves: ``directions . move + camera . change = amount``.

    Attributes:
        points: ``[N, 3]`` landmarks' places in heights of the figure.
        directions: ``[N, 3]`` per height of the figure.
        camera: ``[N, C]``, how the drawing's own camera acts, all cameras side by side.
        amounts: ``[N]``.
        weights: ``[N]``, one over the variance.
    """

    points: Float = field(repr=False)
    directions: Float = field(repr=False)
    camera: Float = field(repr=False)
    amounts: Float = field(repr=False)
    weights: Float = field(repr=False)


def solve_field(
    basis: FieldBasis, pulls: Pulls, rms: float, camera_sigmas: Float
) -> tuple[Float, Float]:
    """Return mode weights ``[R, 3]`` and camera changes ``[C]`` that explain the pulls best.

    Args:
        basis: Of the field.
        pulls: Of all drawings.
        rms: Expected size of the field's components, heights of the figure.
        camera_sigmas: ``[C]``, expected size of the cameras' changes.
    """
    modes = basis.modes(pulls.points)
    count = modes.shape[1]
    rows = np.concatenate([modes * pulls.directions[:, axis, None] for axis in range(3)], axis=1)
    rows = np.concatenate([rows, pulls.camera], axis=1)
    weighted = rows * pulls.weights[:, None]
    normal = rows.T @ weighted
    prior = np.concatenate([np.full(3 * count, rms**-2.0), np.asarray(camera_sigmas) ** -2.0])
    normal[np.diag_indices_from(normal)] += prior
    solution = np.linalg.solve(normal, weighted.T @ pulls.amounts)
    return solution[: 3 * count].reshape(3, count).T, solution[3 * count :]
