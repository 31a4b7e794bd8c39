"""The plane between a figure's left and right: it is its own mirror image from side to side."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from renderer.conr.landmarks.surface_cloud import SurfaceCloud

MIRROR_STEPS = 8
MIRRORED_SHARE = 0.8  # of the surface; the rest may be an accessory on one side


@dataclass(frozen=True, slots=True)
class MirrorPlane:
    """A plane across one axis.

    Attributes:
        axis: From one hand to the other.
        middle: Where the plane meets the axis.
        asymmetry: How far the figure is from its mirror image, in shares of its extent.
        rival_asymmetry: The same for the next best axis.
    """

    axis: int
    middle: float
    asymmetry: float
    rival_asymmetry: float


def find_mirror_plane(cloud: SurfaceCloud) -> MirrorPlane:
    """Find the axis along which a figure mirrors itself best, whatever the scale of the axes."""
    extent = (cloud.high - cloud.low).astype(np.float64)
    points = (cloud.points - cloud.low) / extent  # the figure fills the unit cube
    found = sorted(_mirror(points, axis) for axis in range(3))
    (asymmetry, axis, middle), (rival, _, _) = found[:2]
    middle = middle * float(extent[axis]) + float(cloud.low[axis])
    return MirrorPlane(axis, middle, asymmetry, rival)


def _mirror(points: NDArray[np.float64], axis: int) -> tuple[float, int, float]:
    """Mirror a figure along an axis: its distance from itself, the axis, the best plane."""
    tree = cKDTree(points)
    middle, distance = 0.5, np.empty(0)
    for _ in range(MIRROR_STEPS):
        mirrored = points.copy()
        mirrored[:, axis] = 2 * middle - mirrored[:, axis]
        distance, nearest = tree.query(mirrored)
        near = distance <= np.quantile(distance, MIRRORED_SHARE)
        middle = float(np.median(points[near, axis] + points[nearest[near], axis]) / 2)
    return float(np.quantile(distance, MIRRORED_SHARE / 2)), axis, middle
