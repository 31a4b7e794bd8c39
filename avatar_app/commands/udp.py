"""Write a motion as Ultra-Dense Pose (UDP) files, one for each frame of the source."""

import argparse
import logging
import sys
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar_app.commands.live import interrupted_by_stop_signals
from avatar_app.commands.live_options import FRAMINGS, SOURCE_HELP
from avatar_app.commands.progress_bar import ProgressBar
from avatar_app.errors import SourceError
from avatar_app.paths import DEFAULT_AVATAR_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from avatar_app.engine import EngineConfig, EngineParts
    from avatar_app.engine.frames import PoseFrame, UdpFrame
    from renderer.conr.landmarks.landmark_convention import LandmarkConvention
    from udp_live.rig.rig import Rig
    from udp_live.udp_files import SequenceNotes

logger = logging.getLogger(__name__)

LANDMARKS = ("canonical", "conr", "A", "A'", "B")
FORMATS = ("npz", "exr")
# What the engine's options need beside those of this command: nothing is painted.
UNUSED_OPTIONS = {
    "drawings": 4,
    "drawings_per_frame": None,
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
        default=LANDMARKS[0],
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
    add(
        "--in-place",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="walk on the spot (default: where the figure walks farther than it is tall)",
    )
    add("--face-model", type=Path, metavar="FILE", help="face_landmarker.task")
    parser.set_defaults(run=run, **UNUSED_OPTIONS)


def run(arguments: argparse.Namespace) -> int:
    """Write every frame of the source, or as many as are asked for."""
    from avatar_app.commands.live_options import engine_config
    from avatar_app.engine import EngineParts
    from avatar_app.engine.udp_performance import draw_performance
    from avatar_app.output.udp_recording import UdpRecording
    from avatar_app.rendering.figure_reach import hold_reach
    from avatar_app.rendering.landmark_choice import choose_convention

    config = engine_config(arguments, ())
    parts = EngineParts()
    avatar = parts.load_avatar(config)
    convention = choose_convention(arguments.landmarks, avatar.rig)
    folder = arguments.output.expanduser()
    recording = UdpRecording(
        folder,
        f".{arguments.format}",
        _notes(arguments, config, avatar.name),
        overwrite=arguments.overwrite,
    )
    bar = ProgressBar()
    with interrupted_by_stop_signals(), closing(recording), closing(bar):
        frames = _perform(arguments, config, parts, avatar.rig, bar)
        if not frames:
            raise SourceError(f"nothing to write: {config.source.address} has no frames")
        frames = _staged(frames, avatar.rig, arguments.in_place)
        config = hold_reach(config, avatar.rig, frames)
        bar.begin("drawing", len(frames))
        with _ended_by_ctrl_c(), closing(draw_performance(config, avatar.rig, frames)) as drawn:
            for frame in drawn:
                recording.send(_converted(frame, convention))
                bar.advance()
        bar.end()
    print(f"wrote {folder}: {recording.count} UDP files for {recording.fps:g} fps")
    return 0


def _perform(
    arguments: argparse.Namespace,
    config: "EngineConfig",
    parts: "EngineParts",
    rig: "Rig",
    bar: ProgressBar,
) -> "list[PoseFrame]":
    """Return the poses of the whole source; Ctrl-C ends it before its time."""
    from avatar_app.engine.performance import perform
    from avatar_app.rendering.video_timing import read_video_timing

    video = Path(config.source.address).expanduser()
    if video.is_file():
        bar.begin("tracking", min(read_video_timing(video).frames, arguments.frames or sys.maxsize))
    frames: list[PoseFrame] = []
    with _ended_by_ctrl_c(), closing(perform(config, parts, rig)) as performed:
        for frame in performed:
            if _is_over(arguments, len(frames), frame.stamp.media_s):
                break
            frames.append(frame)
            if video.is_file():
                bar.advance()
    bar.close()
    return frames


def _is_over(arguments: argparse.Namespace, count: int, media_s: float) -> bool:
    if arguments.frames is not None and count >= arguments.frames:
        return True
    return arguments.seconds is not None and media_s >= arguments.seconds


@contextmanager
def _ended_by_ctrl_c() -> "Iterator[None]":
    """Leave on Ctrl-C; what came before is kept."""
    try:
        yield
    except KeyboardInterrupt:
        logger.warning("interrupted")


def _staged(frames: "list[PoseFrame]", rig: "Rig", in_place: bool | None) -> "list[PoseFrame]":
    """Keep a figure that walks away in its place; None decides by how far it walks."""
    from avatar_app.rendering.travel import far_walk_m, kept_in_place

    walked_m = far_walk_m(frames, rig)
    if in_place is None and walked_m is not None:
        print(f"the figure walks {walked_m:.1f} m and is kept in place; see --no-in-place")
        in_place = True
    return kept_in_place(frames) if in_place else frames


def _converted(frame: "UdpFrame", convention: "LandmarkConvention | None") -> "UdpFrame":
    if convention is None:
        return frame
    return replace(frame, udp_map=convention.apply_to_map(frame.udp_map))


def _notes(
    arguments: argparse.Namespace, config: "EngineConfig", avatar_name: str
) -> "SequenceNotes":
    from avatar_app.rendering.landmark_choice import written_name
    from udp_live.udp_files import SequenceNotes

    return SequenceNotes(
        fps=config.fps,
        landmarks=written_name(arguments.landmarks),
        avatar=avatar_name,
        source=Path(config.source.address).name,  # where it lay is nobody's business
        framing=config.framing,
    )
