"""Swatches for what lies behind the avatar: nothing, green, a colour, an image."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from avatar_app.gui.choices import GREEN, TRANSPARENT
from avatar_app.gui.widgets.swatch import Swatch


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
