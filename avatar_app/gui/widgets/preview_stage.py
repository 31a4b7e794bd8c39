"""The preview with what floats on it: the live badge, the reset button, the webcam's picture."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from avatar_app.engine import EngineState, LatestSlot
from avatar_app.engine.frames import AvatarFrame, CameraPreviewFrame
from avatar_app.gui import theme
from avatar_app.gui.icons import LABEL_GAP, label_icon
from avatar_app.gui.viewport import Viewport
from avatar_app.gui.widgets.camera_inset import CameraInset
from avatar_app.gui.widgets.preview import Preview

INSIDE = 14  # from the picture's edge to what floats on it


class LiveBadge(QWidget):
    """The word LIVE beside a green light, or REC beside a red one, while a run is on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(62, 26)
        self._is_recording = False
        self.hide()

    def show_recording(self, is_recording: bool) -> None:
        """Say REC in place of LIVE while the run is written to a file."""
        self._is_recording = is_recording
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Paint the badge."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(7, 17, 21, 205))
        painter.drawRoundedRect(self.rect(), 13, 13)
        painter.setBrush(QColor(theme.CORAL if self._is_recording else theme.LEAF))
        painter.drawEllipse(QRectF(11, 9, 8, 8))
        font = painter.font()
        font.setPixelSize(11)
        font.setWeight(font.Weight.Bold)
        font.setLetterSpacing(font.SpacingType.AbsoluteSpacing, 0.8)
        painter.setFont(font)
        painter.setPen(QColor(theme.TEXT))
        word = "REC" if self._is_recording else "LIVE"
        painter.drawText(self.rect().adjusted(25, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, word)


class PreviewStage(QFrame):
    """Lay out the preview and its companions."""

    def __init__(
        self,
        preview_slot: LatestSlot[AvatarFrame],
        camera_slot: LatestSlot[CameraPreviewFrame],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("stage")
        self.preview = Preview(preview_slot, self)
        self.badge = LiveBadge(self)
        self.inset = CameraInset(camera_slot, self)
        self.reset = self._make_reset()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.preview)
        for companion in (self.badge, self.inset, self.reset):
            companion.raise_()
        self.preview.viewport_changed.connect(self._show_reset)

    def show_state(self, state: EngineState) -> None:
        """Follow the engine."""
        self.preview.show_state(state)
        self.badge.setVisible(state is EngineState.RUNNING)
        if state is not EngineState.RUNNING:
            self.inset.forget()

    def show_viewport(self, viewport: Viewport) -> None:
        """Follow zoom and shift."""
        self.preview.show_viewport(viewport)
        self._show_reset(viewport)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """Keep the companions in the picture's corners."""
        super().resizeEvent(event)
        self.preview.resize(self.size())
        picture = self.preview.picture_rect().toRect().adjusted(INSIDE, INSIDE, -INSIDE, -INSIDE)
        self.badge.move(picture.topLeft())
        self.reset.adjustSize()
        self.reset.move(picture.right() - self.reset.width(), picture.top())
        self.inset.show_beside(self.preview.picture_rect().width())
        inset = self.inset.size()
        self.inset.move(picture.right() - inset.width(), picture.bottom() - inset.height())

    def _show_reset(self, viewport: Viewport) -> None:
        self.reset.setVisible(not viewport.is_neutral)

    def _make_reset(self) -> QPushButton:
        reset = QPushButton("Reset view", self)
        reset.setObjectName("floating")
        reset.setIcon(label_icon("fit", theme.TEXT, theme.FAINT, 16))
        reset.setIconSize(QSize(16 + LABEL_GAP, 16))
        reset.setToolTip("Show the framing as it is (double click)")
        reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        reset.setCursor(Qt.CursorShape.PointingHandCursor)
        reset.clicked.connect(self.preview.reset_viewport)
        reset.hide()
        return reset
