"""Turn a character sheet into the tables of the guided decoder."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from renderer.errors import SheetError
from renderer.guided.atlas import Atlas, Patch, pack_atlas
from renderer.guided.expression_choice import shows_in
from renderer.guided.face_region import region_trust
from renderer.guided.ink import ink_coverage
from renderer.guided.landmark_table import (
    LOWEST_DENSITY,
    Trust,
    VoxelGrid,
    build_table,
    level_densities,
)
from renderer.guided.sheet_encoding import ExpressionTable, SheetEncoding
from renderer.guided.surface import (
    JUMP_STEPS,
    OPAQUE_ALPHA,
    Surface,
    halve,
    measure_gradient,
    smooth_landmarks,
    square_length,
    typical_step,
)
from renderer.types import CharacterSheet, LandmarkBox, SheetView

BODY_CELL = 1 / 256  # finer than the gap between a lock of hair and the face under it
FACE_CELL = 1 / 512
REGION_MARGIN = 0.02  # drawn beyond a region's box, so that taps at its rim find paint
HINT_TRUST = 0.02  # expression drawings also tell the body what the neutral face hides
FREE_OF_INK = 0.02
INKED_TRUST = 0.002  # paint under a line is a guess, good where nothing else shows the surface
MIXED_TRUST = 0.1
WHOLE_SPACE = LandmarkBox((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def encode_sheet(sheet: CharacterSheet, key: str = "") -> SheetEncoding:
    """Build the atlas and its tables; takes seconds.

    Args:
        sheet: Any number of views in any order; the order has no effect.
        key: Content hash to remember.

    Raises:
        SheetError: No view shows any landmark under opaque paint.
    """
    views = sorted(sheet.views, key=lambda view: view.name)
    if all(view.expression is not None for view in views):
        views = [SheetView(v.name, v.image, v.udp, v.yaw_rad, None) for v in views]
    patches = [
        patch for index, view in enumerate(views) for patch in _view_patches(view, index, sheet)
    ]
    if not any(patch.expression is None for patch in patches):
        raise SheetError(
            "sheet is unusable: no neutral view has opaque pixels (alpha >= "
            f"{OPAQUE_ALPHA}) with a landmark; check the alpha and the UDP files of its views"
        )
    atlas = pack_atlas(patches)
    densities = level_densities([p for p in patches if p.expression is None])
    trust = _body_trust(patches, sheet.regions)
    body = build_table(VoxelGrid.over(WHOLE_SPACE, BODY_CELL), patches, atlas, densities, trust)
    if body is None:
        raise SheetError("sheet is unusable: its landmarks lie outside [0, 1]; rebuild its UDP")
    return SheetEncoding(
        torch.from_numpy(atlas.landmark),
        torch.from_numpy(atlas.colour),
        torch.from_numpy(atlas.row_start),
        densities,
        body,
        tuple(_expression_tables(sheet, patches, atlas, densities)),
        MappingProxyType(dict(sheet.regions)),
        sheet.ink,
        key,
    )


def _body_trust(patches: Sequence[Patch], regions: Mapping[str, LandmarkBox]) -> list[Trust]:
    """Return how far the pixels of each patch are trusted for the body and the neutral face."""
    neutral = [patch for patch in patches if patch.expression is None]
    trusts = iter(region_trust(neutral, regions))
    return [next(trusts) if patch.expression is None else HINT_TRUST for patch in patches]


def _view_patches(view: SheetView, index: int, sheet: CharacterSheet) -> list[Patch]:
    """Return a drawing at full size and halved until it is too small to be of use."""
    surface = _view_surface(view, sheet)
    patches: list[Patch] = []
    scale = 1.0
    while surface is not None and min(surface.usable.shape) >= 4:
        gradient = measure_gradient(surface)
        patches.append(Patch(surface, gradient, index, view.expression, scale))
        if gradient.density < 1.4 * LOWEST_DENSITY:
            break
        surface, scale = halve(surface), scale / 2
    return patches


def _view_surface(view: SheetView, sheet: CharacterSheet) -> Surface | None:
    """Return what a drawing shows once its outlines are lifted, or None if that is nothing."""
    landmark = np.clip(view.udp[..., :3].transpose(2, 0, 1).astype(np.float32, order="C"), 0, 1)
    occupied = view.udp[..., 3] > 0.5
    shown = occupied & (view.image[..., 3] >= OPAQUE_ALPHA)
    if view.expression is not None:
        boxes = [box for name, box in sheet.regions.items() if shows_in(view.expression, name)]
        shown &= _within(landmark, boxes)
    rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
    if rows.size == 0:
        return None
    width_px = sheet.ink.width * shown.shape[0]
    rim = math.ceil(width_px) + 2  # ink comes from beyond what is kept
    box = np.s_[
        ...,
        max(rows[0] - rim, 0) : rows[-1] + 1 + rim,
        max(columns[0] - rim, 0) : columns[-1] + 1 + rim,
    ]
    landmark, occupied, shown = landmark[box], occupied[box], shown[box]
    planes = torch.from_numpy(np.ascontiguousarray(landmark))
    ink = ink_coverage(planes, torch.from_numpy(occupied), width_px).numpy()
    if view.udp.dtype == np.float16:
        landmark = smooth_landmarks(landmark, occupied)
    tint = np.maximum(np.asarray(sheet.ink.tint, np.float32), 0.1)[:, None, None]
    painted = view.image[..., :3].transpose(2, 0, 1)[box].astype(np.float32)
    colour = np.minimum(painted / (1 - ink * (1 - tint)), 255)
    colour = np.minimum(colour, _brightest_beside(painted, shown & (ink <= FREE_OF_INK), rim))
    usable = shown * np.where(ink > FREE_OF_INK, INKED_TRUST, 1) * _purity(landmark, shown)
    return Surface(landmark, colour.astype(np.float32), usable.astype(np.float32))


def _brightest_beside(
    painted: NDArray[np.float32], free: NDArray[np.bool_], reach_px: int
) -> NDArray[np.float32]:
    """Return the brightest paint without ink nearby; what is lifted from a line is no brighter.

    Where a drawing is off its UDP, ink would be lifted from paint that has none.

    Args:
        painted: ``[3, H, W]``.
        free: ``[H, W]``, where there is no ink.
        reach_px: How far to look.
    """
    window = (1, 2 * reach_px + 1, 2 * reach_px + 1)
    brightest = maximum_filter(np.where(free, painted, 0), window, mode="constant")
    nothing = maximum_filter(free, window[1:], mode="constant") == 0
    return np.where(nothing, np.float32(255), np.maximum(brightest, painted))


def _purity(landmark: NDArray[np.float32], shown: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distrust pixels beside another surface: smooth drawings mix the paint of both."""
    jump = (JUMP_STEPS * typical_step(landmark, shown)) ** 2
    pure = np.ones(shown.shape, np.float32)
    for steps, sides in (
        (landmark[:, :, 1:] - landmark[:, :, :-1], (pure[:, 1:], pure[:, :-1])),
        (landmark[:, 1:] - landmark[:, :-1], (pure[1:], pure[:-1])),
    ):
        mixed = square_length(steps) > jump
        for side in sides:
            side[mixed] = MIXED_TRUST
    return pure


def _within(landmark: NDArray[np.float32], boxes: Sequence[LandmarkBox]) -> NDArray[np.bool_]:
    """Mark the landmarks that lie in one of the boxes or close to it."""
    inside = np.zeros(landmark.shape[1:], np.bool_)
    for box in boxes:
        within = np.ones_like(inside)
        for axis in range(3):
            within &= landmark[axis] >= box.low[axis] - REGION_MARGIN
            within &= landmark[axis] <= box.high[axis] + REGION_MARGIN
        inside |= within
    return inside


def _expression_tables(
    sheet: CharacterSheet, patches: Sequence[Patch], atlas: Atlas, densities: Sequence[float]
) -> list[ExpressionTable]:
    """Build one small table per face region and expression that is drawn."""
    tables = []
    for region, box in sorted(sheet.regions.items()):
        grid = VoxelGrid.over(box, FACE_CELL)
        for expression in sorted({p.expression for p in patches if p.expression is not None}):
            if not shows_in(expression, region):
                continue
            trust = [float(patch.expression == expression) for patch in patches]
            table = build_table(grid, patches, atlas, densities, trust)
            if table is not None:
                tables.append(ExpressionTable(region, expression, table))
    return tables
