"""From remembered choices to the first configuration and back."""

from dataclasses import replace
from pathlib import Path

import pytest

from avatar_app.engine import EngineConfig, SourceConfig
from avatar_app.gui.start_config import (
    default_avatar,
    named_settings,
    remembered_config,
    settings_at_launch,
    settings_of,
)
from avatar_app.settings import AppSettings


def test_what_is_remembered_comes_back(tmp_path: Path) -> None:
    config = EngineConfig(
        avatar=tmp_path,
        source=SourceConfig("webcam:2"),
        framing="half",
        zoom=1.5,
        pan=(0.1, -0.2),
        mirror=False,
        background="#336699",
    )
    settings = settings_of(config, AppSettings())
    assert remembered_config(settings, Path("other")) == config


@pytest.mark.parametrize(
    "nonsense",
    [
        {"framing": "knees"},
        {"zoom": 1e9},
        {"zoom": float("nan")},
        {"pan_x": float("inf")},
        {"background": "/gone/image.png"},
        {"avatar": "/gone/avatar"},
    ],
)
def test_nonsense_falls_back_to_the_defaults(nonsense: dict[str, object], tmp_path: Path) -> None:
    config = remembered_config(replace(AppSettings(), **nonsense), tmp_path)
    assert config == remembered_config(AppSettings(), tmp_path)


def test_clips_and_videos_begin_again_unless_they_are_recorded(tmp_path: Path) -> None:
    settings = AppSettings(source="clip:hello")
    assert remembered_config(settings, tmp_path).source.loop
    recording = replace(settings, output="recording", recording=str(tmp_path / "a.mp4"))
    assert not remembered_config(recording, tmp_path).source.loop


def test_nothing_records_by_itself_at_launch() -> None:
    settings = settings_at_launch(AppSettings(output="recording", recording="/videos/a.mp4"))
    assert (settings.output, settings.recording) == ("none", "/videos/a.mp4")
    assert settings_at_launch(AppSettings(output="virtual-camera")).output == "virtual-camera"


def test_the_command_line_wins_over_what_is_remembered(tmp_path: Path) -> None:
    config = EngineConfig(avatar=tmp_path, outputs=("virtual-camera",), framing="full")
    settings = named_settings(config, AppSettings(framing="half"))
    assert (settings.output, settings.framing) == ("virtual-camera", "full")


@pytest.mark.parametrize(
    ("background", "colour", "image"),
    [
        ("transparent", "#2f6fed", ""),
        ("#00FF00", "#2f6fed", ""),
        ("#123456", "#123456", ""),
        ("/pictures/room.png", "#2f6fed", "/pictures/room.png"),
    ],
)
def test_own_colours_and_images_stay_on_offer(
    background: str, colour: str, image: str, tmp_path: Path
) -> None:
    config = EngineConfig(avatar=tmp_path, background=background)
    settings = settings_of(config, AppSettings())
    assert (settings.background_colour, settings.background_image) == (colour, image)


def test_the_default_avatar_gives_way_to_any_avatar(tmp_path: Path) -> None:
    assert default_avatar([tmp_path]).parent == tmp_path
    (tmp_path / "zest").mkdir()
    (tmp_path / "zest" / "avatar.toml").write_text("", encoding="utf-8")
    assert default_avatar([tmp_path]) == tmp_path / "zest"
