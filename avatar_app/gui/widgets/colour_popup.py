"""Pick a colour: a field of shades, a strip of hues, a code, a few usual ones."""

from PySide6.QtCore import QPoint, QPointF, QRectF, QRegularExpression, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QRegularExpressionValidator,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from avatar_app.gui import theme
from avatar_app.gui.widgets.swatch import Swatch

USUAL = ("#0047bb", "#ff00ff", "#000000", "#ffffff", "#8a979b", "#f5c92f", "#2f6fed", "#ffb7c5")
WIDTH, FIELD_HEIGHT, STRIP_HEIGHT = 236, 148, 16
CORNER = 8
NUDGE = 0.02  # share of the range per press of an arrow key


class Slider2d(QWidget):
    """A rectangle in which a point is dragged or nudged with the arrow keys.

    Signals:
        moved(): The user moved the point.
    """

    moved = Signal()

    def __init__(self, height: int, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(QSize(WIDTH, height))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(name)
        self.hue = 0.0
        self.point = (0.0, 0.0)  # shares of the width and of the height, from the top left

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Put the point under the pointer."""
        self._move_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Drag the point."""
        self._move_to(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Nudge the point."""
        steps = {
            Qt.Key.Key_Left: (-NUDGE, 0.0),
            Qt.Key.Key_Right: (NUDGE, 0.0),
            Qt.Key.Key_Up: (0.0, -NUDGE),
            Qt.Key.Key_Down: (0.0, NUDGE),
        }
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._set(self.point[0] + step[0], self.point[1] + step[1])

    def paint_frame(self, painter: QPainter, knob: QColor) -> None:
        """Paint the outline and the knob over what the subclass painted."""
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.TEXT if self.hasFocus() else theme.LINE), 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)
        radius = min(7.0, self.height() / 2 - 1)
        x = radius + 1 + self.point[0] * (self.width() - 2 * radius - 2)
        y = radius + 1 + self.point[1] * (self.height() - 2 * radius - 2)
        painter.setBrush(knob)
        painter.setPen(QPen(QColor("#ffffff"), 2))
        painter.drawEllipse(QPointF(x, y), radius - 1, radius - 1)

    def _move_to(self, position: QPointF) -> None:
        self._set(position.x() / self.width(), position.y() / self.height())

    def _set(self, x: float, y: float) -> None:
        self.point = (min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))
        self.update()
        self.moved.emit()


class ShadeField(Slider2d):
    """Saturation to the right, value upwards, of one hue."""

    @property
    def colour(self) -> QColor:
        """The colour under the point."""
        return QColor.fromHsvF(self.hue, self.point[0], 1.0 - self.point[1])

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Paint all shades of the hue."""
        painter = _clipped(self)
        across = QLinearGradient(0, 0, self.width(), 0)
        across.setColorAt(0.0, QColor("#ffffff"))
        across.setColorAt(1.0, QColor.fromHsvF(self.hue, 1.0, 1.0))
        painter.fillRect(self.rect(), across)
        down = QLinearGradient(0, 0, 0, self.height())
        down.setColorAt(0.0, QColor(0, 0, 0, 0))
        down.setColorAt(1.0, QColor("#000000"))
        painter.fillRect(self.rect(), down)
        self.paint_frame(painter, self.colour)
        painter.end()


class HueStrip(Slider2d):
    """All hues from left to right."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Paint the rainbow."""
        painter = _clipped(self)
        across = QLinearGradient(0, 0, self.width(), 0)
        for step in range(7):
            across.setColorAt(step / 6, QColor.fromHsvF(step / 6 % 1.0, 1.0, 1.0))
        painter.fillRect(self.rect(), across)
        self.paint_frame(painter, QColor.fromHsvF(self.point[0] % 1.0, 1.0, 1.0))
        painter.end()


class ColourPopup(QFrame):
    """Float beside a control and tell each colour as it is tried, so that it is seen live.

    Signals:
        chosen(str): ``#rrggbb``, many times.
    """

    chosen = Signal(str)

    def __init__(self, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.shades = ShadeField(FIELD_HEIGHT, "Saturation and brightness")
        self.hues = HueStrip(STRIP_HEIGHT, "Hue")
        self.code = QLineEdit()
        self.code.setAccessibleName("Colour code")
        pattern = QRegularExpression("#?[0-9a-fA-F]{6}")
        self.code.setValidator(QRegularExpressionValidator(pattern, self))
        self.shades.moved.connect(self._tell)
        self.hues.moved.connect(self._turn_hue)
        self.code.textEdited.connect(self._read_code)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(12)
        for widget in (self.shades, self.hues):
            column.addWidget(widget)
        column.addLayout(self._usual_row())
        column.addWidget(self.code)
        self.show_colour(colour)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Paint the panel; style sheets leave out the ground of a see-through window."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.LINE), 1))
        painter.setBrush(QColor(theme.RAISED))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 13, 13)
        painter.end()

    def show_colour(self, colour: str) -> None:
        """Point at a colour without telling anyone."""
        wanted = QColor(colour)
        if wanted.hsvHueF() >= 0.0:  # greys have none, keep the last
            self.hues.point = (wanted.hsvHueF(), 0.5)
            self.shades.hue = wanted.hsvHueF()
        self.shades.point = (wanted.hsvSaturationF(), 1.0 - wanted.valueF())
        self.hues.update()
        self.shades.update()
        self.code.setText(wanted.name())

    def open_below(self, control: QWidget) -> None:
        """Show the popup under a control, within its window."""
        self.adjustSize()
        corner = control.mapToGlobal(QPoint(control.width() - self.width(), control.height() + 6))
        self.move(corner)
        self.show()

    def _usual_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        for colour in USUAL:
            swatch = Swatch("", colour)
            swatch.setCheckable(False)
            swatch.setFixedSize(26, 26)
            swatch.show_fill(colour)
            swatch.clicked.connect(lambda _checked, colour=colour: self._take(colour))
            row.addWidget(swatch)
        return row

    def _take(self, colour: str) -> None:
        self.show_colour(colour)
        self.chosen.emit(QColor(colour).name())

    def _turn_hue(self) -> None:
        self.hues.point = (self.hues.point[0], 0.5)
        self.shades.hue = self.hues.point[0] % 1.0
        self.shades.update()
        self._tell()

    def _tell(self) -> None:
        colour = self.shades.colour.name()
        self.code.setText(colour)
        self.chosen.emit(colour)

    def _read_code(self, text: str) -> None:
        digits = text.removeprefix("#")
        if len(digits) == 6:
            position = self.code.cursorPosition()
            self._take(f"#{digits}")
            self.code.setCursorPosition(position)


def _clipped(widget: QWidget) -> QPainter:
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addRoundedRect(QRectF(widget.rect()), CORNER, CORNER)
    painter.setClipPath(path)
    return painter
