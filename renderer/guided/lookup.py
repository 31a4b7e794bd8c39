"""Look up the colour of landmarks in the atlas: the inner loop of the guided decoder."""

from dataclasses import dataclass

import torch
from torch import Tensor

from renderer.guided.candidate_record import (
    WORDS,
    Candidates,
    candidate_shares,
    unpack_candidates,
)
from renderer.guided.sheet_encoding import (
    BRICK,
    LANDMARK_SCALE,
    TICK_ORIGIN,
    USABLE_SCALE,
    LandmarkTable,
    SheetEncoding,
)

FIRST_STEP_PX = 24.0  # a voxel's farthest corner
SECOND_STEP_PX = 4.0
TAP_SIGMA_PX = 1.6  # neighbours further away in landmark space show another surface
TAP_SIGMA_LIMITS = (0.0012, 0.006)
LAYER_SIGMA = 0.0008  # off the surface: tells a lock of hair from the skin right behind it
LAYER_SIGMA_PX = 0.4
FAR_FACTOR = (
    1 / (0.01 * LANDMARK_SCALE) ** 2
)  # beyond its surface a drawing still says what colour is near
FAR_TRUST = 1e-4
LEAST_TAP = 1e-3  # a tap at the far side still tells where nothing else is usable
MINOR_SHARE = 0.02
CLEAR_TRUST = 0.5
CHUNK = 16384  # temporaries of a chunk stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Painted:
    """Colours that a look-up found.

    Attributes:
        colour: ``[3, N]`` straight sRGB in [0, 255].
        trust: ``[N]``; near 1 where a drawing shows the very landmark, towards 0 elsewhere.
    """

    colour: Tensor
    trust: Tensor


@dataclass(frozen=True, slots=True)
class Apart:
    """What each candidate shows, before they are blended; filled by ``Lookup.paint``.

    Attributes:
        colour: ``[K, 3, N]`` straight sRGB in [0, 255], best candidate first.
        trust: ``[K, N]``, as in Painted; 0 where a candidate was not needed.
        share: ``[K, N]``, of the candidate in the blend, in [0, 1].
    """

    colour: Tensor
    trust: Tensor
    share: Tensor

    @classmethod
    def empty(cls, candidates: int, landmark: Tensor) -> "Apart":
        """Make room for the candidates of landmarks ``[3, N]``."""
        count = landmark.shape[1]
        return cls(
            landmark.new_zeros((candidates, 3, count)),
            landmark.new_zeros((candidates, count)),
            landmark.new_zeros((candidates, count)),
        )

    def overwrite(self, index: Tensor, colour: Tensor, trust: Tensor) -> None:
        """Let all candidates show the same: one drawing, not a blend of several.

        Args:
            index: ``[M]`` int64, which landmarks.
            colour: ``[3, M]``.
            trust: ``[M]``.
        """
        for rank in range(len(self.trust)):
            self.colour[rank].index_copy_(1, index, colour)
            self.trust[rank].index_copy_(0, index, trust)
            self.share[rank].index_fill_(0, index, 1 / len(self.trust))


class Lookup:
    """Sample one level of an encoding. Free of state between calls, any thread."""

    def __init__(self, encoding: SheetEncoding, level: int) -> None:
        self._level = level
        self._landmark, self._colour = encoding.landmark, encoding.colour
        self._row_start = encoding.row_start
        sigma = TAP_SIGMA_PX / encoding.densities[level]
        low, high = TAP_SIGMA_LIMITS
        layer = max(LAYER_SIGMA, LAYER_SIGMA_PX / encoding.densities[level])
        # Distances inside are in ticks, the unit of the atlas.
        self._tap_factor = -1.0 / (min(max(sigma, low), high) * LANDMARK_SCALE) ** 2
        self._layer_factor = -1.0 / (layer * LANDMARK_SCALE) ** 2

    def paint(self, table: LandmarkTable, landmark: Tensor, apart: Apart | None = None) -> Painted:
        """Find the colour of each landmark.

        Args:
            table: Where to search.
            landmark: ``[3, N]`` float32.
            apart: Where to write what the candidates show, of as many as ``table`` has.
        """
        colour = torch.empty_like(landmark)
        trust = torch.empty_like(landmark[0])
        size = CHUNK if landmark.device.type == "cpu" else max(landmark.shape[1], 1)
        for start in range(0, landmark.shape[1], size):
            part = slice(start, start + size)
            inside = None
            if apart is not None:
                inside = Apart(apart.colour[..., part], apart.trust[:, part], apart.share[:, part])
            colour[:, part], trust[part] = self._paint_chunk(table, landmark[:, part], inside)
        return Painted(colour, trust)

    def _paint_chunk(
        self, table: LandmarkTable, landmark: Tensor, apart: Apart | None
    ) -> tuple[Tensor, Tensor]:
        rows = _find_rows(table, landmark)
        landmark = landmark * LANDMARK_SCALE - TICK_ORIGIN
        ranks = table.candidates.shape[2]
        records = table.candidates[self._level].view(-1, WORDS)
        first = unpack_candidates(records.index_select(0, rows * ranks))
        best = first.share
        total, trust = self._sample(first, landmark)
        if apart is not None:
            apart.colour[0] = total / trust.clamp_min(1e-20)
            apart.trust[0] = trust
            apart.share[0] = trust * best
        weight = trust * best
        total *= best
        for rank in range(1, ranks):
            share = candidate_shares(records[:, -1].index_select(0, rows * ranks + rank))
            # Most pixels have one drawing that is by far the best: no need to ask the others.
            unsure = (share > MINOR_SHARE * best) | (trust < CLEAR_TRUST)
            chosen = (unsure & (share > 0)).nonzero().view(-1)
            index = rows.index_select(0, chosen) * ranks + rank
            other = unpack_candidates(records.index_select(0, index))
            share = other.share
            part, near = self._sample(other, landmark.index_select(1, chosen))
            total.index_add_(1, chosen, part * share)
            weight.index_add_(0, chosen, near * share)
            trust.index_copy_(0, chosen, torch.maximum(trust.index_select(0, chosen), near))
            if apart is not None:
                apart.colour[rank].index_copy_(1, chosen, part / near.clamp_min(1e-20))
                apart.trust[rank].index_copy_(0, chosen, near)
                apart.share[rank].index_copy_(0, chosen, near * share)
        if apart is not None:
            apart.share.div_(weight.clamp_min(1e-20))
        return total / weight.clamp_min(1e-20), trust

    def _sample(self, place: Candidates, landmark: Tensor) -> tuple[Tensor, Tensor]:
        """Walk from a candidate to the wanted landmark; return weighted colours and weights.

        Args:
            place: N of them.
            landmark: ``[3, N]`` in ticks.
        """
        offset = landmark - place.landmark
        step_x, step_y = _move(place, offset, FIRST_STEP_PX)
        x, y = torch.round(place.column + step_x), torch.round(place.row + step_y)
        found = self._landmarks_at(self._index(x.int(), y.int()))
        rest = landmark - found[:3]
        lost = (rest.square().sum(0) > offset.square().sum(0)).logical_or_(found[3] == 0)
        step_x, step_y = _move(place, torch.where(lost, offset, rest), SECOND_STEP_PX)
        x = torch.where(lost, place.column, x).add_(step_x)
        y = torch.where(lost, place.row, y).add_(step_y)
        return self._tap(x, y, landmark, place.normal)

    def _tap(self, x: Tensor, y: Tensor, wanted: Tensor, normal: Tensor) -> tuple[Tensor, Tensor]:
        """Blend the four pixels around a place, each by how near its landmark is."""
        left, top = torch.floor(x), torch.floor(y)
        right, lower = x - left, y - top
        shares = torch.stack([1 - right, right])[None] * torch.stack([1 - lower, lower])[:, None]
        column, row = left.int(), top.int()
        upper_left, lower_left = self._index(column, row), self._index(column, row + 1)
        index = torch.cat([upper_left, upper_left + 1, lower_left, lower_left + 1])
        found = self._landmarks_at(index).view(4, 4, -1)  # [field, tap, N]
        rest = wanted[:, None] - found[:3]
        height = (rest * normal[:, None]).sum(0)
        miss = rest.square_().sum(0)
        near = height.square_().mul_(self._layer_factor).add_(miss, alpha=self._tap_factor).exp_()
        far = miss.mul_(FAR_FACTOR).add_(1).square_().reciprocal_()
        near.add_(far, alpha=FAR_TRUST).mul_(shares.view(4, -1).add_(LEAST_TAP))
        near.mul_(found[3].mul_(1 / USABLE_SCALE))
        return self._colours_at(index).view(3, 4, -1).mul_(near).sum(1), near.sum(0)

    def _index(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the flat index of a pixel whose right neighbour exists too, ``[N]`` int32.

        Beside what a row shows lie pixels of other rows; their landmarks tell.
        """
        start = self._row_start.index_select(0, y.clamp(0, len(self._row_start) - 1))
        return start.add_(x).clamp_(0, len(self._landmark) - 2)

    def _landmarks_at(self, index: Tensor) -> Tensor:
        """Read landmarks in ticks and usable weights up to ``USABLE_SCALE``, ``[4, N]``."""
        packed = self._landmark.index_select(0, index).view(torch.int16).view(-1, 4)
        return packed.T.to(torch.float32, memory_format=torch.contiguous_format)

    def _colours_at(self, index: Tensor) -> Tensor:
        """Read the colours of atlas pixels, ``[3, N]`` in [0, 255]."""
        packed = self._colour.index_select(0, index).view(torch.uint8).view(-1, 4)
        return packed[:, :3].T.to(torch.float32, memory_format=torch.contiguous_format)


def _find_rows(table: LandmarkTable, landmark: Tensor) -> Tensor:
    """Return the table row of each landmark's voxel, ``[N]`` int32."""
    brick = torch.zeros(landmark.shape[1], dtype=torch.int32, device=landmark.device)
    voxel = torch.zeros_like(brick)
    for axis, cells in enumerate(table.brick_of_cell.shape):
        place = (landmark[axis] - table.low[axis]).div_(table.cell).int()
        place.clamp_(0, cells * BRICK - 1)
        inner = place & (BRICK - 1)
        brick = brick * cells + (place >> 3)
        voxel = voxel * BRICK + inner
    found = table.brick_of_cell.reshape(-1).index_select(0, brick)
    rows = table.row_of_voxel.reshape(-1).index_select(0, found.clamp_min(0) * BRICK**3 + voxel)
    return torch.where(found < 0, -1 - found, rows)


def _move(place: Candidates, offset: Tensor, limit_px: float) -> Tensor:
    """Turn offsets in landmark space ``[3, N]`` into steps of limited length, ``[2, N]`` pixels."""
    return (place.pixel_from_landmark * offset).sum(1).clamp_(-limit_px, limit_px)
