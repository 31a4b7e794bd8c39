"""Write a motion as Ultra-Dense Pose (UDP) files, one for each frame of the source."""

import argparse
import logging
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar_app.commands.live import interrupted_by_stop_signals
from avatar_app.commands.live_options import FRAMINGS, SOURCE_HELP
from avatar_app.errors import SourceError
from avatar_app.paths import DEFAULT_AVATAR_NAME, weights_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from avatar_app.engine import EngineConfig, EngineParts
    from avatar_app.output.udp_recording import UdpRecording
    from udp_live.rig.rig import Rig
    from udp_live.types import UdpMap
    from udp_live.udp_files import SequenceNotes

    Convert = Callable[[UdpMap], UdpMap]

logger = logging.getLogger(__name__)

CANONICAL, CONR = "canonical", "conr"
LANDMARKS = (CANONICAL, CONR, "A", "A'", "B")
FORMATS = ("npz", "exr")
TOLD_EVERY_S = 0.5
# What the engine's options need beside those of this command: nothing is painted.
UNUSED_OPTIONS = {
    "background": "transparent",
    "decoder": "guided",
    "device": "auto",
    "report": None,
    "loop": False,
    "every_frame": True,
}


def add_parser(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("udp", help="write a motion as UDP files", description=__doc__)
    add = parser.add_argument
    add("--source", required=True, help=SOURCE_HELP)
    add("--avatar", default=DEFAULT_AVATAR_NAME, help="name, folder or .kigurumi file")
    add("--output", type=Path, required=True, metavar="FOLDER", help="a new or empty folder")
    add("--overwrite", action="store_true", help="replace the numbered UDP files in the folder")
    add("--format", choices=FORMATS, default="npz", help="CoNR's npz (array i), or EXR; half float")
    add(
        "--landmarks",
        choices=LANDMARKS,
        default=CANONICAL,
        help="this app's own, those of your CoNR weights (conr), or a guess at CoNR's",
    )
    add("--size", type=int, default=512, help="side of the square maps, pixels")
    add("--framing", choices=FRAMINGS, default="full", help="how much of the avatar is shown")
    add("--zoom", type=float, default=1.0, help="magnification on top of the framing")
    add("--fps", type=float, default=30.0, help="rate of a clip; a video has its own")
    add("--frames", type=int, metavar="N", help="end after N frames")
    add("--seconds", type=float, metavar="S", help="end after S seconds of the source")
    add(
        "--mirror",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="move like a mirror image",
    )
    add("--face-model", type=Path, metavar="FILE", help="face_landmarker.task")
    parser.set_defaults(run=run, **UNUSED_OPTIONS)


def run(arguments: argparse.Namespace) -> int:
    """Write every frame of the source, or as many as are asked for."""
    from avatar_app.commands.live_options import engine_config
    from avatar_app.engine import EngineParts
    from avatar_app.output.udp_recording import UdpRecording

    config = engine_config(arguments, ())
    parts = EngineParts()
    avatar = parts.load_avatar(config)
    folder = arguments.output.expanduser()
    recording = UdpRecording(
        folder,
        f".{arguments.format}",
        _notes(arguments, config, avatar.name),
        overwrite=arguments.overwrite,
    )
    with interrupted_by_stop_signals():
        _record(arguments, config, parts, avatar.rig, recording)
    if not recording.count:
        raise SourceError(f"nothing to write: {config.source.address} has no frames")
    print(f"wrote {folder}: {recording.count} UDP files for {recording.fps:g} fps")
    return 0


def _record(
    arguments: argparse.Namespace,
    config: "EngineConfig",
    parts: "EngineParts",
    rig: "Rig",
    recording: "UdpRecording",
) -> None:
    from avatar_app.engine.udp_performance import perform_udp

    convert = _conversion(arguments.landmarks, rig)
    told_s = time.monotonic()
    with closing(recording), closing(perform_udp(config, parts, rig)) as frames:
        try:
            for frame in frames:
                if _is_over(arguments, recording.count, frame.stamp.media_s):
                    break
                recording.send(replace(frame, udp_map=convert(frame.udp_map)))
                told_s = _tell(recording.count, told_s)
        except KeyboardInterrupt:
            logger.warning("interrupted")


def _is_over(arguments: argparse.Namespace, count: int, media_s: float) -> bool:
    if arguments.frames is not None and count >= arguments.frames:
        return True
    return arguments.seconds is not None and media_s >= arguments.seconds


def _tell(count: int, told_s: float) -> float:
    """Show on a terminal how far it is; returns when that was done last."""
    now_s = time.monotonic()
    if not sys.stdout.isatty() or now_s < told_s + TOLD_EVERY_S:
        return told_s
    print(f"{count} frames", end="\r", flush=True)
    return now_s


def _conversion(landmarks: str, rig: "Rig") -> "Convert":
    """Return what turns canonical maps into those of a convention."""
    from renderer.conr.convention_file import read_convention
    from renderer.conr.landmark_convention import named_convention, rig_box

    if landmarks == CANONICAL:
        return lambda udp_map: udp_map
    if landmarks == CONR:
        return read_convention(weights_folder(), rig_box(rig)).apply_to_map
    return named_convention(landmarks, rig_box(rig)).apply_to_map


def _notes(
    arguments: argparse.Namespace, config: "EngineConfig", avatar_name: str
) -> "SequenceNotes":
    from renderer.conr.convention_file import convention_name
    from udp_live.udp_files import SequenceNotes

    is_conr = arguments.landmarks == CONR
    return SequenceNotes(
        fps=config.fps,
        landmarks=convention_name(weights_folder()) if is_conr else arguments.landmarks,
        avatar=avatar_name,
        source=Path(config.source.address).name,  # where it lay is nobody's business
        framing=config.framing,
    )
