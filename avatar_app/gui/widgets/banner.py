"""A calm line above the preview that says what went wrong and what to do."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from avatar_app.gui import theme
from avatar_app.gui.icons import glyph, icon

LONG = 170  # characters that three lines hold in the smallest window


class Banner(QFrame):
    """Show one sentence at a time; a new one takes the place of the old.

    Signals:
        retried(): The user wants to try again.
    """

    retried = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._sign = QLabel()
        self._text = QLabel()
        self._text.setObjectName("banner-text")
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._retry = QPushButton("Try again")
        self._retry.setObjectName("banner-retry")
        self._retry.clicked.connect(self.retried)
        self._close = QPushButton()
        self._close.setObjectName("banner-close")
        self._close.setIcon(icon("close", theme.MUTED, 16))
        self._close.setToolTip("Dismiss")
        self._close.setAccessibleName("Dismiss")
        self._close.clicked.connect(self.hide)
        for button in (self._retry, self._close):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 11, 10, 11)
        row.setSpacing(12)
        for widget in (self._sign, self._text, self._retry, self._close):
            row.addWidget(widget, 1 if widget is self._text else 0)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence in sight, or the last one."""
        return self._text.text()

    def show_error(self, sentence: str) -> None:
        """Say why the run ended, with a way to try again."""
        self._show(sentence, glyph_name="notice", colour=theme.CORAL, severity="error")

    def show_notice(self, sentence: str) -> None:
        """Say something that the user should know once."""
        self._show(sentence, glyph_name="notice", colour=theme.YUZU, severity="notice")

    def show_success(self, sentence: str) -> None:
        """Say what went well."""
        self._show(sentence, glyph_name="check", colour=theme.LEAF, severity="success")

    def withdraw(self, *severities: str) -> None:
        """Hide the sentence if it is one of ``error``, ``notice``, ``success``."""
        if self.property("severity") in severities:
            self.hide()

    def _show(self, sentence: str, *, glyph_name: str, colour: str, severity: str) -> None:
        self._sign.setPixmap(glyph(glyph_name, colour, 20, self.devicePixelRatioF()))
        self._text.setText(brief(sentence))
        self._text.setToolTip("" if brief(sentence).endswith(sentence[1:]) else sentence)
        self._retry.setVisible(severity == "error")
        self.setProperty("severity", severity)
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()


def brief(sentence: str) -> str:
    """Begin with a capital, and leave the details in brackets of a long sentence out."""
    begin, bracket, _ = sentence.partition(" (")
    shown = f"{begin}." if bracket and len(sentence) > LONG else sentence
    return shown[:1].upper() + shown[1:]
