"""Open what ``evaluate`` measures: the app's decoders, the plainest look-up, ablations."""

from typing import TYPE_CHECKING

from avatar_app.commands.live_options import DECODERS

if TYPE_CHECKING:
    from renderer.engines import Decoder

PLAIN = "plain"
ABLATIONS = ("without-warping", "without-messages")  # of the guided decoder
UNREGISTERED = ("guided", "lookup")  # can do without a repair of landmarks
EVALUATED = (PLAIN, *DECODERS, *ABLATIONS)


def open_evaluated_decoder(name: str, device: str, *, registers: bool = True) -> "Decoder":
    """Open a decoder with the threads that it has in the live pipeline.

    Args:
        name: One of ``EVALUATED``.
        device: ``auto``, ``cpu`` or ``cuda``.
        registers: Whether the guided decoder and its kin repair the landmarks of sheets.

    Raises:
        RendererError: The weights or the device are missing.
    """
    from avatar_app.engine.avatar_painter import fair_threads
    from avatar_app.engine.decoder_choice import open_app_decoder
    from avatar_app.paths import encodings_folder, guided_network_file
    from renderer.engines.torch_device import limit_processor_threads, pick_device
    from renderer.evaluation.plain_lookup import PlainLookup

    limit_processor_threads(fair_threads())
    chosen = pick_device(None if device == "auto" else device)
    if name == PLAIN:
        return PlainLookup(chosen, encodings_folder())
    if name in ABLATIONS:
        from renderer.evaluation.ablations import ABLATION_BY_NAME

        return ABLATION_BY_NAME[name](open_evaluated_decoder("guided", device, registers=registers))
    if not registers and name in UNREGISTERED:
        from renderer.guided.guided_decoder import GuidedDecoder

        weights = guided_network_file() if name == "guided" else None
        return GuidedDecoder(chosen, encodings_folder(), weights, register=False)
    return open_app_decoder(name, device, encodings_folder())
