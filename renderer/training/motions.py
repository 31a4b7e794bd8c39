"""Recorded motions that the poses of training pairs come from."""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from types import MappingProxyType

from udp_live.errors import MotionFormatError
from udp_live.motion.bvh import load_bvh
from udp_live.motion.clip import MotionClip
from udp_live.motion.vmd import load_vmd
from udp_live.motion.vrma import load_vrma

logger = logging.getLogger(__name__)

LOADERS: MappingProxyType[str, Callable[[Path], MotionClip]] = MappingProxyType(
    {".bvh": load_bvh, ".vmd": load_vmd, ".vrma": load_vrma}
)
MOST_MOTIONS = 40  # enough for years of poses; hundreds would take a minute to read


def find_motion_files(folder: Path, most: int = MOST_MOTIONS) -> tuple[Path, ...]:
    """Return motion files below a folder, evenly picked where there are more than ``most``."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in LOADERS)
    step = max(len(files) / most, 1.0)
    return tuple(files[int(place * step)] for place in range(min(len(files), most)))


def load_motions(paths: Iterable[Path]) -> tuple[MotionClip, ...]:
    """Load motions; one that cannot be read is skipped with a warning."""
    motions = []
    for path in paths:
        try:
            motions.append(LOADERS[path.suffix.lower()](path))
        except MotionFormatError as error:
            logger.warning("skipped: %s", error)
    return tuple(motions)
