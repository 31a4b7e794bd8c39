"""A button that is filled with what it stands for: a colour, an image, a checkerboard."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from avatar_app.gui import theme
from avatar_app.gui.choices import TRANSPARENT
from avatar_app.gui.icons import glyph
from avatar_app.gui.widgets.preview import paint_checkerboard

HEIGHT = 38


class Swatch(QAbstractButton):
    """One background to choose, drawn as it will look."""

    def __init__(self, sign: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fill = TRANSPARENT
        self._sign = sign
        self._image: QPixmap | None = None
        self.setCheckable(True)
        self.setText(name)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Return the preferred size; the row stretches it."""
        return QSize(56, HEIGHT)

    def show_fill(self, fill: str) -> None:
        """Show ``transparent``, a colour, an image file or, for an empty text, nothing."""
        self.fill = fill
        is_image = bool(fill) and fill != TRANSPARENT and not fill.startswith("#")
        self._image = QPixmap(fill) if is_image else None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Paint the background in small, its icon, and a ring when it is chosen."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(self.rect()).adjusted(2.5, 2.5, -2.5, -2.5)
        path = QPainterPath()
        path.addRoundedRect(frame, 7, 7)
        painter.setClipPath(path)
        self._paint_fill(painter, frame)
        painter.setClipping(False)
        if self._sign:
            sign = glyph(self._sign, self._ink(), 18, self.devicePixelRatioF())
            painter.drawPixmap(frame.center() - QPointF(9, 9), sign)
        painter.setPen(QPen(QColor(theme.LINE), 1))
        painter.drawPath(path)
        if self.isChecked() or self.hasFocus():
            painter.setPen(QPen(QColor(theme.YUZU if self.isChecked() else theme.TEXT), 2))
            painter.drawRoundedRect(frame.adjusted(-1.5, -1.5, 1.5, 1.5), 8.5, 8.5)

    def _paint_fill(self, painter: QPainter, frame: QRectF) -> None:
        if self._image is not None and not self._image.isNull():
            height = self._image.width() * frame.height() / frame.width()
            top = (self._image.height() - height) / 2
            painter.drawPixmap(frame, self._image, QRectF(0, top, self._image.width(), height))
        elif self.fill == TRANSPARENT:
            paint_checkerboard(painter, frame, 7)
        else:
            painter.fillRect(frame, QColor(self.fill) if self.fill else QColor(theme.RAISED))

    def _ink(self) -> str:
        if self._image is not None:
            return "#ffffff"
        is_light = self.fill.startswith("#") and QColor(self.fill).lightnessF() > 0.55
        return "#101010" if is_light else theme.TEXT
