"""What is wrong with the landmarks of drawings that nobody rendered: smooth, bounded, repeatable.

Levels follow the experiments behind the guided decoder: ``NOISY`` is a proxy 1 % of the height off
(rms) and a sheet warped by 1 % of the frame with dropped regions; ``TWICE_NOISY`` is double that.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.training.proportions import random_proportions, with_proportions
from renderer.training.surface_pieces import surface_pieces
from udp_live.rig.landmarks import MARGIN, landmark_space
from udp_live.rig.rig import MeshPart, Rig

Udp = NDArray[np.float16] | NDArray[np.float32]

EXACT_SHARE = 0.5  # of the training mixture
MILD_SHARE = 0.4  # up to NOISY; the rest lies between NOISY and TWICE_NOISY
FIELD_WAVES = 12
FIELD_WAVELENGTHS = (0.25, 0.9)  # of the figure's height; shorter ones would crumple a face
WARP_GRID = (3, 7)  # knots along each side of a sheet's warp
DROP_RADII = (0.02, 0.09)  # of the picture's height
MOST_MISSING = 3
MISSING_SHARE = (0.004, 0.1)  # of the triangles: a strand or a skirt, never the body


@dataclass(frozen=True, slots=True)
class Wrongness:
    """How wrong the landmarks of a sheet and of its targets are.

    Attributes:
        proxy_rms: Root mean square displacement of the proxy's vertices over the height.
        warp_rms: Root mean square shift of a sheet UDP over the picture's height.
        drops: Dropped ellipses per sheet view at most.
        proportions: How far the proxy's proportions lie from the character's, see
            ``random_proportions``.
        missing: Chance that a part of the character is absent in the proxy.
        pose_turn_deg: Largest turn of a joint between a drawing and the pose of its UDP.
    """

    proxy_rms: float = 0.0
    warp_rms: float = 0.0
    drops: int = 0
    proportions: float = 0.0
    missing: float = 0.0
    pose_turn_deg: float = 0.0

    @property
    def is_exact(self) -> bool:
        """Nothing is wrong."""
        return self == EXACT

    def scaled(self, factor: float) -> "Wrongness":
        """Return ``factor`` times as much of everything."""
        return Wrongness(
            self.proxy_rms * factor,
            self.warp_rms * factor,
            round(self.drops * factor),
            self.proportions * factor,
            min(self.missing * factor, 1.0),
            self.pose_turn_deg * factor,
        )


EXACT = Wrongness()
NOISY = Wrongness(
    proxy_rms=0.01, warp_rms=0.01, drops=3, proportions=0.0, missing=0.0, pose_turn_deg=0.0
)
TWICE_NOISY = NOISY.scaled(2.0)


def random_wrongness(random: np.random.Generator) -> Wrongness:
    """Draw from the training mixture: exact, up to noisy, up to twice noisy."""
    kind = random.random()
    if kind < EXACT_SHARE:
        return EXACT
    low, high = (0.2, 1.0) if kind < EXACT_SHARE + MILD_SHARE else (1.0, 2.0)
    proxy, warp, other, turn = random.uniform(low, high, 4) * (random.random(4) < 0.7)
    return Wrongness(
        proxy_rms=float(NOISY.proxy_rms * proxy),
        warp_rms=float(NOISY.warp_rms * warp),
        drops=int(random.integers(0, 1 + round(NOISY.drops * high))),
        proportions=float(0.15 * other) if random.random() < 0.4 else 0.0,
        missing=0.25,
        pose_turn_deg=float(3.0 * turn) if random.random() < 0.4 else 0.0,
    )


def wrong_proxy(rig: Rig, wrongness: Wrongness, random: np.random.Generator) -> Rig:
    """Return the proxy that somebody might have made of the character.

    It has the character's bones and expressions, so that any pose of the one is a pose of the
    other. Sheet and target must both be seen through it.
    """
    proxy = rig
    if wrongness.proportions > 0:
        proxy = with_proportions(proxy, random_proportions(random, wrongness.proportions))
    if random.random() < wrongness.missing:
        proxy = without_parts(proxy, random)
    if wrongness.proxy_rms > 0:
        proxy = displaced(proxy, wrongness.proxy_rms, random)
    return proxy


def displaced(rig: Rig, rms: float, random: np.random.Generator) -> Rig:
    """Return the rig with its vertices moved by a smooth field.

    Args:
        rig: Keeps its skeleton.
        rms: Root mean square length of the moves over the figure's height.
        random: Draws the field.
    """
    height = landmark_space(rig).scale / MARGIN
    waves = _waves(random, FIELD_WAVES)
    field = waves(rig.mesh.positions / height)
    size = float(np.sqrt(np.mean(np.sum(field**2, axis=1))))
    moves = field * (rms * height / max(size, 1e-9))
    positions = (rig.mesh.positions + moves).astype(np.float32)
    return replace(rig, mesh=replace(rig.mesh, positions=positions))


class _waves:  # noqa: N801  -- a function with drawn constants
    """A smooth random vector field: sines along random directions."""

    def __init__(self, random: np.random.Generator, count: int) -> None:
        directions = random.normal(size=(count, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        lengths = random.uniform(*FIELD_WAVELENGTHS, (count, 1))
        self._vectors = 2 * np.pi * directions / lengths
        self._phases = random.uniform(0, 2 * np.pi, count)
        self._moves = random.normal(size=(count, 3))

    def __call__(self, points: NDArray[np.float32]) -> NDArray[np.float64]:
        waves = np.sin(points @ self._vectors.T + self._phases)
        return np.asarray(waves @ self._moves, np.float64)


def without_parts(rig: Rig, random: np.random.Generator) -> Rig:
    """Return the rig without a few connected pieces of its surface, if it has any to spare."""
    pieces = surface_pieces(rig.mesh)
    sizes = np.bincount(pieces)
    low, high = (share * len(pieces) for share in MISSING_SHARE)
    spare = np.flatnonzero((sizes >= max(low, 1)) & (sizes <= high))
    if not len(spare):
        return rig
    count = int(random.integers(1, MOST_MISSING + 1))
    return without_triangles(rig, np.isin(pieces, random.permutation(spare)[:count]))


def without_triangles(rig: Rig, gone: NDArray[np.bool_]) -> Rig:
    """Return the rig without the marked triangles, ``gone [T]``."""
    runs, parts, first = [], [], 0
    for part in rig.mesh.parts:
        span = slice(part.first, part.first + part.count)
        kept = rig.mesh.triangles[span][~gone[span]]
        if len(kept):
            runs.append(kept)
            parts.append(MeshPart(part.name, first, len(kept), part.material))
            first += len(kept)
    mesh = replace(rig.mesh, triangles=np.concatenate(runs), parts=tuple(parts))
    return replace(rig, mesh=mesh)


def warped_udp(udp: Udp, rms: float, random: np.random.Generator) -> Udp:
    """Return a UDP map that is smoothly shifted against its picture.

    Args:
        udp: ``[H, W, 4]``; landmarks are moved, never mixed.
        rms: Root mean square shift over the picture's height.
        random: Draws the field.
    """
    height, width = udp.shape[:2]
    shift = smooth_shift((height, width), rms * height, int(random.integers(*WARP_GRID)), random)
    rows, columns = np.indices((height, width), dtype=np.float32)
    rows = np.rint(rows + shift[..., 1]).astype(np.intp)
    columns = np.rint(columns + shift[..., 0]).astype(np.intp)
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    warped: Udp = udp[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    warped[~inside] = 0
    return warped


def smooth_shift(
    shape: tuple[int, int], rms_px: float, knots: int, random: np.random.Generator
) -> NDArray[np.float32]:
    """Return a smooth field of shifts ``[H, W, 2]`` float32, pixels, of this rms length."""
    coarse = random.normal(size=(knots, knots, 2)).astype(np.float32)
    field = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    size = float(np.sqrt(np.mean(np.sum(field**2, axis=-1))))
    return np.asarray(field * np.float32(rms_px / max(size, 1e-9)), np.float32)


def dropped_regions(udp: Udp, count: int, random: np.random.Generator) -> Udp:
    """Return a UDP map without the landmarks of ``count`` ellipses on the figure."""
    rows, columns = np.nonzero(udp[..., 3] > 0)
    if not len(rows) or count <= 0:
        return udp
    height, width = udp.shape[:2]
    hole = np.zeros((height, width), np.uint8)
    for place in random.integers(len(rows), size=count):
        centre = (int(columns[place]), int(rows[place]))
        radii = random.uniform(*DROP_RADII, 2) * height
        axes = (max(int(radii[0]), 1), max(int(radii[1]), 1))
        cv2.ellipse(hole, centre, axes, float(random.uniform(0, 180)), 0, 360, (1.0,), -1)
    kept = udp.copy()
    kept[hole > 0] = 0
    return kept
