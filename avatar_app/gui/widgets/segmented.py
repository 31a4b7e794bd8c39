"""A row of joined buttons of which one is chosen."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QWidget


class Segmented(QFrame):
    """Choose one of a few values that are all in sight.

    Signals:
        chosen(str): The user picked another value.
    """

    chosen = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str, str]], parent: QWidget | None = None):
        """Make the buttons.

        Args:
            options: Value, label and tool tip of each.
            parent: Qt's parent.
        """
        super().__init__(parent)
        self.setObjectName("segmented")
        self._buttons: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(3)
        for value, label, tip in options:
            button = QPushButton(label)
            button.setObjectName("segment")
            button.setCheckable(True)
            button.setToolTip(tip)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(lambda _checked, value=value: self.chosen.emit(value))
            self._group.addButton(button)
            self._buttons[value] = button
            row.addWidget(button, 1)

    @property
    def value(self) -> str:
        """The value whose button is down; empty before the first choice."""
        return next((value for value, button in self._buttons.items() if button.isChecked()), "")

    def show_value(self, value: str) -> None:
        """Press the button of ``value`` without telling anyone."""
        if value in self._buttons:
            self._buttons[value].setChecked(True)

    def button(self, value: str) -> QPushButton:
        """Return the button of one value."""
        return self._buttons[value]
