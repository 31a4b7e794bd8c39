"""The commands at the end of the pickers' lists: ask for a file, then choose it."""

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from avatar_app.gui.choices import RECORDING, Choice
from avatar_app.gui.prompts import Prompts
from avatar_app.gui.session import Session
from avatar_app.gui.widgets.background_picker import BackgroundPicker

VIDEO, KEYPOINTS, OPEN_FOLDER = "video", "keypoints", "open-folder"
CHOOSE_FOLDER, CHOOSE_FILE = "choose-folder", "choose-file"
SOURCE_COMMANDS = (
    Choice(VIDEO, "Video file…", "video"),
    Choice(KEYPOINTS, "OpenPose folder…", "frames", "Keypoints that OpenPose wrote as JSON files"),
)
AVATAR_COMMANDS = (
    Choice(CHOOSE_FOLDER, "Choose a folder…", "browse"),
    Choice(CHOOSE_FILE, "Choose a packed avatar…", "browse"),
    Choice(OPEN_FOLDER, "Open my avatars' folder", "folder"),
)
OUTPUT_COMMANDS = (
    Choice(".mp4", "Record MP4…", "record", "A video with the background"),
    Choice(".webm", "Record WebM…", "record", "A video that keeps transparency"),
    Choice("", "Save PNG pictures…", "frames", "One transparent picture per frame"),
)


class PickerCommands:
    """Carry out what is no choice by itself."""

    def __init__(self, session: Session, prompts: Prompts, user_folder: Path) -> None:
        """Remember whom to ask and whom to tell.

        Args:
            session: Takes the choices.
            prompts: Asks the user.
            user_folder: Where the user keeps avatars.
        """
        self._session, self._prompts, self._user_folder = session, prompts, user_folder

    def obey_source(self, command: str) -> None:
        """Ask for a video to track, or for keypoints."""
        if command == KEYPOINTS:
            self._prompts.ask_keypoints(self._session.choose_source)
        else:
            self._prompts.ask_video(self._session.choose_source)

    def obey_avatar(self, command: str) -> None:
        """Ask for an avatar, or show where the user's own belong."""
        if command == CHOOSE_FOLDER:
            self._prompts.ask_avatar(self._session.choose_avatar)
        elif command == CHOOSE_FILE:
            self._prompts.ask_avatar_file(self._session.choose_avatar)
        else:
            self._open_user_folder()

    def obey_output(self, suffix: str) -> None:
        """Ask where to record."""
        self._prompts.ask_recording(
            suffix, lambda path: self._session.choose_output(RECORDING, path)
        )

    def pick_colour(self, picker: BackgroundPicker) -> None:
        """Show the last colour and let the user try others."""
        colour = self._session.settings.background_colour
        self._session.choose_background(colour)
        self._prompts.ask_colour(colour, self._session.choose_background, below=picker.colour)

    def pick_image(self) -> None:
        """Ask for a background image."""
        self._session.changed.emit()  # the swatch that was clicked is not chosen yet
        self._prompts.ask_image(self._session.choose_background)

    def _open_user_folder(self) -> None:
        folder = self._user_folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._session.noticed.emit(f"cannot make the folder {folder}: {error.strerror}")
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
