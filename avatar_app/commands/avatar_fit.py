"""``avatar fit-proxy``: bring an avatar's proxy mesh into the shape that its drawings show."""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from avatar_app.errors import UsageError
from avatar_app.paths import find_avatar, user_avatars_folder

if TYPE_CHECKING:
    from renderer.registration.proxy_fit import ProxyFit
    from renderer.sheet.avatar_file import Avatar
    from renderer.types import CharacterSheet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``avatar fit-proxy``."""
    parser.add_argument("avatar", help="name, folder or .kigurumi file")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="new avatar folder; default: NAME-fitted among the user's avatars",
    )


def run(arguments: argparse.Namespace) -> int:
    """Fit the proxy and write a new avatar; needs OpenGL."""
    from renderer.sheet.avatar_archive import opened_avatar
    from renderer.sheet.avatar_file import load_avatar

    path = find_avatar(arguments.avatar)
    output = arguments.output or user_avatars_folder() / f"{path.stem}-fitted"
    if output.exists():
        raise UsageError(f"{output} already exists; choose another folder with --output")
    with opened_avatar(path) as folder:
        avatar = load_avatar(folder)
        found = _fitted(avatar, arguments.gl_backend)
        if found is None:
            print(
                f"nothing written: the proxy of {avatar.name} fits its drawings already, or none "
                "of them shows it in the A-pose"
            )
            return 0
        fit, sheet = found
        _save(avatar, fit, sheet, output)
    print(
        f"outlines of proxy and drawings lay {fit.apart_before:.2%} of the height apart, "
        f"now {fit.apart_after:.2%}; wrote {output}"
    )
    return 0


def _fitted(avatar: "Avatar", gl_backend: str | None) -> "tuple[ProxyFit, CharacterSheet] | None":
    from renderer.registration.proxy_drawer import GlProxyDrawer
    from renderer.registration.proxy_fit import fit_proxy
    from renderer.registration.proxy_landmarks import refitted_sheet
    from udp_live.rasterizer.gl_context import open_context

    context = open_context(gl_backend)
    try:
        drawer = GlProxyDrawer(context)
        fit = fit_proxy(avatar.rig, avatar.sheet, drawer)
        if fit is None:
            return None
        return fit, refitted_sheet(avatar.rig, fit, avatar.sheet, drawer)
    finally:
        context.release()


def _save(avatar: "Avatar", fit: "ProxyFit", sheet: "CharacterSheet", output: Path) -> None:
    """Write the whole folder or nothing of it."""
    from renderer.errors import AvatarFileError
    from renderer.sheet.avatar_file import save_avatar
    from renderer.sheet.avatar_manifest import read_manifest
    from renderer.sheet.proxy_shape_file import save_shape
    from udp_live.loaders import load_rig

    proxy = avatar.folder / read_manifest(avatar.folder).proxy
    moves = fit.rig.mesh.positions - load_rig(proxy).mesh.positions
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".fit-") as temporary:
            folder = Path(temporary) / "avatar"
            save_avatar(
                folder,
                name=avatar.name,
                author=avatar.author,
                licence=avatar.licence,
                framing=avatar.framing,
                sheet=sheet,
                proxy=proxy,
            )
            save_shape(moves, folder / read_manifest(folder).proxy)
            folder.replace(output)
    except OSError as error:
        raise AvatarFileError(f"cannot write {output}: {error}") from error
