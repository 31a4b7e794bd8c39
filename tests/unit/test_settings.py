"""The settings file: remembered, versioned, and never the end of the app."""

import json
from pathlib import Path

import pytest

from avatar_app import settings as settings_module
from avatar_app.errors import SettingsError
from avatar_app.settings import AppSettings, SettingsStore, parse_settings


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "new" / "settings.json")
    wanted = AppSettings(source="webcam:1", zoom=1.25, mirror=False, window_width=1111)
    store.save(wanted)
    assert store.load() == (wanted, None)
    assert [path.name for path in store.path.parent.iterdir()] == ["settings.json"]


def test_the_first_start_has_defaults_and_nothing_to_say(tmp_path: Path) -> None:
    assert SettingsStore(tmp_path / "settings.json").load() == (AppSettings(), None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        '{"source": "webcam:0"}',
        '{"version": 1, "mirror": "yes"}',
        '{"version": 1, "zoom": "big"}',
        '{"version": 1, "window_width": 1e3}',
        "[" * 100_000,
    ],
)
def test_an_unreadable_file_is_put_aside_with_a_notice(
    text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text, encoding="utf-8")
    settings, notice = SettingsStore(path).load()
    assert settings == AppSettings()
    assert notice is not None
    assert "settings.json.unreadable" in notice
    assert (tmp_path / "settings.json.unreadable").read_text(encoding="utf-8") == text
    assert not path.exists()


def test_unknown_keys_are_ignored_and_missing_ones_are_defaults() -> None:
    settings = parse_settings('{"version": 1, "framing": "full", "from_the_future": 3}')
    assert settings == AppSettings(framing="full")


def test_an_older_file_is_migrated_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (
        lambda content: {**content, "framing": content["crop"]},
        lambda content: {**content, "framing": f"{content['framing']}f"},
    )
    monkeypatch.setattr(settings_module, "MIGRATIONS", steps)
    assert parse_settings(json.dumps({"version": 1, "crop": "hal"})).framing == "half"
    assert parse_settings(json.dumps({"version": 2, "framing": "hal"})).framing == "half"
    assert parse_settings(json.dumps({"version": 3, "framing": "half"})).framing == "half"


def test_a_folder_that_cannot_be_written_gives_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SettingsError, match="settings not saved"):
        SettingsStore(tmp_path / "file" / "settings.json").save(AppSettings())
