"""The app's own icons: one-colour SVG drawings, tinted and sharp at any scale."""

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from avatar_app.paths import resources_folder

DRAWN_COLOUR = "#000000"  # what the drawings use for every line, replaced by the tint
LABEL_GAP = 6
SCALES = (1.0, 1.5, 2.0, 3.0)


def drawing(name: str, colour: str | None = None) -> QSvgRenderer:
    """Load ``resources/icons/NAME.svg``, tinted when a colour is given."""
    text = (resources_folder() / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    if colour is not None:
        text = text.replace(DRAWN_COLOUR, colour)
    return QSvgRenderer(QByteArray(text.encode("utf-8")))


@cache
def glyph(name: str, colour: str | None, size: int, scale: float) -> QPixmap:
    """Paint one icon.

    Args:
        name: File name without its ending.
        colour: Tint as ``#rrggbb``; None keeps the drawing's own colours.
        size: Side in device-independent pixels.
        scale: Device pixels per device-independent pixel.
    """
    pixmap = QPixmap(QSize(size, size) * scale)
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    drawing(name, colour).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


def icon(name: str, colour: str | None, size: int = 20) -> QIcon:
    """Make an icon for buttons and lists."""
    made = QIcon()
    for scale in SCALES:
        made.addPixmap(glyph(name, colour, size, scale))
    return made


def label_icon(name: str, colour: str, disabled: str, size: int = 20) -> QIcon:
    """Make an icon that stands before a button's text.

    It is ``LABEL_GAP`` wider than high, the air that Qt leaves out; ``disabled`` is its tint
    while the button cannot be used.
    """
    made = QIcon()
    for scale in SCALES:
        for mode, tint in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, disabled)):
            wide = QPixmap(QSize(size + LABEL_GAP, size) * scale)
            wide.setDevicePixelRatio(scale)
            wide.fill(Qt.GlobalColor.transparent)
            painter = QPainter(wide)
            painter.drawPixmap(0, 0, glyph(name, tint, size, scale))
            painter.end()
            made.addPixmap(wide, mode)
    return made


def app_icon() -> QIcon:
    """Make the icon of the window and the task bar."""
    made = QIcon()
    for size in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(glyph("kigurumi", None, size, 1.0))
    return made
