"""What registration finds out about a sheet: how far each drawing lies from its UDP."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from renderer.registration.repaired_udp import moved_udp
from renderer.registration.solver import find_shifts
from renderer.types import CharacterSheet, SheetView


@dataclass(frozen=True, slots=True)
class ViewRegistration:
    """How far a drawing lies from its UDP.

    Attributes:
        name: Of the view.
        displacement_px: ``[H, W, 2]`` float32 (x, y): the bit of surface whose landmark the
            *given* UDP has at a pixel is drawn so far from that pixel.
        confidence: ``[H, W]`` float32 in [0, 1]; how well outlines and colours nearby support
            the displacement there, 0 where the given UDP is empty.
        overlap_before: Intersection of the silhouettes of UDP and drawing over their union.
        overlap_after: The same with the repaired UDP.
    """

    name: str
    displacement_px: NDArray[np.float32] = field(repr=False)
    confidence: NDArray[np.float32] = field(repr=False)
    overlap_before: float
    overlap_after: float

    @property
    def mean_shift_px(self) -> float:
        """Root mean square displacement over the given UDP's figure."""
        inside = self.confidence > 0
        if not inside.any():
            return 0.0
        return float(np.sqrt(np.mean(np.sum(self.displacement_px[inside] ** 2, axis=-1))))


@dataclass(frozen=True, slots=True)
class Registration:
    """A repaired sheet and what was wrong with it.

    Attributes:
        sheet: The given one itself where nothing was wrong.
        views: One entry per view of the sheet, in its order.
        repaired: Whether anything was changed.
    """

    sheet: CharacterSheet
    views: tuple[ViewRegistration, ...]
    repaired: bool


def register_drawings(sheet: CharacterSheet) -> Registration:
    """Move each drawing's UDP onto what the drawing shows.

    Drawings of expressions show a face alone and are left as they are.
    """
    chosen = [i for i, view in enumerate(sheet.views) if view.expression is None]
    fields = find_shifts([sheet.views[i] for i in chosen], sheet.ink)
    shifts = dict(zip(chosen, fields, strict=True))
    repaired, reports = [], []
    for index, view in enumerate(sheet.views):
        shape = (view.udp.shape[0], view.udp.shape[1])
        occupied = view.udp[..., 3] > 0.5
        before = _overlap(occupied, view)
        shift = shifts[index].dense(shape) if index in shifts else np.zeros((*shape, 2), np.float32)
        udp = moved_udp(view.udp, shift) if index in shifts else view.udp
        repaired.append(replace(view, udp=udp))
        after = _overlap(udp[..., 3] > 0.5, view)
        reports.append(
            ViewRegistration(view.name, shift, occupied.astype(np.float32), before, after)
        )
    return Registration(replace(sheet, views=tuple(repaired)), tuple(reports), True)


def _overlap(occupied: NDArray[np.bool_], view: SheetView) -> float:
    drawn = view.image[..., 3] > 127
    return float((occupied & drawn).sum() / max((occupied | drawn).sum(), 1))
