"""Build the tables that lead from a landmark to the best places in the atlas."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from renderer.guided.atlas import Atlas, Patch
from renderer.guided.sheet_encoding import CANDIDATE_FIELDS, LandmarkTable
from renderer.types import LandmarkBox

Float = NDArray[np.float32]
Int = NDArray[np.int64]

CANDIDATES = 2  # a third gains less than 0.1 dB and costs half as much again
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
        nx, ny, nz = (max(1, int(np.ceil(e / cell - 1e-6))) for e in extent)
        return cls(box.low, cell, (nx, ny, nz))

    def locate(self, landmark: Float) -> tuple[Int, Float]:
        """Return flat voxel indices (-1 outside) and squared distances to the voxel centres."""
        offset = (landmark - np.asarray(self.low, np.float32)) / np.float32(self.cell)
        corner = np.floor(offset)
        inside = np.all((corner >= 0) & (corner < self.shape), -1)
        x, y, z = (corner[..., i].astype(np.int64) for i in range(3))
        flat = (x * self.shape[1] + y) * self.shape[2] + z
        distance = np.sum((offset - corner - 0.5) ** 2, -1)
        return np.where(inside, flat, -1), distance


@dataclass(frozen=True, slots=True)
class Offers:
    """What one patch has to offer: at most one place per voxel.

    Attributes:
        voxel: ``[M]`` flat voxel index.
        quality: ``[M]`` float32 in [0, 1].
        place: ``[M, 12]`` float32, as in LandmarkTable.
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


def patch_offers(grid: VoxelGrid, patch: Patch, origin: tuple[int, int]) -> Offers:
    """Choose in every voxel the pixel of the patch that lies nearest to its centre."""
    rows, columns = np.nonzero(patch.surface.usable > 0)
    landmark = patch.surface.landmark[rows, columns]
    voxel, distance = grid.locate(landmark)
    facing = patch.gradient.facing[rows, columns]
    poor = (facing < 0.2) | (patch.surface.usable[rows, columns] < 0.5)
    order = np.lexsort((distance + poor, voxel))
    order = order[np.diff(voxel[order], prepend=-2) != 0]
    order = order[voxel[order] >= 0]
    rows, columns = rows[order], columns[order]
    place = np.empty((order.size, CANDIDATE_FIELDS), np.float32)
    place[:, 0], place[:, 1] = columns + origin[0], rows + origin[1]
    place[:, 2:5] = landmark[order]
    place[:, 5:11] = patch.gradient.pixel_from_landmark[rows, columns].reshape(-1, 6)
    quality = facing[order] * patch.surface.usable[rows, columns]
    place[:, 11] = quality
    return Offers(voxel[order], quality.astype(np.float32), place)


def build_table(
    grid: VoxelGrid,
    patches: Sequence[Patch],
    atlas: Atlas,
    densities: Sequence[float],
    trust: Sequence[float],
) -> LandmarkTable | None:
    """Collect for every voxel and level the best candidates of all drawings.

    Args:
        grid: Where in landmark space.
        patches: All patches of the atlas.
        atlas: Gives their origins.
        densities: Target density of each level.
        trust: One factor per patch; 0 leaves it out.

    Returns:
        The table, or None where no trusted patch shows the box.
    """
    wanted = [patches_of_level(patches, density) for density in densities]
    offers = {
        index: patch_offers(grid, patches[index], atlas.origins[index])
        for index in sorted(set().union(*wanted))
        if trust[index] > 0
    }
    known = np.unique(np.concatenate([o.voxel for o in offers.values()] or [np.empty(0, np.int64)]))
    if known.size == 0:
        return None
    candidates = np.zeros((len(densities), known.size, CANDIDATES, CANDIDATE_FIELDS), np.float32)
    for level, (density, indices) in enumerate(zip(densities, wanted, strict=True)):
        chosen = [
            (offers[i], trust[i] * _sharpness(patches[i], density)) for i in indices if i in offers
        ]
        _fill_level(candidates[level], known, chosen)
    _borrow_missing(candidates)
    return LandmarkTable(
        grid.low,
        grid.cell,
        torch.from_numpy(_row_of_voxel(grid, known)),
        torch.from_numpy(candidates),
    )


def _sharpness(patch: Patch, density: float) -> float:
    """Distrust drawings coarser than wanted."""
    return float(min(1.0, patch.gradient.density / density) ** 2)


def _fill_level(candidates: Float, known: Int, chosen: Sequence[tuple[Offers, float]]) -> None:
    """Write the best offers of each voxel into ``[R, K, 12]``."""
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
    place[order, 11] = quality[order]
    candidates[row[kept], rank[kept]] = place[order[kept]]
    # What the best candidate that was left out would have weighed is taken from the others, so
    # that a candidate which drops out of the list in the next voxel had faded out before.
    beaten = np.zeros(known.size, np.float32)
    first_out = np.equal(rank, CANDIDATES)
    beaten[row[first_out]] = quality[order[first_out]]
    candidates[..., 11] = np.maximum(candidates[..., 11] - 0.9 * beaten[:, None], 0)


def _borrow_missing(candidates: Float) -> None:
    """Give voxels that a level lacks the candidates of the neighbouring level."""
    levels = candidates.shape[0]
    for level in [*range(1, levels), *range(levels - 2, -1, -1)]:
        donor = level - 1 if level > 0 and candidates[level - 1, :, 0, 11].any() else level + 1
        if donor >= levels:
            continue
        empty = candidates[level, :, 0, 11] <= 0
        candidates[level, empty] = candidates[donor, empty]


def _row_of_voxel(grid: VoxelGrid, known: Int) -> NDArray[np.int32]:
    """Number the known voxels and give every other voxel the row of the nearest known one."""
    rows = np.full(int(np.prod(grid.shape)), -1, np.int32)
    rows[known] = np.arange(known.size, dtype=np.int32)
    cube = rows.reshape(grid.shape)
    nearest = distance_transform_edt(cube < 0, return_distances=False, return_indices=True)
    return np.ascontiguousarray(cube[tuple(nearest)])
