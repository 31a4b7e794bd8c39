"""How this project's landmarks become the ones that the official CoNR weights were trained on.

Both describe a surface point by its place in an A-pose, but with other axes and scales: here +X is
the avatar's left, +Y up, +Z its front; there x is lateral with the right hand low, y is depth with
the front low and stretched about four times, z is height. The exact formula was never published,
so it is configuration: an affine map per axis, with three named candidates, or one that was fitted
to an official sequence.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renderer.types import CharacterSheet, LandmarkBox
from udp_live.rig.landmarks import MARGIN, canonical_landmarks
from udp_live.rig.rig import Rig
from udp_live.types import UdpMap

Float = NDArray[np.float32]
AnyFloat = NDArray[np.floating[Any]]
Triple = tuple[float, float, float]

CONVENTION_NAMES = ("A", "A'", "B")
DEFAULT_CONVENTION = "A"  # fits the paper's released figure best
DEPTH_STRETCH = 4.0  # of depth against height, measured on the released figure
CANDIDATE_AXES = (0, 2, 1)  # x lateral, y depth, z height
MAX_SCALE = 100.0
MIN_SCALE = 0.01
OCCUPIED = 0.5
MIN_EXTENT = 1e-3  # landmark units; a flat figure has no box


@dataclass(frozen=True, slots=True)
class LandmarkConvention:
    """An affine map per axis: ``theirs[k] = offset[k] + scale[k] * ours[axes[k]]``.

    Attributes:
        name: ``A``, ``A'``, ``B``, or what a fitted one is called.
        axes: Which of our axes (0 x, 1 y, 2 z) feeds their x, y, z; each once.
        scale: Their units per unit of ours; negative turns the axis round.
        offset: Their value where ours is 0.
    """

    name: str
    axes: tuple[int, int, int]
    scale: Triple
    offset: Triple

    def __post_init__(self) -> None:
        if sorted(self.axes) != [0, 1, 2]:
            raise ValueError(f"unexpected axes: {self.axes} is no order of 0, 1, 2")
        if not all(MIN_SCALE <= abs(value) <= MAX_SCALE for value in self.scale):
            raise ValueError(f"unexpected scale: {self.scale} beyond {MIN_SCALE:g} to {MAX_SCALE}")
        if not all(abs(value) <= MAX_SCALE for value in self.offset):
            raise ValueError(f"unexpected offset: {self.offset} beyond {MAX_SCALE}")

    def apply(self, xyz: AnyFloat) -> Float:
        """Turn our landmarks into theirs, ``[..., 3]`` to ``[..., 3]`` float32, not clipped."""
        picked = np.asarray(xyz, np.float32)[..., list(self.axes)]
        theirs: Float = picked * np.array(self.scale, np.float32) + np.array(
            self.offset, np.float32
        )
        return theirs

    def invert(self, xyz: AnyFloat) -> Float:
        """Turn their landmarks into ours, ``[..., 3]`` to ``[..., 3]`` float32, not clipped."""
        moved = np.asarray(xyz, np.float32) - np.array(self.offset, np.float32)
        straight = moved / np.array(self.scale, np.float32)
        ours = np.empty_like(straight)
        ours[..., list(self.axes)] = straight
        return ours

    def apply_to_map(self, udp_map: UdpMap) -> UdpMap:
        """Turn a UDP of ours into theirs: clipped to [0, 1], 0 where nothing is."""
        return _remapped(udp_map, self.apply)

    def invert_map(self, udp_map: UdpMap) -> UdpMap:
        """Turn a UDP of theirs into ours: clipped to [0, 1], 0 where nothing is."""
        return _remapped(udp_map, self.invert)

    def mirrors(self) -> bool:
        """Tell whether the map turns left-handed into right-handed; no candidate does."""
        flips = sum(value < 0 for value in self.scale)
        swaps = sum(a > b for i, a in enumerate(self.axes) for b in self.axes[i + 1 :])
        return (flips + swaps) % 2 == 1


def named_convention(name: str, box: LandmarkBox | None = None) -> LandmarkConvention:
    """Make one of the candidates.

    ``A``: x and height over the figure's height, depth four times as large about the body's axis;
    ``A'``: the same, but depth from foremost to rearmost point; ``B``: every axis from its lowest
    to its highest point.

    Args:
        name: One of ``CONVENTION_NAMES``.
        box: The figure's extent in our landmarks; needed for ``A'`` and ``B``.

    Raises:
        ValueError: The name is unknown, or the box is missing or flat.
    """
    if name not in CONVENTION_NAMES:
        raise ValueError(f"unknown convention: {name!r} not in {', '.join(CONVENTION_NAMES)}")
    lateral, height = (_about_centre(MARGIN), _about_centre(MARGIN))
    depth = _about_centre(-DEPTH_STRETCH * MARGIN)
    if name != "A":
        if box is None:
            raise ValueError(f"convention {name} depends on the figure: give its landmark box")
        spans = [_from_low_to_high(box, axis) for axis in range(3)]
        depth = (-spans[2][0], 1.0 - spans[2][1])  # front low
        if name == "B":
            lateral, height = spans[0], spans[1]
    scale, offset = zip(lateral, depth, height, strict=True)
    return LandmarkConvention(name, CANDIDATE_AXES, scale, offset)


def landmark_box(landmarks: Iterable[AnyFloat]) -> LandmarkBox:
    """Return the box of clouds of landmarks, each ``[N, 3]``.

    Raises:
        ValueError: There is no point.
    """
    clouds = [cloud for cloud in landmarks if len(cloud)]
    if not clouds:
        raise ValueError("no landmark: the figure is empty")
    low = np.min([cloud.min(axis=0) for cloud in clouds], axis=0).astype(float)
    high = np.max([cloud.max(axis=0) for cloud in clouds], axis=0).astype(float)
    return LandmarkBox((low[0], low[1], low[2]), (high[0], high[1], high[2]))


def rig_box(rig: Rig) -> LandmarkBox:
    """Return the landmark box of a rig's whole surface."""
    return landmark_box([canonical_landmarks(rig)])


def sheet_box(sheet: CharacterSheet) -> LandmarkBox:
    """Return the landmark box of what a sheet's views show.

    Raises:
        ValueError: No view shows anything.
    """
    return landmark_box(
        view.udp[..., :3][view.udp[..., 3] > OCCUPIED].astype(np.float32) for view in sheet.views
    )


def _about_centre(scale: float) -> tuple[float, float]:
    """Scale and offset of a line through (0.5, 0.5)."""
    return scale, 0.5 - 0.5 * scale


def _from_low_to_high(box: LandmarkBox, axis: int) -> tuple[float, float]:
    """Scale and offset of the line that takes the box's axis to [0, 1]."""
    extent = box.high[axis] - box.low[axis]
    if not extent >= MIN_EXTENT:
        raise ValueError(f"unexpected landmark box: axis {axis} is flat ({extent:g})")
    return 1.0 / extent, -box.low[axis] / extent


def _remapped(udp_map: UdpMap, remap: Callable[[Float], Float]) -> UdpMap:
    visible = udp_map.xyzv[..., 3:]
    landmarks = np.clip(remap(udp_map.xyzv[..., :3]), 0.0, 1.0) * (visible > 0)
    return UdpMap(np.concatenate([landmarks, visible], axis=-1).astype(np.float32))
