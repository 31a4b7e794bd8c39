"""``train``: train the guided decoder's network on pictures rendered from rigs.

Renders samples where they are missing, trains, and keeps the network that does best on characters
it has not learned from. Interrupted, the same command goes on where it stopped.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from avatar_app.commands.live_options import DEVICES
from avatar_app.commands.training_log import weights_path
from avatar_app.errors import UsageError

PRESETS = ("small", "base")


def add_parser(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "train",
        help="train the guided decoder",
        description=__doc__,
        epilog="On several GPUs: torchrun --nproc-per-node N main.py train ...",
    )
    add = parser.add_argument_group("files").add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="rigs, also in sub-folders")
    add("--motions", type=Path, metavar="DIR", help="recorded motions to take poses from")
    add("--output", type=Path, required=True, metavar="DIR", help="for weights, state and curves")
    add("--samples", type=Path, metavar="DIR", help="rendered samples; default: in --output")
    group = parser.add_argument_group("samples")
    number = _numbers(group)
    number("--sheets", 400, "N", "character sheets to learn from, 12 pictures each")
    number("--validation-sheets", 24, "N", "of characters kept out, to choose by")
    number("--size", 256, "PX", "side of the pictures")
    number("--sheet-size", 512, "PX", "side of the drawings")
    group.add_argument("--render-only", action="store_true", help="stop when they are rendered")
    _add_training(parser.add_argument_group("training"))
    _add_guides(parser.add_argument_group("guides"))
    parser.set_defaults(run=run)


def _add_training(group: Any) -> None:
    add, number = group.add_argument, _numbers(group)
    add("--preset", choices=PRESETS, default="small", help="size of the network; default: small")
    number("--steps", 20_000, "N", "length of the run")
    add("--minutes", type=float, metavar="M", help="length of the run by the clock instead")
    number("--batch", 4, "N", "pictures per step, of all processes together")
    number("--crop", 160, "PX", "side of their crops")
    number("--rate", 1.5e-3, "R", "highest learning rate")
    number("--seed", 0, "N", "of all chance")
    add("--device", choices=DEVICES, default="auto", help="where it trains; default: a GPU if any")
    add("--compile", action="store_true", help="let torch compile the network; for GPUs")


def _add_guides(group: Any) -> None:
    add = group.add_argument
    add("--teacher", type=Path, metavar="FILE", help="trained network to be like, of any preset")
    _numbers(group)("--teacher-weight", 1.0, "W", "how much that counts beside the truth")
    distil = "afterwards, train this preset in OUTPUT/PRESET with the first as its teacher"
    add("--distil", choices=PRESETS, metavar="PRESET", help=distil)
    vgg = "torchvision's weights of VGG-19 (vgg19-*.pth), for the perceptual term; default: those "
    add("--vgg", type=Path, metavar="FILE", help=vgg + "that torch has fetched once, if any")


def _numbers(group: Any) -> Callable[[str, float, str, str], None]:
    """Return what adds an option that is a number like its default."""

    def number(name: str, default: float, metavar: str, text: str) -> None:
        text = f"{text}; default: {default:g}"
        group.add_argument(name, type=type(default), default=default, metavar=metavar, help=text)

    return number


def run(arguments: argparse.Namespace) -> int:
    """Render samples where missing, train, keep the best network; perhaps distil it."""
    from avatar_app.commands.training_run import clear_about_disks, pick_place, plan, train
    from renderer.training.processes import joined

    _check(arguments)
    processes, device = pick_place(arguments.device, os.environ)
    arguments.samples = arguments.samples or arguments.output / "samples"
    runs = [arguments, _pupil(arguments)] if arguments.distil else [arguments]
    plans = [plan(one, processes, device) for one in runs]
    with joined(processes, device), clear_about_disks():
        for one, config in zip(runs, plans, strict=True):
            if not train(one, config, processes, device):
                break
    return 0


def _check(arguments: argparse.Namespace) -> None:
    if arguments.minutes is not None and arguments.minutes <= 0:
        raise UsageError("--minutes must be positive")
    if min(arguments.sheets, arguments.validation_sheets) < 1:
        raise UsageError("--sheets and --validation-sheets must be positive")
    if not 0 <= arguments.teacher_weight < float("inf"):
        raise UsageError("--teacher-weight must not be negative")
    if not 0 < arguments.rate < float("inf"):
        raise UsageError("--rate must be positive")


def _pupil(arguments: argparse.Namespace) -> argparse.Namespace:
    """Return how the network that learns from the first one is trained."""
    changed = vars(arguments) | {
        "preset": arguments.distil,
        "teacher": weights_path(arguments.output, arguments.preset),
        "output": arguments.output / arguments.distil,
    }
    return argparse.Namespace(**changed)
