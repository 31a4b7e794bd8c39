"""What a render is asked for, and what it says at the end."""

from dataclasses import dataclass
from pathlib import Path

from avatar_app.engine import EngineConfig
from avatar_app.output.compositor import parse_colour
from avatar_app.paths import guided_network_file, weights_folder
from avatar_app.rendering.fingerprint import avatar_digest, file_digest, listing_digest

Inputs = dict[str, str]

CONR = ("conr", "conr-onnx")  # the others ask all drawings and need no weights of the user's
LOOKUP = "lookup"


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """One output and how it is to look.

    Attributes:
        config: Avatar, source, size, framing, background, decoder, device.
        output: ``FILE.mp4``, ``FILE.webm`` or a folder.
        is_folder: The output is a folder of PNGs.
        keeps_sound: The sound of a video goes along into a film.
        restart: Forget what an interrupted run has left.
        in_place: A figure that walks stays on the spot; None decides by how far it walks.
    """

    config: EngineConfig
    output: Path
    is_folder: bool
    keeps_sound: bool = True
    restart: bool = False
    in_place: bool | None = None


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What came out.

    Attributes:
        frames: Pictures in the output.
        decoder: Name of the decoder.
        device: Where it ran.
        has_sound: The film has sound.
        seen: Share of a video's frames in which a person was seen; None when nothing was tracked.
        walk_m: So far the figure walked, and was kept on the spot without being asked; else None.
    """

    frames: int
    decoder: str
    device: str
    has_sound: bool = False
    seen: float | None = None
    walk_m: float | None = None


def painting_inputs(order: RenderOrder) -> Inputs:
    """Return everything but the source that the pictures depend on.

    Raises:
        SourceError: A file cannot be read.
    """
    config = order.config
    return {
        "output": "pictures" if order.is_folder else order.output.suffix.removeprefix("."),
        "avatar": avatar_digest(config.avatar),
        "size": str(config.size),
        "background": _background(config.background),
        "decoder": config.decoder,
        "drawings": str(config.views) if config.decoder in CONR else "all",
        "weights": _weights(config.decoder),
        "device": config.device,
    }


def _weights(decoder: str) -> str:
    """Return the digest of what a decoder has learned; of CoNR's landmark convention, too."""
    if decoder not in CONR:
        network = None if decoder == LOOKUP else guided_network_file()
        return "none" if network is None else file_digest(network)
    from renderer.conr.landmarks.convention_file import CONVENTION_NAME
    from renderer.conr.weights.weights_file import WEIGHTS_NAME

    files = [weights_folder() / name for name in (WEIGHTS_NAME, CONVENTION_NAME)]
    return listing_digest(tuple(file for file in files if file.is_file()))


def _background(background: str) -> str:
    is_image = parse_colour(background) is None and Path(background).expanduser().is_file()
    return file_digest(Path(background).expanduser()) if is_image else background
