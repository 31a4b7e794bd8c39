"""What a network makes of validation pictures, to look at."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderer.guided.network import GuidedNetwork
from renderer.training.sample_store import SampleStore
from renderer.training.validation import evenly, over_grey

GAIN = 3.0  # errors are too faint to see as they are


@torch.inference_mode()
def draw_preview(
    network: GuidedNetwork, store: SampleStore, count: int = 6, cell_px: int = 256
) -> NDArray[np.uint8]:
    """Return rows of: truth, classical, refined, error of the classical, error of the refined.

    Args:
        network: In evaluation mode, on the processor.
        store: Where the pictures come from, evenly picked.
        count: Rows.
        cell_px: Side of a cell; larger pictures are cut.

    Returns:
        ``[count * cell_px, 5 * cell_px, 3]`` uint8.
    """
    rows = []
    for shard, target in evenly(store, count):
        sample = store.whole(shard, target)
        colour, alpha = network.refine_any(sample.slots, sample.picture)
        truth = over_grey(sample.truth[:, :3], sample.truth[:, 3])[0]
        classical = over_grey(sample.picture[:, :3], sample.picture[:, 3])[0]
        refined = over_grey(colour, alpha)[0]
        errors = [((p - truth).abs() * GAIN).clamp(0, 1) for p in (classical, refined)]
        cells = [_cell(plane, cell_px) for plane in (truth, classical, refined, *errors)]
        rows.append(torch.cat(cells, 2))
    picture = torch.cat(rows, 1).permute(1, 2, 0)
    return np.ascontiguousarray((picture * 255).round().to(torch.uint8).numpy())


def _cell(picture: Tensor, side: int) -> Tensor:
    cell = torch.full((3, side, side), 0.5)
    cut = picture[:, :side, :side]
    cell[:, : cut.shape[1], : cut.shape[2]] = cut
    return cell
