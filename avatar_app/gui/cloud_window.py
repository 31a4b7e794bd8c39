"""The window that shows an avatar's sheet as a point cloud."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from avatar_app.gui import theme
from avatar_app.gui.choices import avatar_name
from avatar_app.gui.cloud_worker import CloudWorker, LoadedCloud
from avatar_app.gui.icons import LABEL_GAP, label_icon
from avatar_app.gui.prompts import Prompts
from avatar_app.gui.widgets.cloud_canvas import CloudCanvas
from avatar_app.gui.widgets.segmented import Segmented

SIZE, MIN_SIZE = (680, 760), (560, 460)
HINT_HEIGHT = 530  # of the canvas, from which on the hint has room above the figure
INSIDE = 14  # from the window's edge to what floats on it
PAINT, LANDMARKS = "paint", "landmarks"
COLOURINGS = (
    (PAINT, "Paint", "The colours of the drawings"),
    (LANDMARKS, "Landmarks", "Red, green and blue are x, y and z: what a UDP frame holds"),
)
HINT = "Drag to turn · wheel to zoom · double click to reset"


class CloudWindow(QDialog):
    """Show the points that the drawings of an avatar's sheet put into landmark space."""

    def __init__(self, worker: CloudWorker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self.setMinimumSize(*MIN_SIZE)
        self.resize(*SIZE)
        self._worker, self._prompts = worker, Prompts(self)
        self._avatar: Path | None = None
        self._offers_hint = False
        self._loaded: LoadedCloud | None = None
        self.canvas = CloudCanvas(worker, self)
        self.reset, self.hint = self._make_reset(), self._make_hint()
        self.colouring = Segmented(COLOURINGS)
        self.colouring.setFixedWidth(190)
        self.colouring.show_value(PAINT)
        self.figures = QLabel()
        self.figures.setObjectName("figure")
        self.figures.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._said = ""
        self.save = _save_button()
        self._lay_out()
        self._connect()

    def show_avatar(self, avatar: Path) -> None:
        """Load an avatar's cloud, unless it is the one in sight."""
        if avatar == self._avatar and self._loaded is not None:
            return
        self._avatar, self._loaded = avatar, None
        name = avatar_name(avatar)
        self.setWindowTitle(f"Point cloud of {name}")
        self.canvas.show_message("Gathering points…", f"From the drawings of {name}")
        self._show_figures("")
        self._worker.load(avatar)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 (Qt's name)
        """Forget the cloud; the next time it is loaded anew, as its files may have changed."""
        super().closeEvent(event)
        self._forget()

    def reject(self) -> None:
        """Close on Escape as on the window's own button."""
        super().reject()
        self._forget()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """Keep in place what floats on the canvas."""
        super().resizeEvent(event)
        self._place_companions()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt's name)
        """Follow fonts, which decide how wide companions are."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._place_companions()

    def _forget(self) -> None:
        self._avatar = self._loaded = None
        self.canvas.show_message("")

    # What the worker tells

    def _take(self, loaded: LoadedCloud) -> None:
        if loaded.avatar != self._avatar:
            return
        if not loaded.scenes:
            self._fail(loaded.avatar, "No drawing of this avatar's sheet has a landmark.")
            return
        self._loaded = loaded
        self._colour(self.colouring.value)
        drawings = f"{loaded.drawings} drawing{'s' if loaded.drawings != 1 else ''}"
        self._show_figures(f"{len(loaded.cloud):,} points from {drawings}")
        self._offers_hint = self.canvas.turns
        self._place_companions()

    def _fail(self, avatar: Path, reason: str) -> None:
        if avatar == self._avatar:
            self.canvas.show_message("No point cloud", reason[:1].upper() + reason[1:])

    def _show_figures(self, text: str) -> None:
        self._say(text)
        for control in (self.save, self.colouring):
            control.setEnabled(self._loaded is not None)
        self._offers_hint = False
        self.reset.hide()
        self._place_companions()

    def _tell_saved(self, sentence: str) -> None:
        self._say(sentence)

    def _say(self, text: str) -> None:
        """Write a line into the bar; what does not fit is told by the tool tip."""
        self._said = text
        self.figures.setToolTip(text)
        self._elide()

    def _elide(self) -> None:
        metrics, room = self.figures.fontMetrics(), self.figures.width()
        self.figures.setText(metrics.elidedText(self._said, Qt.TextElideMode.ElideRight, room))

    # What the user wants

    def _colour(self, colouring: str) -> None:
        if self._loaded is None:
            return
        scenes = self._loaded.scenes
        if colouring == LANDMARKS:
            scenes = tuple(
                replace(scene, colours=landmark_colours(scene.positions)) for scene in scenes
            )
        self.canvas.show_scenes(scenes)

    def _follow_view(self, _view: object) -> None:
        self.reset.setVisible(not self.canvas.turns)
        self._offers_hint &= self.canvas.turns
        self._place_companions()

    def _ask_file(self) -> None:
        if self._loaded is not None:
            self._prompts.ask_point_cloud(self._loaded.avatar.stem, self._save_as)

    def _save_as(self, path: str) -> None:
        if self._loaded is not None:
            self._worker.save(self._loaded, Path(path))

    # Construction

    def _connect(self) -> None:
        self._worker.loaded.connect(self._take)
        self._worker.failed.connect(self._fail)
        self._worker.saved.connect(self._tell_saved)
        self.canvas.view_changed.connect(self._follow_view)
        self.colouring.chosen.connect(self._colour)
        self.reset.clicked.connect(self.canvas.reset)
        self.save.clicked.connect(self._ask_file)

    def _lay_out(self) -> None:
        bar = QFrame()
        bar.setObjectName("commands")
        row = QHBoxLayout(bar)
        row.setContentsMargins(18, 12, 18, 12)
        row.setSpacing(14)
        row.addWidget(self.figures, 1)
        row.addWidget(self.colouring)
        row.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addWidget(bar)

    def _place_companions(self) -> None:
        area = self.canvas.geometry()
        self.hint.setVisible(self._offers_hint and area.height() >= HINT_HEIGHT)
        self._elide()
        for companion in (self.reset, self.hint):
            companion.adjustSize()
        self.reset.move(area.right() - self.reset.width() - INSIDE, area.top() + INSIDE)
        self.hint.move(area.center().x() - self.hint.width() // 2, area.top() + INSIDE)

    def _make_reset(self) -> QPushButton:
        reset = QPushButton("Reset view", self)
        reset.setObjectName("floating")
        reset.setIcon(label_icon("fit", theme.TEXT, theme.FAINT, 16))
        reset.setIconSize(QSize(16 + LABEL_GAP, 16))
        reset.setToolTip("Look as at the beginning (double click)")
        reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        reset.setAutoDefault(False)
        reset.setCursor(Qt.CursorShape.PointingHandCursor)
        reset.hide()
        return reset

    def _make_hint(self) -> QLabel:
        hint = QLabel(HINT, self)
        hint.setObjectName("figure")
        hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        hint.hide()
        return hint


class PointsDesk:
    """Open the window when it is first wanted, and close it with the main one."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent
        self._worker: CloudWorker | None = None
        self._is_sparing = False
        self.window: CloudWindow | None = None

    def spare(self, is_sparing: bool) -> None:
        """Leave the processor to the live avatar while one runs."""
        self._is_sparing = is_sparing
        if self._worker is not None:
            self._worker.spare(is_sparing)

    def show(self, avatar: Path) -> None:
        """Show an avatar's points, in front."""
        if self.window is None or self._worker is None:
            self._worker = CloudWorker(parent=self._parent)
            self._worker.spare(self._is_sparing)
            self.window = CloudWindow(self._worker, self._parent)
        if self.window.isVisible():
            self.window.raise_()
            self.window.activateWindow()
        self.window.show()
        self.window.show_avatar(avatar)

    def follow(self, avatar: Path) -> None:
        """Show another avatar's points if any are in sight."""
        if self.window is not None and self.window.isVisible():
            self.window.show_avatar(avatar)

    def hide(self) -> None:
        """Take the window away."""
        if self.window is not None:
            self.window.close()

    def close(self) -> None:
        """Wait for what is under way. Blocks up to some seconds."""
        if self._worker is not None:
            self._worker.close()


def landmark_colours(positions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colour points by where they are: ``[3, P]`` float32, each axis over its whole range."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    share = (positions - low) / np.maximum(high - low, 1e-6)
    return np.ascontiguousarray(40 + 215 * share.T, np.float32)


def _save_button() -> QPushButton:
    save = QPushButton("Save as PLY…")
    save.setIcon(label_icon("save", theme.TEXT, theme.FAINT, 16))
    save.setIconSize(QSize(16 + LABEL_GAP, 16))
    save.setToolTip("For Blender, MeshLab, CloudCompare ...")
    save.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    save.setAutoDefault(False)
    save.setCursor(Qt.CursorShape.PointingHandCursor)
    save.setMinimumHeight(36)
    return save
