import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from avatar_app.commands import log_setup
from avatar_app.commands.log_setup import set_up_logging


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, which is left as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield root
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


def test_everything_goes_to_a_file_of_the_user(
    root: logging.Logger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_setup, "log_folder", lambda: tmp_path / "log")
    set_up_logging("ERROR")
    root.info("a quiet word")
    assert "a quiet word" in (tmp_path / "log" / "kigurumi.log").read_text(encoding="utf-8")


def test_a_log_file_that_cannot_be_written_is_told_once_and_costs_nothing_else(
    root: logging.Logger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "kigurumi.log").mkdir()
    monkeypatch.setattr(log_setup, "log_folder", lambda: tmp_path)
    set_up_logging("WARNING")
    root.warning("a loud word")
    told = capsys.readouterr().err
    assert told.count("no log file") == 1
    assert told.count("a loud word") == 1
    assert "Traceback" not in told
