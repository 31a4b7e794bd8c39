"""``train``: train the guided decoder's network on pictures rendered from rigs."""

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar_app.commands.live_options import DEVICES

if TYPE_CHECKING:
    from collections.abc import Callable

    from renderer.training.sample_store import SampleStore
    from renderer.training.trainer import StepNews, Trainer, TrainerConfig

PRESETS = ("small", "base")
STATE_NAME, CURVES_NAME, PREVIEW_NAME = "state.safetensors", "curves.csv", "preview.png"
TELL_EVERY = 50  # steps
SAVE_EVERY = 250
VALIDATION_SEED = 1_000_003  # other poses, other wear


def add_parser(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("train", help="train the guided decoder", description=__doc__)
    add = parser.add_argument
    add("--preset", choices=PRESETS, default="small", help="size of the network")
    add("--data", type=Path, required=True, metavar="DIR", help="rigs, also in sub-folders")
    add("--motions", type=Path, metavar="DIR", help="recorded motions to take poses from")
    add("--output", type=Path, required=True, metavar="DIR", help="for weights, state and curves")
    add("--samples", type=Path, metavar="DIR", help="rendered samples; default: in --output")
    add("--sheets", type=int, default=400, help="character sheets to learn from, 8 pictures each")
    add("--validation-sheets", type=int, default=24, help="of characters kept out, to choose by")
    add("--size", type=int, default=256, help="side of the pictures in pixels")
    add("--sheet-size", type=int, default=512, help="side of the drawings in pixels")
    add("--steps", type=int, default=20_000, help="length of the run")
    add("--minutes", type=float, help="length of the run by the clock instead")
    add("--batch", type=int, default=4, help="pictures per step")
    add("--crop", type=int, default=160, help="side of their crops in pixels")
    add("--rate", type=float, default=1.5e-3, help="highest learning rate")
    add("--seed", type=int, default=0, help="of all chance")
    add("--device", choices=DEVICES, default="auto", help="where it trains")
    add("--render-only", action="store_true", help="stop when the samples are rendered")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Render samples where missing, train, keep the best network."""
    from avatar_app.commands.live_options import usage_errors
    from renderer.guided.network import PRESETS as SIZES
    from renderer.training.trainer import TrainerConfig

    if arguments.minutes is not None and arguments.minutes <= 0:
        raise _misused("--minutes must be positive")
    with usage_errors():
        config = TrainerConfig(
            network=SIZES[arguments.preset],
            steps=arguments.steps,
            minutes=arguments.minutes,
            batch=arguments.batch,
            crop_px=arguments.crop,
            learning_rate=arguments.rate,
            seed=arguments.seed,
            half=True,
        )
    arguments.output.mkdir(parents=True, exist_ok=True)
    train, validation = _samples(arguments)
    if arguments.render_only:
        return 0
    _train(arguments, config, train, validation)
    return 0


def _misused(sentence: str) -> Exception:
    from avatar_app.errors import UsageError

    return UsageError(sentence)


def _samples(arguments: argparse.Namespace) -> "tuple[SampleStore, SampleStore]":
    """Render what is missing; return the samples to train on and those to choose by."""
    from renderer.training.identities import Split
    from renderer.training.sample_store import SampleStore

    folder = arguments.samples or arguments.output / "samples"
    stores = []
    for split, sheets, seed in (
        (Split.VALIDATION, arguments.validation_sheets, arguments.seed + VALIDATION_SEED),
        (Split.TRAIN, arguments.sheets, arguments.seed),
    ):
        _render(arguments, split, folder / split.value, sheets, seed)
        stores.append(SampleStore(folder / split.value))
    return stores[1], stores[0]


def _render(
    arguments: argparse.Namespace, split: Any, folder: Path, sheets: int, seed: int
) -> None:
    """Render the sheets of one split that are not there yet."""
    from avatar_app.commands.progress_bar import ProgressBar
    from renderer.training.identities import find_rig_files, load_identities
    from renderer.training.motions import find_motion_files, load_motions
    from renderer.training.pairs import PairOptions, PairSource
    from renderer.training.sample_store import write_shards
    from udp_live.rasterizer.gl_context import open_context

    have = len(list(folder.glob("sheet-*.safetensors"))) if folder.is_dir() else 0
    if have >= sheets:
        return
    identities = load_identities(find_rig_files(arguments.data), split)
    if not identities:
        raise _misused(f"no {split.value} characters among the rigs in {arguments.data}")
    motions = load_motions(find_motion_files(arguments.motions)) if arguments.motions else ()
    options = PairOptions(size_px=arguments.size, sheet_size_px=arguments.sheet_size)
    context = open_context(arguments.gl_backend)
    source = PairSource(context, identities, seed, options, motions)
    bar = ProgressBar()
    bar.begin(f"{split.value} sheets", sheets)
    try:
        for _ in write_shards(source, folder, range(sheets)):
            bar.advance()
        bar.end()
    finally:
        bar.close()
        source.close()
        context.release()


def _train(
    arguments: argparse.Namespace,
    config: "TrainerConfig",
    train: "SampleStore",
    validation: "SampleStore",
) -> None:
    from renderer.engines.torch_device import pick_device
    from renderer.training.curves import Curves
    from renderer.training.trainer import Trainer

    device = pick_device(None if arguments.device == "auto" else arguments.device)
    trainer = Trainer(config, train, validation, device)
    state = arguments.output / STATE_NAME
    if state.is_file():
        trainer.resume(state)
        print(f"continuing at step {trainer.step}")
    curves = Curves(arguments.output / CURVES_NAME, trainer.step)
    print(f"{len(train)} pictures to learn from, {len(validation)} to choose by, on {device}")
    trainer.run(_teller(arguments, trainer, curves.add, train, validation))
    trainer.save(state)


def _teller(
    arguments: argparse.Namespace,
    trainer: "Trainer",
    add: "Callable[[StepNews], None]",
    train: "SampleStore",
    validation: "SampleStore",
) -> "Callable[[StepNews], None]":
    """Return what is done after every step: curves, lines, the best network, the state."""

    def tell(news: "StepNews") -> None:
        add(news)
        if news.step % TELL_EVERY == 0:
            print(f"step {news.step}  {news.progress:6.1%}  loss {news.loss:.4f}", flush=True)
        if news.verdict is not None:
            metrics = news.verdict.metrics
            print(
                f"validation: {metrics['psnr_db']:.2f} dB, L1 {metrics['l1']:.4f}; classical "
                f"{metrics['filled_psnr_db']:.2f} dB, L1 {metrics['filled_l1']:.4f}; "
                f"{news.active:.0%} of the channels active",
                flush=True,
            )
        if news.is_best:
            _keep_best(arguments, trainer, train, validation)
        if news.step % SAVE_EVERY == 0:
            trainer.save(arguments.output / STATE_NAME)

    return tell


def _keep_best(
    arguments: argparse.Namespace,
    trainer: "Trainer",
    train: "SampleStore",
    validation: "SampleStore",
) -> None:
    """Write weights, manifest and pictures of the best network so far."""
    import copy

    import cv2

    from avatar_app.commands.report import write_whole
    from renderer.guided.network_file import NetworkManifest, save_network
    from renderer.training.preview import draw_preview

    data = {
        "characters": list(train.identities),
        "pictures": len(train),
        "validation_characters": list(validation.identities),
        "validation_pictures": len(validation),
        "steps": trainer.step,
    }
    manifest = NetworkManifest(
        trainer.best.config, trainer.best_verdict.metrics, data, _command(arguments)
    )
    save_network(
        trainer.best, arguments.output / f"guided-{arguments.preset}.safetensors", manifest
    )
    picture = draw_preview(copy.deepcopy(trainer.best).to("cpu"), validation)
    done, png = cv2.imencode(".png", picture[..., ::-1])
    if done:
        write_whole(arguments.output / PREVIEW_NAME, bytes(png))


def _command(arguments: argparse.Namespace) -> str:
    """Return the command line without the folders of this machine."""
    folders = ("--data", "--motions", "--output", "--samples")
    words, hidden = [], False
    for word in sys.argv[1:]:
        words.append("DIR" if hidden else word)
        hidden = word in folders
    return shlex.join(words)
