"""A drop-down list whose lines have an icon, and which can end with commands."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QListView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionComboBox,
    QStyleOptionViewItem,
    QStylePainter,
    QWidget,
)

from avatar_app.gui import theme
from avatar_app.gui.choices import Choice
from avatar_app.gui.icons import glyph, icon

HEIGHT = 38
ICON = 18
LINE_HEIGHT = 36
SIDE = 12
GAP = 5  # between the picker and its list
VALUE_ROLE = Qt.ItemDataRole.UserRole
COMMAND_ROLE = Qt.ItemDataRole.UserRole + 1


class Picker(QComboBox):
    """Choose one of a list that may change while the window is open.

    Signals:
        chosen(str): The user picked this value.
        command_chosen(str): The user picked a command at the end of the list; the choice stays.
        about_to_open(): The list is about to drop down, a good moment to look for new devices.
    """

    chosen = Signal(str)
    command_chosen = Signal(str)
    about_to_open = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._lines = QStandardItemModel(self)
        self.setModel(self._lines)
        self.setView(_popup_list())
        self.setItemDelegate(_LineDelegate(self))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMaxVisibleItems(12)
        self._value = ""
        self._offered: tuple[Choice, ...] = ()
        self.activated.connect(self._tell)
        _round_off(self.view().window())

    @property
    def value(self) -> str:
        """The value in use; empty when the list has none."""
        return self._value

    def offer(self, choices: Sequence[Choice], commands: Sequence[Choice], value: str) -> None:
        """Fill the list anew and show ``value``, without telling anyone."""
        self._value = value
        if (*choices, *commands) == self._offered:
            self._show_value()
            return
        self._offered = (*choices, *commands)
        self._lines.clear()
        for choice in choices:
            self._lines.appendRow(_line(choice, is_command=False))
        for command in commands:
            self._lines.appendRow(_line(command, is_command=True))
        self._show_value()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Let the panel decide the width."""
        return QSize(120, HEIGHT)

    def sizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Let the panel decide the width."""
        return QSize(240, HEIGHT)

    def showPopup(self) -> None:  # noqa: N802 (Qt's name)
        """Drop the list down."""
        self.about_to_open.emit()
        super().showPopup()
        popup = self.view().window()
        below = popup.y() > self.mapToGlobal(self.rect().center()).y()
        popup.move(popup.x(), popup.y() + (GAP if below else -GAP))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Paint the frame of the style sheet, then icon, text and chevron."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        option.subControls = QStyle.SubControl.SC_ComboBoxFrame
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        colour = theme.TEXT if self.isEnabled() else theme.FAINT
        inner = self.rect().adjusted(SIDE, 0, -SIDE, 0)
        sign, text = self.itemIcon(self.currentIndex()), self.currentText() or "None found"
        _paint_line(painter, inner.adjusted(0, 0, -ICON, 0), sign, text, colour)
        chevron = glyph("chevron-down", theme.MUTED, 16, self.devicePixelRatioF())
        painter.drawPixmap(inner.right() - 14, inner.center().y() - 7, chevron)

    def _show_value(self) -> None:
        self.setCurrentIndex(self.findData(self._value, VALUE_ROLE))

    def _tell(self, index: int) -> None:
        value = str(self.itemData(index, VALUE_ROLE))
        if self.itemData(index, COMMAND_ROLE):
            self._show_value()
            self.command_chosen.emit(value)
        elif value != self._value:
            self._value = value
            self.chosen.emit(value)


class _LineDelegate(QStyledItemDelegate):
    """Paint one line of the list: a tick at the chosen one, a hairline above the commands."""

    def __init__(self, picker: Picker) -> None:
        super().__init__(picker)
        self._picker = picker

    def sizeHint(  # noqa: N802 (Qt's name)
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(120, LINE_HEIGHT + (9 if _starts_commands(index) else 0))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        rect = option.rect
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if _starts_commands(index):
            painter.setPen(QColor(theme.LINE))
            painter.drawLine(rect.left() + 8, rect.top() + 4, rect.right() - 8, rect.top() + 4)
            rect = rect.adjusted(0, 9, 0, 0)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.HOVER))
            painter.drawRoundedRect(rect, 7, 7)
        line = rect.adjusted(10, 0, -10, 0)
        sign = index.data(Qt.ItemDataRole.DecorationRole)
        text = str(index.data(Qt.ItemDataRole.DisplayRole))
        _paint_line(painter, line.adjusted(0, 0, -20, 0), sign, text, theme.TEXT)
        if not index.data(COMMAND_ROLE) and index.data(VALUE_ROLE) == self._picker.value:
            tick = glyph("check", theme.YUZU, 16, self._picker.devicePixelRatioF())
            painter.drawPixmap(line.right() - 15, line.center().y() - 7, tick)
        painter.restore()


def _starts_commands(index: QModelIndex | QPersistentModelIndex) -> bool:
    return bool(
        index.data(COMMAND_ROLE)
        and index.row() > 0
        and not index.sibling(index.row() - 1, 0).data(COMMAND_ROLE)
    )


def _line(choice: Choice, *, is_command: bool) -> QStandardItem:
    item = QStandardItem(icon(choice.icon, theme.MUTED, ICON), choice.label)
    item.setData(choice.value, VALUE_ROLE)
    item.setData(is_command, COMMAND_ROLE)
    item.setToolTip(choice.hint or choice.label)
    item.setEditable(False)
    return item


def _paint_line(painter: QPainter, rect: QRect, sign: QIcon | None, text: str, colour: str) -> None:
    left = rect.left()
    if sign is not None and not sign.isNull():
        sign.paint(painter, QRect(left, rect.center().y() - ICON // 2 + 1, ICON, ICON))
        left += ICON + 10
    painter.setPen(QColor(colour))
    room = QRect(left, rect.top(), rect.right() - left, rect.height())
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


def _popup_list() -> QListView:
    view = QListView()
    view.setObjectName("popup")
    view.setUniformItemSizes(False)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.setFrameShape(QListView.Shape.NoFrame)
    return view


def _round_off(popup: QWidget) -> None:
    """Let the corners of the list's window be seen through."""
    popup.setWindowFlags(
        Qt.WindowType.Popup
        | Qt.WindowType.FramelessWindowHint
        | Qt.WindowType.NoDropShadowWindowHint
    )
    popup.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
