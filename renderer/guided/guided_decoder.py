"""The guided decoder: paints UDP maps by looking landmarks up in the sheet.

A small network refines what the look-up gives where there are weights that are known to help.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderer.engines.gl_texture_reader import GlTextureReader
from renderer.engines.read_back import read_back
from renderer.errors import AcceleratorError
from renderer.guided.encoding_cache import cached_encoding
from renderer.guided.engine_choice import open_fastest
from renderer.guided.filled_picture import LookedUp, fill, look_up, premultiplied
from renderer.guided.network import GuidedNetwork
from renderer.guided.network_engine import NetworkEngine, open_engine
from renderer.guided.network_file import load_network
from renderer.guided.sheet_encoding import SheetEncoding
from renderer.guided.slots import gather_slots
from renderer.types import CharacterSheet
from udp_live.types import UdpMap
from udp_live.udp_texture import UdpTexture

logger = logging.getLogger(__name__)

RIM_PX = 2  # room around the figure for its soft edge


class GuidedDecoder:
    """Copy each landmark's colour from where the sheet shows it best, then refine the picture.

    No state between frames: the same UDP map and weights give the same picture. One thread at
    a time.
    """

    def __init__(
        self,
        device: torch.device,
        cache_folder: Path | None = None,
        weights: Path | None = None,
        *,
        register: bool = True,
        engine: str | None = None,
    ) -> None:
        """Open the decoder.

        Args:
            device: Where to paint.
            cache_folder: Where sheet encodings, models and the choice of the engine are kept; None
                keeps none.
            weights: Of a network that refines the picture; None, or weights that did not beat
                the classical picture in validation, leave it as the look-up gives it.
            register: Repair a sheet's landmarks where they lie beside its drawings.
            engine: One of ``ENGINE_NAMES`` to run the network with; None takes the fastest.

        Raises:
            WeightsError: The weights are missing, damaged or of another format.
            AcceleratorError: The device has too little memory.
        """
        self._device = device
        self._cache_folder = cache_folder
        self._register = register
        self._textures = GlTextureReader(device)
        self._wanted = engine
        network = None if weights is None else _helpful_network(weights)
        self._engine = None if network is None else self._open_engine(network)

    @property
    def device(self) -> str:
        """Torch name of the device: ``cpu``, ``cuda:0`` ..."""
        return str(self._device)

    @property
    def name(self) -> str:
        """Name under which ``open_decoder`` knows it; ``lookup`` where no network refines."""
        if self._engine is None:
            return "lookup"
        return "guided" if self._wanted is None else f"guided-{self._wanted}"

    @property
    def engine(self) -> str | None:
        """What runs the network, one of ``ENGINE_NAMES``; None where there is no network."""
        return None if self._engine is None else self._engine.name

    @property
    def refines(self) -> bool:
        """Whether a network refines the pictures."""
        return self._engine is not None

    @property
    def reads_textures(self) -> bool:
        """Whether maps should stay on the GPU."""
        return self._device.type == "cuda"

    def encode(self, sheet: CharacterSheet) -> SheetEncoding:
        """Prepare a sheet; see Decoder."""
        encoding = cached_encoding(sheet, self._cache_folder, self._register)
        try:
            return encoding.to(self._device)
        except torch.OutOfMemoryError as error:
            raise self._is_full("the sheet") from error

    @torch.inference_mode()
    def decode(
        self,
        encoding: SheetEncoding,
        udp: UdpMap | UdpTexture,
        expressions: Mapping[str, float],
        supersampling: int = 1,
    ) -> NDArray[np.uint8]:
        """Paint a UDP map; see Decoder."""
        scale = supersampling
        if not 1 <= scale <= 4:
            raise ValueError(f"unexpected supersampling: {scale} not in 1..4")
        pixels = torch.from_numpy(udp.xyzv) if isinstance(udp, UdpMap) else self._textures.read(udp)
        height, width = pixels.shape[:2]
        if height % scale or width % scale:
            raise ValueError(f"unexpected UDP size: {width}x{height} is no multiple of {scale}")
        picture = np.zeros((height // scale, width // scale, 4), np.uint8)
        box = figure_box(pixels[..., 3], scale)
        if box is None:
            return picture
        rows, columns = (slice(side.start * scale, side.stop * scale) for side in box)
        figure = _finite(pixels[rows, columns].contiguous().to(self._device))
        found = look_up(encoding, figure, expressions, height, scale, apart=self.refines)
        picture[box] = read_back(self._paint(found))
        return picture

    def _paint(self, found: LookedUp) -> torch.Tensor:
        """Return ``[H, W, 4]`` uint8 premultiplied RGBA."""
        filled = fill(found)
        if self._engine is None:
            return filled.rgba()
        slots = gather_slots(found, filled)
        refined = self._engine.refine(slots.slots, slots.picture)
        return premultiplied(refined[:3] * 255, refined[3])

    def close(self) -> None:
        """Let go of the rasterizer's texture."""
        self._textures.close()

    def _open_engine(self, network: GuidedNetwork) -> NetworkEngine:
        try:
            if self._wanted is None:
                return open_fastest(network, self._device, self._cache_folder)
            try:
                return open_engine(self._wanted, network, self._device, self._cache_folder)
            except AcceleratorError as error:
                logger.warning("the guided network runs with torch: %s", error)
                return open_engine("fp32", network, self._device)
        except torch.OutOfMemoryError as error:
            raise self._is_full("the network") from error

    def _is_full(self, what: str) -> AcceleratorError:
        return AcceleratorError(
            f"{self._device} has too little free memory for {what}; close other programs that use "
            "it or choose the device 'cpu'"
        )


def _helpful_network(weights: Path) -> GuidedNetwork | None:
    """Read a network; None where validation showed that it does not help."""
    network, manifest = load_network(weights)
    if manifest.gain_db > 0:
        return network
    logger.info("%s does not beat the classical picture: left out", weights)
    return None


def _finite(pixels: torch.Tensor) -> torch.Tensor:
    """Empty the pixels of a UDP map that are not numbers; one of them would fill every hole."""
    if bool(pixels.sum().isfinite()):
        return pixels
    return torch.where(pixels.isfinite().all(-1, keepdim=True), pixels, 0)


def figure_box(occupancy: Tensor, scale: int) -> tuple[slice, slice] | None:
    """Return the picture's rows and columns with the figure and a rim, None for an empty map."""
    sides = []
    for covered in _covered_lines(occupancy):
        lines = np.flatnonzero(covered)
        if lines.size == 0:
            return None
        stop = min(int(lines[-1]) // scale + 1 + RIM_PX, covered.size // scale)
        sides.append(slice(max(int(lines[0]) // scale - RIM_PX, 0), stop))
    return sides[0], sides[1]


def _covered_lines(occupancy: Tensor) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which rows and which columns show the figure."""
    if occupancy.device.type == "cpu":
        here = occupancy.numpy() > 0.5  # numpy is six times as fast at this as torch
        return here.any(1), here.any(0)
    there = occupancy > 0.5
    both = torch.cat([there.any(1), there.any(0)]).cpu().numpy()  # one trip, not two
    return both[: len(there)], both[len(there) :]
