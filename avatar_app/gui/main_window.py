"""The main window: preview, control panel and status, joined to the engine."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QHBoxLayout,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from avatar_app.engine import EngineConfig, EngineState, EngineStatistics
from avatar_app.errors import SettingsError
from avatar_app.gui.choices import (
    RECORDING,
    Choice,
    avatar_choices,
    first_source,
    output_choices,
    source_choices,
)
from avatar_app.gui.control_panel import ControlPanel
from avatar_app.gui.device_finder import DeviceFinder, Webcams
from avatar_app.gui.engine_bridge import EngineBridge
from avatar_app.gui.prompts import Prompts
from avatar_app.gui.start_config import outputs, settings_of, source_config
from avatar_app.gui.viewport import Viewport
from avatar_app.gui.widgets.banner import Banner
from avatar_app.gui.widgets.preview_stage import PreviewStage
from avatar_app.gui.widgets.status_strip import StatusStrip
from avatar_app.settings import AppSettings, SettingsStore

logger = logging.getLogger(__name__)

MIN_WIDTH, MIN_HEIGHT = 900, 600
APPLY_VIEWPORT_MS = 30  # a drag sends more moves than the engine needs
SAVE_MS = 800
VIDEO, OPEN_FOLDER, CHOOSE_FOLDER = "video", "open-folder", "choose-folder"
SOURCE_COMMANDS = (Choice(VIDEO, "Video file…", "video"),)
AVATAR_COMMANDS = (
    Choice(CHOOSE_FOLDER, "Choose a folder…", "browse"),
    Choice(OPEN_FOLDER, "Show my avatars' folder", "avatar"),
)
OUTPUT_COMMANDS = (
    Choice(".mp4", "Record MP4…", "record", "With the background"),
    Choice(".webm", "Record WebM, transparent…", "record", "Keeps transparency"),
    Choice("", "Save PNG pictures…", "frames", "One transparent picture per frame"),
)


class MainWindow(QMainWindow):
    """Join the widgets to the engine and remember the user's choices.

    Signals:
        closed(): The engine has stopped and the window may be forgotten.
    """

    closed = Signal()

    def __init__(
        self,
        bridge: EngineBridge,
        store: SettingsStore,
        settings: AppSettings,
        *,
        finder: DeviceFinder,
        avatar_folders: Sequence[Path],
    ) -> None:
        """Build the window around an engine that is not running yet.

        Args:
            bridge: The engine.
            store: Where choices are kept.
            settings: What was remembered.
            finder: Looks for webcams.
            avatar_folders: Folders of avatars; the last is the user's own.
        """
        super().__init__()
        self.setWindowTitle("Kigurumi")
        self.setMinimumSize(MIN_WIDTH, MIN_HEIGHT)
        self.resize(max(settings.window_width, MIN_WIDTH), max(settings.window_height, MIN_HEIGHT))
        self.prompts = Prompts(self)
        self._bridge, self._store, self._settings = bridge, store, settings
        self._finder, self._avatar_folders = finder, tuple(avatar_folders)
        self._config = bridge.config
        self._webcams: Webcams = []
        self._starts_when_found = False
        self._is_closing = self._is_quiet = False
        self.banner, self.panel, self.status = Banner(), ControlPanel(), StatusStrip()
        self.stage = PreviewStage(bridge.engine.preview, bridge.engine.camera_preview)
        self._save_timer = self._single_shot(SAVE_MS, self._save)
        self._viewport_timer = self._single_shot(APPLY_VIEWPORT_MS, self._apply_viewport)
        self._lay_out()
        self._connect()
        self._add_shortcuts()
        self._show_config()
        self.stage.preview.setFocus()

    @property
    def config(self) -> EngineConfig:
        """What the controls show."""
        return self._config

    @property
    def settings(self) -> AppSettings:
        """What will be remembered."""
        return self._settings

    def present(self) -> None:
        """Show the window as large as it was left."""
        if self._settings.window_maximized:
            self.showMaximized()
        else:
            self.show()

    def begin(self, *, choose_source: bool) -> None:
        """Look for webcams and start the first run.

        Args:
            choose_source: Take the first webcam if there is one, else the demo.
        """
        self._finder.look()
        if choose_source or self._config.source.is_webcam:
            self._starts_when_found = True
            self._choose_source = choose_source
        else:
            self._bridge.start()

    def toggle_run(self) -> None:
        """Start when stopped, stop when running."""
        if self._bridge.state in (EngineState.STARTING, EngineState.RUNNING):
            self._bridge.stop()
        else:
            self.start()

    def start(self) -> None:
        """Begin a run with what the controls show."""
        self.banner.hide()
        self._change(outputs=outputs(self._settings))
        self._bridge.start()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 (Qt's name)
        """Stop the engine first; the window disappears at once and goes when all is quiet."""
        if self._is_quiet:
            event.accept()
            return
        event.ignore()
        if not self._is_closing:
            self._is_closing = True
            self._remember_window()
            self._save()
            self.hide()
            self._bridge.close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        """Let a control that was reached with the keyboard have the space bar for itself."""
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
            and isinstance(watched, QAbstractButton | QComboBox)
            and watched.hasFocus()
        ):
            event.accept()
            return True
        return super().eventFilter(watched, event)

    # What the user does

    def _choose_source_address(self, address: str) -> None:
        self._change(source=source_config(address, self._settings.output))
        self._show_sources()

    def _choose_avatar(self, path: str) -> None:
        self._change(avatar=Path(path))
        self._show_avatars()

    def _choose_output(self, output: str, recording: str | None = None) -> None:
        recording = self._settings.recording if recording is None else recording
        self._settings = replace(self._settings, output=output, recording=recording)
        source = self._config.source
        if not source.is_webcam:
            source = replace(source, loop=output != RECORDING)
        self._change(outputs=outputs(self._settings), source=source)
        self._show_outputs()

    def _choose_background(self, background: str) -> None:
        self._change(background=background)
        self._show_background()

    def _choose_colour(self, colour: str) -> None:
        self._settings = replace(self._settings, background_colour=colour)
        self._choose_background(colour)

    def _choose_image(self, path: str) -> None:
        self._settings = replace(self._settings, background_image=path)
        self._choose_background(path)

    def _choose_framing(self, framing: str) -> None:
        self.panel.framing.show_value(framing)
        neutral = Viewport()
        self.stage.show_viewport(neutral)
        self._change(framing=framing, zoom=neutral.zoom, pan=neutral.pan)

    def _choose_mirror(self, mirror: bool) -> None:
        self.stage.inset.show_mirrored(mirror)
        self._change(mirror=mirror)

    def _choose_webcam_picture(self, visible: bool) -> None:
        self._settings = replace(self._settings, show_webcam=visible)
        self.stage.inset.show_webcam(visible)
        self._save_timer.start()

    def _obey_source_command(self, _command: str) -> None:
        self.prompts.ask_video(self._choose_source_address)

    def _obey_avatar_command(self, command: str) -> None:
        if command == CHOOSE_FOLDER:
            self.prompts.ask_avatar(self._choose_avatar)
            return
        folder = self._avatar_folders[-1]
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _obey_output_command(self, suffix: str) -> None:
        self.prompts.ask_recording(suffix, lambda path: self._choose_output(RECORDING, path))

    def _pick_colour(self) -> None:
        self._show_background()
        self.prompts.ask_colour(self._settings.background_colour, self._choose_colour)

    def _pick_image(self) -> None:
        self._show_background()
        self.prompts.ask_image(self._choose_image)

    def _toggle_full_screen(self) -> None:
        alone = not self.isFullScreen()
        self.panel.setVisible(not alone)
        self.status.setVisible(not alone)
        if alone:
            self.showFullScreen()
        else:
            self.showNormal()

    def _leave_full_screen(self) -> None:
        if self.isFullScreen():
            self._toggle_full_screen()

    # What the engine tells

    def _follow_state(self, state: EngineState) -> None:
        self.panel.show_state(state)
        self.status.show_state(state)
        self.stage.show_state(state)
        if state is EngineState.RUNNING:
            self.banner.hide()

    def _follow_statistics(self, statistics: EngineStatistics) -> None:
        self.status.show_statistics(statistics, is_clip=self._config.source.is_clip)

    def _follow_webcams(self, webcams: Webcams) -> None:
        self._webcams = webcams
        if self._starts_when_found:
            self._starts_when_found = False
            if self._choose_source:
                self._choose_source_address(first_source(webcams))
            self._bridge.start()
        self._show_sources()

    def _finish_closing(self) -> None:
        self._finder.close()
        self._is_quiet = True
        self.close()
        self.closed.emit()

    # Inner workings

    def _change(self, **changes: object) -> None:
        """Apply other values of the configuration, now or in the next run."""
        config = replace(self._config, **changes)  # type: ignore[arg-type]  # named by the callers
        if config != self._config:
            self._config = config
            self._bridge.apply(config)
            self._settings = settings_of(config, self._settings)
        self._save_timer.start()

    def _apply_viewport(self) -> None:
        viewport = self.stage.preview.viewport
        self._change(zoom=viewport.zoom, pan=viewport.pan)

    def _schedule_viewport(self) -> None:
        if not self._viewport_timer.isActive():
            self._viewport_timer.start()

    def _remember_window(self) -> None:
        is_large = self.isMaximized() or self.isFullScreen()
        self._settings = replace(self._settings, window_maximized=self.isMaximized())
        if not is_large:
            self._settings = replace(
                self._settings, window_width=self.width(), window_height=self.height()
            )

    def _save(self) -> None:
        self._save_timer.stop()
        try:
            self._store.save(self._settings)
        except SettingsError as error:
            logger.warning("%s", error)

    def _single_shot(self, interval_ms: int, call: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        timer.timeout.connect(call)
        return timer

    def _show_config(self) -> None:
        config = self._config
        self._show_sources()
        self._show_avatars()
        self._show_outputs()
        self._show_background()
        self.panel.framing.show_value(config.framing)
        self.panel.mirror.setChecked(config.mirror)
        self.panel.webcam.setChecked(self._settings.show_webcam)
        self.stage.show_viewport(Viewport(config.zoom, config.pan))
        self.stage.show_state(self._bridge.state)

    def _show_sources(self) -> None:
        address = self._config.source.address
        self.panel.source.offer(source_choices(self._webcams, address), SOURCE_COMMANDS, address)

    def _show_avatars(self) -> None:
        chosen = self._config.avatar
        choices = avatar_choices(self._avatar_folders, chosen)
        in_use = next(c.value for c in choices if Path(c.value).resolve() == chosen.resolve())
        self.panel.avatar.offer(choices, AVATAR_COMMANDS, in_use)

    def _show_outputs(self) -> None:
        choices = output_choices(self._settings.recording)
        self.panel.output.offer(choices, OUTPUT_COMMANDS, self._settings.output)

    def _show_background(self) -> None:
        background, settings = self._config.background, self._settings
        self.panel.background.show_choice(
            background, settings.background_colour, settings.background_image
        )
        self.stage.preview.show_background(background)

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        row_widget = QWidget()
        row_widget.setObjectName("centre")
        row = QHBoxLayout(row_widget)
        outer = QVBoxLayout()
        outer.addWidget(row_widget, 1)
        outer.addWidget(self.status)
        column.addWidget(self.banner)
        column.addWidget(self.stage, 1)
        row.addWidget(left, 1)
        row.addWidget(self.panel)
        for layout in (column, row, outer):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        centre = QWidget()
        centre.setLayout(outer)
        self.setCentralWidget(centre)

    def _connect(self) -> None:
        bridge, panel, preview = self._bridge, self.panel, self.stage.preview
        bridge.state_changed.connect(self._follow_state)
        bridge.failed.connect(self.banner.show_error)
        bridge.notices_changed.connect(self.status.show_notices)
        bridge.statistics_changed.connect(self._follow_statistics)
        bridge.closed.connect(self._finish_closing)
        self._finder.found.connect(self._follow_webcams)
        self.banner.retried.connect(self.start)
        preview.viewport_changed.connect(self._schedule_viewport)
        panel.run.clicked.connect(self.toggle_run)
        panel.calibrate.clicked.connect(bridge.calibrate)
        panel.source.about_to_open.connect(self._finder.look)
        panel.source.chosen.connect(self._choose_source_address)
        panel.source.command_chosen.connect(self._obey_source_command)
        panel.avatar.about_to_open.connect(self._show_avatars)
        panel.avatar.chosen.connect(self._choose_avatar)
        panel.avatar.command_chosen.connect(self._obey_avatar_command)
        panel.output.chosen.connect(self._choose_output)
        panel.output.command_chosen.connect(self._obey_output_command)
        panel.framing.chosen.connect(self._choose_framing)
        panel.mirror.toggled.connect(self._choose_mirror)
        panel.webcam.toggled.connect(self._choose_webcam_picture)
        panel.background.chosen.connect(self._choose_background)
        panel.background.colour_wanted.connect(self._pick_colour)
        panel.background.image_wanted.connect(self._pick_image)

    def _add_shortcuts(self) -> None:
        for key, call in (
            ("Space", self.toggle_run),
            ("C", self._bridge.calibrate),
            ("M", self.panel.mirror.toggle),
            ("1", lambda: self._choose_framing("bust")),
            ("2", lambda: self._choose_framing("half")),
            ("3", lambda: self._choose_framing("full")),
            ("F11", self._toggle_full_screen),
            ("Escape", self._leave_full_screen),
            (QKeySequence(QKeySequence.StandardKey.Quit), self.close),
        ):
            QShortcut(QKeySequence(key), self, call)
        for control in self.panel.findChildren(QWidget):
            if isinstance(control, QAbstractButton | QComboBox):
                control.installEventFilter(self)
