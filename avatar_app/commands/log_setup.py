"""Where log lines go: sentences to the terminal, everything to a rotating file of the user's."""

import logging
from logging.handlers import RotatingFileHandler

from avatar_app.paths import log_folder

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
FILE_BYTES = 1_000_000
FILE_COUNT = 3


class SentenceFormatter(logging.Formatter):
    """Leave tracebacks to the log file."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line without the traceback."""
        return f"kigurumi: {record.getMessage()}"


class SayOnce(logging.Filter):
    """Drop a sentence that has just been said, such as a notice that then ends the command."""

    def __init__(self) -> None:
        super().__init__()
        self._last = ""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the sentence is new."""
        sentence = record.getMessage()
        is_new = sentence != self._last
        self._last = sentence
        return is_new


def set_up_logging(level: str) -> None:
    """Set up the root logger; a log folder that cannot be written costs only the file.

    Args:
        level: What the terminal shows; an unknown name counts as WARNING.
    """
    root = logging.getLogger()
    root.setLevel(logging.DEBUG if level == "DEBUG" else logging.INFO)
    console = logging.StreamHandler()
    console.setFormatter(SentenceFormatter())
    console.setLevel(level if level in LEVELS else "WARNING")
    console.addFilter(SayOnce())
    root.addHandler(console)
    try:
        log_folder().mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(
            log_folder() / "kigurumi.log",
            maxBytes=FILE_BYTES,
            backupCount=FILE_COUNT,
            encoding="utf-8",
        )
    except OSError as error:
        root.warning("no log file: %s", error)
        return
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(file)
