"""The options of ``live``, and the engine configuration that they describe."""

import argparse
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from avatar_app.errors import AppError, UsageError
from avatar_app.paths import DEFAULT_AVATAR_NAME, face_model_file, find_avatar, find_clip
from renderer.errors import RendererError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from avatar_app.engine import EngineConfig, SourceConfig

WINDOW, NO_OUTPUT = "window", "none"
GUIDED_ENGINES = ("guided-fp32", "guided-half", "guided-onnx")
DECODERS = ("guided", *GUIDED_ENGINES, "lookup", "conr", "conr-onnx")
DECODER_HELP = (
    "what paints; 'guided' measures at its first start what runs its network fastest, "
    "'guided-...' forces one (default: guided)"
)
DEVICES = ("auto", "cpu", "cuda")
FRAMINGS = ("bust", "half", "full", "face")
SOURCE_HELP = (
    "webcam:N, webcam:NAME, clip:NAME, clip:FILE.vrma, clip:FILE.bvh, clip:FILE.vmd, "
    "openpose:FOLDER[?fps=25] or a video file"
)
OUTPUT_HELP = "virtual-camera, window, none, FILE.mp4, FILE.webm or FOLDER/; may be repeated"


def add_live_options(parser: argparse.ArgumentParser) -> None:
    """Add all options of ``live``."""
    add = parser.add_argument
    add("--source", default="webcam:0", help=SOURCE_HELP)
    add("--avatar", default=DEFAULT_AVATAR_NAME, help="name, folder or .kigurumi file")
    add("--output", action="append", default=[], help=f"{OUTPUT_HELP} (default: window)")
    add("--size", type=int, default=512, help="side of the square picture, pixels")
    add("--fps", type=float, default=30.0, help="target rate")
    add("--framing", choices=FRAMINGS, default="bust", help="how much of the avatar is shown")
    add("--zoom", type=float, default=1.0, help="magnification on top of the framing")
    add(
        "--mirror",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="move like a mirror image",
    )
    add("--background", default="#00ff00", help="transparent, a colour like #00ff00, or an image")
    add("--frames", type=int, metavar="N", help="end after N painted frames")
    add("--seconds", type=float, metavar="S", help="end after S seconds")
    add(
        "--loop",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="start a video or clip again at its end (default: only while a limit is given)",
    )
    add("--every-frame", action="store_true", help="use each source frame once, repeatably")
    add("--report", type=Path, metavar="FILE.json", help="write what was measured")
    add("--decoder", choices=DECODERS, default="guided", help=DECODER_HELP)
    add("--device", choices=DEVICES, default="auto", help="where the decoder runs")
    add_drawings(add)
    add(
        "--face-model",
        type=Path,
        metavar="FILE",
        help="face_landmarker.task, for finer expressions",
    )


def add_drawings(add: "Callable[..., object]") -> None:
    """Add the options for how many drawings CoNR paints from."""
    add("--drawings", type=int, default=4, metavar="N", help="conr: of the sheet (default: 4)")
    add(
        "--drawings-per-frame",
        type=int,
        metavar="K",
        help="conr: paint each frame from the K best of them, which is faster",
    )


def resolve_outputs(outputs: list[str], *, has_screen: bool) -> tuple[bool, tuple[str, ...]]:
    """Split outputs into (is a window wanted, addresses for the engine).

    Without any output the window opens, if there is a screen.

    Raises:
        UsageError: An output is not understood.
    """
    if not outputs:
        return has_screen, ()
    wanted = dict.fromkeys(outputs)  # two recordings under one name would spoil each other
    addresses = tuple(output for output in wanted if output not in (WINDOW, NO_OUTPUT))
    for address in addresses:
        known = address == "virtual-camera" or address.endswith((".mp4", ".webm", "/", "\\"))
        if not known:
            raise UsageError(f"output not understood: '{address}'; give {OUTPUT_HELP}")
    return WINDOW in outputs, addresses


def engine_config(arguments: argparse.Namespace, outputs: tuple[str, ...]) -> "EngineConfig":
    """Turn parsed options into a configuration; everything named in them exists then.

    Raises:
        UsageError: An option names something that does not exist or is not understood.
    """
    from avatar_app.engine import EngineConfig, TrackingConfig
    from avatar_app.output.compositor import open_background
    from renderer.types import ViewOptions

    _check_limits(arguments)
    _keep_source(arguments.source, outputs)
    with usage_errors():
        open_background(arguments.background, 64)
        return EngineConfig(
            avatar=find_avatar(arguments.avatar),
            source=_source(arguments),
            tracking=TrackingConfig(face_model=_face_model(arguments.face_model)),
            size=arguments.size,
            fps=arguments.fps,
            framing=arguments.framing,
            zoom=arguments.zoom,
            mirror=arguments.mirror,
            background=arguments.background,
            decoder=arguments.decoder,
            device=arguments.device,
            views=ViewOptions(arguments.drawings, arguments.drawings_per_frame),
            outputs=outputs,
            gl_backend=arguments.gl_backend,
            measures_imitation=arguments.report is not None,
        )


def _check_limits(arguments: argparse.Namespace) -> None:
    if arguments.frames is not None and arguments.frames < 1:
        raise UsageError(f"unexpected frames: {arguments.frames}; give at least 1")
    if arguments.seconds is not None and not arguments.seconds > 0.0:
        raise UsageError(f"unexpected seconds: {arguments.seconds:g}; give more than 0")


def _keep_source(source: str, outputs: tuple[str, ...]) -> None:
    """Refuse to record over the video that is being played."""
    video = Path(source).expanduser()
    for output in outputs:
        path = Path(output).expanduser()
        if path.is_file() and video.is_file() and path.samefile(video):
            raise UsageError(f"'{output}' is the source itself; give another --output")


def _source(arguments: argparse.Namespace) -> "SourceConfig":
    from avatar_app.engine import SourceConfig
    from avatar_app.engine.keypoint_address import parse_keypoint_address

    address: str = arguments.source
    if address.startswith("clip:"):
        find_clip(address.removeprefix("clip:"))
    elif address.startswith("openpose:"):
        parse_keypoint_address(address)
    elif not address.startswith("webcam:") and not Path(address).expanduser().is_file():
        raise UsageError(
            f"source not found: '{address}' is neither webcam:N, clip:NAME, openpose:FOLDER "
            "nor a video file"
        )
    has_limit = arguments.frames is not None or arguments.seconds is not None
    loop = has_limit if arguments.loop is None else arguments.loop
    if loop and arguments.every_frame and not has_limit:
        raise UsageError("--every-frame with --loop never ends; give --frames or --seconds too")
    return SourceConfig(address=address, loop=loop)


def _face_model(wanted: Path | None) -> Path | None:
    if wanted is None:
        installed = face_model_file()
        return installed if installed.is_file() else None
    if not wanted.is_file():
        raise UsageError(f"face model not found: {wanted}; './run doctor --fetch-models' gets it")
    return wanted


@contextmanager
def usage_errors() -> "Iterator[None]":
    """Turn what a wrong option raises into UsageError."""
    try:
        yield
    except UsageError:
        raise
    except (AppError, RendererError, ValueError) as error:
        raise UsageError(str(error)) from error
