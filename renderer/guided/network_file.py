"""Weights of the guided decoder's network: a safetensors file and its manifest beside it."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from renderer.errors import WeightsError
from renderer.guided.network import GuidedConfig, GuidedNetwork
from udp_live.whole_file import write_whole

FORMAT = "kigurumi-guided-1"
MAX_FILE_BYTES = 25 << 20
MAX_MANIFEST_BYTES = 1 << 20
HOW_TO_GET = "install the program anew, or train weights with 'train'"
# What reading raises: of the file, of a JSON that is not what it should be.
DAMAGE = (SafetensorError, OSError, ValueError, TypeError, LookupError, RecursionError)


@dataclass(frozen=True, slots=True)
class NetworkManifest:
    """What is known about weights.

    Attributes:
        config: Size of the network.
        metrics: Of the validation: ``filled_psnr_db`` of the classical picture, ``psnr_db`` of
            the network's, and others.
        data: What it was trained on, for people.
        command: How, for people.
    """

    config: GuidedConfig
    metrics: Mapping[str, float]
    data: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""

    @property
    def gain_db(self) -> float:
        """By how much the network's pictures beat the classical ones in validation."""
        metrics = self.metrics
        return metrics.get("psnr_db", -math.inf) - metrics.get("filled_psnr_db", math.inf)


def manifest_path(path: Path) -> Path:
    """Return where the manifest of a weights file lies."""
    return path.with_suffix(".json")


def save_network(network: GuidedNetwork, path: Path, manifest: NetworkManifest) -> None:
    """Write weights, then the manifest with their hash.

    Raises:
        WeightsError: A file cannot be written.
    """
    tensors = {
        name: tensor.detach().to("cpu").contiguous()
        for name, tensor in network.state_dict().items()
    }
    data = save(tensors, {"format": FORMAT})
    text = {
        "format": FORMAT,
        "sha256": hashlib.sha256(data).hexdigest(),
        **asdict(manifest),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
        write_whole(manifest_path(path), (json.dumps(text, indent=2) + "\n").encode())
    except OSError as error:
        raise WeightsError(f"cannot write {path}: {error.strerror}; check the disk") from error


def load_network(path: Path) -> tuple[GuidedNetwork, NetworkManifest]:
    """Read a network in evaluation mode, checked against its manifest.

    Raises:
        WeightsError: The file or its manifest is missing, damaged, of another format or size, or
            they do not belong together.
    """
    manifest, sha256 = _read_manifest(manifest_path(path))
    data = _read_bytes(path, MAX_FILE_BYTES)
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise WeightsError(
            f"{path} is not what {manifest_path(path).name} describes: its sha256 begins with "
            f"{found[:12]}, expected {sha256[:12]}; {HOW_TO_GET}"
        )
    try:
        tensors: dict[str, Tensor] = load(data)
    except DAMAGE as error:
        raise _damaged(path, error) from error
    network = GuidedNetwork(manifest.config)
    _check(path, network.state_dict(), tensors)
    network.load_state_dict(tensors)
    return network.eval(), manifest


def _check(path: Path, expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> None:
    odd = sorted(expected.keys() ^ found.keys())
    if odd:
        raise _damaged(path, f"{len(odd)} tensors too many or too few, first {odd[0]}")
    for name, tensor in found.items():
        wanted = expected[name]
        if tensor.shape != wanted.shape or tensor.dtype != wanted.dtype:
            raise _damaged(
                path,
                f"{name} is {list(tensor.shape)} {tensor.dtype}, "
                f"expected {list(wanted.shape)} {wanted.dtype}",
            )
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise _damaged(path, f"{name} holds numbers that are not finite")


def _read_manifest(path: Path) -> tuple[NetworkManifest, str]:
    try:
        document = json.loads(_read_bytes(path, MAX_MANIFEST_BYTES))
        if document["format"] != FORMAT:
            raise ValueError(f"format {str(document['format'])[:80]!r}, expected {FORMAT!r}")
        sizes = document["config"]
        config = GuidedConfig(
            tuple(int(width) for width in sizes["widths"]),
            tuple(int(width) for width in sizes["slot_widths"]),
        )
        metrics = {str(name): float(value) for name, value in document["metrics"].items()}
        manifest = NetworkManifest(
            config, metrics, dict(document.get("data", {})), str(document.get("command", ""))
        )
        return manifest, str(document["sha256"])
    except (*DAMAGE, AttributeError) as error:
        raise _damaged(path, error) from error


def _read_bytes(path: Path, limit: int) -> bytes:
    try:
        if not path.is_file():
            raise WeightsError(f"weights of the guided decoder not found: no {path}; {HOW_TO_GET}")
        size = path.stat().st_size
        if size > limit:
            raise WeightsError(f"{path} is too large: {size} bytes, at most {limit}; {HOW_TO_GET}")
        return path.read_bytes()
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror}; {HOW_TO_GET}") from error


def _damaged(path: Path, reason: object) -> WeightsError:
    return WeightsError(f"{path} is damaged: {str(reason)[:300]}; {HOW_TO_GET}")
