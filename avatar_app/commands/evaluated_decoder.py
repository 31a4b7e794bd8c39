"""Open what ``evaluate`` measures: any decoder of the app, or the plainest look-up."""

from typing import TYPE_CHECKING

from avatar_app.commands.live_options import DECODERS

if TYPE_CHECKING:
    from renderer.engines import Decoder

PLAIN = "plain"
EVALUATED = (PLAIN, *DECODERS)


def open_evaluated_decoder(name: str, device: str) -> "Decoder":
    """Open a decoder with the threads that it has in the live pipeline.

    Args:
        name: One of ``EVALUATED``.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        RendererError: The weights or the device are missing.
    """
    from avatar_app.engine.avatar_painter import fair_threads
    from avatar_app.engine.decoder_choice import open_app_decoder
    from avatar_app.paths import encodings_folder
    from renderer.engines.torch_device import limit_processor_threads, pick_device
    from renderer.evaluation.plain_lookup import PlainLookup

    limit_processor_threads(fair_threads())
    if name == PLAIN:
        return PlainLookup(pick_device(None if device == "auto" else device), encodings_folder())
    return open_app_decoder(name, device, encodings_folder())
