"""List, pack, unpack, fit and build avatars, and show what their sheets are made of."""

import argparse
from pathlib import Path
from typing import Any

from avatar_app.commands import avatar_build, avatar_fit
from avatar_app.errors import UsageError
from avatar_app.paths import ARCHIVE_SUFFIX, avatar_names, find_avatar, user_avatars_folder


def add_parser(subparsers: Any) -> None:
    """Add the sub-command and its own sub-commands."""
    parser = subparsers.add_parser("avatar", help="list, pack, unpack, fit and build avatars")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_list(actions)
    _add_pack(actions)
    _add_unpack(actions)
    _add_points(actions)
    _add_fit(actions)
    _add_build(actions)


def _add_list(actions: Any) -> None:
    parser = actions.add_parser("list", help="name every avatar and where it lies")
    parser.set_defaults(run=_list)


def _add_pack(actions: Any) -> None:
    parser = actions.add_parser("pack", help=f"put a folder into one {ARCHIVE_SUFFIX} file")
    parser.add_argument("avatar", help="name or folder")
    parser.add_argument("file", type=Path, nargs="?", help="default: the avatar's name")
    parser.set_defaults(run=_pack)


def _add_unpack(actions: Any) -> None:
    parser = actions.add_parser("unpack", help=f"turn a {ARCHIVE_SUFFIX} file into a folder")
    parser.add_argument("file", type=Path, help=f"{ARCHIVE_SUFFIX} file")
    parser.add_argument("folder", type=Path, nargs="?", help="default: among the user's avatars")
    parser.set_defaults(run=_unpack)


def _add_points(actions: Any) -> None:
    parser = actions.add_parser("points", help="write the sheet as a coloured point cloud")
    parser.add_argument("avatar", help=f"name, folder or {ARCHIVE_SUFFIX} file")
    parser.add_argument("--ply", type=Path, metavar="FILE.ply", help="default: the avatar's name")
    parser.set_defaults(run=_points)


def _add_fit(actions: Any) -> None:
    parser = actions.add_parser("fit-proxy", help="shape the proxy mesh after the drawings")
    avatar_fit.add_arguments(parser)
    parser.set_defaults(run=avatar_fit.run)


def _add_build(actions: Any) -> None:
    parser = actions.add_parser("build-default", help="make the shipped avatar from its source")
    avatar_build.add_arguments(parser)
    parser.set_defaults(run=avatar_build.run)


def _list(arguments: argparse.Namespace) -> int:
    found = avatar_names()
    for name, path in found.items():
        print(f"{name:20} {path}")
    if not found:
        print(f"no avatar is installed; put one into {user_avatars_folder()}")
    return 0


def _pack(arguments: argparse.Namespace) -> int:
    from renderer.sheet.avatar_archive import pack_avatar

    folder = find_avatar(arguments.avatar)
    file = arguments.file or Path(f"{folder.stem}{ARCHIVE_SUFFIX}")
    pack_avatar(folder, file)
    print(f"packed {folder} into {file}")
    return 0


def _unpack(arguments: argparse.Namespace) -> int:
    from renderer.sheet.avatar_archive import unpack_avatar

    folder = arguments.folder or user_avatars_folder() / arguments.file.stem
    unpack_avatar(arguments.file, folder)
    print(f"unpacked {arguments.file} into {folder}")
    return 0


def _points(arguments: argparse.Namespace) -> int:
    from renderer.sheet.avatar_archive import opened_avatar
    from renderer.sheet.avatar_file import load_sheet
    from renderer.sheet.ply_file import write_ply
    from renderer.sheet.point_cloud import gather_points, gathered_views

    path = find_avatar(arguments.avatar)
    file = arguments.ply or Path(f"{path.stem}.ply")
    if file.suffix.lower() != ".ply":
        raise UsageError(f"output not understood: '{file}'; give FILE.ply")
    with opened_avatar(path) as folder:
        sheet = load_sheet(folder)
    cloud = gather_points(sheet.views, sheet.ink)
    write_ply(file, cloud)
    print(f"wrote {file}: {len(cloud)} points from {len(gathered_views(sheet.views))} drawings")
    return 0
