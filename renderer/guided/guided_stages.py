"""A frame of the guided decoder taken apart, so that its stages can be timed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from renderer.guided.filled_picture import fill, look_up
from renderer.guided.guided_decoder import figure_box
from renderer.guided.network import GuidedNetwork
from renderer.guided.network_engine import NetworkEngine
from renderer.guided.sheet_encoding import SheetEncoding
from renderer.guided.slots import Slots, gather_slots
from udp_live.types import UdpMap


@dataclass(frozen=True, slots=True)
class GuidedStages:
    """One frame's stages; each call does its work anew and waits for its end.

    Attributes:
        look_up: Colours looked up and filled: all that the decoder does without a network.
        gather: What the network sees brought together.
        networks: The network's part by the name of the engine.
        slots: What the network sees.
    """

    look_up: Callable[[], None]
    gather: Callable[[], None]
    networks: Mapping[str, Callable[[], None]]
    slots: Slots


@torch.inference_mode()
def take_apart(
    encoding: SheetEncoding,
    udp: UdpMap,
    scale: int,
    engines: Mapping[str, NetworkEngine],
) -> GuidedStages:
    """Take a frame apart.

    Args:
        encoding: On the device that the engines run on.
        udp: With a figure.
        scale: Subpixels along each side of a pixel.
        engines: By name.

    Raises:
        ValueError: The map is empty.
    """
    device = encoding.landmark.device
    pixels = torch.from_numpy(udp.xyzv)
    box = figure_box(pixels[..., 3], scale)
    if box is None:
        raise ValueError("unexpected UDP map: it is empty")
    rows, columns = (slice(side.start * scale, side.stop * scale) for side in box)
    figure = pixels[rows, columns].contiguous().to(device)

    @torch.inference_mode()
    def looked_up() -> None:
        fill(look_up(encoding, figure, {}, len(pixels), scale, apart=True)).alpha.cpu()

    found = look_up(encoding, figure, {}, len(pixels), scale, apart=True)
    filled = fill(found)
    slots = gather_slots(found, filled)

    @torch.inference_mode()
    def gathered() -> None:
        gather_slots(found, filled).picture[0].cpu()

    def run(engine: NetworkEngine) -> Callable[[], None]:
        def refined() -> None:
            engine.refine(slots.slots, slots.picture)[3].cpu()

        return refined

    networks = {name: run(engine) for name, engine in engines.items()}
    return GuidedStages(looked_up, gathered, networks, slots)


def network_gflop(network: GuidedNetwork, slots: Slots) -> float:
    """Return the work of the network's convolutions on a picture, two per multiply-add."""
    counter = FlopCounterMode(display=False)
    with counter, torch.inference_mode():
        network.refine_any(slots.slots[None].cpu(), slots.picture[None].cpu())
    return float(counter.get_total_flops()) / 1e9
