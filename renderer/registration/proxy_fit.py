"""Fit the shape of a proxy to the drawings of its character."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.registration.proxy_contours import (
    Contour,
    ContourPairs,
    pair_contours,
    trace_contour,
)
from renderer.registration.proxy_field import Pulls, field_basis, solve_field
from renderer.registration.proxy_redrawn import ProxyDrawer, redrawn_landmarks
from renderer.registration.proxy_shape import reshaped
from renderer.registration.proxy_view import ProxyView, proxy_views
from renderer.registration.solver import find_shifts
from renderer.registration.spline_field import SplineField
from renderer.types import CharacterSheet, InkStyle, SheetView
from udp_live.rig.landmarks import MARGIN, canonical_landmarks, canonical_pose, landmark_space
from udp_live.rig.rig import Rig

Float = NDArray[np.float64]

WORK_SIDE_PX = 512
# Heights; farther pairs are mistaken. The eyes are found before anything is moved.
EYE_REACHES = (0.05, 0.03)
REACHES = (0.05, 0.04, 0.03, 0.02, 0.015, 0.012, 0.01)
MEASURED_REACH = 0.05
FITTING_ANYWAY = 0.0012  # heights between outlines: what pixels and antialiasing leave
LEAST_GAIN = 0.8  # outlines must come nearer by this factor, or else the drawings are no match
WORST_FIT = 0.006  # heights; what stays farther apart than that shows something else
MOST_MOVE = 0.06  # heights; a proxy that is worse is another character
OUTLINE_SIGMA = 0.0035  # heights; neighbours along an outline repeat each other's error
INNER_STEP = 0.024  # heights between places within outlines
INNER_SIGMA = 0.003  # heights; what registration within outlines is off by, neighbours alike
LEAST_LOSS = 1.3  # lines and colours must not cost the outlines more than this factor
FIELD_RMS = 0.008  # heights, of each component: what a decent proxy is off by
FRAMED_SIGMAS = (0.004, 1e-5, 1e-5)  # right, down, size: crops are nobody's business
FREE_SIGMAS = (0.004, 0.004, 0.01)
CAMERA_UNKNOWNS = 3


@dataclass(frozen=True, slots=True)
class ProxyFit:
    """A proxy in its drawings' shape.

    Attributes:
        rig: The proxy, moved; its landmarks are the old ones.
        views: The drawings that the fit stands on, with their eyes.
        apart_before: Mean distance between outlines of proxy and drawings, heights of a drawing.
        apart_after: The same once the proxy is fitted.
    """

    rig: Rig
    views: tuple[ProxyView, ...] = field(repr=False)
    apart_before: float
    apart_after: float


@dataclass(frozen=True, slots=True)
class _State:
    weights: Float  # [R, 3] of the modes
    camera: Float  # [V, 3] changes of the views


@dataclass(frozen=True, slots=True)
class _Paired:
    """Pairs of one drawing."""

    index: int
    view: ProxyView
    pairs: ContourPairs
    named: Float  # [K, 3] what the proxy's outline consists of, heights of the figure
    places: Float  # [K, 2] in the square picture

    @classmethod
    def within(
        cls, index: int, view: ProxyView, redrawn: SheetView, shift: SplineField
    ) -> list["_Paired"]:
        """Return pairs of places all over the figure, across and down."""
        height = redrawn.udp.shape[0]
        stride = max(round(INNER_STEP * height), 1)
        some = redrawn.udp[stride // 2 :: stride, stride // 2 :: stride].astype(np.float64)
        rows, columns = np.nonzero(some[..., 3] > 0.5)
        places = (np.stack([columns, rows], 1) * stride + stride // 2 + 0.5) / height
        amounts = shift.at(places)
        named = some[rows, columns, :3] * MARGIN
        square = places + np.array((view.left, 0.0))
        return [
            cls(
                index,
                view,
                ContourPairs(
                    np.arange(len(rows)), np.tile(np.eye(2)[axis], (len(rows), 1)), amounts[:, axis]
                ),
                named,
                square,
            )
            for axis in (0, 1)
        ]


def fit_proxy(rig: Rig, sheet: CharacterSheet, drawer: ProxyDrawer) -> ProxyFit | None:
    """Move the surface of a proxy so that it covers what the drawings show.

    Args:
        rig: The proxy.
        sheet: Its drawings; those of the canonical A-pose count.
        drawer: Draws the proxy.

    Returns:
        None where no drawing shows the canonical A-pose, the proxy fits already, or no smooth
        shape near its own fits better.
    """
    views = proxy_views(rig, [view for view in sheet.views if view.expression is None])
    if not views:
        return None
    return _Fitting(rig, views, drawer).run(sheet.ink)


class _Fitting:
    """One proxy, its drawings, and all that stays the same while the shape is sought."""

    def __init__(self, rig: Rig, views: Sequence[ProxyView], drawer: ProxyDrawer) -> None:
        self._rig = rig
        self._views = views
        self._drawer = drawer
        self._space = landmark_space(rig)
        self._height = self._space.scale / MARGIN
        self._vertices = self._heights(canonical_landmarks(rig))
        self._basis = field_basis(self._vertices)
        self._modes = self._basis.modes(self._vertices)
        self._drawn = [_drawn_contour(view) for view in views]
        self._sigmas = np.array([FRAMED_SIGMAS if v.is_framed else FREE_SIGMAS for v in views])

    def run(self, ink: InkStyle) -> ProxyFit | None:
        """Alternate between pairing outlines and solving for the field, ever closer.

        Args:
            ink: Of the drawings.
        """
        state = _State(
            np.zeros((self._modes.shape[1], 3)), np.zeros((len(self._views), CAMERA_UNKNOWNS))
        )
        for reach in EYE_REACHES:
            _, eyes = self._solved(state, reach)
            state = _State(state.weights, eyes)
        before = self._apart(state)
        if before < FITTING_ANYWAY:
            return None
        for reach in REACHES:
            state = _State(*self._solved(state, reach))
        after = self._apart(state)
        if after > min(LEAST_GAIN * before, WORST_FIT):
            return None
        refined = self._refined(state, ink)
        apart = self._apart(refined)
        if apart < max(LEAST_LOSS * after, FITTING_ANYWAY):
            state, after = refined, apart
        return ProxyFit(self._shaped(state), tuple(self._moved_views(state)), before, after)

    def _solved(self, state: _State, reach: float) -> tuple[Float, Float]:
        """Return weights and camera changes that bring paired outlines together."""
        pulls = [self._pulls(state, pairs, reach) for pairs in self._paired(state, reach)]
        joined = _joined(pulls)
        weights, camera = solve_field(self._basis, joined, FIELD_RMS, self._sigmas.ravel())
        return weights, camera.reshape(-1, CAMERA_UNKNOWNS)

    def _refined(self, state: _State, ink: InkStyle) -> _State:
        """Bring lines and colours within the outlines to where the drawings have them, too."""
        rig, views = self._shaped(state), self._moved_views(state)
        redrawn = [replace(v.view, udp=redrawn_landmarks(rig, v, self._drawer)) for v in views]
        shifts = find_shifts(redrawn, ink, [False] * len(views))
        reach = REACHES[-1]
        pulls = [self._pulls(state, pairs, reach) for pairs in self._paired(state, reach)]
        for index, (placed, view, shift) in enumerate(zip(views, redrawn, shifts, strict=True)):
            pulls += self._inner_pulls(state, _Paired.within(index, placed, view, shift))
        weights, camera = solve_field(self._basis, _joined(pulls), FIELD_RMS, self._sigmas.ravel())
        return _State(weights, camera.reshape(-1, CAMERA_UNKNOWNS))

    def _inner_pulls(self, state: _State, pairs: Sequence["_Paired"]) -> list[Pulls]:
        pulls = [self._pulls(state, paired, REACHES[0]) for paired in pairs]
        return [replace(p, weights=np.full(len(p.amounts), INNER_SIGMA**-2.0)) for p in pulls]

    def _apart(self, state: _State) -> float:
        """Return the mean distance between outlines, heights; 0 where no outlines meet."""
        paired = [pair.pairs.amounts for pair in self._paired(state, MEASURED_REACH)]
        amounts = np.concatenate(paired)
        return float(np.mean(np.abs(amounts))) if len(amounts) else 0.0

    def _shaped(self, state: _State) -> Rig:
        moves = self._modes @ state.weights
        length = np.linalg.norm(moves, axis=1, keepdims=True)
        moves *= MOST_MOVE / np.maximum(length, MOST_MOVE)
        return reshaped(self._rig, moves * self._height)

    def _moved_views(self, state: _State) -> list[ProxyView]:
        return [v.moved(*map(float, c)) for v, c in zip(self._views, state.camera, strict=True)]

    def _paired(self, state: _State, reach: float) -> Iterator[_Paired]:
        """Draw the proxy as it is now and pair its outlines with those of the drawings."""
        rig = self._shaped(state)
        pose = canonical_pose(rig)
        for index, view in enumerate(self._moved_views(state)):
            xyzv = self._drawer.draw(rig, pose, view.viewpoint, WORK_SIDE_PX).xyzv
            contour = trace_contour(xyzv[..., 3] > 0.5)
            places = contour.places - np.array((view.left, 0.0))
            seen = Contour(contour.pixels, places, contour.normals)
            pairs = pair_contours(seen, self._drawn[index], reach)
            rows, columns = contour.pixels[pairs.mine].T
            named = self._heights(xyzv[rows, columns, :3])
            yield _Paired(index, view, pairs, named, contour.places[pairs.mine])

    def _pulls(self, state: _State, paired: _Paired, reach: float) -> Pulls:
        """Turn pairs into equations for the field and the drawing's eye."""
        pairs, named = paired.pairs, paired.named
        moves = self._basis.modes(named) @ state.weights
        points = (named + moves) * self._height + self._origin
        slopes = paired.view.slopes(points) * self._height
        directions = np.einsum("ki,kij->kj", pairs.normals, slopes)
        camera = np.zeros((len(named), self._sigmas.size))
        larger = np.sum(pairs.normals * (paired.places - 0.5), axis=1)
        first = paired.index * CAMERA_UNKNOWNS
        camera[:, first : first + CAMERA_UNKNOWNS] = np.c_[pairs.normals, larger]
        done = np.sum(directions * moves, axis=1) + camera @ state.camera.ravel()
        spread = max(OUTLINE_SIGMA, reach / 8)
        trust = (1 - np.minimum(np.abs(pairs.amounts) / reach, 1) ** 2) ** 2 / spread**2
        return Pulls(named, directions, camera, pairs.amounts + done, trust)

    @property
    def _origin(self) -> Float:
        return self._space.positions(np.zeros(3, np.float32)).astype(np.float64)

    def _heights(self, landmarks: NDArray[np.float32]) -> Float:
        """Return canonical positions in heights of the figure, from the landmark cube's corner."""
        return landmarks.astype(np.float64) * MARGIN


def _joined(pulls: Sequence[Pulls]) -> Pulls:
    return Pulls(
        *(
            np.concatenate([getattr(p, name) for p in pulls])
            for name in ("points", "directions", "camera", "amounts", "weights")
        )
    )


def _drawn_contour(view: ProxyView) -> Contour:
    alpha = view.view.image[..., 3]
    scale = WORK_SIDE_PX / alpha.shape[0]
    width = max(1, round(alpha.shape[1] * scale))
    small = cv2.resize(alpha, (width, WORK_SIDE_PX), interpolation=cv2.INTER_AREA)
    padded = np.pad(small, 8)  # drawings are often cut close
    contour = trace_contour(padded > 127)
    stretch = alpha.shape[1] * scale / width
    places = (contour.places * padded.shape[0] - 8) * (stretch, 1.0) / WORK_SIDE_PX
    return Contour(contour.pixels, places, contour.normals)
