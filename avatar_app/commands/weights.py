"""Add, list, fetch and remove the weights of CoNR, and fit its landmark convention."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar_app.errors import OutputError
from avatar_app.paths import DEFAULT_AVATAR_NAME, weights_folder

if TYPE_CHECKING:
    from renderer.conr.weights.checkpoints import ConrCheckpoints

NETWORKS = ("conr",)
DOWNLOADS = "downloads"  # below the weights folder, until they are converted
HASH_SHOWN = 16
MEGABYTE = 1e6


def add_parser(subparsers: Any) -> None:
    """Add the sub-command and its own sub-commands."""
    parser = subparsers.add_parser(
        "weights", help="the CoNR decoder's weights", description=__doc__
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _add_add(actions)
    _add_list(actions)
    _add_keys(actions)
    _add_fetch(actions)
    _add_remove(actions)
    _add_calibrate(actions)


def _add_add(actions: Any) -> None:
    parser = actions.add_parser("add", help="check and convert the four official .pth files")
    parser.add_argument("folder", type=Path, help="holds the files")
    parser.set_defaults(run=_add)


def _add_list(actions: Any) -> None:
    parser = actions.add_parser("list", help="show what weights there are")
    parser.set_defaults(run=_list)


def _add_keys(actions: Any) -> None:
    parser = actions.add_parser("keys", help="show the names and shapes that checkpoints must have")
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write file -> key -> shape")
    parser.set_defaults(run=_keys)


def _add_fetch(actions: Any) -> None:
    parser = actions.add_parser(
        "fetch", help="download from the authors' public links (0.7 GB), then add"
    )
    parser.add_argument("network", choices=NETWORKS)
    parser.set_defaults(run=_fetch)


def _add_remove(actions: Any) -> None:
    parser = actions.add_parser("remove", help="delete weights and what is left of downloads")
    parser.add_argument("network", choices=NETWORKS)
    parser.set_defaults(run=_remove)


def _add_calibrate(actions: Any) -> None:
    parser = actions.add_parser(
        "calibrate", help="fit the landmark convention to an official UDP sequence"
    )
    parser.add_argument("sequence", type=Path, help="folder of UDP files (npz, EXR), or one file")
    parser.add_argument("--avatar", default=DEFAULT_AVATAR_NAME, help="whose body to compare with")
    parser.add_argument("--write", action="store_true", help="use the result from now on")
    parser.set_defaults(run=_calibrate)


def _add(arguments: argparse.Namespace) -> int:
    from renderer.conr.weights.checkpoints import read_checkpoints

    _keep(read_checkpoints(arguments.folder))
    return 0


def _keep(checkpoints: "ConrCheckpoints") -> None:
    """Convert what was read into one file and say what it was."""
    from renderer.conr.weights.weights_file import WEIGHTS_NAME, save_tensors

    path = weights_folder() / WEIGHTS_NAME
    replaces = path.is_file()
    for official, source in checkpoints.sources.items():
        named = "" if source.name == official else f"  (as {source.name})"
        size = f"{source.size / MEGABYTE:6.1f} MB"
        print(f"found   {official:24} {size}  sha256 {source.sha256}{named}")
    save_tensors(checkpoints.tensors, path, checkpoints.config, checkpoints.sources)
    count = sum(tensor.numel() for tensor in checkpoints.tensors.values())
    verb = "replaced" if replaces else "wrote"
    print(f"{verb} {path}: {count:,} parameters, {path.stat().st_size / MEGABYTE:.1f} MB")


def _list(arguments: argparse.Namespace) -> int:
    from renderer.conr.weights.weights_file import HOW_TO_ADD, WEIGHTS_NAME

    path = weights_folder() / WEIGHTS_NAME
    if not path.exists():
        print(f"no weights are installed; {HOW_TO_ADD}")
        return 0
    row = _row(path)
    widths = [max(len(name), len(value)) for name, value in row.items()]
    for cells in (row.keys(), row.values()):
        line = "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        print(line.rstrip())
    print(f"in {weights_folder()}")
    return 0


def _row(path: Path) -> Mapping[str, str]:
    from renderer.conr.landmarks.convention_file import convention_name
    from renderer.conr.weights.weights_file import read_header

    header = read_header(path)
    shader = header.sources.get("shader.pth")
    source = (
        f"4 files, shader.pth sha256 {shader.sha256[:HASH_SHOWN]}" if shader else "trained here"
    )
    return {
        "name": "conr",
        "network": "CoNR",
        "parameters": f"{header.parameters:,}",
        "size": f"{header.size / MEGABYTE:.1f} MB",
        "source": source,
        "landmark convention": convention_name(path.parent),
    }


def _keys(arguments: argparse.Namespace) -> int:
    from avatar_app.commands.report import write_json
    from renderer.conr.config import ConrConfig
    from renderer.conr.networks import expected_shapes

    shapes = expected_shapes(ConrConfig())
    for file, keys in shapes.items():
        print(f"{file:24} {len(keys):4} keys")
    if arguments.json is not None:
        write_json(
            arguments.json,
            {
                file: {key: list(shape) for key, shape in keys.items()}
                for file, keys in shapes.items()
            },
        )
    return 0


def _fetch(arguments: argparse.Namespace) -> int:
    from avatar_app.commands.conr_download import CONR_FILE_IDS, fetch_conr
    from avatar_app.commands.google_drive import browser_link
    from avatar_app.commands.web_request import DownloadError
    from renderer.conr.weights.checkpoints import read_checkpoints

    folder = weights_folder() / DOWNLOADS
    try:
        fetch_conr(folder)
    except DownloadError:
        print("the authors' links, for a browser:")
        for file_id in CONR_FILE_IDS:
            print(f"  {browser_link(file_id)}")
        raise
    _keep(read_checkpoints(folder))
    _delete_downloads()
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    from renderer.conr.landmarks.convention_file import CONVENTION_NAME
    from renderer.conr.weights.weights_file import WEIGHTS_NAME
    from renderer.errors import WeightsError

    path = weights_folder() / WEIGHTS_NAME
    found = path.is_file() or (weights_folder() / DOWNLOADS).is_dir()
    if not found:
        raise WeightsError(f"nothing to remove: there is no {path}")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise WeightsError(f"cannot delete {path}: {error.strerror}") from error
    _delete_downloads()
    print(f"removed {path}")
    if (path.parent / CONVENTION_NAME).is_file():
        print(f"kept {path.parent / CONVENTION_NAME}, the landmark convention")
    return 0


def _delete_downloads() -> None:
    """Delete the downloaded files, and nothing that is not one."""
    folder = weights_folder() / DOWNLOADS
    try:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.name.endswith((".pth", ".pth.part", ".pth.part.json")):
                path.unlink()
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    except OSError as error:
        raise OutputError(
            f"cannot delete the downloads in {folder}: {error.strerror}; delete them yourself"
        ) from error


def _calibrate(arguments: argparse.Namespace) -> int:
    from avatar_app.commands.weights_calibration import calibrate

    return calibrate(arguments.sequence, arguments.avatar, write=arguments.write)
