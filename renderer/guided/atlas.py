"""The atlas: all drawings of a sheet, at full and at reduced sizes, in one pair of images."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from renderer.guided.sheet_encoding import LANDMARK_SCALE, TICK_ORIGIN, USABLE_SCALE
from renderer.guided.surface import Surface, SurfaceGradient

GUTTER_PX = 2  # taps reach one pixel beyond a drawing
ATLAS_WIDTH = 4096


@dataclass(frozen=True, slots=True)
class Patch:
    """One drawing at one size, placed in the atlas.

    Attributes:
        surface, gradient: What it shows.
        source: Index of the drawing.
        expression: Expression of the drawing, None for the neutral face.
        scale: 1 for the drawing as given, 0.5 for its first reduction ...
    """

    surface: Surface = field(repr=False)
    gradient: SurfaceGradient = field(repr=False)
    source: int
    expression: str | None
    scale: float


@dataclass(frozen=True, slots=True)
class Atlas:
    """Packed patches.

    Attributes:
        landmark: ``[HA, WA, 4]`` int16, as in SheetEncoding.
        colour: ``[HA, WA, 4]`` uint8, as in SheetEncoding.
        origins: (x, y) of each patch's first pixel.
    """

    landmark: NDArray[np.int16] = field(repr=False)
    colour: NDArray[np.uint8] = field(repr=False)
    origins: tuple[tuple[int, int], ...]


def pack_atlas(patches: Sequence[Patch]) -> Atlas:
    """Place patches on shelves, tallest first, and quantise them."""
    sizes = [patch.surface.usable.shape for patch in patches]
    width = max(ATLAS_WIDTH, max(size[1] for size in sizes) + 2 * GUTTER_PX)
    origins: dict[int, tuple[int, int]] = {}
    x, y, shelf = GUTTER_PX, GUTTER_PX, 0
    for index in sorted(range(len(sizes)), key=lambda i: (-sizes[i][0], i)):
        patch_height, patch_width = sizes[index]
        if x + patch_width + GUTTER_PX > width:
            x, y, shelf = GUTTER_PX, y + shelf + GUTTER_PX, 0
        origins[index] = (x, y)
        x, shelf = x + patch_width + GUTTER_PX, max(shelf, patch_height)
    height = y + shelf + GUTTER_PX
    landmark = np.zeros((height, width, 4), np.int16)
    colour = np.zeros((height, width, 4), np.uint8)
    for index, patch in enumerate(patches):
        (x, y), (patch_height, patch_width) = origins[index], sizes[index]
        box = np.s_[y : y + patch_height, x : x + patch_width]
        landmark[box] = _quantise(patch.surface)
        colour[box][..., :3] = np.rint(patch.surface.colour).transpose(1, 2, 0)
    return Atlas(landmark, colour, tuple(origins[i] for i in range(len(sizes))))


def _quantise(surface: Surface) -> NDArray[np.int16]:
    """Return landmark and usable weight as ``[H, W, 4]`` int16."""
    fixed = np.rint(np.clip(surface.landmark, 0, 1) * LANDMARK_SCALE) - TICK_ORIGIN
    planes = np.concatenate([fixed, np.rint(surface.usable * USABLE_SCALE)[None]])
    return np.asarray(planes.transpose(1, 2, 0), np.int16)
