"""Kigurumi: wear your character sheet. Parse the sub-command, set up logging, run it."""

import logging
import os
import sys
from collections.abc import Sequence

from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.commands.log_setup import set_up_logging


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = parse_arguments(sys.argv[1:] if argv is None else argv)
    arguments.gl_backend = os.environ.get("AVATAR_GL_BACKEND")
    arguments.has_screen = has_screen()
    set_up_logging(os.environ.get("AVATAR_LOG_LEVEL", "WARNING"))
    try:
        return run_command(arguments)
    finally:
        logging.shutdown()


def has_screen() -> bool:
    """Tell whether a window can be shown: always, but on a Linux without a desktop session."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


if __name__ == "__main__":
    sys.exit(main())
