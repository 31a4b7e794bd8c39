"""The command line: which sub-commands there are, and what their errors look like."""

import argparse
import logging
from collections.abc import Sequence
from typing import NoReturn

from avatar_app.commands import (
    avatar,
    bench,
    detect_udp,
    doctor,
    evaluate,
    live,
    render,
    showcase,
    train,
    udp,
    weights,
)
from avatar_app.errors import AppError, UsageError
from renderer.errors import RendererError
from udp_live.errors import UdpLiveError

logger = logging.getLogger(__name__)

OK, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130
COMMANDS = (
    live,
    render,
    avatar,
    showcase,
    udp,
    detect_udp,
    weights,
    bench,
    evaluate,
    train,
    doctor,
)


class SentenceParser(argparse.ArgumentParser):
    """Answer a mistake with one sentence instead of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Print the sentence and leave with exit code 2."""
        self.exit(MISUSED, f"kigurumi: {message}; see '{self.prog} --help'\n")


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Parse a command line; leaves with exit code 2 when it is not understood."""
    parser = SentenceParser(
        prog="kigurumi",
        description="Wear your character sheet: a real-time avatar painted from drawings. "
        "Without a sub-command the window opens.",
    )
    parser.set_defaults(run=live.run_window)
    subparsers = parser.add_subparsers(metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(subparsers)
    return parser.parse_args(argv)


def run_command(arguments: argparse.Namespace) -> int:
    """Run what was parsed; errors of ours become one sentence and an exit code."""
    try:
        code: int = arguments.run(arguments)
    except UsageError as error:
        logger.error("%s", error)
        return MISUSED
    except (AppError, RendererError, UdpLiveError) as error:
        logger.error("%s", error)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return code
