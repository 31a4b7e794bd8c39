"""The panel beside the preview: everything the user chooses, and the button that starts it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)

from avatar_app.engine import EngineState
from avatar_app.gui import theme
from avatar_app.gui.icons import LABEL_GAP, glyph, icon, label_icon
from avatar_app.gui.widgets.background_picker import BackgroundPicker
from avatar_app.gui.widgets.picker import Picker
from avatar_app.gui.widgets.segmented import Segmented
from avatar_app.gui.widgets.switch import Switch

WIDTH = 324
SIDE = 22
GAP = 16  # between two choices; less in a low window
MINIMUM = QSizePolicy.Policy.Minimum
FRAMINGS = (
    ("bust", "Bust", "Head and shoulders (1)"),
    ("half", "Half", "Down to the hips (2)"),
    ("full", "Full", "The whole figure (3)"),
    ("face", "Face", "The face alone (4)"),
)


class ControlPanel(QFrame):
    """Lay out the controls; the window connects them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setFixedWidth(WIDTH)
        self.source = Picker("Source")
        self.avatar = Picker("Avatar")
        self.points = _square_button("points", "Show the avatar's drawings as a point cloud (P)")
        self.output = Picker("Output")
        self.framing = Segmented(FRAMINGS)
        self.background = BackgroundPicker()
        self.mirror = Switch("Mirror")
        self.webcam = Switch("Webcam picture")
        self.calibrate = _button(
            "Calibrate", "calibrate", "Your face and posture now are neutral (C)"
        )
        self.run = _button("Start", "start", "Start or stop (Space)")
        self.run.setObjectName("run")
        self.run.setIconSize(QSize(20 + LABEL_GAP, 20))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(_header())
        column.addWidget(self._choices(), 1)
        column.addWidget(self._commands())
        self.show_state(EngineState.STOPPED)

    def show_state(self, state: EngineState, *, is_clip: bool = False) -> None:
        """Let the buttons say what they do now.

        Args:
            state: What the engine is doing.
            is_clip: Motion comes from a clip, so there is nobody to calibrate.
        """
        is_on = state in (EngineState.STARTING, EngineState.RUNNING)
        is_ending = state is EngineState.STOPPING
        self.run.setText("Stopping…" if is_ending else "Stop" if is_on else "Start")
        ink = theme.TEXT if is_on or is_ending else theme.ON_YUZU
        self.run.setIcon(label_icon("stop" if is_on or is_ending else "start", ink, theme.FAINT))
        self.run.setEnabled(not is_ending)
        self.run.setProperty("live", is_on or is_ending)
        self.run.style().unpolish(self.run)
        self.run.style().polish(self.run)
        self.calibrate.setEnabled(state is EngineState.RUNNING and not is_clip)

    def _choices(self) -> QScrollArea:
        content = QWidget()
        content.setObjectName("choices")
        column = QVBoxLayout(content)
        column.setContentsMargins(SIDE, 2, SIDE, 8)
        column.setSpacing(0)
        for title, control in (
            ("Source", self.source),
            ("Avatar", self.avatar),
            ("Output", self.output),
            ("Framing", self.framing),
            ("Background", self.background),
        ):
            column.addWidget(_title(title, control))
            column.addWidget(_beside(control, self.points) if control is self.avatar else control)
            column.addItem(QSpacerItem(0, GAP, MINIMUM, QSizePolicy.Policy.Preferred))
        column.addLayout(
            _switch_row("Mirror", "You and the avatar move to the same side (M)", self.mirror)
        )
        column.addSpacing(4)
        column.addLayout(
            _switch_row("Webcam picture", "Show what the webcam sees in a corner", self.webcam)
        )
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return area

    def _commands(self) -> QWidget:
        commands = QFrame()
        commands.setObjectName("commands")
        row = QHBoxLayout(commands)
        row.setContentsMargins(SIDE, 14, SIDE, 14)
        row.setSpacing(10)
        row.addWidget(self.calibrate)
        row.addWidget(self.run, 1)
        return commands


def _header() -> QWidget:
    header = QWidget()
    row = QHBoxLayout(header)
    row.setContentsMargins(SIDE - 2, 12, SIDE, 10)
    row.setSpacing(11)
    sign = QLabel()
    sign.setPixmap(glyph("mascot", None, 36, header.devicePixelRatioF()))
    name = QLabel("Kigurumi")
    name.setObjectName("wordmark")
    row.addWidget(sign)
    row.addWidget(name)
    row.addStretch(1)
    return header


def _title(text: str, buddy: QWidget) -> QLabel:
    title = QLabel(text)
    title.setObjectName("title")
    title.setBuddy(buddy)
    title.setIndent(0)
    return title


def _beside(control: QWidget, button: QWidget) -> QWidget:
    """Put a small button beside a control that keeps the rest of the line."""
    line = QWidget()
    row = QHBoxLayout(line)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    row.addWidget(control, 1)
    row.addWidget(button)
    return line


def _switch_row(text: str, tip: str, switch: Switch) -> QHBoxLayout:
    row = QHBoxLayout()
    label = QLabel(text)
    label.setToolTip(tip)
    switch.setToolTip(tip)
    row.addWidget(label)
    row.addStretch(1)
    row.addWidget(switch)
    return row


def _square_button(sign: str, tip: str) -> QPushButton:
    button = QPushButton()
    button.setObjectName("square")
    button.setIcon(icon(sign, theme.MUTED, 18))
    button.setIconSize(QSize(18, 18))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button


def _button(text: str, sign: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName("command")
    button.setIcon(label_icon(sign, theme.TEXT, theme.FAINT, 18))
    button.setIconSize(QSize(18 + LABEL_GAP, 18))
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    return button
