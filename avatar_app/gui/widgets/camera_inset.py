"""The webcam's picture in a corner of the preview, off unless the user wants it."""

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from avatar_app.engine import LatestSlot
from avatar_app.engine.frames import CameraPreviewFrame
from avatar_app.gui.frame_image import image_of_webcam

PULL_MS = 50
ASPECT = 4 / 3
MIN_WIDTH, MAX_WIDTH, SHARE = 112, 192, 0.26  # of the picture's side
CORNER = 10


class CameraInset(QWidget):
    """Show what the webcam sees; while hidden, pictures are neither taken nor kept."""

    def __init__(self, slot: LatestSlot[CameraPreviewFrame], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.show_beside(0.0)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("What the webcam sees")
        self._slot = slot
        self._image: QImage | None = None
        self._mirror = True
        self._timer = QTimer(self)
        self._timer.setInterval(PULL_MS)
        self._timer.timeout.connect(self.pull)
        self.hide()

    def show_webcam(self, visible: bool) -> None:
        """Begin or end showing the webcam; what was seen is forgotten."""
        if visible == self._timer.isActive():
            return
        self.setVisible(visible)
        self.forget()
        if visible:
            self._timer.start()
        else:
            self._timer.stop()

    def show_beside(self, picture_side: float) -> None:
        """Take a size that suits the preview's picture."""
        width = round(min(max(picture_side * SHARE, MIN_WIDTH), MAX_WIDTH))
        self.setFixedSize(width, round(width / ASPECT))

    def show_mirrored(self, mirror: bool) -> None:
        """Show the picture as in a mirror."""
        self._mirror = mirror
        self.update()

    def forget(self) -> None:
        """Drop the picture in sight and the one that waits."""
        self._slot.take()
        self._image = None
        self.update()

    def pull(self) -> None:
        """Take the newest picture, if there is one."""
        frame = self._slot.take()
        if frame is not None:
            self._image = image_of_webcam(frame.image)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Paint the picture, cut to the frame; nothing while there is none."""
        if self._image is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        path = QPainterPath()
        path.addRoundedRect(frame, CORNER, CORNER)
        painter.setClipPath(path)
        self._paint_image(painter, self._image, frame)
        painter.setClipping(False)
        painter.setPen(QPen(QColor(255, 255, 255, 50), 1.2))
        painter.drawPath(path)

    def _paint_image(self, painter: QPainter, image: QImage, frame: QRectF) -> None:
        scale = max(frame.width() / image.width(), frame.height() / image.height())
        width, height = image.width() * scale, image.height() * scale
        painter.save()
        painter.translate(frame.center())
        if self._mirror:
            painter.scale(-1.0, 1.0)
        painter.drawImage(QRectF(-width / 2, -height / 2, width, height), image)
        painter.restore()
