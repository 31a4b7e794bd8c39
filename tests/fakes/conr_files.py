"""The four checkpoint files of CoNR at a tiny size, and what goes wrong with such files."""

import os
from pathlib import Path

import torch
from torch import Tensor

from renderer.conr.config import ConrConfig
from renderer.conr.networks import NETWORK_OF_FILE, random_networks

TINY = ConrConfig.tiny()


def states(seed: int = 1) -> dict[str, dict[str, Tensor]]:
    """Return official file name to state dict of random networks."""
    networks = random_networks(TINY, seed)
    return {
        file: dict(networks.get_submodule(network).state_dict())
        for file, network in NETWORK_OF_FILE.items()
    }


def write_states(folder: Path, seed: int = 1) -> dict[str, dict[str, Tensor]]:
    """Write the four files into a folder and return what they hold."""
    folder.mkdir(parents=True, exist_ok=True)
    written = states(seed)
    for file, state in written.items():
        torch.save(state, folder / file)
    return written


class CodeInPickle:
    """Makes a file when it is unpickled by a program that trusts it."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"echo run > '{self.witness}'",)
