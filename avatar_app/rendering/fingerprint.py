"""What a render depends on, in a form that tells whether anything has changed."""

import hashlib
from pathlib import Path

from avatar_app.errors import SourceError

DIGEST = "sha256:"
CACHE_FOLDER = "cache"  # of an avatar; it changes without changing the avatar


def file_digest(path: Path) -> str:
    """Return the digest of a file's content.

    Raises:
        SourceError: The file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return DIGEST + hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from error


def avatar_digest(path: Path) -> str:
    """Return the digest of an avatar's folder or archive, without what is cached in it.

    Raises:
        SourceError: A file cannot be read.
    """
    if path.is_file():
        return file_digest(path)
    total = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        relative = file.relative_to(path)
        is_cached = relative.parts[0] == CACHE_FOLDER
        if file.is_file() and not is_cached and not file.name.startswith("."):
            total.update(f"{relative.as_posix()}\n{file_digest(file)}\n".encode())
    return DIGEST + total.hexdigest()


def listing_digest(files: tuple[Path, ...]) -> str:
    """Return the digest of the files' names, sizes and times of change.

    A sequence may be larger than what can be read in a minute, so its contents are left alone.

    Raises:
        SourceError: A file is gone.
    """
    total = hashlib.sha256()
    for file in files:
        try:
            state = file.stat()
        except OSError as error:
            raise SourceError(f"cannot read {file}: {error.strerror or error}") from error
        total.update(f"{file.name}\n{state.st_size} {state.st_mtime_ns}\n".encode())
    return DIGEST + total.hexdigest()
