"""Which decoder a run gets, with the user's weights."""

from pathlib import Path

from avatar_app.paths import guided_network_file, weights_folder
from renderer.engines import Decoder, open_decoder
from renderer.types import ViewOptions

NEED_GPU = ("conr", "conr-onnx")  # in real time
NO_GPU = (
    "CoNR paints in real time on an NVIDIA GPU only, and there is none: "
    "painting with the guided decoder"
)


def open_app_decoder(
    name: str, device: str, cache_folder: Path | None, views: ViewOptions | None = None
) -> Decoder:
    """Open a decoder with the user's weights.

    Args:
        name: One of ``DECODER_NAMES``.
        device: ``auto``, ``cpu`` or ``cuda``.
        cache_folder: Where sheet encodings are kept; None keeps none.
        views: How many drawings CoNR paints from.

    Raises:
        RendererError: The weights or the device are missing.
    """
    return open_decoder(
        name,
        None if device == "auto" else device,
        cache_folder,
        weights_folder(),
        views,
        guided_network_file(),
    )


def real_time_decoder(name: str, device: str) -> str:
    """Return the decoder to run live: the one wanted, unless it needs a GPU and there is none.

    Who names a device gets what was asked for.
    """
    if name not in NEED_GPU or device != "auto":
        return name
    from renderer.engines.torch_device import pick_device

    return name if pick_device(None).type == "cuda" else "guided"
