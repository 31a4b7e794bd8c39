"""Make a film or a folder of pictures of a video, a motion clip or a UDP sequence.

Interrupted, the same command goes on where it was.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar_app.commands.live import interrupted_by_stop_signals
from avatar_app.commands.live_options import (
    DECODER_HELP,
    DECODERS,
    DEVICES,
    FRAMINGS,
    add_drawings,
)
from avatar_app.commands.progress_bar import ProgressBar
from avatar_app.commands.udp import LANDMARKS
from avatar_app.errors import UsageError
from avatar_app.paths import DEFAULT_AVATAR_NAME

if TYPE_CHECKING:
    from avatar_app.rendering import RenderOrder, RenderReport

FILMS = (".mp4", ".webm")
OPAQUE, TRANSPARENT = "#ffffff", "transparent"  # MP4 has no alpha
INTERRUPTED = 130
# What the engine's options need beside those of this command: every frame once, to the end.
UNUSED_SOURCE = "webcam:0"  # of a UDP sequence, which needs no motion
UNUSED_OPTIONS = {"frames": None, "seconds": None, "loop": False, "every_frame": True}


def add_parser(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "render", help="make a film of a video, motion clip or UDP sequence", description=__doc__
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--video",
        "--source",
        dest="source",
        metavar="FILE",
        help="a video of a person, clip:NAME or openpose:FOLDER",
    )
    source.add_argument("--udp", type=Path, metavar="FOLDER", help="UDP files, npz or EXR")
    add = parser.add_argument
    add("--avatar", default=DEFAULT_AVATAR_NAME, help="name, folder or .kigurumi file")
    add("--output", required=True, help="FILE.mp4, FILE.webm (with alpha) or FOLDER/ of PNGs")
    add("--size", type=int, default=512, help="side of the square that is painted, pixels")
    add("--framing", choices=FRAMINGS, help="how much of the avatar is shown (default: full)")
    add("--zoom", type=float, help="magnification on top of the framing (default: 1)")
    add("--fps", type=float, help="rate of a clip or UDP sequence; a video has its own")
    add(
        "--mirror",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="move like a mirror image (default: no)",
    )
    add(
        "--in-place",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="walk on the spot (default: where the figure walks farther than it is tall)",
    )
    add("--background", help="transparent, a colour like #ffffff, or an image")
    add("--audio", action=argparse.BooleanOptionalAction, default=True, help="keep the sound")
    add("--landmarks", choices=LANDMARKS, help="convention of the UDP files")
    add("--decoder", choices=DECODERS, default="guided", help=DECODER_HELP)
    add("--device", choices=DEVICES, default="auto", help="where the decoder runs")
    add_drawings(add)
    add("--face-model", type=Path, metavar="FILE", help="face_landmarker.task")
    add("--restart", action="store_true", help="forget what an interrupted run has left")
    parser.set_defaults(run=run, report=None, **UNUSED_OPTIONS)


def run(arguments: argparse.Namespace) -> int:
    """Render, or go on with a render that was interrupted."""
    order = _order(arguments)
    bar = ProgressBar()
    with interrupted_by_stop_signals():
        try:
            report = _render(arguments, order, bar)
        except KeyboardInterrupt:
            bar.close()
            print("interrupted; the same command goes on from here")
            return INTERRUPTED
        except BaseException:
            bar.close()
            raise
    _tell(order, report)
    return 0


def _render(
    arguments: argparse.Namespace, order: "RenderOrder", bar: ProgressBar
) -> "RenderReport":
    from avatar_app.engine import EngineParts
    from avatar_app.rendering import AvatarRender, UdpRender

    parts = EngineParts()
    if arguments.udp is None:
        return AvatarRender(order, parts, bar).run()
    folder = arguments.udp.expanduser()
    render = UdpRender(order, folder, landmarks=arguments.landmarks, fps=arguments.fps)
    return render.run(parts, bar)


def _order(arguments: argparse.Namespace) -> "RenderOrder":
    """Turn parsed options into an order.

    Raises:
        UsageError: An option is not understood, or does not go with another.
    """
    from avatar_app.commands.live_options import engine_config
    from avatar_app.rendering import RenderOrder

    output, is_folder = _output(arguments.output)
    _check(arguments, output, is_folder=is_folder)
    if arguments.background is None:
        arguments.background = OPAQUE if output.suffix == ".mp4" else TRANSPARENT
    wanted = argparse.Namespace(**vars(arguments))
    wanted.fps = 30.0 if arguments.fps is None else arguments.fps
    wanted.framing = arguments.framing or "full"
    wanted.zoom = 1.0 if arguments.zoom is None else arguments.zoom
    wanted.mirror = bool(arguments.mirror)
    wanted.source = arguments.source or UNUSED_SOURCE
    config = engine_config(wanted, () if arguments.udp else (arguments.output,))
    return RenderOrder(
        config,
        output,
        is_folder,
        keeps_sound=arguments.audio,
        restart=arguments.restart,
        in_place=arguments.in_place,
    )


def _output(wanted: str) -> tuple[Path, bool]:
    """Return the path, and whether it is a folder of pictures."""
    path = Path(wanted).expanduser()
    if wanted.endswith(("/", "\\")) or path.is_dir():
        return path, True
    if path.suffix not in FILMS:
        raise UsageError(f"output not understood: '{wanted}'; give FILE.mp4, FILE.webm or FOLDER/")
    return path, False


def _check(arguments: argparse.Namespace, output: Path, *, is_folder: bool) -> None:
    if arguments.udp is None:
        if arguments.landmarks:
            raise UsageError("--landmarks is for --udp; a video has none")
        if arguments.source.startswith("webcam:"):
            raise UsageError("a webcam never ends; give a video, or use 'live --output FILE.mp4'")
        if arguments.fps is not None and not arguments.source.startswith("clip:"):
            raise UsageError("--fps is for clips and UDP files; a video has a rate of its own")
        return
    for name in ("framing", "zoom", "mirror", "in_place"):
        if getattr(arguments, name) is not None:
            option = name.replace("_", "-")
            raise UsageError(f"--{option} is for videos and clips; UDP files hold their own view")
    if is_folder and arguments.udp.expanduser().resolve() == output.resolve():
        raise UsageError("the output is the UDP folder itself; give another --output")


def _tell(order: "RenderOrder", report: "RenderReport") -> None:
    if report.seen is not None and report.seen < 1.0:
        print(f"a person was seen in {report.seen:.0%} of the frames")
    if report.walk_m is not None:
        print(f"the figure walks {report.walk_m:.1f} m and is kept in place; see --no-in-place")
    sound = ", with sound" if report.has_sound else ""
    print(
        f"wrote {order.output}: {report.frames} frames{sound}; "
        f"{report.decoder} decoder on {report.device}"
    )
