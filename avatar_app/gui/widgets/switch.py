"""An on-off switch with a sliding thumb."""

from PySide6.QtCore import Property, QEasingCurve, QPropertyAnimation, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from avatar_app.gui import theme

TRACK_WIDTH, TRACK_HEIGHT = 38, 22
MARGIN = 3  # above and below, so that the switch is easier to hit
SLIDE_MS = 130


class Switch(QAbstractButton):
    """A check box in the shape of a switch; its ``text`` is for screen readers only."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._position = 0.0
        self._slide = QPropertyAnimation(self, b"thumb_position", self)
        self._slide.setDuration(SLIDE_MS)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.toggled.connect(self._slide_to)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the only size the switch has."""
        return QSize(TRACK_WIDTH + MARGIN, TRACK_HEIGHT + 2 * MARGIN)

    def _slide_to(self, checked: bool) -> None:
        self._slide.stop()
        if not self.isVisible():
            self._set_position(float(checked))
            return
        self._slide.setEndValue(float(checked))
        self._slide.start()

    def _get_position(self) -> float:
        return self._position

    def _set_position(self, position: float) -> None:
        self._position = position
        self.update()

    thumb_position = Property(float, _get_position, _set_position)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Paint the track, the thumb and, with the keyboard's focus, a ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(MARGIN, MARGIN, TRACK_WIDTH, TRACK_HEIGHT)
        off, on = QColor(theme.HOVER if self.underMouse() else theme.LINE), QColor(theme.YUZU)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_between(off, on, self._position))
        painter.drawRoundedRect(track, TRACK_HEIGHT / 2, TRACK_HEIGHT / 2)
        side = TRACK_HEIGHT - 6
        left = track.left() + 3 + self._position * (TRACK_WIDTH - TRACK_HEIGHT)
        painter.setBrush(_between(QColor(theme.TEXT), QColor(theme.ON_YUZU), self._position))
        painter.drawEllipse(QRectF(left, track.top() + 3, side, side))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.TEXT), 1.5))
            ring = track.adjusted(0.75, 0.75, -0.75, -0.75)
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)


def _between(start: QColor, end: QColor, share: float) -> QColor:
    return QColor.fromRgbF(
        start.redF() + (end.redF() - start.redF()) * share,
        start.greenF() + (end.greenF() - start.greenF()) * share,
        start.blueF() + (end.blueF() - start.blueF()) * share,
    )
