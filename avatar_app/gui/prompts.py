"""What the window asks in dialogs of their own: files, folders, a colour. None of them blocks."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from avatar_app.gui.choices import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from avatar_app.gui.widgets.colour_popup import ColourPopup
from avatar_app.paths import ARCHIVE_SUFFIX

Done = Callable[[str], None]


class Prompts:
    """Ask for one thing and call back with the answer; a cancelled dialog calls nobody."""

    def __init__(self, parent: QWidget) -> None:
        self._parent = parent

    def ask_video(self, done: Done) -> None:
        """Ask for a video file to track."""
        self._ask_existing("Choose a video", _filter("Videos", VIDEO_SUFFIXES), done)

    def ask_keypoints(self, done: Done) -> None:
        """Ask for a folder of OpenPose's files."""
        self._ask_folder(
            "Choose a folder of OpenPose's JSON files", lambda path: done(f"openpose:{path}")
        )

    def ask_image(self, done: Done) -> None:
        """Ask for a background image."""
        self._ask_existing("Choose a background image", _filter("Images", IMAGE_SUFFIXES), done)

    def ask_avatar(self, done: Done) -> None:
        """Ask for an avatar's folder."""
        self._ask_folder("Choose an avatar's folder", done)

    def ask_avatar_file(self, done: Done) -> None:
        """Ask for a packed avatar."""
        name_filter = _filter("Packed avatars", (ARCHIVE_SUFFIX,))
        self._ask_existing("Choose a packed avatar", name_filter, done)

    def ask_recording(self, suffix: str, done: Done) -> None:
        """Ask where to record: ``.mp4``, ``.webm``, or an empty suffix for a folder of PNGs."""
        if not suffix:
            self._ask_folder("Choose a folder for the pictures", lambda path: done(f"{path}/"))
            return
        dialog = QFileDialog(self._parent, "Record to", str(Path.home() / f"kigurumi{suffix}"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # nothing is ever overwritten
        dialog.setNameFilter(_filter(suffix[1:].upper(), (suffix,)))
        dialog.setDefaultSuffix(suffix[1:])
        _open(dialog, done)

    def ask_point_cloud(self, name: str, done: Done) -> None:
        """Ask where to save a point cloud; what is replaced is asked about."""
        dialog = QFileDialog(self._parent, "Save the point cloud", str(Path.home() / f"{name}.ply"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(_filter("Point clouds", (".ply",)))
        dialog.setDefaultSuffix("ply")
        _open(dialog, done)

    def ask_colour(self, current: str, done: Done, *, below: QWidget) -> None:
        """Ask for a colour, ``#rrggbb``, in a popup under a control; tell each that is tried."""
        popup = ColourPopup(current, self._parent)
        popup.chosen.connect(done)
        popup.open_below(below)

    def _ask_existing(self, title: str, name_filter: str, done: Done) -> None:
        dialog = QFileDialog(self._parent, title, str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(name_filter)
        _open(dialog, done)

    def _ask_folder(self, title: str, done: Done) -> None:
        dialog = QFileDialog(self._parent, title, str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        _open(dialog, done)


def _open(dialog: QFileDialog, done: Done) -> None:
    dialog.fileSelected.connect(done)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def _filter(name: str, suffixes: tuple[str, ...]) -> str:
    return f"{name} ({' '.join(f'*{suffix}' for suffix in suffixes)})"
