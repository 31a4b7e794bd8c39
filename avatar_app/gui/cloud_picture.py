"""A point cloud as a picture, drawn with numpy alone: no OpenGL, no Qt.

Points are put into the picture from far to near, each into one pixel; then every pixel grows into
a small disc by a maximum over its neighbours, with the points' order as the value. What discs
cost does not depend on how many points there are. Depth is shown in two ways: points fade into
the background with distance, and what lies behind an edge gets darker beside it (eye-dome
lighting: Boucheny, *Interactive Scientific Visualization of Large Datasets*, 2009).
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from avatar_app.gui.cloud_view import CloudView

Float = NDArray[np.float32]
Order = NDArray[np.int64]
Rank = NDArray[np.int32]
Colour = tuple[int, int, int]

EYE_DISTANCE = 2.6  # landmark units from the cloud's centre; a figure is about 0.83 high
NEAREST = 0.15  # landmark units from the eye; what is nearer does not grow further
FIT = 0.82  # share of the picture that the cloud takes
RAISED = 0.025  # of the picture's height, so that there is room for the floor
RINGS = 32  # of a disc at most, kept in the low bits of the order
DISC_RADIUS = 0.78  # of the distance between points, so that a surface closes
LARGE_DISC = 3  # rings from which on a disc is shaded like a ball
BALL_RIM = 0.80  # brightness of its outermost ring
FOG = 0.55  # share of the farthest point that the background swallows
FOG_BEGINS = 0.15  # cloud widths before its centre
EDGE_STRENGTH = 22.0  # per landmark unit of depth
EDGE_LIMIT = 0.035  # landmark units beyond which an edge is dark enough
COVERED = 6.0  # of a pixel and its 8 neighbours; with fewer, a pixel is a rim and fades out
BEHIND = -9.0  # landmark units; further away than any point


@dataclass(frozen=True, slots=True)
class CloudScene:
    """A cloud made ready for drawing.

    Attributes:
        positions: ``[P, 3]`` float32 about the cloud's centre.
        colours: ``[3, P]`` float32 red, green and blue in [0, 255]; planes are quicker to draw.
        height: Of the cloud, landmark units.
        width: Of the cloud as it turns, landmark units.
        spacing: Typical distance between neighbouring points.
    """

    positions: Float = field(repr=False)
    colours: Float = field(repr=False)
    height: float
    width: float
    spacing: float

    def __len__(self) -> int:
        return len(self.positions)


@dataclass(frozen=True, slots=True)
class CloudPicture:
    """The part of a picture that holds points.

    Attributes:
        image: ``[H, W, 4]`` uint8 premultiplied sRGB RGBA.
        left, top: Where it lies in the whole picture, pixels.
        size: (width, height) of the whole picture.
        view: From where it was drawn.
    """

    image: NDArray[np.uint8] = field(repr=False)
    left: int
    top: int
    size: tuple[int, int]
    view: CloudView


@dataclass(frozen=True, slots=True)
class Projection:
    """How a view puts points into a picture; ``scale`` is in pixels per landmark unit."""

    turn: Float = field(repr=False)
    scale: float
    centre: tuple[float, float]

    def place(self, positions: Float) -> Float:
        """Turn ``[P, 3]`` into ``[3, P]``: column and row in pixels, distance to the viewer."""
        placed: Float = self.turn @ positions.T
        grown = self.scale * EYE_DISTANCE / np.maximum(EYE_DISTANCE - placed[2], NEAREST)
        placed[0] = placed[0] * grown + self.centre[0]
        placed[1] = self.centre[1] - placed[1] * grown
        return placed


def make_scene(positions: Float, colours: NDArray[np.uint8], spacing: float) -> CloudScene:
    """Centre a cloud and measure it.

    Args:
        positions: ``[P, 3]`` float32 landmarks, P at least 1.
        colours: ``[P, 3]`` uint8 sRGB.
        spacing: Distance between neighbouring points.
    """
    low, high = (np.quantile(positions, share, axis=0) for share in (0.0005, 0.9995))
    extent = high - low
    return CloudScene(
        positions - ((low + high) / 2).astype(np.float32),
        np.ascontiguousarray(colours.T, np.float32),
        max(float(extent[1]), 1e-3),
        max(math.hypot(float(extent[0]), float(extent[2])), 1e-3),
        spacing,
    )


def project(scene: CloudScene, view: CloudView, size: tuple[int, int]) -> Projection:
    """Fit a scene into a picture of (width, height), then apply the view."""
    side = min(size)
    fitting = FIT * min(size[1] / scene.height, size[0] / scene.width)
    centre = (size[0] / 2 + view.pan[0] * side, (0.5 - RAISED) * size[1] - view.pan[1] * side)
    return Projection(view.rotation(), fitting * view.zoom, centre)


def draw_points(
    scene: CloudScene,
    view: CloudView,
    size: tuple[int, int],
    fog: Colour,
) -> CloudPicture:
    """Draw a cloud.

    Args:
        scene: What is drawn.
        view: From where.
        size: (width, height) of the picture, pixels.
        fog: sRGB colour that distance fades into.
    """
    projection = project(scene, view, size)
    placed = projection.place(scene.positions)
    rings = min(max(round(DISC_RADIUS * scene.spacing * projection.scale), 1), RINGS - 1)
    order = _far_to_near(placed, size, rings)
    if not len(order):
        return CloudPicture(np.zeros((1, 1, 4), np.uint8), 0, 0, size, view)
    rank, left, top = _rank_pixels(placed, order, size, rings)
    number = rank // RINGS
    point = np.take(np.append(-1, order), number)
    depth = np.take(np.append(placed[2], np.float32(BEHIND)), point)  # -1 is the last
    light = np.exp(-EDGE_STRENGTH * _edges(depth, max(round(min(size) / 450), 1)))
    if rings >= LARGE_DISC:
        light *= np.take(_ball(rings), rank - number * RINGS)
    image = _paint(scene, point, depth, light, fog)
    return CloudPicture(image, left, top, size, view)


def _rank_pixels(
    placed: Float, order: Order, size: tuple[int, int], rings: int
) -> tuple[Rank, int, int]:
    """Find which point is seen in each pixel.

    Returns:
        ``[H, W]`` int32: ``RINGS`` times the place in ``order`` from 1 on, plus what is left of
        the disc; 0 where there is no point. Then where its left top pixel lies.
    """
    column, row = (np.floor(placed[axis][order]).astype(np.int32) for axis in (0, 1))
    left, top = int(column.min()) - rings, int(row.min()) - rings
    height, width = int(row.max()) + rings + 1 - top, int(column.max()) + rings + 1 - left
    rank = np.zeros((height, width), np.int32)
    rank[row - top, column - left] = np.arange(1, len(order) + 1) * RINGS + (RINGS - 1)
    _grow(rank, rings)
    start = max(-top, 0), max(-left, 0)
    inside = rank[start[0] : size[1] - top, start[1] : size[0] - left]
    return np.ascontiguousarray(inside), left + start[1], top + start[0]


def _far_to_near(placed: Float, size: tuple[int, int], rings: int) -> Order:
    """Return the points whose discs reach into the picture, sorted by depth."""
    column, row, depth = placed
    inside = (column >= -rings) & (column < size[0] + rings)
    inside &= (row >= -rings) & (row < size[1] + rings)
    seen = inside.nonzero()[0]
    if not len(seen):
        return np.zeros(0, np.int64)
    near = depth[seen]
    near = (near - near.min()) * np.float32(65535 / max(float(np.ptp(near)), 1e-6))
    return np.asarray(seen[np.argsort(near.astype(np.uint16), kind="stable")])  # a radix sort


def _grow(rank: Rank, rings: int) -> None:
    """Let every point grow by rings, square and cross in turn, which makes octagons.

    A ring lowers the low bits by one, so of two points the nearer wins and of one point the
    innermost ring.
    """
    for ring in range(rings):
        grown = rank - 1
        np.maximum(rank[:, 1:], grown[:, :-1], out=rank[:, 1:])
        np.maximum(rank[:, :-1], grown[:, 1:], out=rank[:, :-1])
        if ring % 2 == 0:  # the corners too
            np.maximum(grown, rank, out=grown)
        np.maximum(rank[1:], grown[:-1], out=rank[1:])
        np.maximum(rank[:-1], grown[1:], out=rank[:-1])
    np.maximum(rank, 0, out=rank)


def _paint(
    scene: CloudScene, point: Order, depth: Float, light: Float, fog: Colour
) -> NDArray[np.uint8]:
    """Colour the pixels, fade them into the fog, and fade rims out.

    Args:
        scene: Whose colours.
        point: ``[H, W]`` number of the point that is seen, -1 where there is none.
        depth: ``[H, W]`` towards the viewer.
        light: ``[H, W]`` brightness in [0, 1].
        fog: sRGB.

    Returns:
        ``[H, W, 4]`` uint8 premultiplied.
    """
    opacity = _coverage(point >= 0)
    light *= opacity
    hazy = np.clip(FOG_BEGINS - depth / np.float32(scene.width), 0, 1) * light * np.float32(FOG)
    clear = light - hazy
    image = np.empty((*point.shape, 4), np.uint8)
    for channel, plane in enumerate(scene.colours):
        shown = np.take(plane, point, mode="clip")
        shown *= clear
        shown += hazy * np.float32(fog[channel])
        image[..., channel] = shown
    image[..., 3] = 255 * opacity
    return image


def _edges(depth: Float, reach_px: int) -> Float:
    """Add up how far each pixel lies behind its four neighbours, up to a limit each."""
    behind = np.zeros_like(depth)
    for ahead, here in (
        (np.s_[:, reach_px:], np.s_[:, :-reach_px]),
        (np.s_[reach_px:], np.s_[:-reach_px]),
    ):
        step = depth[ahead] - depth[here]
        np.clip(step, -EDGE_LIMIT, EDGE_LIMIT, out=step)
        behind[here] += np.maximum(step, 0)
        behind[ahead] -= np.minimum(step, 0)
    return behind


def _coverage(occupied: NDArray[np.bool_]) -> Float:
    """Return ``[H, W]`` float32 opacity: 1 inside, less where few neighbours are occupied."""
    count = occupied.astype(np.uint8)
    for axis in (0, 1):
        ahead, here = (np.s_[1:], np.s_[:-1]) if axis == 0 else (np.s_[:, 1:], np.s_[:, :-1])
        sums = count.copy()
        sums[ahead] += count[here]
        sums[here] += count[ahead]
        count = sums
    opacity = np.minimum(count * np.float32(1 / COVERED), 1)
    return np.asarray(opacity * occupied, np.float32)


def _ball(rings: int) -> Float:
    """Return the brightness of each ring by its low bits, brightest in the middle."""
    ring = np.minimum(RINGS - 1 - np.arange(RINGS), rings) / rings
    strength = min((rings - LARGE_DISC + 1) / 3, 1)
    return np.asarray(1 - strength * (1 - BALL_RIM) * ring**2, np.float32)
