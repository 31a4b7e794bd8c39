"""All samples of a store in the memory of a device, so that a GPU never waits for a disk."""

from collections.abc import Sequence

import torch
from safetensors import safe_open
from torch import Tensor

from renderer.errors import RendererError
from renderer.training.sample_store import (
    DAMAGE,
    KEPT,
    Place,
    Samples,
    SampleStore,
    too_small,
    unpacked,
)

MOST_OF_FREE = 0.5  # of a GPU's free memory; training needs the rest


class HeldSamples:
    """A copy of a store's samples; a batch of crops is fetched by one operation per kind."""

    def __init__(self, store: SampleStore, device: torch.device) -> None:
        """Read everything.

        Raises:
            RendererError: A file is damaged, or not of the size of the others.
        """
        self._tensors: dict[str, Tensor] = {}
        self._first = []
        filled = 0
        for shard in store.shards:
            self._first.append(filled)
            try:
                with safe_open(str(shard.path), framework="pt") as file:
                    for name in KEPT:
                        self._keep(name, file.get_tensor(name), filled, len(store), device)
            except (*DAMAGE, RuntimeError) as error:
                raise RendererError(
                    f"{shard.path} is damaged or not of the size of the others: "
                    f"{str(error)[:200]}; delete it and render anew"
                ) from error
            filled += len(shard.boxes)

    def _keep(self, name: str, part: Tensor, start: int, total: int, device: torch.device) -> None:
        if name not in self._tensors:
            self._tensors[name] = torch.empty(
                (total, *part.shape[1:]), dtype=part.dtype, device=device
            )
        self._tensors[name][start : start + len(part)] = part.to(device)

    def gather(self, places: Sequence[Place], crop_px: int) -> Samples:
        """Fetch crops, as the store does.

        Raises:
            RendererError: The pictures are smaller.
        """
        truth = self._tensors["truth"]
        if min(truth.shape[-2:]) < crop_px:
            raise too_small(crop_px, truth)
        corners = torch.tensor(
            [(self._first[p.shard] + p.target, p.row, p.column) for p in places]
        ).to(truth.device, non_blocking=True)
        steps = torch.arange(crop_px, device=truth.device)
        target = corners[:, 0, None, None]
        rows = (corners[:, 1, None] + steps)[:, :, None]
        columns = (corners[:, 2, None] + steps)[:, None, :]
        return unpacked(
            {
                name: tensor[target, ..., rows, columns].movedim((1, 2), (-2, -1)).contiguous()
                for name, tensor in self._tensors.items()
            }
        )


def fits(store: SampleStore, device: torch.device) -> bool:
    """Tell whether a GPU has room for a store; a processor reads files as fast."""
    if device.type != "cuda":
        return False
    size = sum(shard.path.stat().st_size for shard in store.shards)
    return size < MOST_OF_FREE * torch.cuda.mem_get_info(device)[0]
