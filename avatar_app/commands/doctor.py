"""Check everything that Kigurumi needs, and say what to do where it is missing."""

import argparse
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser("doctor", help="check this computer", description=__doc__)
    parser.add_argument(
        "--fetch-models",
        action="store_true",
        help="download the face model for finer expressions (3.8 MB, from Google)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one line per check; 1 when something that is needed is missing."""
    from avatar_app.commands.health_checks import all_checks

    if arguments.fetch_models:
        from avatar_app.commands.model_download import fetch_face_model

        print(f"ok      face model         fetched into {fetch_face_model()}")
    failed = False
    for check in all_checks(arguments.gl_backend):
        finding = check()
        mark = "ok" if finding.ok else ("MISSING" if finding.needed else "--")
        print(f"{mark:7} {finding.what:18} {finding.text}")
        failed = failed or (finding.needed and not finding.ok)
    return 1 if failed else 0
