"""The main window: preview, control panel and status, joined to the session."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QShortcut,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QHBoxLayout,
    QMainWindow,
    QVBoxLayout,
    QWidget,
)

from avatar_app.engine import EngineState, EngineStatistics
from avatar_app.gui.choices import (
    avatar_choices,
    kind_of,
    output_choices,
    source_choices,
)
from avatar_app.gui.cloud_window import PointsDesk
from avatar_app.gui.control_panel import ControlPanel
from avatar_app.gui.picker_commands import (
    AVATAR_COMMANDS,
    OUTPUT_COMMANDS,
    SOURCE_COMMANDS,
    PickerCommands,
)
from avatar_app.gui.prompts import Prompts
from avatar_app.gui.session import Session
from avatar_app.gui.viewport import Viewport
from avatar_app.gui.widgets.banner import Banner
from avatar_app.gui.widgets.preview_stage import PreviewStage
from avatar_app.gui.widgets.status_strip import StatusStrip

MIN_WIDTH, MIN_HEIGHT = 900, 600
ADVICE_MARK = "; "  # by convention, what to do stands behind it


class MainWindow(QMainWindow):
    """Join the widgets to the session and the engine.

    Signals:
        closed(): The engine has stopped and the window may be forgotten.
    """

    closed = Signal()

    def __init__(self, session: Session, *, avatar_folders: Sequence[Path]) -> None:
        """Build the window around an engine that is not running yet.

        Args:
            session: The choices, and the engine behind them.
            avatar_folders: Folders of avatars; the last is the user's own.
        """
        super().__init__()
        self.session = session
        self.prompts = Prompts(self)
        self._avatar_folders = tuple(avatar_folders)
        self._commands = PickerCommands(session, self.prompts, self._avatar_folders[-1])
        self.points = PointsDesk(self)
        self._is_closing = self._is_quiet = False
        self._requests: tuple[str, ...] = ()
        engine, settings = session.bridge.engine, session.settings
        self.banner, self.panel, self.status = Banner(), ControlPanel(), StatusStrip()
        self.stage = PreviewStage(engine.preview, engine.camera_preview)
        self.setWindowTitle("Kigurumi")
        self.setAcceptDrops(True)
        self.setMinimumSize(MIN_WIDTH, MIN_HEIGHT)
        self.resize(settings.window_width, settings.window_height)
        self._lay_out()
        self._show_choices()
        self._connect_engine()
        self._connect_controls()
        self._add_shortcuts()
        self.stage.preview.setFocus()

    def present(self) -> None:
        """Show the window as large as it was left."""
        if self.session.settings.window_maximized:
            self.showMaximized()
        else:
            self.show()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 (Qt's name)
        """Stop the engine first; the window disappears at once and goes when all is quiet."""
        if self._is_quiet:
            event.accept()
            return
        event.ignore()
        if self._is_closing:
            return
        self._is_closing = True
        fills_screen = self.isMaximized() or self.isFullScreen()
        size = None if fills_screen else (self.width(), self.height())
        self.session.remember_window(size, maximized=self.isMaximized())
        self.session.save()
        self.stage.inset.show_webcam(False)
        self.points.hide()
        self.hide()
        self.session.bridge.close()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 (Qt's name)
        """Welcome an avatar, a video or an image."""
        if any(kind_of(path) for path in _dropped(event.mimeData())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 (Qt's name)
        """Wear a dropped avatar, track a dropped video, stand before a dropped image."""
        for path in _dropped(event.mimeData()):
            self.take_file(path)
        event.acceptProposedAction()

    def take_file(self, path: Path) -> None:
        """Use a file or folder for what it is good for."""
        choose = {
            "avatar": self.session.choose_avatar,
            "video": self.session.choose_source,
            "image": self.session.choose_background,
        }.get(kind_of(path))
        if choose is not None:
            choose(str(path))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        """Let a control that was reached with the keyboard have the space bar for itself."""
        is_override = event.type() is QEvent.Type.ShortcutOverride
        if (
            is_override
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
            and isinstance(watched, QAbstractButton | QComboBox)
        ):
            event.accept()
            return True
        return super().eventFilter(watched, event)

    # What the engine tells

    def _follow_state(self, state: EngineState) -> None:
        self.panel.show_state(state, is_clip=self.session.config.source.is_clip)
        self.status.show_state(state)
        self.stage.show_state(state)
        self.points.spare(state in (EngineState.STARTING, EngineState.RUNNING))
        if state is EngineState.STARTING:
            self.banner.withdraw("error", "success")
        elif state is EngineState.STOPPED and self.session.finished_recording is not None:
            self.banner.show_success(f"Saved as {self.session.finished_recording}")

    def _follow_notices(self, notices: tuple[str, ...]) -> None:
        """Put a notice that asks for something above the preview, others in the status line."""
        requests = tuple(notice for notice in notices if ADVICE_MARK in notice)
        self.status.show_notices(tuple(notice for notice in notices if notice not in requests))
        if requests != self._requests:
            self._requests = requests
            if requests:
                self.banner.show_notice(requests[0])
            else:
                self.banner.withdraw("notice")

    def _follow_statistics(self, statistics: EngineStatistics) -> None:
        self.status.show_statistics(statistics, is_clip=self.session.config.source.is_clip)

    def _finish_closing(self) -> None:
        self.session.finder.close()
        self.points.close()
        self._is_quiet = True
        self.close()
        self.closed.emit()

    # What was chosen

    def _show_choices(self) -> None:
        session, panel = self.session, self.panel
        config, settings = session.config, session.settings
        address = config.source.address
        panel.source.offer(source_choices(session.webcams, address), SOURCE_COMMANDS, address)
        outputs = output_choices(settings.recording)
        panel.output.offer(outputs, OUTPUT_COMMANDS, settings.output)
        panel.background.show_choice(
            config.background, settings.background_colour, settings.background_image
        )
        panel.framing.show_value(config.framing)
        panel.mirror.setChecked(config.mirror)
        panel.webcam.setChecked(settings.show_webcam)
        self.stage.preview.show_background(config.background)
        self.stage.inset.show_mirrored(config.mirror)
        self.stage.inset.show_webcam(settings.show_webcam)
        self.stage.badge.show_recording(session.is_recording)
        if panel.avatar.value != str(config.avatar):
            self._show_avatars()

    def _show_avatars(self) -> None:
        chosen = self.session.config.avatar
        choices = avatar_choices(self._avatar_folders, chosen)
        self.panel.avatar.offer(choices, AVATAR_COMMANDS, str(chosen))

    def _choose_framing(self, framing: str) -> None:
        self.stage.show_viewport(Viewport())
        self.session.choose_framing(framing)

    # Full screen

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

    # Construction

    def _lay_out(self) -> None:
        self.setCentralWidget(
            _stack(
                QVBoxLayout(),
                _stack(QHBoxLayout(), self._picture_column(), self.panel),
                self.status,
            )
        )

    def _picture_column(self) -> QWidget:
        column = QVBoxLayout()
        picture = _stack(column, self.stage)
        column.insertWidget(0, self.banner)
        return picture

    def _connect_engine(self) -> None:
        bridge = self.session.bridge
        bridge.state_changed.connect(self._follow_state)
        bridge.failed.connect(self.banner.show_error)
        bridge.notices_changed.connect(self._follow_notices)
        bridge.statistics_changed.connect(self._follow_statistics)
        bridge.closed.connect(self._finish_closing)
        self.stage.show_viewport(Viewport(bridge.config.zoom, bridge.config.pan))
        self._follow_state(bridge.state)

    def _connect_controls(self) -> None:
        session, panel, commands = self.session, self.panel, self._commands
        session.changed.connect(self._show_choices)
        session.changed.connect(lambda: self.points.follow(session.config.avatar))
        session.noticed.connect(self.banner.show_notice)
        self.banner.retried.connect(session.start)
        self.stage.preview.viewport_changed.connect(session.choose_viewport)
        panel.run.clicked.connect(session.toggle)
        panel.calibrate.clicked.connect(session.bridge.calibrate)
        panel.source.about_to_open.connect(session.finder.look)
        panel.source.chosen.connect(session.choose_source)
        panel.source.command_chosen.connect(commands.obey_source)
        panel.avatar.about_to_open.connect(self._show_avatars)
        panel.avatar.chosen.connect(session.choose_avatar)
        panel.avatar.command_chosen.connect(commands.obey_avatar)
        panel.points.clicked.connect(lambda: self.points.show(session.config.avatar))
        panel.output.chosen.connect(session.choose_output)
        panel.output.command_chosen.connect(commands.obey_output)
        panel.framing.chosen.connect(self._choose_framing)
        panel.mirror.clicked.connect(session.choose_mirror)
        panel.webcam.clicked.connect(session.choose_webcam_picture)
        panel.background.chosen.connect(session.choose_background)
        panel.background.colour_wanted.connect(lambda: commands.pick_colour(panel.background))
        panel.background.image_wanted.connect(commands.pick_image)

    def _add_shortcuts(self) -> None:
        for key, call in (
            ("Space", self.session.toggle),
            ("C", self.session.bridge.calibrate),
            ("M", self.panel.mirror.click),
            ("P", self.panel.points.click),
            ("1", self.panel.framing.button("bust").click),
            ("2", self.panel.framing.button("half").click),
            ("3", self.panel.framing.button("full").click),
            ("4", self.panel.framing.button("face").click),
            ("F11", self._toggle_full_screen),
            ("Escape", self._leave_full_screen),
            (QKeySequence.StandardKey.Quit, self.close),
        ):
            QShortcut(QKeySequence(key), self, call)
        for control in self.findChildren(QWidget):
            if isinstance(control, QAbstractButton | QComboBox):
                control.installEventFilter(self)


def _stack(layout: QHBoxLayout | QVBoxLayout, *widgets: QWidget) -> QWidget:
    """Put widgets side by side or on top of each other, without gaps; the first one grows."""
    holder = QWidget()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    for number, widget in enumerate(widgets):
        layout.addWidget(widget, 0 if number else 1)
    holder.setLayout(layout)
    return holder


def _dropped(content: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in content.urls() if url.isLocalFile()]
