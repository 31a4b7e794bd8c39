"""The four official checkpoint files of CoNR: found, told apart, checked against the networks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from renderer.conr.config import ConrConfig
from renderer.conr.networks import NETWORK_OF_FILE, expected_shapes
from renderer.conr.weights.checkpoint_file import CheckpointFile, read_checkpoint
from renderer.errors import WeightsError

Shapes = Mapping[str, tuple[int, ...]]

OTHER_NAMES = {"traget_pose_encoder.pth": "target_pose_encoder.pth"}  # an early misspelling
LIVE3D_FILES = ("cinnnet.pth", "udpadecodernet.pth")
LIVE3D_HEAD_KEY = "conv_rgba.weight"  # CoNR's is conv_rgba.0.weight
LIVE3D_PREFIX = "net."
LIVE3D = (
    "Live3D-v2, another network, which this program does not run; take the weights of CoNR (v1)"
)
SUFFIX = ".pth"
ARCHIVES = (".zip", ".7z", ".rar", ".gz", ".tar")
MAX_FILES = 32
SHOWN_DIFFERENCES = 3


@dataclass(frozen=True, slots=True)
class SourceFile:
    """Where one network came from: the file's name, its size in bytes, its sha256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ConrCheckpoints:
    """The four networks' parameters as read.

    Attributes:
        config: Size of the networks.
        tensors: ``<network>.<key>`` to float32 tensor on the CPU.
        sources: Official file name to what was read for it.
    """

    config: ConrConfig
    tensors: Mapping[str, Tensor] = field(repr=False)
    sources: Mapping[str, SourceFile] = field(repr=False)


def read_checkpoints(folder: Path, config: ConrConfig | None = None) -> ConrCheckpoints:
    """Read the four ``.pth`` files of a folder, or of a single folder in it.

    Files go by their official names; files of other names are recognised by what is in them.

    Args:
        folder: Holds the files, directly or one level down.
        config: Expected size; None for the published one.

    Raises:
        WeightsError: A file is missing, broken, harmful or of another network.
    """
    config = config or ConrConfig()
    expected = expected_shapes(config)
    tensors: dict[str, Tensor] = {}
    sources: dict[str, SourceFile] = {}
    for official, path in _assigned(_candidates(folder), expected, folder).items():
        checkpoint = path if isinstance(path, CheckpointFile) else read_checkpoint(path)
        check_network(official, checkpoint, expected)
        sources[official] = SourceFile(checkpoint.path.name, checkpoint.size, checkpoint.sha256)
        for key, tensor in checkpoint.tensors.items():
            name = f"{NETWORK_OF_FILE[official]}.{key}"
            tensors[name] = _as_float32(checkpoint.path, key, tensor)
    return ConrCheckpoints(config, tensors, sources)


def recognise(shapes: Shapes, expected: Mapping[str, Shapes]) -> str | None:
    """Return the official file name of the network with just these keys and shapes."""
    return next((file for file, wanted in expected.items() if dict(wanted) == dict(shapes)), None)


def check_network(
    official: str, checkpoint: CheckpointFile, expected: Mapping[str, Shapes]
) -> None:
    """Check keys and shapes of one file.

    Raises:
        WeightsError: They differ; names the network it is, or the first differences.
    """
    shapes = checkpoint.shapes
    if shapes == dict(expected[official]):
        return
    other = recognise(shapes, expected)
    if other is not None:
        raise WeightsError(
            f"{checkpoint.path} holds the weights of {other}, expected those of {official}: "
            "the files are mixed up; give each its own name"
        )
    if _is_live3d(shapes):
        raise WeightsError(f"{checkpoint.path} is of {LIVE3D}")
    raise WeightsError(
        f"{checkpoint.path} does not fit {official}: {differences(shapes, expected[official])}"
    )


def differences(found: Shapes, expected: Shapes) -> str:
    """Say in words how two sets of keys and shapes differ, the first few of each kind."""
    missing = [key for key in expected if key not in found]
    unexpected = [key for key in found if key not in expected]
    other = [
        f"{key} is {_sides(found[key])}, expected {_sides(expected[key])}"
        for key in expected
        if key in found and tuple(found[key]) != tuple(expected[key])
    ]
    kinds = (("missing", missing), ("unexpected", unexpected), ("of another shape", other))
    return "; ".join(
        f"{len(keys)} {what} ({', '.join(key[:120] for key in keys[:SHOWN_DIFFERENCES])}"
        f"{', ...' if len(keys) > SHOWN_DIFFERENCES else ''})"
        for what, keys in kinds
        if keys
    )


def _sides(shape: Iterable[int]) -> str:
    return "x".join(map(str, shape)) or "a single number"


def _candidates(folder: Path) -> list[Path]:
    """List the ``.pth`` files of a folder, or of the folders in it where it has none itself."""
    try:
        if not folder.is_dir():
            raise WeightsError(_no_folder_sentence(folder))
        found = _files(folder)
        inside = [path for path in sorted(folder.iterdir()) if path.is_dir()]
        below = [] if found else [files for files in map(_files, inside) if files]
    except OSError as error:
        raise WeightsError(f"cannot read {folder}: {error.strerror}") from error
    if len(below) > 1:
        names = ", ".join(files[0].parent.name for files in below[:4])
        raise WeightsError(f"{folder} has weights in several folders ({names}); give one of them")
    found = found or (below[0] if below else [])
    if len(found) > MAX_FILES:
        raise WeightsError(f"{folder} holds {len(found)} {SUFFIX} files, expected four")
    return found


def _no_folder_sentence(path: Path) -> str:
    if path.suffix.lower() in ARCHIVES and path.is_file():
        return f"{path} is an archive: unpack it and give the folder"
    if path.is_file():
        return f"{path} is one file; give the folder of all four: {', '.join(NETWORK_OF_FILE)}"
    return (
        f"weights not found: {path} is not a folder; give the folder of the four {SUFFIX} files "
        f"({', '.join(NETWORK_OF_FILE)})"
    )


def _files(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.iterdir()) if p.suffix.lower() == SUFFIX and p.is_file()]


def _assigned(
    candidates: list[Path], expected: Mapping[str, Shapes], folder: Path
) -> dict[str, Path | CheckpointFile]:
    """Give each official file what is to be read for it."""
    assigned: dict[str, Path | CheckpointFile] = {}
    strangers = []
    for path in candidates:
        name = path.name.lower()
        official = OTHER_NAMES.get(name, name)
        if official not in expected:
            strangers.append(path)
        elif official in assigned:
            raise WeightsError(f"{folder} holds {official} twice, under two spellings; remove one")
        else:
            assigned[official] = path
    if len(assigned) < len(expected):
        _recognise_strangers(strangers, expected, assigned)
    missing = [official for official in expected if official not in assigned]
    if missing:
        raise WeightsError(_missing_sentence(folder, missing, candidates))
    return {official: assigned[official] for official in expected}


def _recognise_strangers(
    strangers: list[Path],
    expected: Mapping[str, Shapes],
    assigned: dict[str, Path | CheckpointFile],
) -> None:
    """Add files of other names to what is assigned, by what is in them."""
    for path in strangers:
        if path.name.lower() in LIVE3D_FILES:
            continue
        checkpoint = read_checkpoint(path)
        official = recognise(checkpoint.shapes, expected)
        if official is not None and official not in assigned:
            assigned[official] = checkpoint


def _missing_sentence(folder: Path, missing: list[str], candidates: list[Path]) -> str:
    if any(path.name.lower() in LIVE3D_FILES for path in candidates):
        return f"the files in {folder} are of {LIVE3D}"
    found = ", ".join(path.name for path in candidates) or f"no {SUFFIX} file"
    return (
        f"weights incomplete: {folder} lacks {', '.join(missing)} (found: {found[:300]}); "
        "download the missing ones into the same folder"
    )


def _is_live3d(shapes: Shapes) -> bool:
    return LIVE3D_HEAD_KEY in shapes or all(key.startswith(LIVE3D_PREFIX) for key in shapes)


def _as_float32(path: Path, key: str, tensor: Tensor) -> Tensor:
    """Return a tensor of its own, float32, every number finite."""
    plain = tensor.detach().to(torch.float32, copy=True).contiguous()
    if not bool(torch.isfinite(plain).all()):
        raise WeightsError(
            f"{path}: {key} holds numbers that are not finite (NaN or infinite): the file is "
            "damaged or from a training that failed; take another"
        )
    return plain
