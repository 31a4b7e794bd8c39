"""What ``bench --decoder guided`` adds: the look-up and the network, engine by engine."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

from avatar_app.paths import guided_network_file
from renderer.engines.torch_device import pick_device
from renderer.errors import AcceleratorError
from renderer.guided.guided_decoder import GuidedDecoder
from renderer.guided.guided_stages import GuidedStages, network_gflop, take_apart
from renderer.guided.network import PRESETS, GuidedNetwork
from renderer.guided.network_engine import ENGINE_NAMES, NetworkEngine, open_engine
from renderer.guided.network_file import NetworkManifest, load_network, save_network
from renderer.guided.sheet_encoding import SheetEncoding
from udp_live.types import UdpMap

Row = dict[str, Any]
Measure = Callable[[str, Callable[[], object]], Row]

PRESET = "small"
HELPFUL = {"psnr_db": 1.0, "filled_psnr_db": 0.0}


class GuidedBench:
    """Decoders that run one network with one engine each.

    Speed does not depend on what the weights are, so random ones serve where none are shipped.
    """

    def __init__(self, device: str | None, folder: Path) -> None:
        """Open the engines; one that does not work here is left out.

        Args:
            device: Torch device; None takes the GPU where there is one.
            folder: For weights and exported models, of this bench alone.
        """
        weights = guided_network_file() or _random_weights(folder)
        self._network, _ = load_network(weights)
        self._device = pick_device(device)
        self._decoders: dict[str, GuidedDecoder] = {}
        self._engines: dict[str, NetworkEngine] = {}
        for name in ENGINE_NAMES:
            try:
                self._engines[name] = open_engine(name, self._network, self._device, folder)
            except AcceleratorError:
                continue
            self._decoders[name] = GuidedDecoder(self._device, folder, weights, engine=name)

    def rows(
        self, encoding: SheetEncoding, maps: Sequence[UdpMap], scale: int, measure: Measure
    ) -> Iterator[Row]:
        """Measure look-up, slots, and for each engine network and total.

        Args:
            encoding: From ``GuidedDecoder.encode``.
            maps: Painted in turn.
            scale: Subpixels along each side of a pixel.
            measure: Takes a name and a call.
        """
        frames = [take_apart(encoding, udp, scale, self._engines) for udp in maps]
        work = network_gflop(self._network, frames[0].slots)
        yield measure("guided look-up, fill", _each(frames, lambda frame: frame.look_up()))
        yield measure("guided slots", _each(frames, lambda frame: frame.gather()))
        for name, decoder in self._decoders.items():
            run = _each(frames, partial(_run, name))
            yield measure(f"guided network {name}", run) | {"gflop": round(work, 3)}
            decode = _each(maps, partial(_decode, decoder, encoding, scale))
            yield measure(f"guided total {name}", decode) | {"gflop": round(work, 3)}


def _run(name: str, frame: GuidedStages) -> None:
    frame.networks[name]()


def _decode(decoder: GuidedDecoder, encoding: SheetEncoding, scale: int, udp: UdpMap) -> None:
    decoder.decode(encoding, udp, {}, scale)


def _each(items: Sequence[Any], function: Callable[[Any], None]) -> Callable[[], None]:
    endless = cycle(items)
    return lambda: function(next(endless))


def _random_weights(folder: Path) -> Path:
    path = folder / "random.safetensors"
    save_network(
        GuidedNetwork(PRESETS[PRESET]).eval(), path, NetworkManifest(PRESETS[PRESET], HELPFUL)
    )
    return path
