"""Processes that train together: one per GPU, each with its part of every batch.

Sums and gradients are exchanged such that any number of processes computes what one would, up to
rounding. Plain sums over all processes do that and hide nothing; the networks are too small for the
overlaps of ``DistributedDataParallel`` to matter.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed, nn

from renderer.errors import RendererError
from renderer.guided.network import Block, GuidedNetwork

# For rendering and validation, which some finish long before others.
PATIENCE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Processes:
    """This process among those that train together.

    Attributes:
        rank: Number of this one; the first validates, saves and tells.
        count: Of all.
    """

    rank: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.rank < self.count:
            raise ValueError(f"unexpected rank: {self.rank} not in 0..{self.count - 1}")

    @property
    def is_first(self) -> bool:
        """Tell whether this process validates, saves and tells."""
        return self.rank == 0

    def share(self, total: int) -> range:
        """Return which of ``total`` things this process does.

        Raises:
            ValueError: They cannot be shared out evenly.
        """
        if total % self.count:
            raise ValueError(
                f"unexpected batch: {total} pairs of pictures for {self.count} processes; "
                f"give a multiple of {2 * self.count} pictures"
            )
        each = total // self.count
        return range(self.rank * each, (self.rank + 1) * each)

    @torch.no_grad()
    def total(self, values: Tensor) -> Tensor:
        """Return the sum of a tensor over all processes."""
        if self.count == 1:
            return values
        summed = values.detach().clone()
        distributed.all_reduce(summed)
        return summed

    def mean(self, value: float, device: torch.device) -> float:
        """Return the mean of a number over all processes; alike in all."""
        if self.count == 1:
            return value
        return float(self.total(torch.tensor(value, device=device))) / self.count

    def sum_gradients(self, network: nn.Module) -> None:
        """Replace each gradient by its sum over all processes."""
        if self.count == 1:
            return
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        distributed.all_reduce(flat)
        start = 0
        for gradient in gradients:
            gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
            start += gradient.numel()

    def wait(self) -> None:
        """Wait until all processes are here."""
        if self.count > 1:
            distributed.barrier()

    def share_normalisation(self, network: GuidedNetwork) -> None:
        """Let the network normalise by the statistics of the entire batch."""
        if self.count == 1:
            return
        for block in network.modules():
            if isinstance(block, Block) and isinstance(block.normalisation, nn.BatchNorm2d):
                shared = SharedNormalisation(block.normalisation.num_features, self)
                shared.load_state_dict(block.normalisation.state_dict())
                block.normalisation = shared.to(block.convolution.weight.device)


class SharedNormalisation(nn.BatchNorm2d):
    """Batch normalisation over the parts of all processes; torch's own does so on GPUs only."""

    def __init__(self, width: int, processes: Processes) -> None:
        super().__init__(width)
        self._processes = processes

    def forward(self, x: Tensor) -> Tensor:
        """Map ``[B, C, H, W]`` to the same shape."""
        if not self.training:
            return super().forward(x)
        wide = x.float()
        spread, middle = torch.var_mean(wide, (0, 2, 3), correction=0)
        own = torch.stack([middle, spread, middle.square()])
        sums: Tensor = _Sum.apply(own)  # type: ignore[no-untyped-call]
        middle, spread, square = sums / self._processes.count
        spread = spread + (square - middle.square()).clamp_min(0)
        self._remember(middle.detach(), spread.detach(), x.numel() / x.shape[1])
        scale = self.weight * (spread + self.eps).rsqrt()
        shifted = (wide - middle[:, None, None]) * scale[:, None, None]
        normal: Tensor = shifted + self.bias[:, None, None]
        return normal.to(x.dtype)

    @torch.no_grad()
    def _remember(self, middle: Tensor, spread: Tensor, pixels: float) -> None:
        count = pixels * self._processes.count
        rate = self.momentum or 0.0
        for mean, value in (
            (self.running_mean, middle),
            (self.running_var, spread * (count / (count - 1))),
        ):
            if mean is not None:
                mean.lerp_(value, rate)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked += 1


class _Sum(torch.autograd.Function):
    """Sum over all processes; so are the gradients, since each process blames its own part."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        summed = values.clone()
        distributed.all_reduce(summed)
        return summed

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        summed = gradients[0].clone()
        distributed.all_reduce(summed)
        return summed


def compiled(network: GuidedNetwork) -> nn.Module:
    """Let torch compile a network, but for what it exchanges with other processes.

    The network itself changes; take copies before.
    """
    for module in network.modules():
        if isinstance(module, SharedNormalisation):
            plain = torch.compiler.disable(module.forward)  # type: ignore[no-untyped-call]
            module.forward = plain  # type: ignore[method-assign]
    return torch.compile(network)  # type: ignore[return-value]


@contextmanager
def joined(
    processes: Processes, device: torch.device, meeting_point: str = "env://"
) -> Iterator[Processes]:
    """Meet the other processes; part from them when the block ends.

    Args:
        processes: Which one this is, and of how many.
        device: Of this process: NCCL between GPUs, Gloo between processors.
        meeting_point: As torch names it; ``env://`` is where torchrun says.

    Raises:
        RendererError: The others cannot be found.
    """
    if processes.count == 1:
        yield processes
        return
    try:
        if device.type == "cuda":
            torch.cuda.set_device(device)
        distributed.init_process_group(
            "nccl" if device.type == "cuda" else "gloo",
            init_method=meeting_point,
            rank=processes.rank,
            world_size=processes.count,
            timeout=PATIENCE,
        )
    except (RuntimeError, ValueError) as error:
        raise RendererError(
            f"process {processes.rank} of {processes.count} cannot meet the others: "
            f"{str(error)[:200]}; start them with torchrun"
        ) from error
    try:
        yield processes
    finally:
        distributed.destroy_process_group()
