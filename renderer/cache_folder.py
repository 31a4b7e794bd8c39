"""Folders of files that can be made again: they must not grow without end."""

import math
from pathlib import Path


def keep_newest(folder: Path, pattern: str, count: int, max_bytes: float = math.inf) -> None:
    """Delete the oldest files; the newest one stays, whatever its size.

    Args:
        folder: Where they lie.
        pattern: Which files are meant, such as ``conr-*.onnx``.
        count: How many may stay, at least 1.
        max_bytes: How much they may take together.

    Raises:
        OSError: A file cannot be deleted.
    """
    files = [(path, path.stat()) for path in folder.glob(pattern)]
    files.sort(key=lambda file: file[1].st_mtime_ns, reverse=True)
    size = 0
    for number, (path, stat) in enumerate(files):
        size += stat.st_size
        if number and (number >= count or size > max_bytes):
            path.unlink(missing_ok=True)
