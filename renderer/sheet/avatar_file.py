"""Avatar folders: ``avatar.toml``, the sheet and the rigged proxy mesh, read and written."""

import math
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from renderer.errors import AvatarFileError, SheetError
from renderer.sheet.avatar_manifest import (
    MANIFEST_NAME,
    AvatarManifest,
    ManifestView,
    format_manifest,
    is_safe_path,
    read_manifest,
)
from renderer.sheet.proxy_shape_file import shape_name, with_saved_shape
from renderer.sheet.sheet_files import encode_png, encode_udp, read_drawing, read_udp
from renderer.types import CharacterSheet, SheetView
from udp_live.errors import UdpLiveError
from udp_live.loaders import load_rig
from udp_live.rig.framing import Framing
from udp_live.rig.rig import Rig
from udp_live.whole_file import write_whole

SHEET_FOLDER = "sheet"
CACHE_FOLDER = "cache"
MAX_SHEET_PIXELS = 128 << 20
MAX_PROXY_BYTES = 512 << 20


@dataclass(frozen=True, slots=True)
class Avatar:
    """Everything that belongs to one character.

    Attributes:
        name, author, licence: As the avatar's maker wrote them.
        rig: The proxy mesh with its bones and expressions.
        sheet: The drawings.
        framing: How the avatar likes to be shown.
        folder: Where it lies; ``folder / "cache"`` may hold encodings.
    """

    name: str
    author: str
    licence: str
    rig: Rig = field(repr=False)
    sheet: CharacterSheet = field(repr=False)
    framing: Framing
    folder: Path

    @property
    def cache_folder(self) -> Path:
        """Where encodings of the sheet may be kept."""
        return self.folder / CACHE_FOLDER


def load_avatar(folder: Path) -> Avatar:
    """Read an avatar folder.

    Raises:
        AvatarFileError: The folder, its manifest or its proxy mesh is missing or broken.
        SheetError: A drawing or its UDP is missing or broken.
    """
    manifest = read_manifest(folder)
    sheet = load_sheet(folder, manifest)
    proxy = _inside(folder, manifest.proxy)
    if not proxy.is_file():
        raise AvatarFileError(
            f"proxy mesh not found: {proxy}; restore it or build the avatar again"
        )
    if proxy.stat().st_size > MAX_PROXY_BYTES:
        raise AvatarFileError(f"proxy mesh {proxy} is larger than {MAX_PROXY_BYTES >> 20} MB")
    try:
        rig = with_saved_shape(load_rig(proxy), proxy)
    except UdpLiveError as error:
        raise AvatarFileError(f"proxy mesh of {manifest.name!r} is unusable: {error}") from error
    return Avatar(
        manifest.name,
        manifest.author,
        manifest.licence,
        rig,
        sheet,
        manifest.framing,
        folder,
    )


def load_sheet(folder: Path, manifest: AvatarManifest | None = None) -> CharacterSheet:
    """Read the drawings of an avatar folder without its mesh.

    Raises:
        AvatarFileError: The manifest is missing or broken.
        SheetError: A drawing or its UDP is missing or broken.
    """
    manifest = manifest or read_manifest(folder)
    views: list[SheetView] = []
    pixels = 0
    for entry in manifest.views:
        view = _load_view(folder, entry)
        pixels += view.image.shape[0] * view.image.shape[1]
        if pixels > MAX_SHEET_PIXELS:
            raise SheetError(
                f"the sheet of {folder} has more than {MAX_SHEET_PIXELS >> 20} megapixels; "
                "shrink its drawings"
            )
        views.append(view)
    return CharacterSheet(tuple(views), dict(manifest.regions), manifest.ink)


def _load_view(folder: Path, entry: ManifestView) -> SheetView:
    image = read_drawing(_inside(folder, entry.file))
    udp = read_udp(_inside(folder, entry.udp_file), (image.shape[1], image.shape[0]))
    stem = PurePosixPath(entry.file).stem
    return SheetView(stem, image, udp, math.radians(entry.yaw_deg), entry.expression)


def _inside(folder: Path, relative: str) -> Path:
    """Return a path below the folder, links followed."""
    path = folder / relative
    if not is_safe_path(relative) or not path.resolve().is_relative_to(folder.resolve()):
        raise AvatarFileError(f"unsafe path in {folder / MANIFEST_NAME}: {relative!r} leads out")
    return path


def save_avatar(
    folder: Path,
    *,
    name: str,
    author: str,
    licence: str,
    framing: Framing,
    sheet: CharacterSheet,
    proxy: Path,
) -> None:
    """Write an avatar folder, each file whole or not at all, ``avatar.toml`` last.

    Other files in the folder stay, so saving over an avatar replaces it. A shape that the mesh was
    given there goes, see ``proxy_shape_file``.

    Args:
        folder: Created where missing.
        name: Shown to the user.
        author: Who made the character.
        licence: Under which it may be used.
        framing: How the avatar likes to be shown.
        sheet: View names become file names.
        proxy: ``.glb`` to copy; may already be the folder's own.

    Raises:
        AvatarFileError: The folder cannot be written, or a view has a name that is no file name.
    """
    manifest = AvatarManifest(
        name,
        tuple(_manifest_view(view) for view in sheet.views),
        author,
        licence,
        framing,
        sheet.regions,
        sheet.ink,
    )
    try:
        (folder / SHEET_FOLDER).mkdir(parents=True, exist_ok=True)
        write_whole(folder / manifest.proxy, proxy.read_bytes())
        (folder / shape_name(manifest.proxy)).unlink(missing_ok=True)  # it was another mesh's
        for view, entry in zip(sheet.views, manifest.views, strict=True):
            write_whole(folder / entry.file, encode_png(view.image))
            write_whole(folder / entry.udp_file, encode_udp(view.udp))
        write_whole(folder / MANIFEST_NAME, format_manifest(manifest).encode())
    except OSError as error:
        raise AvatarFileError(f"cannot save the avatar to {folder}: {error}") from error


def _manifest_view(view: SheetView) -> ManifestView:
    file = f"{SHEET_FOLDER}/{view.name}.png"
    if not is_safe_path(file) or "/" in view.name:
        raise AvatarFileError(f"sheet view has an unusable name: {view.name!r}; rename it")
    return ManifestView(file, round(math.degrees(view.yaw_rad), 3), view.expression)
