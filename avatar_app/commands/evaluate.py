"""``evaluate``: how close a decoder's pictures come to a rig's own toon drawing."""

import argparse
from pathlib import Path
from typing import Any

from avatar_app.commands.evaluated_decoder import EVALUATED
from avatar_app.commands.live_options import DEVICES, usage_errors
from avatar_app.errors import UsageError
from avatar_app.paths import DEFAULT_AVATAR_NAME, find_avatar

SETS = ("exact", "noisy", "twice-noisy", "proxy", "views")
AVATAR_SIZE, AVATAR_POSES = 384, 60
SET_SIZE, SET_POSES, SET_VIEWS, SET_CLIPS = 256, 24, 4, 6
MOST_RIG_VIEWS = 21
# That need --set or --rig.
RIG_OPTIONS = (
    *("views", "clips", "sheet_size", "picture", "ablations", "lpips"),
    *("unlit", "no_ink", "without_expressions", "fit_proxy", "no_registration"),
)
SET_HELP = (
    "draw sheets of --rig or of the avatar's rig: exact landmarks, wrong ones (noisy, "
    "twice-noisy), or exact ones with 1, 2, 4, 8 drawings (views)"
)

ABLATIONS_HELP = "measure the guided decoder without warping and without messages, too"
NO_REGISTRATION_HELP = "leave a set's landmarks as wrong as they are: guided and lookup alone"
LPIPS_HELP = "folder with alexnet-owt-7be5be79.pth and alex.pth (torch's own, if they are there)"


def add_parser(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("evaluate", help="measure quality", description=__doc__)
    add = parser.add_argument
    add("--avatar", help="name, folder or .kigurumi file; with its own drawings unless --set")
    add("--rig", type=Path, action="append", metavar="FILE", help="rigged file; may be repeated")
    add("--set", choices=SETS, help=SET_HELP)
    add("--decoder", choices=EVALUATED, default="guided", help="what paints")
    add("--device", choices=DEVICES, default="auto", help="where it runs")
    add("--size", type=int, help=f"side of the pictures ({AVATAR_SIZE}; of a set {SET_SIZE})")
    add(
        "--poses",
        type=int,
        help=f"random poses: per framing of an avatar ({AVATAR_POSES}), per rig ({SET_POSES})",
    )
    add("--clips", type=int, help=f"short clips per rig of a set, for flicker ({SET_CLIPS})")
    add("--views", type=int, help=f"drawings of a sheet of a set ({SET_VIEWS})")
    add("--sheet-size", type=int, help="side of the drawings of a set (1024)")
    add("--unlit", action="store_true", help="flat colours in a set, no light and shade")
    add("--no-ink", action="store_true", help="no outlines in a set")
    add("--without-expressions", action="store_true", help="neutral faces in a set")
    add("--no-registration", action="store_true", help=NO_REGISTRATION_HELP)
    add("--fit-proxy", action="store_true", help="fit the proxy to a set's drawings first")
    add("--seed", type=int, default=0, help="of all chance")
    add("--supersampling", type=int, choices=(1, 2, 3, 4), default=2, help="of edges")
    add("--ablations", action="store_true", help=ABLATIONS_HELP)
    add("--lpips", type=Path, metavar="DIR", help=LPIPS_HELP)
    add("--json", type=Path, metavar="FILE", help="write the scores")
    add("--picture", type=Path, metavar="FILE", help="write a contact sheet of a set (PNG)")
    add("--pictures", type=Path, metavar="DIR", help="write the worst pictures beside the truth")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure an avatar with its own drawings, or rigs with drawings made for a set."""
    if arguments.rig and arguments.avatar is not None:
        raise UsageError("give either --avatar or --rig")
    with usage_errors():
        arguments.avatar = find_avatar(arguments.avatar or DEFAULT_AVATAR_NAME)
    if arguments.set is None and not arguments.rig:
        for name in RIG_OPTIONS:
            value = getattr(arguments, name)
            if value is not None and value is not False:
                raise UsageError(f"--{name.replace('_', '-')} goes with --set or --rig")
        _set_defaults(arguments, size=AVATAR_SIZE, poses=AVATAR_POSES)
        from avatar_app.commands import evaluate_avatar

        return evaluate_avatar.run(arguments)
    _check_set(arguments)
    _set_defaults(arguments, set="exact", size=SET_SIZE, poses=SET_POSES, sheet_size=1024)
    _set_defaults(arguments, views=SET_VIEWS, clips=SET_CLIPS)
    _check_range("--clips", arguments.clips, 0, 1000)
    _check_range("--views", arguments.views, 1, MOST_RIG_VIEWS)
    _check_range("--sheet-size", arguments.sheet_size, 64, 4096)
    from avatar_app.commands import evaluate_rigs

    return evaluate_rigs.run(arguments)


def _check_set(arguments: argparse.Namespace) -> None:
    if arguments.set == "proxy":
        raise UsageError(
            "the set 'proxy' needs an annotator of drawings, which this version has not; "
            "choose exact, noisy, twice-noisy or views"
        )
    if arguments.set == "views" and arguments.views is not None:
        raise UsageError("the set 'views' measures with 1, 2, 4 and 8 drawings; leave --views out")
    if arguments.pictures is not None:
        raise UsageError("--pictures goes with --avatar alone; a set has --picture FILE")
    for path in arguments.rig or ():
        if not path.is_file():
            raise UsageError(f"rig not found: {path}")


def _set_defaults(arguments: argparse.Namespace, **defaults: object) -> None:
    """Fill in what nobody asked for, and check what both forms have."""
    for name, value in defaults.items():
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)
    _check_range("--size", arguments.size, 64, 2048)
    _check_range("--poses", arguments.poses, 1, 10_000)
    _check_range("--seed", arguments.seed, 0, 2**31)


def _check_range(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise UsageError(f"{name} must be {least} to {most}, not {value}")
