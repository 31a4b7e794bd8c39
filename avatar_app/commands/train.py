"""``train``: train the guided decoder's network on pictures rendered from rigs.

Renders samples where they are missing, trains, and keeps the network that does best on characters
it has not learned from. Interrupted, the same command goes on where it stopped. On several GPUs:
torchrun --nproc-per-node N main.py train ...
"""

import argparse
import os
from pathlib import Path
from typing import Any

from avatar_app.commands.live_options import DEVICES
from avatar_app.commands.training_log import weights_path
from avatar_app.errors import UsageError

PRESETS = ("small", "base")


def add_parser(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("train", help="train the guided decoder", description=__doc__)
    files = parser.add_argument_group("files")
    add = files.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="rigs, also in sub-folders")
    add("--motions", type=Path, metavar="DIR", help="recorded motions to take poses from")
    add("--output", type=Path, required=True, metavar="DIR", help="for weights, state and curves")
    add("--samples", type=Path, metavar="DIR", help="rendered samples; default: in --output")
    samples = parser.add_argument_group("samples")
    add = samples.add_argument
    add("--sheets", type=int, default=400, help="character sheets to learn from, 8 pictures each")
    add("--validation-sheets", type=int, default=24, help="of characters kept out, to choose by")
    add("--size", type=int, default=256, help="side of the pictures in pixels")
    add("--sheet-size", type=int, default=512, help="side of the drawings in pixels")
    add("--render-only", action="store_true", help="stop when the samples are rendered")
    _add_training(parser.add_argument_group("training"))
    parser.set_defaults(run=run)


def _add_training(group: Any) -> None:
    add = group.add_argument
    add("--preset", choices=PRESETS, default="small", help="size of the network")
    add("--steps", type=int, default=20_000, help="length of the run")
    add("--minutes", type=float, help="length of the run by the clock instead")
    add("--batch", type=int, default=4, help="pictures per step, of all processes together")
    add("--crop", type=int, default=160, help="side of their crops in pixels")
    add("--rate", type=float, default=1.5e-3, help="highest learning rate")
    add("--seed", type=int, default=0, help="of all chance")
    add("--device", choices=DEVICES, default="auto", help="where it trains")
    add("--compile", action="store_true", help="let torch compile the network; for GPUs")
    add("--teacher", type=Path, metavar="FILE", help="trained network to be like, of any preset")
    add("--teacher-weight", type=float, default=1.0, help="how much that counts beside the truth")
    vgg = "torchvision's weights of VGG-19, for the perceptual term; default: those that torch "
    add("--vgg", type=Path, metavar="FILE", help=vgg + "has fetched once on this computer")
    distil = "afterwards, train this preset in OUTPUT/PRESET with the first as its teacher"
    add("--distil", choices=PRESETS, metavar="PRESET", help=distil)


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
