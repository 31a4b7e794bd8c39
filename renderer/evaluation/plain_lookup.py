"""The plainest look-up, as a decoder: what all the care of the others is measured against."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from renderer.engines.read_back import read_back
from renderer.guided.encoding_cache import cached_encoding
from renderer.guided.filled_picture import pick_level, typical_step
from renderer.guided.ink import ink_coverage
from renderer.guided.lookup import Lookup
from renderer.guided.sheet_encoding import SheetEncoding
from renderer.types import CharacterSheet
from udp_live.types import UdpMap
from udp_live.udp_texture import UdpTexture


class PlainLookup:
    """Copy each pixel from the one drawing that shows its landmark best, if only from afar.

    One sample per pixel, no blend, no hole filled, no expression, hard edges. Outlines are inked
    as everywhere, because they are lifted off the drawings.
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

    def encode(self, sheet: CharacterSheet) -> SheetEncoding:
        """Prepare a sheet; see Decoder."""
        encoding = cached_encoding(sheet, self._cache_folder).to(self._device)
        best = encoding.body.candidates[:, :, :1].contiguous()
        return replace(encoding, body=replace(encoding.body, candidates=best))

    @torch.inference_mode()
    def decode(
        self,
        encoding: SheetEncoding,
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
            ink = ink_coverage(planes[:3], occupied, encoding.ink.width * occupied.shape[0])
            level = pick_level(encoding.densities, typical_step(planes[:3], occupied))
            found = Lookup(encoding, level).paint(encoding.body, planes[:3, occupied])
            tint = torch.tensor(encoding.ink.tint, device=self._device)[:, None]
            shade = 1 - (1 - tint) * ink[occupied]
            picture[occupied, :3] = (found.colour * shade).T.clamp(0, 255)
            picture[occupied, 3] = 255
        return read_back(picture.round().to(torch.uint8))

    def close(self) -> None:
        """Nothing is held."""
