"""The plainest look-up, as a decoder: what all the care of the others is measured against."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderer.engines.read_back import read_back
from renderer.guided.candidate_record import PIXEL_FROM_LANDMARK
from renderer.guided.encoding_cache import cached_encoding
from renderer.guided.filled_picture import pick_level, typical_step
from renderer.guided.ink import ink_coverage
from renderer.guided.lookup import Lookup
from renderer.guided.sheet_encoding import LandmarkTable, SheetEncoding
from renderer.types import CharacterSheet
from udp_live.types import UdpMap
from udp_live.udp_texture import UdpTexture

WALKED_OFF = 1e-6  # trust of what lies beside the paint


@dataclass(frozen=True, slots=True)
class PlainEncoding:
    """A sheet with nothing but the best candidate of each voxel.

    Attributes:
        sheet: Its candidates lead on to the wanted landmark.
        still: The same candidates, which stay where they are.
    """

    sheet: SheetEncoding
    still: LandmarkTable


class PlainLookup:
    """Copy each pixel from the one drawing that shows its landmark best, if only from afar.

    One sample per pixel, no blend, no hole filled, no landmark repaired, no expression, hard
    edges. Outlines are inked as everywhere, because they are lifted off the drawings.
    """

    name = "plain"
    reads_textures = False

    def __init__(self, device: torch.device, cache_folder: Path | None = None) -> None:
        self._device = device
        self._cache_folder = cache_folder

    @property
    def device(self) -> str:
        """Torch name of the device."""
        return str(self._device)

    def encode(self, sheet: CharacterSheet) -> PlainEncoding:
        """Prepare a sheet; see Decoder."""
        encoding = cached_encoding(sheet, self._cache_folder, register=False).to(self._device)
        best = encoding.body.candidates[:, :, :1].clone()
        still = best.clone()
        still.view(torch.int16)[..., PIXEL_FROM_LANDMARK] = 0
        body = replace(encoding.body, candidates=best)
        return PlainEncoding(replace(encoding, body=body), replace(body, candidates=still))

    @torch.inference_mode()
    def decode(
        self,
        encoding: PlainEncoding,
        udp: UdpMap | UdpTexture,
        expressions: Mapping[str, float],
        supersampling: int = 1,
    ) -> NDArray[np.uint8]:
        """Paint a UDP map; see Decoder."""
        if not isinstance(udp, UdpMap):
            raise TypeError("unexpected UDP texture: the plain look-up reads maps only")
        middle = supersampling // 2
        pixels = np.ascontiguousarray(udp.xyzv[middle::supersampling, middle::supersampling])
        planes = torch.from_numpy(pixels).to(self._device).permute(2, 0, 1).contiguous()
        occupied = planes[3] > 0.5
        picture = torch.zeros((*occupied.shape, 4), device=self._device)
        if bool(occupied.any()):
            picture[occupied, :3] = _colours(encoding, planes[:3], occupied)
            picture[occupied, 3] = 255
        return read_back(picture.round().to(torch.uint8))

    def close(self) -> None:
        """Nothing is held."""


def _colours(encoding: PlainEncoding, landmark: Tensor, occupied: Tensor) -> Tensor:
    """Return the inked colours of the figure's pixels, ``[N, 3]`` in [0, 255].

    Args:
        encoding: Where to look.
        landmark: ``[3, H, W]``.
        occupied: ``[H, W]`` bool, N of them.
    """
    sheet, wanted = encoding.sheet, landmark[:, occupied]
    lookup = Lookup(sheet, pick_level(sheet.densities, typical_step(landmark, occupied)))
    found = lookup.paint(sheet.body, wanted)
    lost = found.trust < WALKED_OFF
    found.colour[:, lost] = lookup.paint(encoding.still, wanted[:, lost]).colour
    ink = ink_coverage(landmark, occupied, sheet.ink.width * occupied.shape[0])
    tint = torch.tensor(sheet.ink.tint, device=landmark.device)[:, None]
    return (found.colour * (1 - (1 - tint) * ink[occupied])).T.clamp(0, 255)
