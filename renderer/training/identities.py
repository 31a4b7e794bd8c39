"""The characters that pairs are rendered from, split by name into train, validation and test."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path

import cv2
import numpy as np

from udp_live.errors import RigFormatError
from udp_live.loaders.rig_file import load_rig
from udp_live.rig.rig import Material, Rig

logger = logging.getLogger(__name__)

SUFFIXES = frozenset({".glb", ".gltf", ".vrm", ".pmx"})
# Words of names that decide about the split. Held out by identity: never trained on, never chosen
# by. Each word keeps all files of a character, whatever folder they lie in.
TEST_WORDS = ("godette", "sophia", "sintel")
VALIDATION_WORDS = ("rogue", "human-male", "yuzu")
MAX_TEXTURE_PX = 512  # half of what a sheet shows at most; keeps twenty rigs in little memory


class Split(Enum):
    """What a character may be used for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Identity:
    """A character.

    Attributes:
        name: Folder and file stem.
        rig: Its images are at most ``MAX_TEXTURE_PX`` wide and high.
    """

    name: str
    rig: Rig = field(repr=False)


def split_of(name: str) -> Split:
    """Return what the character of this name may be used for; letters' case does not count."""
    lower = name.lower()
    if any(word in lower for word in TEST_WORDS):
        return Split.TEST
    if any(word in lower for word in VALIDATION_WORDS):
        return Split.VALIDATION
    return Split.TRAIN


def find_rig_files(folder: Path) -> tuple[Path, ...]:
    """Return every model file below a folder, in the order of their names."""
    files = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return tuple(sorted(path for path in files if path.is_file()))


def load_identities(paths: Iterable[Path], split: Split) -> tuple[Identity, ...]:
    """Load the rigs of one split; files of other splits are not even opened.

    Args:
        paths: Model files. One that cannot be loaded is skipped with a warning.
        split: Which to keep.
    """
    return tuple(_loaded(path for path in paths if split_of(_split_name(path)) is split))


def _split_name(path: Path) -> str:
    """Return the part of a path that may name a character: two folders and the file."""
    return "/".join(path.parts[-3:])


def _loaded(paths: Iterable[Path]) -> Iterator[Identity]:
    for path in paths:
        try:
            rig = load_rig(path)
        except RigFormatError as error:
            logger.warning("skipped: %s", error)
            continue
        yield Identity(f"{path.parent.name}/{path.stem}", with_small_images(rig))


def with_small_images(rig: Rig, limit_px: int = MAX_TEXTURE_PX) -> Rig:
    """Return the rig with images of at most ``limit_px`` along each side."""
    return replace(rig, materials=tuple(_limited(m, limit_px) for m in rig.materials))


def _limited(material: Material, limit_px: int) -> Material:
    image = material.image
    if image is None or max(image.shape[:2]) <= limit_px:
        return material
    size = tuple(min(side, limit_px) for side in image.shape[1::-1])
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return replace(material, image=np.asarray(small, np.uint8))


def names(identities: Sequence[Identity]) -> tuple[str, ...]:
    """Return the names, for a manifest of what was trained on."""
    return tuple(identity.name for identity in identities)
