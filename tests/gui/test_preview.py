"""Pixels and mouse of the preview."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from avatar_app.engine import EngineState, LatestSlot
from avatar_app.engine.frames import AvatarFrame, FrameStamp
from avatar_app.gui.frame_image import image_of_avatar, image_of_webcam
from avatar_app.gui.widgets.preview import Preview

pytestmark = pytest.mark.gui

STAMP = FrameStamp(frame_id=0, captured_ns=0, media_s=0.0)


@pytest.fixture
def slot() -> LatestSlot[AvatarFrame]:
    return LatestSlot()


@pytest.fixture
def preview(qtbot: QtBot, slot: LatestSlot[AvatarFrame]) -> Preview:
    widget = Preview(slot)
    qtbot.addWidget(widget)
    widget.resize(400, 360)
    widget.show()
    return widget


def rgb(image: QImage, x: int, y: int) -> tuple[int, int, int]:
    colour = image.pixelColor(x, y)
    return colour.red(), colour.green(), colour.blue()


def test_premultiplied_colours_are_laid_over_without_being_multiplied_again() -> None:
    premultiplied = np.zeros((2, 3, 4), np.uint8)
    premultiplied[0, 1] = (100, 50, 0, 128)  # half covered
    premultiplied[1, 2] = (10, 200, 30, 255)  # covered
    canvas = QImage(3, 2, QImage.Format.Format_RGB32)
    canvas.fill(QColor(0, 0, 200))
    painter = QPainter(canvas)
    painter.drawImage(0, 0, image_of_avatar(premultiplied))
    painter.end()
    assert rgb(canvas, 0, 0) == (0, 0, 200)
    assert np.allclose(rgb(canvas, 1, 0), (100, 50, 200 * 127 / 255), atol=1.5)
    assert rgb(canvas, 2, 1) == (10, 200, 30)


def test_rows_that_are_not_contiguous_are_copied(rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (6, 10, 4), np.uint8)
    pixels[..., 3] = 255
    image = image_of_avatar(pixels[:, ::2])
    assert rgb(image, 3, 4) == tuple(pixels[4, 6, :3])


def test_a_webcam_picture_keeps_its_order_of_colours() -> None:
    pixels = np.zeros((4, 5, 3), np.uint8)
    pixels[1, 2] = (250, 120, 10)
    assert rgb(image_of_webcam(pixels), 2, 1) == (250, 120, 10)


@pytest.mark.parametrize("shape", [(4, 4, 3), (4, 4), (4, 4, 5)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="unexpected image shape"):
        image_of_avatar(np.zeros(shape, np.uint8))


def test_the_avatar_stands_before_the_chosen_colour(
    preview: Preview, slot: LatestSlot[AvatarFrame]
) -> None:
    image = np.zeros((64, 64, 4), np.uint8)
    image[:, 32:] = (200, 20, 40, 255)
    slot.publish(AvatarFrame(stamp=STAMP, image=image))
    preview.show_background("#0000ff")
    preview.show_state(EngineState.RUNNING)
    preview.pull()
    shown = preview.grab().toImage()
    middle = preview.picture_rect().center().toPoint()
    assert rgb(shown, middle.x() - 60, middle.y()) == (0, 0, 255)
    assert rgb(shown, middle.x() + 60, middle.y()) == (200, 20, 40)


def test_a_wheel_notch_zooms_about_the_pointer(preview: Preview) -> None:
    rect = preview.picture_rect()
    at = rect.center() + QPointF(rect.width() / 4, 0)
    told = []
    preview.viewport_changed.connect(told.append)
    event = QWheelEvent(
        at, preview.mapToGlobal(at), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(preview, event)
    assert told[-1].zoom == pytest.approx(1.12)
    assert told[-1].pan[0] == pytest.approx(0.25 * (1 - 1.12))
    assert told[-1].pan[1] == pytest.approx(0.0)


def test_a_drag_shifts_by_parts_of_the_picture(preview: Preview, qtbot: QtBot) -> None:
    side = preview.picture_rect().width()
    start = preview.picture_rect().center().toPoint()
    qtbot.mousePress(preview, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(preview, start + QPoint(int(side / 4), int(side / 8)))
    qtbot.mouseRelease(preview, Qt.MouseButton.LeftButton)
    assert preview.viewport.pan == pytest.approx((0.25, -0.125), abs=0.01)
    preview.reset_viewport()
    assert preview.viewport.is_neutral


def test_out_of_sight_nothing_is_pulled(preview: Preview, slot: LatestSlot[AvatarFrame]) -> None:
    preview.hide()
    slot.publish(AvatarFrame(stamp=STAMP, image=np.zeros((8, 8, 4), np.uint8)))
    QApplication.processEvents()
    assert preview.frame is None
