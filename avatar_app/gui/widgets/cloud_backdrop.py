"""What surrounds a point cloud: the dark, the floor it stands on, words where there is none."""

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QRadialGradient

from avatar_app.gui import theme
from avatar_app.gui.cloud_picture import CloudScene, project
from avatar_app.gui.cloud_view import CloudView

GLOW = "#17353f"
RINGS = (0.62, 1.0)  # radii, of half the cloud's width
RING_STEPS = 96
SHADOW_STEPS = 7
FRONT_MARK = ((-0.035, 1.06), (0.035, 1.06), (0.0, 1.13))  # a small arrow to where it looks


def paint_dark(painter: QPainter, rect: QRectF) -> None:
    """Paint the dark, with a glow about its middle."""
    glow = QRadialGradient(
        QPointF(rect.center().x(), rect.top() + 0.46 * rect.height()), 0.72 * rect.height()
    )
    glow.setColorAt(0.0, QColor(GLOW))
    glow.setColorAt(1.0, QColor(theme.STAGE))
    painter.fillRect(rect, glow)


def paint_floor(
    painter: QPainter, scene: CloudScene, view: CloudView, size: tuple[int, int]
) -> None:
    """Paint what the figure stands on: a soft shadow, two rings, and where its front is."""
    projection = project(scene, view, size)
    radius, floor = 0.5 * scene.width, -0.5 * scene.height

    def polygon(points: list[tuple[float, float]]) -> QPolygonF:
        ground = np.array([(x * radius, floor, z * radius) for x, z in points], np.float32)
        column, row, _ = projection.place(ground)
        return QPolygonF(
            [QPointF(x, y) for x, y in zip(column.tolist(), row.tolist(), strict=True)]
        )

    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 22))
    for step in range(1, SHADOW_STEPS + 1):
        painter.drawPolygon(polygon(_circle(0.5 * step / SHADOW_STEPS)))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ring, strength in zip(RINGS, (60, 120), strict=True):
        line = QColor(theme.MUTED)
        line.setAlpha(strength)
        painter.setPen(QPen(line, 1.1))
        painter.drawPolygon(polygon(_circle(ring)))
    mark = QColor(theme.YUZU)
    mark.setAlpha(190)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(mark)
    painter.drawPolygon(polygon(list(FRONT_MARK)))


def _circle(radius: float) -> list[tuple[float, float]]:
    angles = [2 * math.pi * step / RING_STEPS for step in range(RING_STEPS)]
    return [(radius * math.cos(angle), radius * math.sin(angle)) for angle in angles]


def paint_message(painter: QPainter, rect: QRectF, title: str, hint: str) -> None:
    """Write something where the cloud would be."""
    font = painter.font()
    for text, size, colour, bold, below in (
        (title, 18, theme.TEXT, True, -30.0),
        (hint, 13, theme.MUTED, False, 4.0),
    ):
        font.setPixelSize(size)
        font.setWeight(font.Weight.DemiBold if bold else font.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        room = QRectF(rect.left() + 48, rect.center().y() + below, rect.width() - 96, 120)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(room, flags, text)
