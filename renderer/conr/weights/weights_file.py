"""``conr.safetensors``: the four networks of CoNR in one file, converted once from checkpoints."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from renderer.conr.config import ConrConfig
from renderer.conr.networks import NETWORK_OF_FILE, ConrNetworks, expected_shapes
from renderer.conr.weights.checkpoints import SourceFile, differences
from renderer.errors import WeightsError
from udp_live.whole_file import replaced

WEIGHTS_NAME = "conr.safetensors"
FORMAT = "kigurumi-conr-1"
MAX_FILE_BYTES = 2 << 30  # the published size takes 0.7 GB
MAX_CONFIG_CHARACTERS = 10_000
MAX_DEPTH = 100  # blocks per stage; more would only take time to build
FLOAT32 = "F32"
HOW_TO_ADD = "run 'weights add FOLDER' with the four .pth files, or 'weights fetch conr'"
# What reading raises: of the file, of its header, of a JSON that is not what it should be.
DAMAGE = (
    *(SafetensorError, OSError, ValueError, TypeError, LookupError, RuntimeError),
    OverflowError,  # of a number that JSON calls infinite
)


@dataclass(frozen=True, slots=True)
class WeightsHeader:
    """What a weights file says about itself, read without its tensors.

    Attributes:
        path: The file.
        size: In bytes.
        config: Size of the networks.
        sources: Official file name to what it was converted from; empty for networks that were
            trained here.
        parameters: How many numbers it holds.
    """

    path: Path
    size: int
    config: ConrConfig
    sources: Mapping[str, SourceFile] = field(repr=False)
    parameters: int


def save_networks(
    networks: ConrNetworks, path: Path, sources: Mapping[str, SourceFile] | None = None
) -> None:
    """Write networks in one step: the file is complete or as it was.

    Args:
        networks: Of any size, on any device.
        path: Usually ``conr.safetensors``; its folder is made where missing.
        sources: Official file name to what the parameters were read from.

    Raises:
        WeightsError: The file cannot be written.
    """
    save_tensors(networks.state_dict(), path, networks.config, sources or {})


def save_tensors(
    tensors: Mapping[str, Tensor],
    path: Path,
    config: ConrConfig,
    sources: Mapping[str, SourceFile],
) -> None:
    """Write ``<network>.<key>`` tensors as ``save_networks`` does.

    Raises:
        WeightsError: They do not fit ``config``, or the file cannot be written.
    """
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if found != _names_and_shapes(config):
        raise WeightsError(f"cannot write {path}: {differences(found, _names_and_shapes(config))}")
    plain = {
        name: tensor.detach().to("cpu", torch.float32).contiguous()
        for name, tensor in tensors.items()
    }
    metadata = {
        "format": FORMAT,
        "config": config.to_json(),
        "source": json.dumps({file: asdict(source) for file, source in sources.items()}),
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replaced(path) as temporary:
            save_file(plain, temporary, metadata)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise WeightsError(f"cannot write {path}: {reason}; check the disk") from error


def load_networks(path: Path) -> ConrNetworks:
    """Read networks, checked against the size that the file names, in evaluation mode on the CPU.

    Raises:
        WeightsError: The file is missing, damaged, of another format or size, or not finite.
    """
    header = read_header(path)
    try:
        with safe_open(str(path), framework="pt") as file:
            tensors: dict[str, Tensor] = {
                name: file.get_tensor(name) for name in _names_and_shapes(header.config)
            }
    except DAMAGE as error:
        raise _damaged(path, error) from error
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise _damaged(path, f"{name} holds numbers that are not finite")
    with torch.device("meta"):  # no time is spent on random numbers that are overwritten
        networks = ConrNetworks(header.config)
    networks.load_state_dict(tensors, assign=True)
    return networks.eval()


def read_header(path: Path) -> WeightsHeader:
    """Read what a weights file says about itself, and check its names, shapes and types.

    Raises:
        WeightsError: The file is missing, damaged, or of another format or size.
    """
    try:
        if not path.is_file():
            raise WeightsError(f"CoNR weights not found: there is no {path}; {HOW_TO_ADD}")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise WeightsError(f"{path} is too large for CoNR weights: {size >> 20} MB; delete it")
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
            found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            shapes = {name: tuple(part.get_shape()) for name, part in found.items()}
            types = {part.get_dtype() for part in found.values()}
    except DAMAGE as error:
        raise _damaged(path, error) from error
    if metadata.get("format") != FORMAT:
        raise WeightsError(
            f"{path} has another format: {str(metadata.get('format'))[:80]!r}, expected "
            f"{FORMAT!r}; {HOW_TO_ADD}"
        )
    config, sources = _read_metadata(path, metadata)
    expected = _names_and_shapes(config)
    if shapes != expected:
        raise _damaged(path, differences(shapes, expected))
    if types != {FLOAT32}:
        raise _damaged(path, f"it holds {', '.join(sorted(types))}, expected {FLOAT32}")
    parameters = sum(_count(shape) for shape in shapes.values())
    return WeightsHeader(path, size, config, sources, parameters)


def _read_metadata(
    path: Path, metadata: Mapping[str, str]
) -> tuple[ConrConfig, Mapping[str, SourceFile]]:
    try:
        text = metadata["config"]
        if len(text) > MAX_CONFIG_CHARACTERS:
            raise ValueError("the size of the networks takes too many words")
        config = ConrConfig.from_json(text)
        if max(*config.parser_depths, *config.encoder_depths) > MAX_DEPTH:
            raise ValueError("networks so deep do not exist")
        sources = _read_sources(json.loads(metadata.get("source", "{}")))
    except (*DAMAGE, RecursionError) as error:
        raise _damaged(path, error) from error
    return config, sources


def _read_sources(document: Any) -> Mapping[str, SourceFile]:
    """Raise TypeError, ValueError or LookupError unless it is what ``save_tensors`` wrote."""
    return MappingProxyType(
        {
            str(file)[:80]: SourceFile(
                str(entry["name"])[:200], int(entry["size"]), str(entry["sha256"])[:64]
            )
            for file, entry in dict(document).items()
        }
    )


def _names_and_shapes(config: ConrConfig) -> dict[str, tuple[int, ...]]:
    return {
        f"{NETWORK_OF_FILE[file]}.{key}": shape
        for file, shapes in expected_shapes(config).items()
        for key, shape in shapes.items()
    }


def _count(shape: tuple[int, ...]) -> int:
    count = 1
    for side in shape:
        count *= side
    return count


def _damaged(path: Path, reason: object) -> WeightsError:
    return WeightsError(f"{path} is damaged: {str(reason)[:300]}; delete it, then {HOW_TO_ADD}")
