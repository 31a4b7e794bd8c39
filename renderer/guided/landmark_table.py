"""Build the tables that lead from a landmark to the best places in the atlas."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from renderer.guided.atlas import Atlas, Patch
from renderer.guided.candidate_record import FIELDS, SHARE, pack_candidates
from renderer.guided.sheet_encoding import (
    BRICK,
    LANDMARK_SCALE,
    TICK_ORIGIN,
    LandmarkTable,
)
from renderer.guided.surface import square_length
from renderer.types import LandmarkBox

Float = NDArray[np.float32]
Int = NDArray[np.int64]
Trust = float | Float

CANDIDATES = 2  # a third gains less than 0.1 dB and costs half as much again
QUALITY_POWER = 3  # sharp enough that the best drawing dominates, soft enough to hide seams
SECOND_LAYER_PX = 3.0
LOWEST_DENSITY = 150.0  # a figure 150 px tall is the smallest worth a level of its own


@dataclass(frozen=True, slots=True)
class VoxelGrid:
    """A box of landmark space cut into cubes of edge ``cell``."""

    low: tuple[float, float, float]
    cell: float
    shape: tuple[int, int, int]

    @classmethod
    def over(cls, box: LandmarkBox, cell: float) -> "VoxelGrid":
        """Cover a box."""
        extent = np.subtract(box.high, box.low)
        nx, ny, nz = (BRICK * max(1, int(np.ceil(e / cell / BRICK - 1e-6))) for e in extent)
        return cls(box.low, cell, (nx, ny, nz))

    def locate(self, landmark: Float) -> tuple[Int, Float]:
        """Return flat voxel indices (-1 outside) and squared distances to the voxel centres.

        Args:
            landmark: ``[3, N]`` float32.
        """
        low = np.asarray(self.low, np.float32)[:, None]
        offset = (landmark - low) / np.float32(self.cell)
        corner = np.floor(offset)
        top = np.asarray(self.shape)[:, None]
        inside = np.all((corner >= 0) & (corner < top), axis=0)
        x, y, z = corner.astype(np.int64)
        flat = (x * self.shape[1] + y) * self.shape[2] + z
        return np.where(inside, flat, -1), square_length(offset - corner - np.float32(0.5))


@dataclass(frozen=True, slots=True)
class Offers:
    """What one patch has to offer: at most one place per voxel.

    Attributes:
        voxel: ``[M]`` flat voxel index.
        quality: ``[M]`` float32 in [0, 1].
        place: ``[M, 15]`` float32, as in ``pack_candidates``.
    """

    voxel: Int = field(repr=False)
    quality: Float = field(repr=False)
    place: Float = field(repr=False)


def level_densities(patches: Sequence[Patch]) -> tuple[float, ...]:
    """Choose the target densities, one octave apart, from the finest drawing downwards."""
    finest = max(patch.gradient.density for patch in patches)
    densities = [finest]
    while densities[-1] / 2 >= LOWEST_DENSITY and len(densities) < 6:
        densities.append(densities[-1] / 2)
    return tuple(densities)


def patches_of_level(patches: Sequence[Patch], density: float) -> list[int]:
    """Pick for every drawing the size whose density is closest to the wanted one."""
    best: dict[int, tuple[float, int]] = {}
    for index, patch in enumerate(patches):
        miss = abs(np.log2(patch.gradient.density / density) - 0.25)
        if patch.source not in best or miss < best[patch.source][0]:
            best[patch.source] = (miss, index)
    return sorted(index for _, index in best.values())


def patch_offers(grid: VoxelGrid, patch: Patch, first_row: int, trust: Trust = 1.0) -> Offers:
    """Choose in every voxel the pixel that lies nearest to its centre, and one of a second layer.

    A second layer (a lock of hair before the face, both in one voxel) shows itself by pixels
    that are not where the first pixel and its gradient predict them to be.

    Args:
        grid: Where in landmark space.
        patch: Whose pixels.
        first_row: Of the patch in the atlas.
        trust: Factor of the quality of its pixels, ``[H, W]`` or one for all.
    """
    trusted = np.broadcast_to(np.asarray(trust, np.float32), patch.surface.usable.shape).reshape(-1)
    pixels = np.flatnonzero((patch.surface.usable.reshape(-1) > 0) & (trusted > 0))
    landmark = patch.surface.landmark.reshape(3, -1)[:, pixels]
    voxel, distance = grid.locate(landmark)
    inside = np.flatnonzero(voxel >= 0)
    pixels, landmark = pixels[inside], landmark[:, inside]
    voxel, distance = voxel[inside], distance[inside]
    facing = patch.gradient.facing.reshape(-1)[pixels]
    usable = patch.surface.usable.reshape(-1)[pixels]
    poor = (facing < 0.2) | (usable < 0.5)
    first, group = _first_of_each(voxel, distance + poor)
    inverse = patch.gradient.pixel_from_landmark.reshape(2, 3, -1)
    row, column = np.divmod(pixels, patch.surface.usable.shape[1])
    place = np.stack([column, row]).astype(np.float32)
    anchor = first[group]
    shift = np.einsum("ijn,jn->in", inverse[:, :, pixels[anchor]], landmark - landmark[:, anchor])
    miss = np.abs(place - place[:, anchor] - shift).max(0)
    other = np.flatnonzero((miss > SECOND_LAYER_PX) & ~poor)
    second, _ = _first_of_each(voxel[other], -miss[other])
    chosen = np.concatenate([first, other[second]])
    fields = np.empty((chosen.size, FIELDS), np.float32)
    fields[:, 0], fields[:, 1] = place[0, chosen], place[1, chosen] + first_row
    fields[:, 2:5] = landmark[:, chosen].T
    fields[:, 5:11] = inverse[:, :, pixels[chosen]].reshape(6, -1).T
    fields[:, 11:14] = _normals(fields[:, 5:8], fields[:, 8:11])
    # In the atlas's own unit, so that the inner loop need not convert what it reads there.
    fields[:, 2:5] = fields[:, 2:5] * LANDMARK_SCALE - TICK_ORIGIN
    fields[:, 5:11] /= LANDMARK_SCALE
    fields[:, 14] = facing[chosen] * usable[chosen] * trusted[pixels[chosen]]
    return Offers(voxel[chosen], fields[:, 14], fields)


def _normals(first: Float, second: Float) -> Float:
    """Return unit vectors at right angles to two tangents, ``[M, 3]``; zero where there is none."""
    normal = np.cross(first, second)
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    return np.asarray(normal / np.maximum(length, 1e-9), np.float32)


def _first_of_each(voxel: Int, cost: Float) -> tuple[Int, Int]:
    """Return the cheapest pixel of each voxel, and each pixel's place in that list."""
    order = np.lexsort((cost, voxel))
    is_first = np.diff(voxel[order], prepend=-1) != 0
    group = np.empty(voxel.size, np.int64)
    group[order] = np.cumsum(is_first) - 1
    return order[is_first], group


def build_table(
    grid: VoxelGrid,
    patches: Sequence[Patch],
    atlas: Atlas,
    densities: Sequence[float],
    trust: Sequence[Trust],
) -> LandmarkTable | None:
    """Collect for every voxel and level the best candidates of all drawings.

    Args:
        grid: Where in landmark space.
        patches: All patches of the atlas.
        atlas: Gives their rows.
        densities: Target density of each level.
        trust: One factor per patch, or one ``[H, W]`` for each of its pixels; 0 leaves it out.

    Returns:
        The table, or None where no trusted patch shows the box.
    """
    wanted = [patches_of_level(patches, density) for density in densities]
    offers = {
        index: patch_offers(grid, patches[index], atlas.first_rows[index], trust[index])
        for index in sorted(set().union(*wanted))
        if np.any(trust[index])
    }
    known = np.unique(np.concatenate([o.voxel for o in offers.values()] or [np.empty(0, np.int64)]))
    if known.size == 0:
        return None
    candidates = np.zeros((len(densities), known.size, CANDIDATES, FIELDS), np.float32)
    for level, (density, indices) in enumerate(zip(densities, wanted, strict=True)):
        chosen = [(offers[i], _sharpness(patches[i], density)) for i in indices if i in offers]
        _fill_level(candidates[level], known, chosen)
    _borrow_missing(candidates)
    brick_of_cell, row_of_voxel = _bricks(grid, known)
    return LandmarkTable(
        grid.low,
        grid.cell,
        torch.from_numpy(brick_of_cell),
        torch.from_numpy(row_of_voxel),
        torch.from_numpy(pack_candidates(candidates)),
    )


def _sharpness(patch: Patch, density: float) -> float:
    """Distrust drawings coarser than wanted."""
    return float(min(1.0, patch.gradient.density / density) ** 2)


def _fill_level(candidates: Float, known: Int, chosen: Sequence[tuple[Offers, float]]) -> None:
    """Write the best offers of each voxel into ``[R, K, 15]``."""
    if not chosen:
        return
    voxel = np.concatenate([offer.voxel for offer, _ in chosen])
    quality = np.concatenate([offer.quality * factor for offer, factor in chosen])
    place = np.concatenate([offer.place for offer, _ in chosen])
    row = np.searchsorted(known, voxel)
    order = np.lexsort((-quality, row))
    row = row[order]
    starts = np.flatnonzero(np.diff(row, prepend=-1) != 0)
    rank: Int = np.arange(row.size) - np.repeat(starts, np.diff(np.append(starts, row.size)))
    kept = rank < CANDIDATES
    place[order, SHARE] = quality[order]
    candidates[row[kept], rank[kept]] = place[order[kept]]
    # What the best candidate that was left out would have weighed is taken from the others, so
    # that a candidate which drops out of the list in the next voxel had faded out before.
    beaten = np.zeros(known.size, np.float32)
    first_out = np.equal(rank, CANDIDATES)
    beaten[row[first_out]] = quality[order[first_out]]
    margin = np.maximum(candidates[..., SHARE] - 0.9 * beaten[:, None], 0)
    candidates[..., SHARE] = margin**QUALITY_POWER


def _borrow_missing(candidates: Float) -> None:
    """Give voxels that a level lacks the candidates of the neighbouring level."""
    levels = candidates.shape[0]
    for level in [*range(1, levels), *range(levels - 2, -1, -1)]:
        donor = level - 1 if level > 0 and candidates[level - 1, :, 0, SHARE].any() else level + 1
        if donor >= levels:
            continue
        empty = candidates[level, :, 0, SHARE] <= 0
        candidates[level, empty] = candidates[donor, empty]


def _bricks(grid: VoxelGrid, known: Int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Give every voxel a row: its own, or that of a known voxel close by.

    Returns:
        brick_of_cell and row_of_voxel of LandmarkTable.
    """
    rows = np.arange(known.size, dtype=np.int32)
    cube = np.full(grid.shape, -1, np.int32)
    cube.reshape(-1)[known] = rows
    x, y, z = np.unravel_index(known, grid.shape)
    half = np.full([size // 2 for size in grid.shape], -1, np.int32)
    half[x // 2, y // 2, z // 2] = rows
    nearest = distance_transform_edt(half < 0, return_distances=False, return_indices=True)
    half = half[tuple(nearest)]
    _grow(cube, np.stack([x, y, z]), rows)
    shape = [size // BRICK for size in grid.shape]
    split = [part for size in shape for part in (size, BRICK)]
    present = (cube >= 0).reshape(split).any((1, 3, 5))
    centre = BRICK // 4
    steps = BRICK // 2
    brick_of_cell = ~half[centre::steps, centre::steps, centre::steps]
    brick_of_cell[present] = np.arange(present.sum(), dtype=np.int32)
    fine = cube.reshape(split).transpose(0, 2, 4, 1, 3, 5)[present]
    split = [part for size in shape for part in (size, steps)]
    coarse = half.reshape(split).transpose(0, 2, 4, 1, 3, 5)[present]
    coarse = coarse.repeat(2, 1).repeat(2, 2).repeat(2, 3)
    filled = np.where(fine < 0, coarse, fine).reshape(-1, BRICK**3)
    return np.ascontiguousarray(brick_of_cell), np.ascontiguousarray(filled)


def _grow(cube: NDArray[np.int32], place: Int, rows: NDArray[np.int32]) -> None:
    """Let known voxels claim their unknown neighbours, faces before edges before corners."""
    steps = [(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1)]
    top = np.asarray(cube.shape)[:, None] - 1
    flat = cube.reshape(-1)
    for step in sorted(steps, key=lambda step: sum(map(abs, step))):
        x, y, z = np.clip(place + np.asarray(step)[:, None], 0, top)
        target = (x * cube.shape[1] + y) * cube.shape[2] + z
        free = flat[target] < 0
        flat[target[free]] = rows[free]
