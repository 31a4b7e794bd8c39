"""Swatches for what lies behind the avatar: nothing, green, a colour, an image."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from avatar_app.gui import theme
from avatar_app.gui.icons import glyph
from avatar_app.gui.widgets.preview import TRANSPARENT, paint_checkerboard

GREEN = "#00ff00"
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


class BackgroundPicker(QWidget):
    """Choose what lies behind the avatar.

    Signals:
        chosen(str): ``transparent``, ``#rrggbb`` or the path of an image.
        colour_wanted(): The user wants to pick a colour.
        image_wanted(): The user wants to pick an image.
    """

    chosen = Signal(str)
    colour_wanted = Signal()
    image_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.transparent = Swatch("", "Transparent")
        self.green = Swatch("", "Green screen")
        self.colour = Swatch("colour", "Another colour…")
        self.image = Swatch("image", "An image…")
        self.green.show_fill(GREEN)
        self.transparent.clicked.connect(lambda: self.chosen.emit(TRANSPARENT))
        self.green.clicked.connect(lambda: self.chosen.emit(GREEN))
        self.colour.clicked.connect(self.colour_wanted)
        self.image.clicked.connect(self.image_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for swatch in self.swatches:
            row.addWidget(swatch, 1)

    @property
    def swatches(self) -> tuple[Swatch, ...]:
        """All swatches, from left to right."""
        return (self.transparent, self.green, self.colour, self.image)

    def show_choice(self, background: str, colour: str, image: str) -> None:
        """Mark the background in use.

        Args:
            background: What is in use.
            colour: The last colour of the user's own.
            image: The last image of the user's own, or empty.
        """
        self.colour.show_fill(colour)
        self.image.show_fill(image)
        in_use = self._swatch_of(background)
        for swatch in self.swatches:
            swatch.setChecked(swatch is in_use)

    def _swatch_of(self, background: str) -> Swatch:
        if background == TRANSPARENT:
            return self.transparent
        if background.lower() == GREEN:
            return self.green
        return self.colour if background.startswith("#") else self.image
