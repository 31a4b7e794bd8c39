"""What registration finds out about a sheet: how far each drawing lies from its UDP."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from renderer.registration.gaps import within_drawing
from renderer.registration.misplacement import DRAWN_ALPHA, is_misplaced
from renderer.registration.repaired_udp import moved_udp
from renderer.registration.solver import find_shifts
from renderer.registration.spline_field import SplineField
from renderer.types import CharacterSheet, SheetView

LEAST_SIDE_PX = 32  # smaller pictures have no outlines to speak of
FARTHEST = 2.0  # landmark units; squares of larger numbers run out of single precision
MOST_SHIFT = 0.08  # heights; what lies farther off is another pose, which no shift can repair


@dataclass(frozen=True, slots=True)
class ViewRegistration:
    """How far a drawing lies from its UDP.

    Attributes:
        name: Of the view.
        displacement_px: ``[H, W, 2]`` float32 (x, y): the bit of surface whose landmark the
            *given* UDP has at a pixel is drawn so far from that pixel.
        occupied: ``[H, W]``, where the given UDP has a landmark and so the displacement a meaning.
        overlap_before: Intersection of the silhouettes of UDP and drawing over their union.
        overlap_after: The same with the repaired UDP.
    """

    name: str
    displacement_px: NDArray[np.float32] = field(repr=False)
    occupied: NDArray[np.bool_] = field(repr=False)
    overlap_before: float
    overlap_after: float

    @property
    def mean_shift_px(self) -> float:
        """Root mean square displacement over the given UDP's figure."""
        if not self.occupied.any():
            return 0.0
        squares = np.sum(self.displacement_px[self.occupied] ** 2, axis=-1)
        return float(np.sqrt(np.mean(squares)))


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
    """Move each drawing's UDP onto what the drawing shows, and close its gaps.

    Drawings whose silhouette is their UDP's are left as they are, and hold the others in place.
    So are drawings of an expression: they show a face alone, whose rim is a cut through the
    surface and no outline, and whose colours differ from the other faces' where it matters.

    Shifts are smooth and at most ``MOST_SHIFT``; one that brings the silhouettes no nearer is not
    made.

    Args:
        sheet: Any number of drawings, of any sizes; their order has no effect.

    Returns:
        The very sheet that was given where nothing is wrong.
    """
    by_name = sorted(range(len(sheet.views)), key=lambda i: sheet.views[i].name)
    bodies = [i for i in by_name if _shows_a_body(sheet.views[i])]
    wrong = [i for i in bodies if is_misplaced(sheet.views[i])]
    if not wrong:
        return Registration(sheet, tuple(_untouched(view) for view in sheet.views), False)
    finite = [_finite(sheet.views[i]) for i in bodies]
    fields = find_shifts(finite, sheet.ink, [i not in wrong for i in bodies])
    repaired = {
        i: _repaired(view, shift)
        for i, view, shift in zip(bodies, finite, fields, strict=True)
        if i in wrong
    }
    views, reports = [], []
    for index, view in enumerate(sheet.views):
        moved, report = repaired.get(index) or (view, _untouched(view))
        views.append(moved)
        reports.append(report)
    return Registration(replace(sheet, views=tuple(views)), tuple(reports), True)


def _shows_a_body(view: SheetView) -> bool:
    return view.expression is None and min(view.udp.shape[:2]) >= LEAST_SIDE_PX


def _finite(view: SheetView) -> SheetView:
    """Return the view without landmarks that are no numbers or far outside of landmark space."""
    known = (np.abs(view.udp) <= FARTHEST).all(axis=-1, keepdims=True)
    if known.all():
        return view
    return replace(view, udp=np.where(known, view.udp, view.udp.dtype.type(0)))


def _repaired(view: SheetView, shift: SplineField) -> tuple[SheetView, ViewRegistration]:
    height, width = view.udp.shape[:2]
    displacement = bounded(shift.dense((height, width)), MOST_SHIFT * height)
    drawn = view.image[..., 3] > DRAWN_ALPHA
    before = _overlap(view.udp, drawn)
    udp = moved_udp(view.udp, displacement)
    after = _overlap(udp, drawn)
    if after < before:
        udp, displacement, after = view.udp.astype(np.float32), np.zeros_like(displacement), before
    report = ViewRegistration(view.name, displacement, _occupied(view), before, after)
    return replace(view, udp=within_drawing(udp, drawn)), report


def bounded(displacement: NDArray[np.float32], most: float) -> NDArray[np.float32]:
    """Shorten what is longer than ``most``; neighbours never come to differ more than before.

    Args:
        displacement: ``[H, W, 2]``.
        most: In the same unit.
    """
    length = np.linalg.norm(displacement, axis=-1, keepdims=True)
    return np.asarray(displacement * (most / np.maximum(length, most)), np.float32)


def _untouched(view: SheetView) -> ViewRegistration:
    shift = np.zeros((*view.udp.shape[:2], 2), np.float32)
    overlap = _overlap(view.udp, view.image[..., 3] > DRAWN_ALPHA)
    return ViewRegistration(view.name, shift, _occupied(view), overlap, overlap)


def _occupied(view: SheetView) -> NDArray[np.bool_]:
    return np.asarray(view.udp[..., 3] > 0.5)


def _overlap(udp: NDArray[np.float16] | NDArray[np.float32], drawn: NDArray[np.bool_]) -> float:
    occupied = udp[..., 3] > 0.5
    return float((occupied & drawn).sum() / max(int((occupied | drawn).sum()), 1))
