"""``avatar build-default``: make the shipped avatar and its clip from their source code."""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from avatar_app.paths import DEFAULT_AVATAR_NAME, resources_folder, shipped_avatars_folder

if TYPE_CHECKING:
    from udp_live.rig.rig import Rig

HELLO_CLIP = "hello.vrma"
# 32 drawings with their UDP stay near 20 MB, and a bust has a millimetre per pixel
SHEET_SIZE_PX = 720


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``avatar build-default``."""
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        default=shipped_avatars_folder() / DEFAULT_AVATAR_NAME,
        help="avatar folder to write; default: the shipped one",
    )
    parser.add_argument(
        "--clips",
        type=Path,
        metavar="DIR",
        default=resources_folder() / "clips",
        help="folder for the motion clip; default: the shipped one",
    )


def run(arguments: argparse.Namespace) -> int:
    """Build proxy mesh, character sheet and motion clip; needs OpenGL."""
    from avatar_app.default_avatar.assembly import build_rig
    from avatar_app.default_avatar.hello_clip import hello_clip
    from udp_live.motion import save_vrma

    rig = build_rig()
    _build_avatar(rig, arguments.output)
    arguments.clips.mkdir(parents=True, exist_ok=True)
    save_vrma(arguments.clips / HELLO_CLIP, hello_clip(), rig.skeleton)
    print(f"built {rig.name} into {arguments.output}, {HELLO_CLIP} into {arguments.clips}")
    return 0


def _build_avatar(rig: "Rig", folder: Path) -> None:
    """Write ``proxy.glb``, read it back as any program would, and draw the sheet from it."""
    from avatar_app.default_avatar.vrm_writer import write_vrm
    from renderer.sheet.avatar_file import SHEET_FOLDER, save_avatar
    from renderer.sheet.sheet_drawing import draw_sheet
    from renderer.types import InkStyle
    from udp_live.loaders import load_rig
    from udp_live.rasterizer.gl_context import open_context
    from udp_live.rasterizer.toon_pass import ToonRasterizer, ToonStyle
    from udp_live.rig.framing import Framing

    with tempfile.TemporaryDirectory() as scratch:
        proxy = Path(scratch) / "proxy.glb"
        write_vrm(rig, proxy)
        loaded = load_rig(proxy)
        ink = InkStyle()
        style = ToonStyle(ink_width=ink.width, ink_tint=ink.tint)
        rasterizer = ToonRasterizer(open_context(), loaded, (SHEET_SIZE_PX, SHEET_SIZE_PX), style)
        try:
            sheet = draw_sheet(loaded, rasterizer, ink=ink)
        finally:
            rasterizer.close()
        save_avatar(
            folder,
            name=rig.name,
            author=rig.author,
            licence=rig.licence,
            framing=Framing.BUST,
            sheet=sheet,
            proxy=proxy,
        )
        remove_old_views(folder / SHEET_FOLDER, {view.name for view in sheet.views})


def remove_old_views(folder: Path, names: set[str]) -> None:
    """Delete the drawings of an earlier build that the sheet has no longer."""
    for file in (*folder.glob("*.png"), *folder.glob("*.udp.npz")):
        if file.name.split(".")[0] not in names:
            file.unlink()
