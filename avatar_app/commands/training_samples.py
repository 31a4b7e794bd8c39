"""The samples of ``train``: rendered where they are missing."""

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from avatar_app.commands.live_options import usage_errors
from avatar_app.commands.progress_bar import ProgressBar
from avatar_app.errors import UsageError

if TYPE_CHECKING:
    from renderer.training.identities import Split
    from renderer.training.processes import Processes
    from renderer.training.sample_store import SampleStore

VALIDATION_SEED = 1_000_003  # other poses, other wear


def find_samples(
    arguments: argparse.Namespace, processes: "Processes"
) -> "tuple[SampleStore, SampleStore]":
    """Render what is missing; return the samples to train on and those to choose by.

    Several processes render a share each.

    Raises:
        UsageError: There is nothing to render from, or pictures of the wanted size cannot be.
        RendererError: Samples are damaged.
    """
    from renderer.training.identities import Split
    from renderer.training.sample_store import SampleStore, shard_path

    stores = []
    for split, sheets, seed in (
        (Split.VALIDATION, arguments.validation_sheets, arguments.seed + VALIDATION_SEED),
        (Split.TRAIN, arguments.sheets, arguments.seed),
    ):
        folder: Path = arguments.samples / split.value
        share = range(processes.rank, sheets, processes.count)
        if not all(shard_path(folder, number).is_file() for number in share):
            _render(arguments, split, folder, seed, share)
        processes.wait()
        stores.append(SampleStore(folder))
    return stores[1], stores[0]


def _render(
    arguments: argparse.Namespace, split: "Split", folder: Path, seed: int, sheets: range
) -> None:
    """Render the sheets of one split that are not there yet."""
    from renderer.training.identities import find_rig_files, load_identities
    from renderer.training.motions import find_motion_files, load_motions
    from renderer.training.pairs import PairOptions, PairSource
    from renderer.training.sample_store import write_shards
    from udp_live.rasterizer.gl_context import open_context

    with usage_errors():
        options = PairOptions(size_px=arguments.size, sheet_size_px=arguments.sheet_size)
    if arguments.crop > arguments.size:  # better told now than after hours of rendering
        raise UsageError(f"--crop {arguments.crop} does not fit into --size {arguments.size}")
    identities = load_identities(find_rig_files(arguments.data), split)
    if not identities:
        raise UsageError(f"no {split.value} characters among the rigs in {arguments.data}")
    motions = load_motions(find_motion_files(arguments.motions)) if arguments.motions else ()
    with ExitStack() as stack:
        context = open_context(arguments.gl_backend)
        stack.callback(context.release)
        source = PairSource(context, identities, seed, options, motions)
        stack.callback(source.close)
        bar = ProgressBar(unit="sheets")
        stack.callback(bar.close)
        bar.begin(f"{split.value} sheets", len(sheets))
        for _ in write_shards(source, folder, sheets):
            bar.advance()
        bar.end()
