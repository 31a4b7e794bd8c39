"""The avatar, live, over its background; the mouse zooms and moves it."""

import time

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QHideEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from avatar_app.engine import EngineState, LatestSlot
from avatar_app.engine.frames import AvatarFrame
from avatar_app.gui import theme
from avatar_app.gui.choices import TRANSPARENT
from avatar_app.gui.frame_image import image_of_avatar
from avatar_app.gui.icons import drawing
from avatar_app.gui.viewport import Viewport

PULL_MS = 15
MARGIN = 20  # around the picture
CORNER = 12
CHECKER_PX = 14
PROGRESS_WIDTH = 132
PROGRESS_PERIOD_S = 1.6
INVITATIONS = {
    EngineState.STOPPED: ("Ready when you are", "Press Start, or the space bar"),
    EngineState.STARTING: ("Getting ready…", "Opening the avatar and the source"),
    EngineState.STOPPING: ("Stopping…", ""),
    EngineState.FAILED: ("Not live", "See the line above"),
}


class Preview(QWidget):
    """Show the newest avatar frame as the output will have it.

    The widget pulls on a timer, so a window that was busy shows the newest picture at once.

    Signals:
        viewport_changed(Viewport): The user zoomed or dragged the avatar.
    """

    viewport_changed = Signal(object)

    def __init__(self, slot: LatestSlot[AvatarFrame], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preview")
        self.setAccessibleName("Preview of the avatar")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._slot = slot
        self._frame: AvatarFrame | None = None
        self._image: QImage | None = None
        self._state = EngineState.STOPPED
        self._viewport = Viewport()
        self._backdrop = TRANSPARENT
        self._backdrop_image: QPixmap | None = None
        self._dragged_from: QPointF | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(PULL_MS)
        self._timer.timeout.connect(self.pull)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Stay large enough to be of use."""
        return QSize(320, 320)

    @property
    def frame(self) -> AvatarFrame | None:
        """The frame in sight."""
        return self._frame

    @property
    def viewport(self) -> Viewport:
        """Zoom and shift that the mouse changes."""
        return self._viewport

    def picture_rect(self) -> QRectF:
        """Return where the square picture lies in the widget."""
        side = max(min(self.width(), self.height()) - 2 * MARGIN, 16)
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def pull(self) -> None:
        """Take the newest frame, if there is one, and show it."""
        if self._is_waiting:
            self.update(self._progress_rect().toAlignedRect())
        frame = self._slot.take()
        if frame is None:
            return
        self._frame, self._image = frame, image_of_avatar(frame.image)
        if self._state is EngineState.RUNNING:
            self.update()

    def show_state(self, state: EngineState) -> None:
        """Show the pictures of a run, or an invitation when there is none."""
        self._state = state
        if state is EngineState.STARTING:
            self._frame = self._image = None
        self.update()

    def show_viewport(self, viewport: Viewport) -> None:
        """Start mouse changes from this zoom and shift."""
        self._viewport = viewport

    def show_background(self, background: str) -> None:
        """Lay the avatar over ``transparent``, a ``#rrggbb`` colour or an image file."""
        if background == self._backdrop:
            return
        self._backdrop = background
        is_image = background != TRANSPARENT and not background.startswith("#")
        self._backdrop_image = QPixmap(background) if is_image else None
        self.update()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Pull while in sight."""
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 (Qt's name)
        """Rest while out of sight."""
        super().hideEvent(event)
        self._timer.stop()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 (Qt's name)
        """Zoom about the pointer."""
        steps = event.angleDelta().y() / 120.0
        if steps:
            at = self._offset(event.position())
            self._change_viewport(self._viewport.zoomed(steps, at))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Take hold of the avatar."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._dragged_from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Drag the avatar."""
        if self._dragged_from is None:
            return
        moved = event.position() - self._dragged_from
        self._dragged_from = event.position()
        side = self.picture_rect().width()
        self._change_viewport(self._viewport.shifted(moved.x() / side, -moved.y() / side))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Let go of the avatar."""
        self._dragged_from = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Go back to the framing as it is."""
        self.reset_viewport()

    def reset_viewport(self) -> None:
        """Show the framing as it is."""
        self._change_viewport(Viewport())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Paint the background, the avatar and, without a run, the invitation."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rect = self.picture_rect()
        outline = QPainterPath()
        outline.addRoundedRect(rect, CORNER, CORNER)
        painter.setClipPath(outline)
        is_live = self._state in (EngineState.RUNNING, EngineState.STOPPING)
        if is_live and self._image is not None:
            self._paint_backdrop(painter, rect)
            painter.drawImage(rect, self._image)
        else:
            painter.fillRect(rect, QColor(theme.PANEL))
            shown = EngineState.STARTING if self._is_waiting else self._state
            _paint_invitation(painter, rect, *INVITATIONS[shown])
            if self._is_waiting:
                _paint_progress(painter, self._progress_rect(), time.monotonic())
        painter.setClipping(False)
        painter.setPen(QPen(QColor(255, 255, 255, 22), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(outline)

    @property
    def _is_waiting(self) -> bool:
        is_beginning = self._state in (EngineState.STARTING, EngineState.RUNNING)
        return is_beginning and self._image is None

    def _progress_rect(self) -> QRectF:
        middle = self.picture_rect().center()
        return QRectF(middle.x() - PROGRESS_WIDTH / 2, middle.y() + 110, PROGRESS_WIDTH, 4)

    def _paint_backdrop(self, painter: QPainter, rect: QRectF) -> None:
        if self._backdrop_image is not None and not self._backdrop_image.isNull():
            painter.drawPixmap(rect, self._backdrop_image, _middle_square(self._backdrop_image))
        elif self._backdrop.startswith("#"):
            painter.fillRect(rect, QColor(self._backdrop))
        else:
            paint_checkerboard(painter, rect, CHECKER_PX)

    def _offset(self, position: QPointF) -> tuple[float, float]:
        rect = self.picture_rect()
        from_centre = position - rect.center()
        return from_centre.x() / rect.width(), -from_centre.y() / rect.height()

    def _change_viewport(self, viewport: Viewport) -> None:
        if viewport != self._viewport:
            self._viewport = viewport
            self.viewport_changed.emit(viewport)


def paint_checkerboard(painter: QPainter, rect: QRectF, side: int) -> None:
    """Paint what stands for transparency."""
    tile = QPixmap(2 * side, 2 * side)
    tile.fill(QColor(theme.CHECKER_DARK))
    marks = QPainter(tile)
    for x, y in ((0, 0), (side, side)):
        marks.fillRect(x, y, side, side, QColor(theme.CHECKER_LIGHT))
    marks.end()
    painter.setBrushOrigin(rect.topLeft())
    painter.fillRect(rect, QBrush(tile))


def _middle_square(pixmap: QPixmap) -> QRectF:
    side = min(pixmap.width(), pixmap.height())
    return QRectF((pixmap.width() - side) / 2, (pixmap.height() - side) / 2, side, side)


def _paint_invitation(painter: QPainter, rect: QRectF, title: str, hint: str) -> None:
    side = min(128.0, rect.width() / 3)
    middle = rect.center()
    drawing("mascot").render(
        painter, QRectF(middle.x() - side / 2, middle.y() - side / 2 - 44, side, side)
    )
    font = painter.font()
    for text, size, colour, bold, below in (
        (title, 20, theme.TEXT, True, 34),
        (hint, 13, theme.MUTED, False, 64),
    ):
        font.setPixelSize(size)
        font.setWeight(font.Weight.DemiBold if bold else font.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        line = QRectF(rect.left(), middle.y() + below, rect.width(), 28)
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, text)


def _paint_progress(painter: QPainter, rect: QRectF, now_s: float) -> None:
    """Paint a light that runs along a line: something is under way, for how long is unknown."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.LINE))
    painter.drawRoundedRect(rect, 2, 2)
    phase = now_s / PROGRESS_PERIOD_S % 1.0
    length = rect.width() * 0.34
    left = rect.left() - length + phase * (rect.width() + length)
    lit = QRectF(left, rect.top(), length, rect.height()).intersected(rect)
    painter.setBrush(QColor(theme.YUZU))
    painter.drawRoundedRect(lit, 2, 2)
