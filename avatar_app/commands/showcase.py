"""``showcase``: a contact sheet that shows a performance, or all expressions, at a glance."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar_app.commands.live_options import DEVICES, FRAMINGS
from avatar_app.errors import UsageError
from avatar_app.paths import DEFAULT_AVATAR_NAME

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from avatar_app.commands.contact_sheet import Card
    from avatar_app.engine import EngineConfig, EngineParts
    from avatar_app.engine.frames import PoseFrame

INPUTS = ("landmarks", "picture", "none")
PAINT_SCALE = 2  # painted larger and shrunk, for smooth lines
FACE_PAN = (0.0, -0.045)  # down, so that ears and hair above the face are in the picture
MAX_SIZE, MAX_FRAMES = 1024, 64


def add_parser(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("showcase", help="make a contact sheet", description=__doc__)
    add = parser.add_argument
    add(
        "--source",
        metavar="VIDEO|clip:NAME",
        help="a person on video, a motion clip, or openpose:FOLDER",
    )
    add("--expressions", action="store_true", help="show every expression instead of a source")
    add("--avatar", default=DEFAULT_AVATAR_NAME, help="name, folder or .kigurumi file")
    add("--output", type=Path, metavar="FILE.png", help="default: showcase.png")
    add("--frames", type=int, default=8, help="moments, evenly spaced")
    add("--at", type=float, nargs="+", metavar="S", help="these moments instead, in seconds")
    add("--input", choices=INPUTS, default="landmarks", help="what stands beside the avatar")
    add("--framing", choices=FRAMINGS, help="default: half; bust for expressions")
    add("--zoom", type=float, help="magnification; default: 1, for expressions 1.3")
    add("--size", type=int, default=384, help="side of each picture, pixels")
    add(
        "--mirror",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="move like a mirror image",
    )
    add("--device", choices=DEVICES, default="auto", help="where the decoder runs")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the sheet and write it."""
    config = _config(arguments)
    from avatar_app.commands.contact_sheet import contact_sheet, encode_palette_png
    from avatar_app.commands.report import write_whole
    from avatar_app.engine import EngineParts

    path = arguments.output or Path("showcase.png")
    make_cards = expression_cards if arguments.expressions else moment_cards
    cards = make_cards(arguments, config, EngineParts())
    sheet = contact_sheet(cards)
    write_whole(path, encode_palette_png(sheet))
    print(f"wrote {path}: {len(cards)} pictures, {sheet.shape[1]}x{sheet.shape[0]}")
    return 0


def moment_cards(
    arguments: argparse.Namespace, config: "EngineConfig", parts: "EngineParts"
) -> "list[Card]":
    """Return a card for each chosen moment of the source."""
    from avatar_app.commands.contact_sheet import Card, on_stage
    from avatar_app.commands.showcase_run import nearest, paint_moments, spread, whole_performance

    avatar = parts.load_avatar(config)
    frames = whole_performance(config, parts, avatar)
    chosen = nearest(frames, arguments.at) if arguments.at else spread(frames, arguments.frames)
    painted = paint_moments(config, parts, avatar, frames, chosen)
    inputs = _inputs(arguments, config, parts, [frames[place] for place in chosen])
    return [
        Card((*before, on_stage(picture, arguments.size)))
        for before, picture in zip(inputs, painted, strict=True)
    ]


def expression_cards(
    arguments: argparse.Namespace, config: "EngineConfig", parts: "EngineParts"
) -> "list[Card]":
    """Return a card for each expression of the avatar."""
    from avatar_app.commands.contact_sheet import Card, on_stage
    from avatar_app.commands.showcase_run import expression_poses, paint_poses

    avatar = parts.load_avatar(config)
    poses = expression_poses(avatar.rig)
    painted = paint_poses(config, parts, avatar, list(poses.values()))
    return [
        Card((on_stage(picture, arguments.size),), name)
        for name, picture in zip(poses, painted, strict=True)
    ]


def _config(arguments: argparse.Namespace) -> "EngineConfig":
    from avatar_app.commands.live_options import engine_config

    _check(arguments)
    arguments.source = "clip:hello" if arguments.expressions else arguments.source
    framing, zoom = ("bust", 1.3) if arguments.expressions else ("half", 1.0)
    options = argparse.Namespace(
        source=arguments.source,
        avatar=arguments.avatar,
        size=PAINT_SCALE * arguments.size,
        fps=30.0,
        framing=arguments.framing or framing,
        zoom=zoom if arguments.zoom is None else arguments.zoom,
        mirror=arguments.mirror,
        background="transparent",
        decoder="guided",
        device=arguments.device,
        drawings=4,
        drawings_per_frame=None,
        face_model=None,
        frames=None,
        seconds=None,
        loop=False,
        every_frame=True,
        report=None,
        gl_backend=arguments.gl_backend,
    )
    config = engine_config(options, ())
    return replace(config, pan=FACE_PAN) if arguments.expressions else config


def _check(arguments: argparse.Namespace) -> None:
    if arguments.expressions == (arguments.source is not None):
        raise UsageError(
            "give either --source VIDEO, clip:NAME or openpose:FOLDER, or --expressions"
        )
    if arguments.source is not None and arguments.source.startswith("webcam:"):
        raise UsageError(
            "showcase needs a source that ends: a video file, clip:NAME or openpose:FOLDER"
        )
    if not 64 <= arguments.size <= MAX_SIZE or not 1 <= arguments.frames <= MAX_FRAMES:
        raise UsageError(f"--size must be 64 to {MAX_SIZE}, --frames 1 to {MAX_FRAMES}")
    if arguments.output is not None and arguments.output.suffix != ".png":
        raise UsageError(f"output not understood: '{arguments.output}'; give FILE.png")


def _inputs(
    arguments: argparse.Namespace,
    config: "EngineConfig",
    parts: "EngineParts",
    frames: "list[PoseFrame]",
) -> "list[tuple[NDArray[np.uint8], ...]]":
    """Return for each frame what stands on its card before the avatar; a clip has no input."""
    from avatar_app.commands.motion_drawing import draw_motion, draw_picture, window_around
    from avatar_app.commands.showcase_run import pictures_at

    if arguments.input == "none" or config.source.is_clip:
        return [() for _ in frames]
    size, mirror = arguments.size, config.mirror
    motions = [frame.motion for frame in frames if frame.motion is not None]
    window = window_around(motions)
    if arguments.input == "picture":
        pictures = pictures_at(config, parts, [frame.stamp.frame_id for frame in frames])
        return [(draw_picture(picture, size, window, mirror=mirror),) for picture in pictures]
    return [(draw_motion(motion, size, window, mirror=mirror),) for motion in motions]
