"""Open the window: make Qt, the engine and the main window, and run until it is closed."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QApplication

from avatar_app.engine import EngineConfig, LiveEngine
from avatar_app.gui.device_finder import DeviceFinder, Webcams
from avatar_app.gui.engine_bridge import EngineBridge
from avatar_app.gui.icons import app_icon
from avatar_app.gui.main_window import MainWindow
from avatar_app.gui.session import Session
from avatar_app.gui.start_config import (
    default_avatar,
    named_settings,
    remembered_config,
    settings_at_launch,
)
from avatar_app.gui.theme import apply_theme
from avatar_app.paths import settings_file, shipped_avatars_folder, user_avatars_folder
from avatar_app.settings import SettingsStore

# OpenCV's wheel points Qt at its own plug-ins and fonts, which do not fit this Qt.
FOREIGN_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
# Windows has no SIGHUP.
CLOSING_SIGNALS = (
    signal.SIGINT,
    signal.SIGTERM,
    *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []),
)


def run_window(
    config: EngineConfig | None = None,
    *,
    settings_path: Path | None = None,
    gl_backend: str | None = None,
) -> int:
    """Show the window and block until it is closed.

    Args:
        config: What to begin with; None goes on with what was used last.
        settings_path: Where choices are remembered; None is the user's own file.
        gl_backend: OpenGL backend when ``config`` is None; None chooses.

    Returns:
        The exit status of the process.
    """
    app = make_application(sys.argv[:1])
    folders = (shipped_avatars_folder(), user_avatars_folder())
    store = SettingsStore(settings_path or settings_file())
    settings, notice = store.load()
    is_named = config is not None
    if config is None:
        settings = settings_at_launch(settings)
        config = remembered_config(settings, default_avatar(folders))
        config = replace(config, gl_backend=gl_backend)
    else:
        settings = named_settings(config, settings)
    engine = LiveEngine(config)
    try:
        finder = DeviceFinder(name_webcams)
        session = Session(EngineBridge(engine), store, settings, finder=finder)
        window = MainWindow(session, avatar_folders=folders)
        window.closed.connect(app.quit)
        if notice:
            window.banner.show_notice(notice)
        with closed_on_interrupt(window):
            window.present()
            session.begin(keep_source=is_named)
            return app.exec()
    finally:
        engine.stop()


def make_application(arguments: Sequence[str]) -> QApplication:
    """Make Qt's application, dressed in the app's own style."""
    for name in FOREIGN_QT_VARIABLES:
        os.environ.pop(name, None)
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(list(arguments))
    app.setApplicationName("kigurumi")
    app.setApplicationDisplayName("Kigurumi")
    app.setDesktopFileName("kigurumi")
    app.setWindowIcon(app_icon())
    app.setQuitOnLastWindowClosed(False)  # the engine stops first
    apply_theme(app)
    return app


def name_webcams() -> Webcams:
    """List the webcams as ``(address, name)``; it may take seconds where names are unknown."""
    from avatar_app.capture.webcam_list import list_webcams

    return [(f"webcam:{webcam.index}", webcam.name) for webcam in list_webcams()]


@contextmanager
def closed_on_interrupt(window: MainWindow) -> Iterator[None]:
    """Let Ctrl+C, a polite kill or a closed terminal close the window as the user would."""
    numbers = [number for number in CLOSING_SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    before = [signal.signal(number, lambda _number, _frame: window.close()) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
