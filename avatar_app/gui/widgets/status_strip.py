"""The line at the foot of the window: what the engine does, whom it sees, how fast."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from avatar_app.engine import EngineState, EngineStatistics
from avatar_app.gui import theme
from avatar_app.gui.icons import glyph

SENTENCES = {
    EngineState.STOPPED: "Stopped",
    EngineState.STARTING: "Starting…",
    EngineState.RUNNING: "Live",
    EngineState.STOPPING: "Stopping…",
    EngineState.FAILED: "Stopped by a problem",
}
COLOURS = {
    EngineState.STOPPED: theme.FAINT,
    EngineState.STARTING: theme.YUZU,
    EngineState.RUNNING: theme.LEAF,
    EngineState.STOPPING: theme.YUZU,
    EngineState.FAILED: theme.CORAL,
}
NO_FIGURE = "\u2013"


class Dot(QWidget):
    """A small coloured light."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(10, 10)
        self.colour = theme.FAINT

    def show_colour(self, colour: str) -> None:
        """Change the light."""
        self.colour = colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Paint the light."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self.colour))
        painter.drawEllipse(self.rect().adjusted(1, 1, -1, -1))


class ElidedLabel(QLabel):
    """A label that gives way: it ends in an ellipsis and tells all in its tool tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._full = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def full_text(self) -> str:
        """The text before it was cut."""
        return self._full

    def show_text(self, text: str) -> None:
        """Change the text."""
        self._full = text
        self.setToolTip(text)
        self._cut()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """Cut anew."""
        super().resizeEvent(event)
        self._cut()

    def _cut(self) -> None:
        elided = self.fontMetrics().elidedText(
            self._full, Qt.TextElideMode.ElideRight, self.width()
        )
        self.setText(elided)


class Figure(QWidget):
    """An icon and a short text beside it."""

    def __init__(self, sign: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign_name = sign
        self._colour = theme.MUTED
        self._sign = QLabel()
        self._text = QLabel(NO_FIGURE)
        self._text.setObjectName("figure")
        self.setToolTip(tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._sign)
        row.addWidget(self._text)
        self._paint_sign()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def show_text(self, text: str, colour: str = theme.MUTED) -> None:
        """Change the text and the tint of the icon."""
        self._text.setText(text)
        if colour != self._colour:
            self._colour = colour
            self._paint_sign()

    def _paint_sign(self) -> None:
        self._sign.setPixmap(glyph(self._sign_name, self._colour, 17, self.devicePixelRatioF()))


class StatusStrip(QFrame):
    """State and notices on the left, measured figures on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.dot = Dot()
        self.sentence = QLabel()
        self.sentence.setObjectName("status-sentence")
        self.notices = ElidedLabel()
        self.notices.setObjectName("status-notices")
        self.tracking = Figure("face", "Whether the webcam sees a face")
        self.rate = Figure("rate", "Avatar frames per second")
        self.latency = Figure("latency", "From the webcam's picture to the avatar's: the median")
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 0, 18, 0)
        row.setSpacing(10)
        row.addWidget(self.dot)
        row.addWidget(self.sentence)
        row.addWidget(self.notices, 1)
        for figure in (self.tracking, self.rate, self.latency):
            row.addSpacing(10)
            row.addWidget(figure)
        self.show_state(EngineState.STOPPED)

    def show_state(self, state: EngineState) -> None:
        """Say what the engine is doing; figures are there only during a run."""
        self.dot.show_colour(COLOURS[state])
        self.sentence.setText(SENTENCES[state])
        for figure in (self.tracking, self.rate, self.latency):
            figure.setVisible(state is EngineState.RUNNING)
            figure.show_text(NO_FIGURE)

    def show_notices(self, notices: tuple[str, ...]) -> None:
        """Say what degrades the run."""
        sentences = (notice[:1].upper() + notice[1:] for notice in notices)
        self.notices.show_text("  ·  ".join(sentences))

    def show_statistics(self, statistics: EngineStatistics, *, is_clip: bool) -> None:
        """Show the newest figures.

        Args:
            statistics: What the engine measured.
            is_clip: Motion comes from a clip, so there is nobody to see.
        """
        if is_clip:
            self.tracking.show_text("Motion clip")
        elif statistics.face_visible:
            self.tracking.show_text("Face seen", theme.LEAF)
        else:
            self.tracking.show_text("Looking for a face", theme.YUZU)
        self.rate.show_text(f"{statistics.measured_fps:.0f} fps")
        latency = f"{statistics.latency.p50_ms:.0f}" if statistics.latency else NO_FIGURE
        self.latency.show_text(f"{latency} ms")
