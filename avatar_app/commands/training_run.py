"""One run of ``train``: where, how, until it ends or is interrupted."""

import argparse
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from avatar_app.commands.live_options import usage_errors
from avatar_app.errors import OutputError, UsageError

if TYPE_CHECKING:
    from torch import device as Device  # noqa: N812

    from renderer.training.processes import Processes
    from renderer.training.trainer import Guides, StepNews, Trainer, TrainerConfig


def pick_place(wanted: str, environment: Mapping[str, str]) -> "tuple[Processes, Device]":
    """Return which process this is and where it trains.

    Args:
        wanted: ``auto``, ``cpu`` or ``cuda``.
        environment: As torchrun fills it; alone without it.

    Raises:
        UsageError: It does not hold what torchrun says.
        AcceleratorError: No such device here.
    """
    from renderer.engines.torch_device import pick_device
    from renderer.training.processes import Processes

    with usage_errors():
        rank, count, here = (
            int(environment.get(name, other))
            for name, other in (("RANK", 0), ("WORLD_SIZE", 1), ("LOCAL_RANK", 0))
        )
        processes = Processes(rank, count)
    device = pick_device(None if wanted == "auto" else wanted)
    if device.type == "cuda":
        device = pick_device(f"cuda:{here}")
    return processes, device


def plan(
    arguments: argparse.Namespace, processes: "Processes", device: "Device"
) -> "TrainerConfig":
    """Return how to train.

    Raises:
        UsageError: That cannot be.
    """
    from renderer.guided.network import PRESETS as SIZES
    from renderer.training.losses import LossWeights
    from renderer.training.trainer import TrainerConfig

    if arguments.compile and device.type != "cuda":
        raise UsageError("--compile needs a GPU; leave it out on a processor")
    with usage_errors():
        processes.share(arguments.batch // 2)
        return TrainerConfig(
            network=SIZES[arguments.preset],
            steps=arguments.steps,
            minutes=arguments.minutes,
            batch=arguments.batch,
            crop_px=arguments.crop,
            learning_rate=arguments.rate,
            seed=arguments.seed,
            half=True,
            compile=arguments.compile,
            loss=LossWeights(teacher=arguments.teacher_weight),
        )


@contextmanager
def clear_about_disks() -> Iterator[None]:
    """Turn what a full or broken disk raises into a sentence."""
    try:
        yield
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        raise OutputError(
            f"cannot write or read{where}: {error.strerror or error}; make room or choose another "
            "--output, then type the same command again: it goes on from the last state written"
        ) from error


def train(
    arguments: argparse.Namespace,
    config: "TrainerConfig",
    processes: "Processes",
    device: "Device",
) -> bool:
    """Train one network to its end; tell whether there was anything to train."""
    from avatar_app.commands.training_log import STATE_NAME, TrainingLog
    from avatar_app.commands.training_samples import find_samples
    from renderer.training.trainer import Trainer

    arguments.output.mkdir(parents=True, exist_ok=True)
    guides = _guides(arguments, processes)
    train, validation = find_samples(arguments, processes)
    if arguments.render_only:
        return False
    trainer = Trainer(config, train, validation, device=device, guides=guides, processes=processes)
    state = arguments.output / STATE_NAME
    if state.is_file():
        trainer.resume(state)
    log = TrainingLog(arguments, trainer, train, validation)
    with _stopping_gently(trainer):
        if processes.is_first:
            log.begin(device)
        trainer.run(log.hear if processes.is_first else _nothing)
    if processes.is_first:
        log.end()
        trainer.save(state)
    processes.wait()  # until the best network is written: it may teach the next one
    if trainer.progress < 1:
        raise KeyboardInterrupt
    return True


def _nothing(news: "StepNews") -> None:
    """Leave the telling to the first process."""


@contextmanager
def _stopping_gently(trainer: "Trainer") -> Iterator[None]:
    """Let Ctrl-C end the run after the step at hand, so that its state can be saved.

    torchrun sends its processes SIGTERM as well. A second Ctrl-C stops at once.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        trainer.should_stop = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _guides(arguments: argparse.Namespace, processes: "Processes") -> "Guides":
    """Load the networks that pictures are held against besides the truth."""
    from renderer.guided.network_file import load_network
    from renderer.training.trainer import Guides
    from renderer.training.vgg import FILE_PATTERN, find_vgg_file, load_vgg

    teacher = load_network(arguments.teacher)[0] if arguments.teacher else None
    path: Path | None = arguments.vgg or find_vgg_file()
    if path is None and processes.is_first:
        print(f"perceptual term skipped: no {FILE_PATTERN} on this computer; --vgg names one")
    return Guides(teacher, load_vgg(path) if path else None)
