"""How the window looks: colours, type and the style sheet."""

from string import Template

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from avatar_app.paths import resources_folder

BACKDROP = "#0a171c"  # behind everything
PANEL = "#10242b"  # the control panel and the status bar
STAGE = "#071115"  # around the preview
RAISED = "#18323b"  # a control on a panel
HOVER = "#1f3f4a"
PRESSED = "#142b33"
LINE = "#24454f"  # hairlines and borders
TEXT = "#eaf3f2"
MUTED = "#93adb2"  # labels, 6.5:1 on PANEL
FAINT = "#5d7a81"  # disabled
YUZU = "#f5c92f"
YUZU_HOVER = "#ffd957"
YUZU_PRESSED = "#dcb01c"
ON_YUZU = "#221c02"
LEAF = "#7bd05a"
CORAL = "#ff8a73"
CORAL_DEEP = "#3a211f"
CHECKER_DARK, CHECKER_LIGHT = "#2a3941", "#34464e"

FAMILIES = (
    "Segoe UI Variable Text", "Segoe UI", ".AppleSystemUIFont", "Inter", "Cantarell", "Ubuntu",
    "Noto Sans", "Noto Sans CJK JP", "DejaVu Sans",
)  # fmt: skip

_TOKENS = {
    name: value
    for name, value in globals().items()
    if name.isupper() and isinstance(value, str) and value.startswith("#")
}


def style_sheet() -> str:
    """Read the style sheet and fill in the colours."""
    text = (resources_folder() / "styles" / "night.qss").read_text(encoding="utf-8")
    return Template(text).substitute(_TOKENS)


def apply_theme(app: QApplication) -> None:
    """Dress the whole application; call it once, before the first window is made."""
    app.setStyle(QStyleFactory.create("Fusion"))
    app.setFont(_font())
    app.setPalette(_palette())
    app.setStyleSheet(style_sheet())


def _font() -> QFont:
    known = set(QFontDatabase.families())
    families = [family for family in FAMILIES if family in known or family.startswith(".")]
    font = QFont()
    font.setFamilies(families)
    font.setPixelSize(13)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def _palette() -> QPalette:
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: PANEL,
        QPalette.ColorRole.WindowText: TEXT,
        QPalette.ColorRole.Base: RAISED,
        QPalette.ColorRole.AlternateBase: PANEL,
        QPalette.ColorRole.Text: TEXT,
        QPalette.ColorRole.PlaceholderText: FAINT,
        QPalette.ColorRole.Button: RAISED,
        QPalette.ColorRole.ButtonText: TEXT,
        QPalette.ColorRole.ToolTipBase: RAISED,
        QPalette.ColorRole.ToolTipText: TEXT,
        QPalette.ColorRole.Highlight: YUZU,
        QPalette.ColorRole.HighlightedText: ON_YUZU,
        QPalette.ColorRole.Link: YUZU,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(FAINT))
    return palette
