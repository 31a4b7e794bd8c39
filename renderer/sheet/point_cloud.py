"""The coloured points of a character in landmark space, gathered from drawings with their UDP."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.types import InkStyle, SheetView
from udp_live.rasterizer.ink import ink_mask

Float = NDArray[np.float32]

SPACING = 1 / 512  # landmark units, for an adult 4 mm: about a pixel of a full figure's drawing
MAX_POINTS = 4_000_000
OCCUPIED = 0.5
OPAQUE_ALPHA = 250  # thinner paint is an antialiased rim that carries some background
MAX_CELLS = 1 << 21  # per axis, so that the three numbers of a cell fit one integer


@dataclass(frozen=True, slots=True)
class PointCloud:
    """Points of a surface, in no particular order.

    Attributes:
        positions: ``[P, 3]`` float32, landmarks: x the character's left, y up, z its front.
        colours: ``[P, 3]`` uint8 straight sRGB.
    """

    positions: Float = field(repr=False)
    colours: NDArray[np.uint8] = field(repr=False)

    def __post_init__(self) -> None:
        if self.positions.ndim != 2 or self.positions.shape[1] != 3:
            raise ValueError(f"unexpected positions shape: {self.positions.shape} != (P, 3)")
        if self.colours.shape != self.positions.shape:
            raise ValueError(
                f"unexpected colours shape: {self.colours.shape} != {self.positions.shape}"
            )
        if self.positions.dtype != np.float32 or self.colours.dtype != np.uint8:
            raise TypeError(
                f"unexpected dtypes: {self.positions.dtype}, {self.colours.dtype}; "
                "expected float32, uint8"
            )

    def __len__(self) -> int:
        return len(self.positions)


def gather_points(
    views: Iterable[SheetView], ink: InkStyle | None = None, spacing: float = SPACING
) -> PointCloud:
    """Turn drawings into one cloud.

    Silhouettes, whose colour is half background and whose landmark is half nothing, are left
    out; so is outline ink, which is no surface. Drawings of an expression are left out while
    there are others: they show other colours at the landmarks of the neutral face.

    Args:
        views: Drawings with their UDP; numbers that are not finite count as unoccupied.
        ink: Outline style of the drawings, None where unknown: then only rims are left out.
        spacing: Side of the cells in which points are merged, landmark units.

    Raises:
        ValueError: ``spacing`` is not positive.
    """
    if not spacing > 0:
        raise ValueError(f"unexpected spacing: {spacing}; expected a positive number")
    clouds = [thin_out(_points_of(view, ink), spacing) for view in gathered_views(views)]
    return merge_clouds(clouds, spacing)


def gathered_views(views: Iterable[SheetView]) -> list[SheetView]:
    """Return the drawings that ``gather_points`` takes points from."""
    drawings = list(views)
    neutral = [view for view in drawings if view.expression is None]
    return neutral or drawings


def merge_clouds(clouds: Sequence[PointCloud], spacing: float = SPACING) -> PointCloud:
    """Make one cloud of several, with one point per cell of side ``spacing``."""
    return thin_out(_join(clouds), spacing)


def thin_out(cloud: PointCloud, spacing: float) -> PointCloud:
    """Merge the points of each cell of a grid into their mean.

    Args:
        cloud: Any points; those further than a million cells from the origin are dropped.
        spacing: Side of a cell.

    Returns:
        One point per cell, at most ``MAX_POINTS``, in an order that depends on the points alone.
    """
    cells = np.floor(cloud.positions.astype(np.float64) / spacing) + MAX_CELLS // 2
    near = ((cells >= 0) & (cells < MAX_CELLS)).all(axis=1)
    cells = cells[near].astype(np.int64)
    key = (cells[:, 0] * MAX_CELLS + cells[:, 1]) * MAX_CELLS + cells[:, 2]
    found, cell_of, count = np.unique(key, return_inverse=True, return_counts=True)
    kept = PointCloud(cloud.positions[near], cloud.colours[near])
    positions, colours = (_means(array, cell_of, count) for array in (kept.positions, kept.colours))
    if len(found) > MAX_POINTS:
        some = np.linspace(0, len(found) - 1, MAX_POINTS).astype(np.int64)
        positions, colours = positions[some], colours[some]
    return PointCloud(positions.astype(np.float32), np.rint(colours).astype(np.uint8))


def _means(
    values: NDArray[np.generic], cell_of: NDArray[np.int64], count: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Average ``[P, 3]`` over the points of each of C cells, ``[C, 3]``."""
    sums = [np.bincount(cell_of, column, len(count)) for column in values.T]
    return np.asarray(np.stack(sums, axis=1) / np.maximum(count, 1)[:, None])


def _points_of(view: SheetView, ink: InkStyle | None) -> PointCloud:
    shows = _surface_pixels(view, ink)
    return PointCloud(
        np.ascontiguousarray(view.udp[..., :3][shows], np.float32),
        np.ascontiguousarray(view.image[..., :3][shows]),
    )


def _surface_pixels(view: SheetView, ink: InkStyle | None) -> NDArray[np.bool_]:
    """Mark the pixels that show paint of one surface and nothing else, ``[H, W]``."""
    occupied = (view.udp[..., 3] > OCCUPIED) & np.isfinite(view.udp).all(axis=-1)
    occupied &= view.image[..., 3] >= OPAQUE_ALPHA
    if ink is None:
        return _without_rim(occupied)
    xyzv = np.where(occupied[..., None], view.udp, 0).astype(np.float32)
    inked = ink_mask(xyzv, ink.width * occupied.shape[0])
    return np.asarray(_without_rim(occupied) & (inked <= 0))


def _without_rim(occupied: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Drop the pixels that touch one outside; the picture's border is no rim."""
    shrunk = cv2.erode(occupied.astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(shrunk > 0)


def _join(clouds: Sequence[PointCloud]) -> PointCloud:
    if not clouds:
        return PointCloud(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8))
    return PointCloud(
        np.concatenate([cloud.positions for cloud in clouds]),
        np.concatenate([cloud.colours for cloud in clouds]),
    )
