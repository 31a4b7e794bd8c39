"""``.kigurumi`` files: an avatar folder as one zip archive, packed and safely unpacked."""

import lzma
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from renderer.errors import AvatarFileError
from renderer.sheet.avatar_manifest import MANIFEST_NAME, is_safe_path, read_manifest
from renderer.sheet.proxy_shape_file import shape_name

ARCHIVE_SUFFIX = ".kigurumi"
MAX_ENTRIES = 256
MAX_FILE_BYTES = 512 << 20
MAX_TOTAL_BYTES = 2 << 30
CHUNK_BYTES = 1 << 20
PACK_DATE = (2020, 1, 1, 0, 0, 0)  # alike every time, so the same avatar gives the same archive


def pack_avatar(folder: Path, archive: Path) -> None:
    """Write the files that ``avatar.toml`` names, and the proxy's shape, into one archive.

    Raises:
        AvatarFileError: The avatar is incomplete or the archive cannot be written.
    """
    manifest = read_manifest(folder)
    names = [MANIFEST_NAME, manifest.proxy]
    for view in manifest.views:
        names += [view.file, view.udp_file]
    if (folder / shape_name(manifest.proxy)).is_file():
        names.append(shape_name(manifest.proxy))
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise AvatarFileError(f"cannot pack {folder}: missing {', '.join(missing)}")
    part = archive.with_name(archive.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as output:
            for name in names:
                entry = zipfile.ZipInfo(name, PACK_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                output.writestr(entry, (folder / name).read_bytes())
        part.replace(archive)
    except OSError as error:
        raise AvatarFileError(f"cannot write {archive}: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def unpack_avatar(archive: Path, folder: Path) -> None:
    """Unpack an archive into a new folder; on any doubt nothing is left behind.

    Args:
        archive: ``.kigurumi`` file, from anybody.
        folder: Must not exist yet.

    Raises:
        AvatarFileError: Not an archive, unsafe names, links, too many or too large files, no
            avatar inside, or the folder exists or cannot be written.
    """
    if folder.exists():
        raise AvatarFileError(f"cannot unpack {archive.name}: {folder} already exists")
    if not archive.is_file():
        raise AvatarFileError(f"avatar archive not found: {archive}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpack-") as temporary:
            root = Path(temporary) / "avatar"
            with zipfile.ZipFile(archive) as source:
                _extract(source, archive, root)
            read_manifest(root)
            root.replace(folder)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError) as error:
        raise AvatarFileError(f"{archive} is not an avatar archive: {error}") from error
    except (NotImplementedError, RuntimeError) as error:
        raise AvatarFileError(f"{archive} is packed in an unknown way: {error}") from error
    except OSError as error:
        raise AvatarFileError(f"cannot unpack {archive}: {error}") from error


@contextmanager
def opened_avatar(path: Path) -> Iterator[Path]:
    """Lend the folder of an avatar: its own, or what an archive unpacks to, for the while.

    Raises:
        AvatarFileError: As ``unpack_avatar``.
    """
    if path.suffix != ARCHIVE_SUFFIX:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="kigurumi-") as temporary:
        folder = Path(temporary) / path.stem
        unpack_avatar(path, folder)
        yield folder


def _extract(source: zipfile.ZipFile, archive: Path, root: Path) -> None:
    entries = [entry for entry in source.infolist() if not entry.is_dir()]
    if len(source.infolist()) > MAX_ENTRIES:
        raise AvatarFileError(f"{archive} has more than {MAX_ENTRIES} files; not an avatar")
    for entry in entries:
        _check_entry(entry, archive)
    prefix = _common_folder(entries)
    seen: set[str] = set()
    budget = MAX_TOTAL_BYTES
    for entry in entries:
        # Taken apart, because "top//etc" without "top/" would begin at the disk's root.
        name = str(PurePosixPath(entry.filename).relative_to(prefix))
        if name.lower() in seen:
            raise AvatarFileError(f"{archive} contains {name!r} twice; it is damaged or unsafe")
        seen.add(name.lower())
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        budget -= _copy(source, entry, target, min(budget, MAX_FILE_BYTES))


def _check_entry(entry: zipfile.ZipInfo, archive: Path) -> None:
    mode = entry.external_attr >> 16
    if not is_safe_path(entry.filename):
        raise AvatarFileError(f"{archive} is unsafe: the name {entry.filename!r} leads out of it")
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise AvatarFileError(f"{archive} is unsafe: {entry.filename!r} is a link or a device")
    if entry.file_size > MAX_FILE_BYTES:
        raise AvatarFileError(f"{archive} is unsafe: {entry.filename!r} is too large")


def _common_folder(entries: list[zipfile.ZipInfo]) -> str:
    """Return the folder that someone zipped along with its contents, or nothing."""
    tops = {PurePosixPath(entry.filename).parts[0] for entry in entries}
    top = next(iter(tops), "")
    nested = any(entry.filename == f"{top}/{MANIFEST_NAME}" for entry in entries)
    return top if len(tops) == 1 and nested else ""


def _copy(source: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, limit: int) -> int:
    """Unpack one file, counting what really comes out of it."""
    written = 0
    with source.open(entry) as stream, target.open("xb") as output:
        while chunk := stream.read(CHUNK_BYTES):
            written += len(chunk)
            if written > limit:
                raise AvatarFileError(
                    f"{entry.filename!r} unpacks to more than {limit >> 20} MB; refused"
                )
            output.write(chunk)
    return written
