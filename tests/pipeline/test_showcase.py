"""The contact sheet command, with fakes in place of devices."""

import argparse
import logging
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import avatar_app.engine
from avatar_app.commands import showcase
from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.commands.showcase_run import (
    expression_poses,
    nearest,
    paint_moments,
    pictures_at,
    spread,
    whole_performance,
)
from avatar_app.engine import EngineConfig, SourceConfig
from avatar_app.errors import SourceError
from tests.fakes.engine_parts import FakeCamera, FakeParts
from tests.fakes.tiny_rig import tiny_rig
from tests.fakes.video import write_video

FRAMES = 9


class EndlessParts(FakeParts):
    """Open the same video as often as asked."""

    def open_camera(self, config: EngineConfig, *, realtime: bool) -> FakeCamera:
        return FakeCamera(FRAMES)


@pytest.fixture
def parts() -> FakeParts:
    return FakeParts(camera=FakeCamera(FRAMES))


def config(address: str = "someone.mp4") -> EngineConfig:
    return EngineConfig(avatar=Path("nowhere"), source=SourceConfig(address), size=64)


def play(parts: FakeParts, address: str = "someone.mp4") -> Any:
    return whole_performance(config(address), parts, parts.load_avatar(config()))


def parse(*argv: str) -> argparse.Namespace:
    arguments = parse_arguments(["showcase", *argv])
    arguments.gl_backend, arguments.has_screen = None, False
    return arguments


def test_every_frame_of_a_video_is_tracked_and_retargeted_in_order(parts: FakeParts) -> None:
    frames = play(parts)
    assert [frame.stamp.frame_id for frame in frames] == list(range(FRAMES))
    assert parts.retargeters[0].times_s == [frame.stamp.media_s for frame in frames]
    assert all(frame.motion.face is not None for frame in frames)
    assert parts.camera.closed
    assert parts.tracker.closed


def test_a_clip_is_not_tracked(parts: FakeParts) -> None:
    assert len(play(parts, "clip:hello")) == 10
    assert parts.trackers_opened == 0


def test_a_source_without_frames_is_told(parts: FakeParts) -> None:
    parts.camera = FakeCamera(0)
    with pytest.raises(SourceError, match=r"nothing to show: someone\.mp4"):
        play(parts)


def test_moments_are_spread_evenly_over_the_source(parts: FakeParts) -> None:
    frames = play(parts)
    assert spread(frames, 3) == [1, 4, 7]
    assert spread(frames, 100) == list(range(FRAMES))


def test_moments_are_found_by_their_time(parts: FakeParts) -> None:
    assert nearest(play(parts), [100.0, 0.1, 0.0]) == [0, 3, FRAMES - 1]


def test_springs_follow_the_frames_that_are_not_painted(parts: FakeParts) -> None:
    frames = play(parts)
    painted = paint_moments(config(), parts, parts.load_avatar(config()), frames, [1, 4])
    painter = parts.painters[0]
    assert len(painted) == 2
    assert painter.times_s == [frames[1].stamp.media_s, frames[4].stamp.media_s]
    assert painter.advanced_s == [frames[place].stamp.media_s for place in (0, 2, 3)]
    assert painter.closed


def test_the_pictures_of_chosen_frames_are_read_again(parts: FakeParts) -> None:
    levels = [int(picture[0, 0, 0]) for picture in pictures_at(config(), parts, [2, 5])]
    assert levels == [3, 6]


def test_each_expression_is_shown_alone_and_neutral_comes_first() -> None:
    rig = tiny_rig()
    poses = expression_poses(rig)
    assert next(iter(poses)) == "neutral"
    assert not poses["neutral"].expression_weights.any()
    for index, expression in enumerate(rig.expressions):
        expected = np.eye(len(rig.expressions))[index]
        assert np.array_equal(poses[expression.name].expression_weights, expected)
    assert poses["gaze"].gaze[0] > 0.0


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A video that is not looked at, because all parts behind the command are fakes."""
    monkeypatch.setattr(avatar_app.engine, "EngineParts", EndlessParts)
    avatar = tmp_path / "avatar"
    avatar.mkdir()
    (avatar / "avatar.toml").write_text('name = "Fake"\n', encoding="utf-8")
    return write_video(tmp_path / "someone.mp4")


def sheet_of(video: Path, *options: str) -> np.ndarray:
    output = video.parent / "made" / "sheet.png"
    avatar = str(video.parent / "avatar")
    argv = ["--avatar", avatar, "--size", "64", "--output", str(output), *options]
    assert run_command(parse(*argv)) == 0
    return cv2.imread(str(output), cv2.IMREAD_COLOR)


def test_the_command_writes_landmarks_beside_the_avatar(video: Path) -> None:
    with_input = sheet_of(video, "--source", str(video), "--frames", "1")
    alone = sheet_of(video, "--source", str(video), "--frames", "1", "--input", "none")
    assert with_input.shape[0] == alone.shape[0]
    assert with_input.shape[1] > alone.shape[1]


def test_the_persons_picture_is_shown_only_when_asked_for(video: Path) -> None:
    options = ("--source", str(video), "--frames", "1", "--no-mirror")
    grey = np.full(3, 1 + FRAMES // 2, int)  # as bright as the fake camera's picture in the middle
    drawn = sheet_of(video, *options).astype(int)
    shown = sheet_of(video, *options, "--input", "picture").astype(int)
    assert (np.abs(drawn - grey).max(axis=2) <= 2).mean() < 0.01
    assert (np.abs(shown - grey).max(axis=2) <= 2).mean() > 0.2


def test_the_expressions_have_a_card_each(video: Path) -> None:
    sheet = sheet_of(video, "--expressions")
    assert sheet.shape[1] > 3 * 64


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "give either --source"),
        (["--source", "clip:hello", "--expressions"], "give either --source"),
        (["--source", "webcam:0"], "needs a source that ends"),
        (["--source", "gone.mp4"], "source not found: 'gone.mp4'"),
        (["--source", "clip:hello", "--output", "sheet.jpg"], "give FILE.png"),
        (["--source", "clip:hello", "--size", "9"], "--size must be 64"),
        (["--source", "clip:hello", "--frames", "0"], "--frames 1 to"),
        (["--source", "clip:hello", "--zoom", "0"], "unexpected zoom: 0"),
    ],
)
def test_a_wrong_option_is_one_sentence(
    options: list[str], sentence: str, video: Path, caplog: pytest.LogCaptureFixture
) -> None:
    argv = ["--avatar", str(video.parent / "avatar"), *options]
    assert run_command(parse(*argv)) == 2
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert sentence in errors[0].getMessage()


def test_the_command_is_named_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["showcase", "--help"])
    assert str(showcase.INPUTS[0]) in capsys.readouterr().out
