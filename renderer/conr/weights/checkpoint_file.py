"""One ``.pth`` file: its tensors, read without running or believing anything in it."""

import hashlib
import struct
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from renderer.errors import WeightsError

MAX_FILE_BYTES = 1 << 30  # the largest official file has 367 MiB
MAX_TENSORS = 10_000
PAGE_STARTS = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<!--")
ZIP_START = b"PK"
PICKLE_START = b"\x80"
WRAPPER_KEY = "state_dict"
PREFIX = "module."  # what DistributedDataParallel puts before every key
DOWNLOAD_AGAIN = "download it again"
# What torch.load raises, beside its own: of the file, of its archive, of its pickle, of its sizes.
DAMAGE = (
    *(OSError, EOFError, RuntimeError, ValueError, TypeError, LookupError, AttributeError),
    *(UnpicklingError, zipfile.BadZipFile, AssertionError, MemoryError, ImportError),
    *(struct.error, OverflowError),
)


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """The content of one checkpoint.

    Attributes:
        path: Where it lies.
        size: In bytes.
        sha256: Of the whole file, in hexadecimal.
        tensors: Key to tensor on the CPU, ``module.`` stripped, as stored.
    """

    path: Path
    size: int
    sha256: str
    tensors: Mapping[str, Tensor] = field(repr=False)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Key to shape."""
        return {key: tuple(tensor.shape) for key, tensor in self.tensors.items()}


def read_checkpoint(path: Path) -> CheckpointFile:
    """Read one ``.pth`` file, of the zip format or the older one.

    Only tensors and plain containers are accepted: a pickle that asks for anything else is
    refused before it runs.

    Raises:
        WeightsError: Empty, too large, a web page, cut off, with code in it, without tensors.
    """
    try:
        size = path.stat().st_size
        _check_outside(path, size)
        sha256 = _sha256(path)
    except OSError as error:
        raise WeightsError(f"cannot read {path}: {error.strerror}") from error
    return CheckpointFile(path, size, sha256, _tensors(path, _load(path)))


def _check_outside(path: Path, size: int) -> None:
    """Refuse what can be seen to be no checkpoint without loading it."""
    if size == 0:
        raise WeightsError(f"{path} is empty: {DOWNLOAD_AGAIN}")
    if size > MAX_FILE_BYTES:
        raise WeightsError(
            f"{path} is too large for CoNR weights: {size >> 20} MB, at most {MAX_FILE_BYTES >> 20}"
        )
    with path.open("rb") as stream:
        start = stream.read(512).lstrip().lower()
    if start.startswith(PAGE_STARTS):
        raise WeightsError(
            f"{path} is a web page, not weights: Google Drive answered with a question; open the "
            "link in a browser, choose 'Download anyway' and add that file"
        )
    if start.startswith(ZIP_START.lower()):
        _check_archive(path)


def _check_archive(path: Path) -> None:
    """Refuse cut off archives, ordinary ones, and such that would unpack to too much."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise WeightsError(f"{path} is cut off or damaged: {DOWNLOAD_AGAIN}") from error
    if not any(Path(entry.filename).name == "data.pkl" for entry in entries):
        raise WeightsError(f"{path} is an ordinary zip archive: unpack it and add the folder")
    if sum(entry.file_size for entry in entries) > MAX_FILE_BYTES:
        raise WeightsError(f"{path} would unpack to more than {MAX_FILE_BYTES >> 20} MB: refused")


def _load(path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about old storages; nothing a user could do
            return torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGE as error:
        if _asks_for_code(path, error):
            raise WeightsError(
                f"{path} was refused: it holds more than tensors ({_asked_for(error)}), which may "
                "be harmful code; nothing of it was run; take weights from the authors' own links"
            ) from error
        raise WeightsError(f"{path} is cut off, damaged or no checkpoint: {DOWNLOAD_AGAIN}") from (
            error
        )


def _asks_for_code(path: Path, error: BaseException) -> bool:
    """Tell a pickle that wants more than tensors from one that is merely broken."""
    with path.open("rb") as stream:
        known_format = stream.read(2).startswith((ZIP_START, PICKLE_START))
    return isinstance(error, UnpicklingError) and known_format and "nsupported" in str(error)


def _asked_for(error: BaseException) -> str:
    """Return the name that the pickle asked for, as far as torch says it."""
    words = str(error).replace("`", " ").replace(",", " ").split()
    after = [words[i + 1] for i, word in enumerate(words[:-1]) if word == "GLOBAL"]
    return after[0][:80] if after else "an object of its own"


def _tensors(path: Path, content: Any) -> dict[str, Tensor]:
    """Find the state dict, in the file itself or in a wrapper, and strip ``module.``."""
    if not isinstance(content, Mapping):
        raise WeightsError(f"{path} holds no state dict: it is a {type(content).__name__}")
    if len(content) > MAX_TENSORS:
        raise WeightsError(f"{path} holds {len(content)} entries: no CoNR file has so many")
    found = content if _is_state(content) else _unwrapped(path, content)
    strip = all(key.startswith(PREFIX) for key in found)
    tensors = {key[len(PREFIX) :] if strip else key: value for key, value in found.items()}
    for key, tensor in tensors.items():
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
            raise WeightsError(f"{path}: {key[:80]} is no plain tensor: refused")
        if not tensor.dtype.is_floating_point:
            raise WeightsError(f"{path}: {key[:80]} holds {tensor.dtype}, expected float32")
    return tensors


def _unwrapped(path: Path, content: Mapping[Any, Any]) -> Mapping[str, Tensor]:
    """Return the one state dict inside a training checkpoint."""
    inside: dict[str, Mapping[str, Tensor]] = {
        str(key): value for key, value in content.items() if _is_state(value)
    }
    if WRAPPER_KEY in inside:
        return inside[WRAPPER_KEY]
    if len(inside) > 1:
        raise WeightsError(
            f"{path} holds several networks ({', '.join(inside)[:200]}): expected one; save the "
            "one that is meant alone"
        )
    if not inside:
        raise WeightsError(f"{path} holds no tensors: it is not a checkpoint of CoNR")
    return next(iter(inside.values()))


def _is_state(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(isinstance(key, str) and isinstance(part, Tensor) for key, part in value.items())
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
