"""The window's whole life in one call, around a fake engine."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from avatar_app.engine import EngineConfig, EngineState
from avatar_app.gui import app as app_module
from avatar_app.gui.main_window import MainWindow
from avatar_app.settings import AppSettings, SettingsStore
from tests.fakes.fake_engine import FakeEngine

pytestmark = pytest.mark.gui


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> list[FakeEngine]:
    """Every engine that the app makes; no webcam is looked for."""
    made: list[FakeEngine] = []

    def make(config: EngineConfig) -> FakeEngine:
        made.append(FakeEngine(config))
        return made[-1]

    monkeypatch.setattr(app_module, "LiveEngine", make)
    monkeypatch.setattr(app_module, "name_webcams", list)
    return made


def when_live(engines: list[FakeEngine], act: Callable[[MainWindow], None]) -> QTimer:
    """Act on the window once its engine runs."""
    timer = QTimer()

    def look() -> None:
        if engines and engines[-1].state is EngineState.RUNNING:
            timer.stop()
            windows = QApplication.topLevelWidgets()
            act(next(w for w in windows if isinstance(w, MainWindow) and w.isVisible()))

    timer.timeout.connect(look)
    timer.start(5)
    return timer


def test_the_first_start_plays_the_demo_until_the_window_is_closed(
    engines: list[FakeEngine], tmp_path: Path
) -> None:
    settings_path = tmp_path / "settings.json"
    timer = when_live(engines, lambda window: window.close())
    assert app_module.run_window(settings_path=settings_path) == 0
    assert not timer.isActive()
    assert engines[0].config.source.address == "clip:hello"
    assert engines[0].state is EngineState.STOPPED
    assert SettingsStore(settings_path).load()[0].source == "clip:hello"


@pytest.mark.parametrize("number", app_module.CLOSING_SIGNALS)
def test_an_interrupt_closes_the_window(
    engines: list[FakeEngine], tmp_path: Path, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    timer = when_live(engines, lambda _window: os.kill(os.getpid(), number))
    assert app_module.run_window(settings_path=tmp_path / "settings.json") == 0
    assert not timer.isActive()
    assert engines[0].state is EngineState.STOPPED
    assert signal.getsignal(number) is before


def test_a_named_configuration_wins_over_what_is_remembered(
    engines: list[FakeEngine], tmp_path: Path
) -> None:
    settings_path = tmp_path / "settings.json"
    SettingsStore(settings_path).save(AppSettings(source="webcam:3", framing="full"))
    timer = when_live(engines, lambda window: window.close())
    config = EngineConfig(avatar=tmp_path, framing="half")
    assert app_module.run_window(config, settings_path=settings_path) == 0
    assert not timer.isActive()
    assert engines[0].config.framing == "half"


def test_an_unreadable_settings_file_is_told(engines: list[FakeEngine], tmp_path: Path) -> None:
    settings_path = tmp_path / "settings.json"
    settings_path.write_text("{", encoding="utf-8")
    told: list[str] = []

    def look(window: MainWindow) -> None:
        told.append(window.banner.text if window.banner.isVisible() else "")
        window.close()

    timer = when_live(engines, look)
    app_module.run_window(settings_path=settings_path)
    assert not timer.isActive()
    assert "could not be read" in told[0]


def test_opencv_cannot_mislead_qt(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", "/elsewhere")
    monkeypatch.setenv("QT_QPA_FONTDIR", "/elsewhere")
    assert app_module.make_application(["test"]) is qapp
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ
    assert "QT_QPA_FONTDIR" not in os.environ
