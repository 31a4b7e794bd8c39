"""The command ``live`` with fake devices: what it says at the end, and its exit code."""

from collections.abc import Callable
from pathlib import Path

import pytest

from avatar_app.commands import live_options
from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.engine import inline_run, live_engine
from avatar_app.errors import OutputError
from tests.fakes.engine_parts import FakeCamera, FakeParts, FakeSink

Run = Callable[..., int]


class UnfinishedSink(FakeSink):
    """Take every frame, and fail when the file is finished."""

    def close(self) -> None:
        raise OutputError("recording stopped: the disk is full at bad.mp4")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``live`` on a short video; ``bad.mp4`` cannot be finished."""
    sinks = {"good.mp4": FakeSink(), "bad.mp4": UnfinishedSink()}
    monkeypatch.setattr(live_options, "find_avatar", lambda name: Path("nowhere"))
    for module in (live_engine, inline_run):
        camera = FakeCamera(count=5, wait_s=0.005)
        parts = FakeParts(camera=camera, sinks=dict(sinks))
        monkeypatch.setattr(module, "EngineParts", lambda parts=parts: parts)

    def run_live(*options: str) -> int:
        arguments = parse_arguments(["live", "--source", "webcam:0", "--size", "64", *options])
        arguments.gl_backend, arguments.has_screen = None, False
        return run_command(arguments)

    return run_live


@pytest.mark.parametrize("mode", [[], ["--every-frame"]])
def test_a_recording_that_cannot_be_finished_is_an_error_and_not_called_written(
    run: Run,
    mode: list[str],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert run("--output", "good.mp4", "--output", "bad.mp4", *mode) == 1
    told = capsys.readouterr().out
    assert "wrote good.mp4" in told
    assert "wrote bad.mp4" not in told
    assert "the disk is full at bad.mp4" in caplog.text


def test_a_recording_that_is_finished_is_told_of(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--output", "good.mp4", "--every-frame") == 0
    assert "wrote good.mp4" in capsys.readouterr().out
