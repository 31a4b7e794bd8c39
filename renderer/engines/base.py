"""The contract of every decoder, and the one place that knows them all by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from renderer.types import CharacterSheet, ViewOptions
from udp_live.types import UdpMap
from udp_live.udp_texture import UdpTexture

GUIDED_ENGINES = {"guided-fp32": "fp32", "guided-half": "half", "guided-onnx": "onnx"}
DECODER_NAMES = ("guided", *GUIDED_ENGINES, "lookup", "conr", "conr-onnx")


class Decoder(Protocol):
    """Paints UDP maps from a character sheet.

    ``encode`` is called once per sheet and may take seconds; ``decode`` is called for every frame.
    A decoder keeps no state between frames, sees no clock and starts no thread of its own. All
    calls come from one thread, the one that owns the GPU.

    Encodings are opaque: they go back only to a decoder of the same name and device.
    """

    @property
    def name(self) -> str:
        """Name under which ``open_decoder`` knows it."""

    @property
    def device(self) -> str:
        """Where it runs: ``cpu``, ``cuda:0`` ..."""

    @property
    def reads_textures(self) -> bool:
        """Whether ``decode`` takes what OpenGL drew, so that it need not be read back first."""

    def encode(self, sheet: CharacterSheet) -> Any:
        """Prepare a sheet of 1 to 32 views of any sizes; their order has no effect.

        Raises:
            SheetError: Nothing can be painted from this sheet.
            AcceleratorError: The device ran out of memory.
        """

    def decode(
        self,
        encoding: Any,
        udp: UdpMap | UdpTexture,
        expressions: Mapping[str, float],
        supersampling: int = 1,
    ) -> NDArray[np.uint8]:
        """Paint one UDP map of any size that is a multiple of ``supersampling``.

        Args:
            encoding: From ``encode`` of the same decoder.
            udp: What to paint; an empty map gives an empty picture. A texture only where
                ``reads_textures`` says so, in the thread of its OpenGL context.
            expressions: VRM expression name to weight in [0, 1]; missing ones count as 0.
            supersampling: Side of the map over the side of the picture: 1, or 2 to 4 for
                smoother edges.

        Returns:
            ``[H, W, 4]`` uint8 premultiplied sRGB RGBA of the map's size over ``supersampling``,
            a new array.
        """

    def close(self) -> None:
        """Release the device; further calls are errors."""


def open_decoder(
    name: str = "guided",
    device: str | None = None,
    cache_folder: Path | None = None,
    weights_folder: Path | None = None,
    views: ViewOptions | None = None,
    network: Path | None = None,
) -> Decoder:
    """Open a decoder.

    Args:
        name: One of ``DECODER_NAMES``; ``guided`` runs its network with what is fastest here, its
            other names force an engine.
        device: Torch device such as ``cpu`` or ``cuda``; None takes the GPU where there is one.
        cache_folder: Where sheet encodings, exported models and measurements are kept; None keeps
            none.
        weights_folder: Where downloaded weights are; CoNR cannot do without.
        views: How many drawings CoNR paints from.
        network: Weights of the network that refines what ``guided`` looks up; None has none.

    Raises:
        ValueError: The name is unknown.
        AcceleratorError: The device does not exist here.
        WeightsError: The decoder's weights are missing or damaged.
    """
    from renderer.engines.torch_device import pick_device

    if name in ("guided", "lookup", *GUIDED_ENGINES):
        from renderer.guided.guided_decoder import GuidedDecoder

        weights = None if name == "lookup" else network  # the look-up alone needs none
        engine = GUIDED_ENGINES.get(name)
        return GuidedDecoder(pick_device(device), cache_folder, weights, engine=engine)
    if name in ("conr", "conr-onnx"):
        from renderer.conr.conr_decoder import open_conr

        return open_conr(
            weights_folder,
            pick_device(device),
            cache_folder,
            options=views,
            uses_onnx=name == "conr-onnx",
        )
    raise ValueError(f"unknown decoder: {name!r} not in {', '.join(DECODER_NAMES)}")
