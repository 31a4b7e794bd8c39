import argparse
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.commands.live_options import resolve_outputs
from avatar_app.commands.log_setup import SayOnce, SentenceFormatter
from tests.fakes.video import write_video

PROJECT_ROOT = Path(__file__).parents[2]
AVATAR_TOML = 'name = "Empty"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home: nothing of the user's is read or written."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    avatar = tmp_path / "avatar"
    avatar.mkdir()
    (avatar / "avatar.toml").write_text(AVATAR_TOML, encoding="utf-8")
    write_video(tmp_path / "clip.mp4")
    return tmp_path


def parse(*argv: str) -> argparse.Namespace:
    arguments = parse_arguments(argv)
    arguments.gl_backend = None
    arguments.has_screen = False
    return arguments


def run(*argv: str) -> int:
    return run_command(parse(*argv))


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["live", "--no-such-option"], "unrecognized arguments: --no-such-option"),
        (["dance"], "invalid choice: 'dance'"),
        (["live", "--framing", "feet"], "invalid choice: 'feet'"),
        (["live", "--size", "big"], "invalid int value: 'big'"),
        (["avatar", "polish"], "invalid choice: 'polish'"),
    ],
)
def test_an_unknown_option_is_one_sentence_and_exit_code_2(
    argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_info:
        parse_arguments(argv)
    told = capsys.readouterr().err
    assert exit_info.value.code == 2
    assert sentence in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--avatar", "nobody"], "avatar not found: nobody"),
        (["--source", "gone.mp4"], "source not found: 'gone.mp4'"),
        (["--source", "clip:nothing"], "clip not found: nothing"),
        (["--output", "out.avi"], "output not understood: 'out.avi'"),
        (["--background", "green"], "background not understood: 'green'"),
        (["--size", "33"], "unexpected size: 33"),
        (["--size", "99999"], "unexpected size: 99999"),
        (["--fps", "0"], "unexpected fps: 0"),
        (["--face-model", "gone.task"], "face model not found: gone.task"),
        (["--every-frame", "--loop"], "--every-frame with --loop never ends"),
        (["--frames", "0"], "unexpected frames: 0"),
        (
            ["--output", "window", "--output", "virtual-camera", "--output", "a.mp4"],
            "the window has one output at a time; give one of virtual-camera, a.mp4",
        ),
        (["--seconds", "nan"], "unexpected seconds: nan"),
        (["--output", "window", "--frames", "3"], "--frames does not go with the window"),
    ],
)
def test_a_wrong_value_is_one_sentence_and_exit_code_2(
    folder: Path, options: list[str], sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = [] if "--source" in options else ["--source", str(folder / "clip.mp4")]
    avatar = [] if "--avatar" in options else ["--avatar", str(folder / "avatar")]
    assert run("live", *source, *avatar, *options) == 2
    assert sentence in caplog.text


def test_the_source_is_never_recorded_over(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    argv = ["--source", str(folder / "clip.mp4"), "--avatar", str(folder / "avatar")]
    before = (folder / "clip.mp4").read_bytes()
    assert run("live", *argv, "--output", f"{folder}/avatar/../clip.mp4") == 2
    assert "is the source itself" in caplog.text
    assert (folder / "clip.mp4").read_bytes() == before


def test_an_output_that_is_named_twice_is_opened_once() -> None:
    outputs = ["a.mp4", "window", "b/", "a.mp4"]
    assert resolve_outputs(outputs, has_screen=True) == (True, ("a.mp4", "b/"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--size", "33"], "unexpected size: 33"),
        (["--views", "0"], "unexpected views: 0"),
        (["--seconds", "nan"], "unexpected seconds: nan"),
    ],
)
def test_a_wrong_value_for_bench_is_one_sentence_before_anything_is_measured(
    folder: Path, options: list[str], sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert run("bench", "--avatar", str(folder / "avatar"), *options) == 2
    assert sentence in caplog.text


def test_an_avatar_that_is_broken_is_an_error_of_its_own(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    argv = ["--source", str(folder / "clip.mp4"), "--avatar", str(folder / "avatar")]
    assert run("live", *argv, "--output", "none", "--every-frame") == 1
    assert "avatar.toml" in caplog.text


def test_a_broken_avatar_fails_the_live_run_too(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    argv = ["--source", str(folder / "clip.mp4"), "--avatar", str(folder / "avatar")]
    assert run("live", *argv, "--output", "none") == 1
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "avatar.toml" in errors[0].getMessage()


def test_without_a_screen_the_window_says_what_else_there_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert run_command(parse()) == 2
    assert "no screen for the window" in caplog.text


def test_the_terminal_shows_no_traceback() -> None:
    try:
        raise ValueError("hidden")
    except ValueError:
        record = logging.LogRecord("x", 40, "x.py", 1, "a sentence", None, sys.exc_info())
    assert SentenceFormatter().format(record) == "kigurumi: a sentence"


def test_the_terminal_says_a_sentence_once_in_a_row() -> None:
    once = SayOnce()
    records = [logging.LogRecord("x", 40, "x.py", 1, text, None, None) for text in "aab"]
    assert [once.filter(record) for record in records] == [True, False, True]


def test_a_mistake_in_a_real_process_leaves_no_traceback(folder: Path) -> None:
    command = [sys.executable, "main.py", "live", "--avatar", "nobody", "--output", "none"]
    result = subprocess.run(
        [*command, "--source", str(folder / "clip.mp4")],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("kigurumi: avatar not found: nobody")
    assert "Traceback" not in result.stderr
    assert "Traceback" not in result.stdout


def test_evaluate_takes_a_packed_avatar_too(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "broken.kigurumi").write_bytes(b"no archive")
    assert run("evaluate", "--avatar", str(folder / "broken.kigurumi")) == 1
    assert "is not an avatar archive" in caplog.text


def test_avatars_are_listed_by_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = folder / "home" / "kigurumi" / "avatars" / "mine"
    mine.mkdir(parents=True)
    (mine / "avatar.toml").write_text(AVATAR_TOML, encoding="utf-8")
    assert run("avatar", "list") == 0
    assert "mine" in capsys.readouterr().out
