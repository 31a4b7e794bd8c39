"""CoNR as a decoder: the paper's networks behind the same two verbs as every decoder."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderer.conr.feature_cache import FeatureCache, networks_digest
from renderer.conr.landmarks.convention_file import read_convention
from renderer.conr.landmarks.landmark_convention import (
    DEFAULT_CONVENTION,
    LandmarkConvention,
    named_convention,
    sheet_box,
)
from renderer.conr.networks import ConrNetworks
from renderer.conr.painters.cuda_graph import GraphPainter
from renderer.conr.painters.frame_painter import FramePainter, feature_dtype
from renderer.conr.painters.painter import Painter
from renderer.conr.sheet_encoding import SheetEncoding
from renderer.conr.target_input import read_picture, read_target, square_around
from renderer.conr.weights.weights_file import HOW_TO_ADD, WEIGHTS_NAME, load_networks
from renderer.engines.gl_texture_reader import GlTextureReader
from renderer.errors import AcceleratorError, SheetError, WeightsError
from renderer.types import CharacterSheet, ViewOptions
from udp_live.types import UdpMap
from udp_live.udp_texture import UdpTexture

MAX_SUPERSAMPLING = 4


@dataclass(frozen=True, slots=True)
class ConrSheet:
    """A sheet, prepared.

    Attributes:
        drawings: What is painted from.
        convention: From our landmarks to those of the weights, for this figure.
    """

    drawings: SheetEncoding
    convention: LandmarkConvention


class ConrDecoder:
    """Paints with CoNR.

    *Render thread only.*

    Expressions come from the sheet, as the networks know none: the drawing of the strongest one
    takes the place of a neutral drawing.
    """

    def __init__(
        self,
        networks: ConrNetworks,
        device: torch.device,
        *,
        weights_folder: Path | None = None,
        cache_folder: Path | None = None,
        options: ViewOptions | None = None,
        uses_onnx: bool = False,
    ) -> None:
        """Move networks to a device.

        Args:
            networks: With weights.
            device: Where to run; half precision where the device has it.
            weights_folder: May hold ``conr.toml``, the landmark convention of the weights.
            cache_folder: Where features of drawings and ONNX models are kept; None keeps none.
            options: How many drawings to paint from.
            uses_onnx: Lets onnxruntime paint, not torch; TensorRT where it is installed.

        Raises:
            AcceleratorError: The device ran out of memory.
        """
        self._device = device
        self._weights_folder = weights_folder
        self._options = options or ViewOptions()
        with self._memory():
            self._painter = _painter(networks, device, cache_folder, uses_onnx=uses_onnx)
        self._uses_onnx = uses_onnx
        self._textures = GlTextureReader(device)
        self._cache = FeatureCache(
            cache_folder, networks_digest(networks), feature_dtype(self._painter.dtype)
        )

    @property
    def name(self) -> str:
        """Name of this decoder."""
        return "conr-onnx" if self._uses_onnx else "conr"

    @property
    def device(self) -> str:
        """Where it runs."""
        return str(self._device)

    @property
    def reads_textures(self) -> bool:
        """Whether maps should stay on the GPU; choosing views for each frame needs them here."""
        return self._device.type == "cuda" and self._options.per_frame is None

    def encode(self, sheet: CharacterSheet) -> ConrSheet:
        """Prepare a sheet; see Decoder. Its features are made with the first frame of a size.

        Raises:
            WeightsError: ``conr.toml`` is damaged.
        """
        encoding = SheetEncoding(sheet, self._painter, self._cache, self._options)
        return ConrSheet(encoding, self._convention(sheet))

    @torch.inference_mode()
    def decode(
        self,
        encoding: ConrSheet,
        udp: UdpMap | UdpTexture,
        expressions: Mapping[str, float],
        supersampling: int = 1,
    ) -> NDArray[np.uint8]:
        """Paint a UDP map; see Decoder."""
        scale = supersampling
        udp_map = udp if isinstance(udp, UdpMap) else None
        with self._memory():
            pixels = self._pixels(udp)
        height, width = pixels.shape[:2]
        if not 1 <= scale <= MAX_SUPERSAMPLING or height % scale or width % scale:
            raise ValueError(f"unexpected supersampling: {scale} of a {width}x{height} map")
        height, width = height // scale, width // scale
        if not bool((pixels[..., 3] > 0).any()):
            return np.zeros((height, width, 4), np.uint8)
        square = square_around(width, height)
        with self._memory():
            target = read_target(pixels, square, encoding.convention, scale)
            features = encoding.drawings.features(square.side, udp_map, expressions)
            return read_picture(self._painter.paint(features, target), square)

    def close(self) -> None:
        """Let go of the rasterizer's texture."""
        self._textures.close()

    def _pixels(self, udp: UdpMap | UdpTexture) -> Tensor:
        """Return a map as ``[H, W, 4]`` float32, on the GPU if it lies there."""
        if isinstance(udp, UdpTexture):
            return self._textures.read(udp)
        return torch.tensor(udp.xyzv)

    def _convention(self, sheet: CharacterSheet) -> LandmarkConvention:
        if self._weights_folder is None:
            return named_convention(DEFAULT_CONVENTION)
        try:
            return read_convention(self._weights_folder, sheet_box(sheet))
        except ValueError as error:
            raise SheetError(f"the landmarks of the sheet are of no use: {error}") from error

    @contextmanager
    def _memory(self) -> Iterator[None]:
        try:
            yield
        except torch.OutOfMemoryError as error:
            raise AcceleratorError(
                f"{self._device} ran out of memory for CoNR; choose a smaller size, fewer views "
                "or the decoder 'guided'"
            ) from error


def _painter(
    networks: ConrNetworks, device: torch.device, cache_folder: Path | None, *, uses_onnx: bool
) -> Painter:
    if uses_onnx:
        from renderer.conr.painters.onnx_painter import OnnxPainter

        return OnnxPainter(networks, device, cache_folder=cache_folder)
    painter = FramePainter(networks, device)
    return GraphPainter(painter) if device.type == "cuda" else painter


def open_conr(
    weights_folder: Path | None,
    device: torch.device,
    cache_folder: Path | None,
    options: ViewOptions | None = None,
    *,
    uses_onnx: bool = False,
) -> ConrDecoder:
    """Open the decoder with the weights of a folder; see ``ConrDecoder``.

    Raises:
        WeightsError: They are missing or damaged.
        AcceleratorError: The device ran out of memory.
    """
    if weights_folder is None:
        raise WeightsError(f"CoNR weights not found: no folder given; {HOW_TO_ADD}")
    networks = load_networks(weights_folder / WEIGHTS_NAME)
    return ConrDecoder(
        networks,
        device,
        weights_folder=weights_folder,
        cache_folder=cache_folder,
        options=options,
        uses_onnx=uses_onnx,
    )
