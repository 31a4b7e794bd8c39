"""Outlines of drawing and proxy, point by point with normals, and their pairs."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Float = NDArray[np.float64]

SMOOTH_PX = 1.0  # finds where between two pixels an outline runs
NORMAL_SMOOTH_PX = 3.0
NORMAL_REACH = 0.03  # heights that a turn of the outline by one radian counts in a pairing
LEAST_COSINE = 0.5
MOST_QUERIES = 800  # points of an outline that look for a partner; more of them say the same


@dataclass(frozen=True, slots=True)
class Contour:
    """Points along an outline.

    Attributes:
        pixels: ``[N, 2]`` rows and columns of the pixels that the points lie in.
        places: ``[N, 2]`` x and y, heights of the picture.
        normals: ``[N, 2]``, unit, into the figure.
    """

    pixels: NDArray[np.intp] = field(repr=False)
    places: Float = field(repr=False)
    normals: Float = field(repr=False)


def trace_contour(mask: NDArray[np.bool_], border: int = 2) -> Contour:
    """Trace the outline of a mask ``[H, W]``; where it leaves the picture there is none."""
    height = mask.shape[0]
    filled = mask.astype(np.float32)
    soft = cv2.GaussianBlur(filled, (0, 0), SMOOTH_PX)
    wide = cv2.GaussianBlur(filled, (0, 0), NORMAL_SMOOTH_PX)
    inner = mask & ~cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    for edge in (inner[:border], inner[-border:], inner[:, :border], inner[:, -border:]):
        edge[:] = False
    rows, columns = np.nonzero(inner)
    slopes = np.stack([_slope(wide, rows, columns, axis) for axis in (1, 0)], axis=1)
    length = np.linalg.norm(slopes, axis=1)
    kept = length > 1e-3
    rows, columns, slopes, length = rows[kept], columns[kept], slopes[kept], length[kept]
    normals = slopes / length[:, None]
    steep = np.stack([_slope(soft, rows, columns, axis) for axis in (1, 0)], axis=1)
    steepness = np.maximum(np.sum(steep * normals, axis=1), 0.05)
    beyond = np.clip((0.5 - soft[rows, columns]) / steepness, -1.0, 1.0)
    places = np.stack([columns, rows], axis=1) + 0.5 + beyond[:, None] * normals
    return Contour(np.stack([rows, columns], axis=1), places / height, normals)


def _slope(
    plane: NDArray[Any], rows: NDArray[np.intp], columns: NDArray[np.intp], axis: int
) -> Float:
    step = (1, 0) if axis == 0 else (0, 1)
    ahead = plane[rows + step[0], columns + step[1]]
    return np.asarray((ahead - plane[rows - step[0], columns - step[1]]) / 2, np.float64)


@dataclass(frozen=True, slots=True)
class ContourPairs:
    """Points of the proxy's outline and how far they should move along a normal.

    Attributes:
        mine: ``[K]`` indices of the proxy's contour points.
        normals: ``[K, 2]``.
        amounts: ``[K]``, heights of the picture.
    """

    mine: NDArray[np.intp] = field(repr=False)
    normals: Float = field(repr=False)
    amounts: Float = field(repr=False)


def pair_contours(proxy: Contour, drawn: Contour, reach: float) -> ContourPairs:
    """Pair points of either outline with the nearest of the other that face alike.

    Args:
        proxy: Outline of the proxy.
        drawn: Outline of the drawing, in the same picture.
        reach: Farthest pair, heights of the picture.
    """
    if not len(proxy.places) or not len(drawn.places):
        nothing = np.zeros(0)
        return ContourPairs(nothing.astype(np.intp), np.zeros((0, 2)), nothing)
    here, there = _nearest(drawn, proxy)
    back_there, back_here = _nearest(proxy, drawn)
    mine = np.concatenate([here, back_here])
    theirs = np.concatenate([there, back_there])
    apart = drawn.places[theirs] - proxy.places[mine]
    alike = np.sum(proxy.normals[mine] * drawn.normals[theirs], axis=1) > LEAST_COSINE
    kept = alike & (np.linalg.norm(apart, axis=1) < reach)
    normals = drawn.normals[theirs[kept]]
    return ContourPairs(mine[kept], normals, np.sum(apart[kept] * normals, axis=1))


def _nearest(targets: Contour, points: Contour) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return indices of some points and of the targets that they are nearest to."""
    count = len(points.places)
    chosen = np.linspace(0, count - 1, min(count, MOST_QUERIES)).astype(np.intp)
    tree = cKDTree(np.concatenate([targets.places, targets.normals * NORMAL_REACH], axis=1))
    query = np.concatenate([points.places, points.normals * NORMAL_REACH], axis=1)[chosen]
    return chosen, np.asarray(tree.query(query)[1], np.intp)
