"""From where the drawings of a sheet look at the proxy, found from their landmarks."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from renderer.types import SheetView
from udp_live.rig.framing import Framing, clip_from_world, frame_viewpoint
from udp_live.rig.landmarks import LandmarkSpace, landmark_space
from udp_live.rig.rig import Rig
from udp_live.types import Viewpoint

Float = NDArray[np.float64]

LEAST_SIDE_PX = 32
WIDEST = 4.0  # heights; nobody in the A-pose is so wide
LEAST_FIGURE = 100  # pixels
MOST_SAMPLES = 4000  # landmarks of a drawing; a camera has four unknowns
FIT_STEPS = 8
STEP = (1e-3, 1e-4, 1e-4, 1e-4)  # pitch in radians; shifts and size in heights of the picture
# A drawing in another pose leaves more than this share of its height between landmark and place.
MOST_RESIDUAL = 0.03
# A warp of the landmarks looks like a tilt, so the tilted eye must explain far more to be believed.
TILT_GAIN = 0.6
# Sheets that our own framings made are told by this: nobody else hits them so closely.
FRAMING_TOLERANCE = 0.015


@dataclass(frozen=True, slots=True)
class ProxyView:
    """A drawing of the canonical A-pose and the eye that sees the proxy as the drawing shows it.

    Attributes:
        view: The drawing.
        viewpoint: Of a square picture as high as the drawing.
        left: Where the drawing's first column lies in that square, as a share of its height.
        is_framed: The viewpoint is one of our own framings, so its height and level are exact.
    """

    view: SheetView = field(repr=False)
    viewpoint: Viewpoint
    left: float
    is_framed: bool = False

    def places(self, points: Float) -> Float:
        """Project canonical positions ``[N, 3]``, metres, to ``[N, 2]`` heights of the drawing."""
        return self._projected(points)[0]

    def slopes(self, points: Float) -> Float:
        """Return ``[N, 2, 3]``, how ``places`` changes per metre."""
        return self._projected(points)[1]

    def _projected(self, points: Float) -> tuple[Float, Float]:
        matrix = clip_from_world(self.viewpoint, 1.0).astype(np.float64)
        clip = points @ matrix[:, :3].T + matrix[:, 3]
        depth = clip[:, 3:]
        ndc = clip[:, :2] / depth
        slopes = (matrix[:2, :3] - ndc[:, :, None] * matrix[3, :3]) / depth[:, :, None]
        flip = np.array((0.5, -0.5))
        return 0.5 + ndc * flip - (self.left, 0.0), slopes * flip[:, None]

    def moved(self, right: float, down: float, larger: float) -> "ProxyView":
        """Return the view with the proxy drawn elsewhere: heights, heights, logarithm of size."""
        x, y, z = self.viewpoint.target
        height = self.viewpoint.height_m * float(np.exp(-larger))
        viewpoint = replace(self.viewpoint, target=(x, y + down * height, z), height_m=height)
        return replace(self, viewpoint=viewpoint, left=self.left - right)


def proxy_views(rig: Rig, views: Iterable[SheetView]) -> list[ProxyView]:
    """Place the drawings that show the figure in the canonical A-pose; others are left out.

    Args:
        rig: The proxy.
        views: Drawings with landmarks, which may be wrong by a few hundredths of the height.
    """
    space = landmark_space(rig)
    framed = [frame_viewpoint(rig, framing) for framing in Framing]
    placed = (_placed(space, view, framed) for view in views)
    return [found for found in placed if found is not None]


def _placed(space: LandmarkSpace, view: SheetView, framed: list[Viewpoint]) -> ProxyView | None:
    height, width = view.udp.shape[:2]
    rows, columns = np.nonzero(np.asarray(view.udp[..., 3]) > 0.5)
    has_size = min(height, width) >= LEAST_SIDE_PX and width <= WIDEST * height
    if not has_size or len(rows) < LEAST_FIGURE:
        return None
    kept = slice(None, None, max(1, len(rows) // MOST_SAMPLES))
    rows, columns = rows[kept], columns[kept]
    points = space.positions(view.udp[rows, columns, :3].astype(np.float32)).astype(np.float64)
    places = np.stack([columns + 0.5, rows + 0.5], axis=1) / height
    x, y, z = map(float, space.origin)
    start = replace(framed[0], yaw_rad=view.yaw_rad, target=(x, y, z))
    fitted = _fitted(ProxyView(view, start, 0.0), points, places, is_level=True)
    residual = np.linalg.norm(fitted.places(points) - places, axis=1)
    tilted = _fitted(fitted, points, places, is_level=False)
    tilted_residual = np.linalg.norm(tilted.places(points) - places, axis=1)
    if np.median(tilted_residual) < TILT_GAIN * np.median(residual) - 1e-3:
        fitted, residual = tilted, tilted_residual
    if np.percentile(residual, 90) > 2 * MOST_RESIDUAL or np.median(residual) > MOST_RESIDUAL:
        return None
    return _snapped(fitted, points, places, framed)


def _fitted(view: ProxyView, points: Float, places: Float, *, is_level: bool) -> ProxyView:
    """Fit shift, size and, unless it is level, pitch by Gauss-Newton on the nearer landmarks."""
    view = _similar(view, points, places)
    unknowns = tuple(enumerate(STEP))[is_level:]
    for _ in range(FIT_STEPS):
        here = view.places(points)
        error = places - here
        size = np.linalg.norm(error, axis=1)
        weight = 1 / np.maximum(size, max(float(np.median(size)), 1e-6))
        columns = [
            (_turned(view, step, axis).places(points) - here) / step for axis, step in unknowns
        ]
        jacobian = np.stack(columns, axis=-1) * weight[:, None, None]
        change = np.linalg.lstsq(
            jacobian.reshape(-1, len(unknowns)), (error * weight[:, None]).ravel(), rcond=None
        )[0]
        for (axis, _), amount in zip(unknowns, np.clip(change, -0.3, 0.3), strict=True):
            view = _turned(view, float(amount), axis)
    return view


def _turned(view: ProxyView, amount: float, axis: int) -> ProxyView:
    if axis == 0:
        pitch = float(np.clip(view.viewpoint.pitch_rad + amount, -1.5, 1.5))
        return replace(view, viewpoint=replace(view.viewpoint, pitch_rad=pitch))
    moves = np.zeros(3)
    moves[axis - 1] = amount
    return view.moved(*moves)


def _similar(view: ProxyView, points: Float, places: Float) -> ProxyView:
    """Bring the view to the middle and size of the drawing."""
    for _ in range(2):
        here = view.places(points)
        larger = float(np.log(np.std(places[:, 1]) / max(np.std(here[:, 1]), 1e-6)))
        view = view.moved(0.0, 0.0, larger)
        right, down = np.median(places - view.places(points), axis=0)
        view = view.moved(float(right), float(down), 0.0)
    return view


def _snapped(view: ProxyView, points: Float, places: Float, framed: list[Viewpoint]) -> ProxyView:
    """Return the view under one of our own framings, where that explains the landmarks as well."""
    pitch = view.viewpoint.pitch_rad
    for framing in framed:
        size = abs(float(np.log(framing.height_m / view.viewpoint.height_m)))
        level = abs(framing.target[1] - view.viewpoint.target[1]) / framing.height_m
        if size < 2 * FRAMING_TOLERANCE and level < FRAMING_TOLERANCE:
            viewpoint = replace(framing, yaw_rad=view.viewpoint.yaw_rad, pitch_rad=pitch)
            snapped = ProxyView(view.view, viewpoint, view.left, is_framed=True)
            right = float(np.mean((places - snapped.places(points))[:, 0]))
            return snapped.moved(right, 0.0, 0.0)
    return view
