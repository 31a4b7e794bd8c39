"""A window around a fake engine, with settings in a folder of the test's own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from avatar_app.engine import EngineConfig, SourceConfig
from avatar_app.gui.app import make_application
from avatar_app.gui.device_finder import DeviceFinder, Webcams
from avatar_app.gui.engine_bridge import EngineBridge
from avatar_app.gui.main_window import MainWindow
from avatar_app.gui.session import Session
from avatar_app.settings import AppSettings, SettingsStore
from tests.fakes.fake_engine import FakeEngine

WEBCAMS = [("webcam:0", "Front webcam"), ("webcam:2", "Capture card")]
TIMEOUT_MS = 5000


@dataclass
class Desk:
    """Everything that a test of the window needs to see."""

    window: MainWindow
    session: Session
    engine: FakeEngine
    store: SettingsStore
    folder: Path

    def poll(self, times: int = 1) -> None:
        """Let the bridge look at the engine now instead of on its timer."""
        for _ in range(times):
            self.session.bridge.poll()


@pytest.fixture(scope="session")
def dressed(qapp: QApplication) -> QApplication:
    """Qt in the app's own style, which takes a while to put on."""
    return make_application(["test"])


@pytest.fixture
def make_avatar(tmp_path: Path) -> Callable[[str], Path]:
    def make(name: str) -> Path:
        folder = tmp_path / "avatars" / name
        folder.mkdir(parents=True)
        (folder / "avatar.toml").write_text(f'name = "{name.title()}"\n', encoding="utf-8")
        return folder

    return make


@pytest.fixture
def make_desk(
    qtbot: QtBot, dressed: QApplication, tmp_path: Path, make_avatar: Callable[[str], Path]
) -> Iterator[Callable[..., Desk]]:
    """Make windows; each is closed afterwards and must leave no timer running."""
    avatar = make_avatar("yuzu")
    desks = []

    def make(
        settings: AppSettings | None = None,
        webcams: Webcams | None = None,
        source: str = "clip:hello",
        **changes: object,
    ) -> Desk:
        config = EngineConfig(avatar=avatar, source=SourceConfig(source), background="transparent")
        engine = FakeEngine(replace(config, **changes))
        store = SettingsStore(tmp_path / "settings.json")
        finder = DeviceFinder(lambda: list(WEBCAMS if webcams is None else webcams))
        session = Session(EngineBridge(engine), store, settings or AppSettings(), finder=finder)
        window = MainWindow(session, avatar_folders=[tmp_path / "avatars"])
        desk = Desk(window, session, engine, store, tmp_path)
        desks.append(desk)
        window.present()
        qtbot.waitExposed(window)
        return desk

    yield make
    for desk in desks:
        close(qtbot, desk)


def close(qtbot: QtBot, desk: Desk) -> None:
    """Close a window as the user does and wait until all is quiet."""
    owners = (desk.window, desk.session, desk.session.bridge)
    if desk.window.isVisible():
        desk.engine.finishes_at_once = True
        with qtbot.waitSignal(desk.window.closed, timeout=TIMEOUT_MS):
            desk.window.close()
    timers = [timer for owner in owners for timer in owner.findChildren(QTimer)]
    assert not [timer for timer in timers if timer.isActive()]


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()
