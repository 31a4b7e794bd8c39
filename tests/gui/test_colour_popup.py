"""The popup in which a background colour is tried."""

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from avatar_app.gui.widgets.colour_popup import ColourPopup

pytestmark = pytest.mark.gui


@pytest.fixture
def popup(qtbot: QtBot) -> ColourPopup:
    widget = ColourPopup("#2f6fed")
    qtbot.addWidget(widget)
    return widget


def test_it_opens_at_the_colour_in_use(popup: ColourPopup) -> None:
    assert popup.code.text() == "#2f6fed"
    assert popup.shades.colour.name() == "#2f6fed"


def test_every_colour_that_is_tried_is_told(popup: ColourPopup, qtbot: QtBot) -> None:
    told: list[str] = []
    popup.chosen.connect(told.append)
    qtbot.mousePress(popup.shades, Qt.MouseButton.LeftButton, pos=QPoint(0, 37))
    qtbot.keyClick(popup.shades, Qt.Key.Key_Down)
    assert told == ["#bfbfbf", "#bababa"]
    assert popup.code.text() == "#bababa"


def test_a_grey_keeps_the_hue_for_later(popup: ColourPopup) -> None:
    hue = popup.shades.hue
    popup.show_colour("#808080")
    assert popup.shades.hue == hue


def test_a_code_counts_when_it_is_complete(popup: ColourPopup, qtbot: QtBot) -> None:
    told: list[str] = []
    popup.chosen.connect(told.append)
    popup.code.clear()
    qtbot.keyClicks(popup.code, "#ff80")
    assert told == []
    qtbot.keyClicks(popup.code, "00")
    assert told == ["#ff8000"]
