"""A point cloud that the mouse turns, over a floor in the dark."""

import math
import time

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QHideEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from avatar_app.gui.cloud_picture import CloudPicture, CloudScene
from avatar_app.gui.cloud_view import CloudView
from avatar_app.gui.cloud_worker import CloudWorker, PictureRequest
from avatar_app.gui.frame_image import image_of_avatar
from avatar_app.gui.widgets.cloud_backdrop import paint_dark, paint_floor, paint_message

TURN_MS = 33  # calm enough to leave the processor to the live avatar
IDLE_TURN_RAD_S = 0.35
FINE_MS = 140  # of rest, after which a picture is worth its time
FINE_SCALE = 2.0  # pixels drawn per device-independent pixel, for smooth rims
COARSE_PIXELS, FINE_PIXELS = 700_000, 3_200_000
KEY_TURN = 0.06  # picture sides per press of an arrow key
FOG = (12, 29, 36)  # sRGB


class CloudCanvas(QWidget):
    """Show a scene: drag turns, the wheel zooms, dragging with another button shifts.

    The pictures are drawn by the worker; the widget never waits for them.

    Signals:
        view_changed(CloudView): The user looks from elsewhere.
    """

    view_changed = Signal(object)

    def __init__(self, worker: CloudWorker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cloud")
        self.setAccessibleName("Point cloud of the avatar")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._worker = worker
        self._scenes: tuple[CloudScene, ...] = ()
        self._picture: CloudPicture | None = None
        self._image: QImage | None = None
        self._message = ("", "")
        self._view = CloudView()
        self._turns = True
        self._dragged_from: QPointF | None = None
        self._shifts = False
        self._turned_s = time.monotonic()
        self._turn_timer = self._timer(TURN_MS, self._turn)
        self._fine_timer = self._timer(FINE_MS, self._ask_fine)
        self._fine_timer.setSingleShot(True)
        worker.drawn.connect(self._take)

    @property
    def view(self) -> CloudView:
        """From where the cloud is looked at."""
        return self._view

    @property
    def picture(self) -> CloudPicture | None:
        """What is in sight."""
        return self._picture

    @property
    def message(self) -> tuple[str, str]:
        """Title and hint that stand where no cloud is; empty beside a cloud."""
        return self._message

    @property
    def turns(self) -> bool:
        """True while the cloud turns by itself."""
        return self._turns

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Ask for a little more height than width."""
        return QSize(640, 700)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Stay large enough to be of use."""
        return QSize(320, 320)

    def show_scenes(self, scenes: tuple[CloudScene, ...]) -> None:
        """Show another cloud, or the same in other colours, from where the last one was seen.

        Args:
            scenes: One or more, fine to coarse.
        """
        self._scenes, self._message = scenes, ("", "")
        self._run_timers()
        self._ask()

    def show_message(self, title: str, hint: str = "") -> None:
        """Say something where the cloud would be."""
        self._scenes, self._picture, self._image = (), None, None
        self._message = (title, hint)
        self._worker.forget()
        self._run_timers()
        self.update()

    def reset(self) -> None:
        """Look as at the beginning, and turn slowly."""
        self._turns = True
        self._look(CloudView())
        self._run_timers()

    def look_from(self, view: CloudView) -> None:
        """Look from where the user wants, who does not want it to turn by itself any more."""
        self._turns = False
        self._look(view)
        self._run_timers()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Turn while in sight."""
        super().showEvent(event)
        self._run_timers()
        self._ask()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 (Qt's name)
        """Rest while out of sight."""
        super().hideEvent(event)
        self._worker.forget()
        self._run_timers()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """Draw anew in the new size."""
        super().resizeEvent(event)
        self._ask()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 (Qt's name)
        """Zoom about the pointer."""
        steps = event.angleDelta().y() / 120.0
        if steps:
            side = self._side()
            away = event.position() - QPointF(self.rect().toRectF().center())
            at = (away.x() / side, -away.y() / side)
            self.look_from(self._view.zoomed(steps, at))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Take hold of the cloud; the other buttons, and Shift, shift it."""
        is_left = event.button() is Qt.MouseButton.LeftButton
        self._shifts = not is_left or bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._dragged_from = event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Turn or shift the cloud."""
        if self._dragged_from is None:
            return
        moved = (event.position() - self._dragged_from) / self._side()
        self._dragged_from = event.position()
        change = self._view.shifted if self._shifts else self._view.dragged
        self.look_from(change(moved.x(), -moved.y() if self._shifts else moved.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Let go of the cloud."""
        self._dragged_from = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 (Qt's name)
        """Look as at the beginning."""
        self.reset()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Turn with the arrows, zoom with plus and minus, begin anew with Home."""
        turn = {
            Qt.Key.Key_Left: (-KEY_TURN, 0.0),
            Qt.Key.Key_Right: (KEY_TURN, 0.0),
            Qt.Key.Key_Up: (0.0, -KEY_TURN),
            Qt.Key.Key_Down: (0.0, KEY_TURN),
        }.get(Qt.Key(event.key()))
        zoom = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}
        if turn is not None:
            self.look_from(self._view.dragged(*turn))
        elif event.key() in zoom:
            self.look_from(self._view.zoomed(zoom[Qt.Key(event.key())], self._view.pan))
        elif event.key() == Qt.Key.Key_Home:
            self.reset()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Paint the dark, the floor and the cloud."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        paint_dark(painter, self.rect().toRectF())
        if self._picture is not None and self._image is not None and self._scenes:
            scale = self.width() / self._picture.size[0]
            paint_floor(painter, self._scenes[0], self._picture.view, (self.width(), self.height()))
            place = QRectF(
                self._picture.left * scale,
                self._picture.top * scale,
                self._image.width() * scale,
                self._image.height() * scale,
            )
            painter.drawImage(place, self._image)
        elif self._message[0]:
            paint_message(painter, self.rect().toRectF(), *self._message)

    def _look(self, view: CloudView) -> None:
        if view != self._view:
            self._view = view
            self._ask()
            self.view_changed.emit(view)

    def _turn(self) -> None:
        now_s = time.monotonic()
        elapsed_s = min(now_s - self._turned_s, 0.1)
        self._turned_s = now_s
        self._view = self._view.turned(IDLE_TURN_RAD_S * elapsed_s)
        self._ask()

    def _ask(self) -> None:
        """Ask for a picture at once, and for a fine one when nothing moves any more."""
        self._request(self.devicePixelRatioF(), COARSE_PIXELS, is_fine=False)
        if not self._turns:
            self._fine_timer.start()

    def _ask_fine(self) -> None:
        self._request(max(self.devicePixelRatioF(), FINE_SCALE), FINE_PIXELS, is_fine=True)

    def _request(self, scale: float, limit: int, *, is_fine: bool) -> None:
        if not self._scenes or not self.isVisible():
            return
        factor = min(scale, math.sqrt(limit / max(self.width() * self.height(), 1)))
        size = (max(round(self.width() * factor), 1), max(round(self.height() * factor), 1))
        self._worker.draw(PictureRequest(self._scenes, self._view, size, FOG, is_fine))

    def _take(self, picture: CloudPicture) -> None:
        if not self._scenes:
            return
        self._picture, self._image = picture, image_of_avatar(picture.image)
        self.update()

    def _run_timers(self) -> None:
        self._turned_s = time.monotonic()
        if self._turns and self._scenes and self.isVisible():
            self._turn_timer.start()
        else:
            self._turn_timer.stop()
        if not self.isVisible():
            self._fine_timer.stop()

    def _side(self) -> float:
        return float(max(min(self.width(), self.height()), 1))

    def _timer(self, interval_ms: int, call: object) -> QTimer:
        timer = QTimer(self)
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.setInterval(interval_ms)
        timer.timeout.connect(call)
        return timer
