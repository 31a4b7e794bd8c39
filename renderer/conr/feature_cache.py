"""Features of drawings on disk, one file for each drawing and size."""

import hashlib
import logging
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from renderer.cache_folder import keep_newest
from renderer.conr.networks import ConrNetworks
from renderer.conr.networks.parameter_hash import hash_parameters
from renderer.conr.networks.shading import SheetFeatures
from udp_live.whole_file import replaced

logger = logging.getLogger(__name__)

FORMAT_VERSION = 1  # raise whenever the way to the features or the layout below changes
KEPT_FILES = 64  # per folder; older ones are deleted
KEPT_BYTES = 2 << 30  # per folder; a drawing takes 30 MB at 512 px, 110 MB at 1024
DAMAGE = (SafetensorError, OSError, ValueError, TypeError, LookupError, RuntimeError)


def networks_digest(networks: ConrNetworks) -> str:
    """Return a hash of all parameters that features depend on."""
    digest = hashlib.sha256()
    first = networks.shader.decoder_blocks[0].get_submodule("conv0.0")
    hash_parameters(digest, (networks.parser.backbone, first))
    return digest.hexdigest()


class FeatureCache:
    """Keeps the features of drawings in a folder; without a folder it keeps nothing."""

    def __init__(self, folder: Path | None, networks: str, dtype: torch.dtype) -> None:
        """Choose the folder.

        Args:
            folder: Created where missing; None keeps nothing.
            networks: From ``networks_digest``.
            dtype: Of the features.
        """
        self._folder = folder
        self._dtype = dtype
        self._kind = f"conr {FORMAT_VERSION} {networks} {dtype}"

    def read(self, square: NDArray[np.uint8]) -> SheetFeatures | None:
        """Return the features of a drawing as prepared for the networks, None if not kept."""
        path = self._path(square)
        if path is None or not path.is_file():
            return None
        try:
            return _arranged(load_file(path), self._dtype, square.shape[0])
        except DAMAGE as error:
            logger.info("encoding a drawing anew: %s is damaged: %s", path, error)
            return None

    def write(self, square: NDArray[np.uint8], features: SheetFeatures) -> None:
        """Keep the features of a drawing; a folder that cannot be written costs only the time."""
        path = self._path(square)
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replaced(path) as temporary:
                save_file(_named(features), temporary)
            keep_newest(path.parent, "conr-*.safetensors", KEPT_FILES, KEPT_BYTES)
        except (OSError, SafetensorError) as error:
            logger.warning("sheet encoding not cached: cannot write %s: %s", path, error)

    def _path(self, square: NDArray[np.uint8]) -> Path | None:
        if self._folder is None:
            return None
        digest = hashlib.sha256(f"{self._kind} {square.shape}".encode())
        digest.update(np.ascontiguousarray(square).data)
        return self._folder / f"conr-{digest.hexdigest()[:32]}.safetensors"


def _named(features: SheetFeatures) -> dict[str, Tensor]:
    named = {f"reference.{i}": tensor for i, tensor in enumerate(features.references)}
    named |= {f"feature.{i}": tensor for i, tensor in enumerate(features.features)}
    named["first_share"] = features.first_share
    return {name: tensor.cpu().contiguous() for name, tensor in named.items()}


def _arranged(tensors: dict[str, Tensor], dtype: torch.dtype, side: int) -> SheetFeatures:
    if any(tensor.dtype != dtype or len(tensor) != 1 for tensor in tensors.values()):
        raise ValueError("it holds another type or number of views")
    features = SheetFeatures(
        tuple(tensors[f"reference.{i}"] for i in range(5)),
        tuple(tensors[f"feature.{i}"] for i in range(4)),
        tensors["first_share"],
    )
    sides = [tensor.shape[2:] for tensor in (*features.references, *features.features)]
    scales = [*(side >> level for level in (4, 3, 2, 1, 0)), *(side >> n for n in (4, 3, 2, 1))]
    if sides != [(scale, scale) for scale in scales]:
        raise ValueError("it holds another size")
    return features
