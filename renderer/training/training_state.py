"""The state of a training run on disk: one safetensors file with settings in its header."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from renderer.errors import RendererError
from udp_live.whole_file import replaced

# What reading a state raises where it is damaged or of another network.
DAMAGE = (SafetensorError, OSError, ValueError, TypeError, LookupError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is.

    Attributes:
        step: Steps done.
        elapsed_s: Time they took.
        best_metrics: Of the best network.
    """

    step: int
    elapsed_s: float
    best_metrics: dict[str, float]


def write_state(
    path: Path,
    settings: Mapping[str, Any],
    networks: Mapping[str, Module],
    optimizer: Optimizer,
    progress: Progress,
) -> None:
    """Write a state in one step.

    Raises:
        RendererError: It cannot be written.
    """
    tensors = {
        f"{part}.{name}": tensor.contiguous()
        for part, network in networks.items()
        for name, tensor in network.state_dict().items()
    }
    for index, moments in optimizer.state_dict()["state"].items():
        for name, tensor in moments.items():
            tensors[f"optimizer.{index}.{name}"] = tensor.contiguous()
    header = {
        "settings": _plain(settings),
        "best_metrics": progress.best_metrics,
        "step": progress.step,
        "elapsed_s": progress.elapsed_s,
    }
    try:
        with replaced(path) as temporary:
            save_file(tensors, temporary, {"header": json.dumps(header)})
    except (OSError, SafetensorError) as error:
        raise RendererError(
            f"cannot write {path}: {str(error)[:200]}; make room or choose another --output; "
            "the same command then goes on from the last state that was written"
        ) from error


def read_state(
    path: Path,
    settings: Mapping[str, Any],
    networks: Mapping[str, Module],
    optimizer: Optimizer,
) -> Progress:
    """Fill networks and optimizer with a saved state of the same settings.

    Raises:
        RendererError: The file is damaged, or of other settings.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            header = json.loads(file.metadata()["header"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        _check(header["settings"], _plain(settings))
        for part, network in networks.items():
            network.load_state_dict(_below(tensors, part))
        moments: dict[int, dict[str, Tensor]] = {}
        for name, tensor in _below(tensors, "optimizer").items():
            index, moment = name.split(".")
            moments.setdefault(int(index), {})[moment] = tensor
        optimizer.load_state_dict(
            {"state": moments, "param_groups": optimizer.state_dict()["param_groups"]}
        )
        metrics = {str(name): float(value) for name, value in header["best_metrics"].items()}
        return Progress(int(header["step"]), float(header["elapsed_s"]), metrics)
    except (*DAMAGE, AttributeError) as error:
        raise RendererError(
            f"cannot continue from {path}: {str(error)[:300]}; "
            "give the settings that it was started with, or another --output"
        ) from error


def _plain(settings: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Return settings as they come back from a file, what is nested under names with dots."""
    plain: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            plain |= _plain(value, f"{before}{name}.")
        else:
            plain[before + name] = list(value) if isinstance(value, tuple) else value
    return plain


def _check(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    other = sorted(
        name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name)
    )
    if other:
        told = [f"{name} {found.get(name)}, now {wanted.get(name)}" for name in other]
        raise ValueError(f"it was written with other settings ({'; '.join(told)})")


def _below(tensors: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with ``part.``, without it."""
    return {
        name.removeprefix(f"{part}."): tensor
        for name, tensor in tensors.items()
        if name.startswith(f"{part}.")
    }
