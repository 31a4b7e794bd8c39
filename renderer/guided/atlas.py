"""The atlas: the pixels of all drawings of a sheet, at full and at reduced sizes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renderer.guided.sheet_encoding import LANDMARK_SCALE, TICK_ORIGIN, USABLE_SCALE
from renderer.guided.surface import Surface, SurfaceGradient

GUTTER_PX = 2  # taps reach one pixel beyond a drawing


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
    """Patches one below the other, each row only as wide as what it shows.

    Attributes:
        landmark: ``[P]`` int64, as in SheetEncoding.
        colour: ``[P]`` int32, as in SheetEncoding.
        row_start: ``[rows]`` int32, as in SheetEncoding.
        first_rows: Row of each patch's first line.
    """

    landmark: NDArray[np.int64] = field(repr=False)
    colour: NDArray[np.int32] = field(repr=False)
    row_start: NDArray[np.int32] = field(repr=False)
    first_rows: tuple[int, ...]


def pack_atlas(patches: Sequence[Patch]) -> Atlas:
    """Lay rows of patches end to end, without the empty pixels beside them, and quantise them."""
    landmark, colour, starts, lengths, first_rows = [], [], [], [], []
    row = 0
    for patch in patches:
        start, length = _spans(patch.surface.usable)
        height, width = patch.surface.usable.shape
        columns = np.arange(-GUTTER_PX, width + GUTTER_PX)
        kept = (columns >= start[:, None]) & (columns < (start + length)[:, None])
        kept = np.pad(kept, ((GUTTER_PX, GUTTER_PX), (0, 0)))
        landmark.append(_padded(_quantise(patch.surface))[kept])
        paint = np.rint(patch.surface.colour).astype(np.uint8).transpose(1, 2, 0)
        colour.append(np.pad(_padded(paint)[kept], ((0, 0), (0, 1))))
        starts.append(np.pad(start, GUTTER_PX))
        lengths.append(np.pad(length, GUTTER_PX))
        first_rows.append(row + GUTTER_PX)
        row += height + 2 * GUTTER_PX
    length = np.concatenate(lengths)
    row_start = np.cumsum(length) - length - np.concatenate(starts)
    return Atlas(
        np.concatenate(landmark).view(np.int64)[:, 0],
        np.concatenate(colour).view(np.int32)[:, 0],
        row_start.astype(np.int32),
        tuple(first_rows),
    )


def _spans(usable: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return first column and length of what each row shows, with gutters; length 0 of nothing."""
    shown = usable > 0
    first = shown.argmax(1) - GUTTER_PX
    stop = shown.shape[1] - shown[:, ::-1].argmax(1) + GUTTER_PX
    length = np.where(shown.any(1), stop - first, 0)
    return np.where(length > 0, first, 0), length


def _padded(pixels: NDArray[Any]) -> NDArray[Any]:
    """Add empty gutters all around ``[H, W, C]``."""
    rim = (GUTTER_PX, GUTTER_PX)
    return np.pad(pixels, (rim, rim, (0, 0)))


def _quantise(surface: Surface) -> NDArray[np.int16]:
    """Return landmark and usable weight as ``[H, W, 4]`` int16."""
    fixed = np.rint(np.clip(surface.landmark, 0, 1) * LANDMARK_SCALE) - TICK_ORIGIN
    planes = np.concatenate([fixed, np.rint(surface.usable * USABLE_SCALE)[None]])
    return np.ascontiguousarray(planes.transpose(1, 2, 0), np.int16)
