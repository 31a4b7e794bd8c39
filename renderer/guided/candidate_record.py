"""How a candidate of a landmark table lies in memory: 32 bytes, half precision where that will do.

One record fills half a cache line, which is what a look-up waits for.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

FIELDS = 15  # see ``pack_candidates``
SHARE = FIELDS - 1
WORDS = 4  # int64 per record
BEST_SHARE = 32768.0  # near the top of half precision, so that small shares stay apart
LEAST_SHARE = 2.0**-24
# In 16-bit units: column, landmark (3), row (2, as one int32), the others as float16.
PIXEL_FROM_LANDMARK = slice(6, 12)
_SHORTS, _ROW, _HALVES = slice(0, 4), 2, slice(6, 16)


def pack_candidates(fields: NDArray[np.float32]) -> NDArray[np.int64]:
    """Pack candidates.

    Shares are made relative to the voxel's best candidate, which gets BEST_SHARE: only their ratios
    matter, and half precision keeps those.

    Args:
        fields: ``[..., K, 15]``: atlas column and row, landmark in ticks (3), atlas pixels per
            tick (2x3, row by row), the surface's unit normal in landmark space (3), share in the
            blend, best candidate first.

    Returns:
        ``[..., K, 4]``.
    """
    records = np.zeros((*fields.shape[:-1], 4 * WORDS), np.int16)
    records[..., 0] = np.rint(fields[..., 0])
    records[..., 1:4] = np.clip(np.rint(fields[..., 2:5]), -32768, 32767)
    records.view(np.int32)[..., _ROW] = np.rint(fields[..., 1])
    halves = records.view(np.float16)[..., _HALVES]
    halves[..., :-1] = np.clip(fields[..., 5:SHARE], -60000, 60000)
    share = fields[..., SHARE]
    relative = share / np.maximum(share[..., :1], np.finfo(np.float32).tiny)
    # A candidate with the least say is still asked where the others show something else.
    halves[..., -1] = np.maximum(relative * BEST_SHARE, np.where(share > 0, LEAST_SHARE, 0))
    return records.view(np.int64)


@dataclass(frozen=True, slots=True)
class Candidates:
    """Unpacked records, all float32; see ``pack_candidates``.

    Attributes:
        column, row: ``[N]``.
        landmark: ``[3, N]``.
        pixel_from_landmark: ``[2, 3, N]``.
        normal: ``[3, N]``.
        share: ``[N]``, BEST_SHARE for the best of a voxel.
    """

    column: Tensor
    row: Tensor
    landmark: Tensor
    pixel_from_landmark: Tensor
    normal: Tensor
    share: Tensor


def unpack_candidates(records: Tensor) -> Candidates:
    """Unpack records ``[N, 4]`` int64."""
    shorts = _planes(records.view(torch.int16)[:, _SHORTS])
    row = records.view(torch.int32)[:, _ROW].to(torch.float32)
    halves = _planes(records.view(torch.float16)[:, _HALVES])
    return Candidates(shorts[0], row, shorts[1:], halves[:6].view(2, 3, -1), halves[6:9], halves[9])


def candidate_shares(words: Tensor) -> Tensor:
    """Return shares ``[N]`` float32 of the records' last words, ``[N]`` int64."""
    return words.view(torch.float16).view(-1, 4)[:, 3].to(torch.float32)


def _planes(columns: Tensor) -> Tensor:
    """Turn ``[N, C]`` into ``[C, N]`` float32."""
    return columns.T.to(torch.float32, memory_format=torch.contiguous_format)
