"""What the window remembers between two runs: one small versioned JSON file of the user's."""

import json
import logging
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from avatar_app.errors import SettingsError

logger = logging.getLogger(__name__)

Migration = Callable[[dict[str, Any]], dict[str, Any]]

MIGRATIONS: tuple[Migration, ...] = ()
"""Entry ``n`` turns a file of version ``n + 1`` into one of version ``n + 2``."""

CURRENT_VERSION = len(MIGRATIONS) + 1


@dataclass(frozen=True, slots=True)
class AppSettings:
    """The user's last choices; empty text means that nothing was chosen yet.

    Attributes:
        source: Address of the source, as in ``SourceConfig.address``.
        avatar: Avatar folder or file.
        output: ``none``, ``virtual-camera`` or ``recording``.
        recording: The file or ``FOLDER/`` last chosen for a recording.
        framing: ``bust``, ``half`` or ``full``.
        zoom: Magnification on top of the framing.
        pan_x: Shift of the avatar to the right, picture heights.
        pan_y: Shift of the avatar upwards, picture heights.
        mirror: The avatar moves like a mirror image.
        background: ``transparent``, ``#rrggbb`` or the path of an image.
        background_colour: The colour last chosen, so that it stays on offer.
        background_image: The image last chosen, likewise.
        show_webcam: Show the small picture of the webcam.
        window_width: Inner width of the window, pixels.
        window_height: Inner height of the window, pixels.
        window_maximized: The window filled the screen.
    """

    source: str = ""
    avatar: str = ""
    output: str = "none"
    recording: str = ""
    framing: str = "bust"
    zoom: float = 1.0
    pan_x: float = 0.0
    pan_y: float = 0.0
    mirror: bool = True
    background: str = "transparent"
    background_colour: str = "#2f6fed"
    background_image: str = ""
    show_webcam: bool = False
    window_width: int = 1280
    window_height: int = 800
    window_maximized: bool = False


class SettingsStore:
    """Load and save the settings in one file.

    Args:
        path: The JSON file; its folder is made when it is first saved.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        """Where the settings are kept."""
        return self._path

    def load(self) -> tuple[AppSettings, str | None]:
        """Read the settings, or fall back to the defaults.

        Returns:
            The settings, and one sentence for the user when the file had to be put aside.
        """
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return AppSettings(), None
        except (OSError, UnicodeDecodeError) as error:
            return AppSettings(), self._put_aside(str(error))
        try:
            return parse_settings(text), None
        except SettingsError as error:
            return AppSettings(), self._put_aside(str(error))

    def save(self, settings: AppSettings) -> None:
        """Write the file in one step: a crash leaves the old file or the new one.

        Raises:
            SettingsError: The folder or the file cannot be written.
        """
        text = json.dumps({"version": CURRENT_VERSION, **asdict(settings)}, indent=2) + "\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _replace_text(self._path, text)
        except OSError as error:
            raise SettingsError(f"settings not saved: {self._path}: {error.strerror}") from error

    def _put_aside(self, reason: str) -> str:
        aside = self._path.with_name(self._path.name + ".unreadable")
        try:
            self._path.replace(aside)
        except OSError:
            logger.warning("settings unreadable and not movable: %s: %s", self._path, reason)
            return f"Your settings could not be read ({reason}); the defaults are used."
        logger.warning("settings unreadable, moved to %s: %s", aside, reason)
        return f"Your settings could not be read; they are kept as {aside.name} and start afresh."


def parse_settings(text: str) -> AppSettings:
    """Turn the text of a settings file into settings.

    Unknown keys are ignored and missing ones take their defaults, so a file written by a
    neighbouring release still works.

    Raises:
        SettingsError: Not a settings file, or a value of the wrong type.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"not JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("version"), int):
        raise SettingsError("no version number in it")
    return _checked(_migrated(content))


def _migrated(content: dict[str, Any]) -> dict[str, Any]:
    for migration in MIGRATIONS[max(content["version"] - 1, 0) :]:
        content = migration(content)
    return content


def _checked(content: Mapping[str, Any]) -> AppSettings:
    settings = AppSettings()
    for field in fields(AppSettings):
        if field.name not in content:
            continue
        value, default = content[field.name], getattr(settings, field.name)
        if isinstance(default, float) and type(value) is int:
            value = float(value)
        if type(value) is not type(default):
            raise SettingsError(f"{field.name} is {value!r}, not a {type(default).__name__}")
        settings = replace(settings, **{field.name: value})
    return settings


def _replace_text(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(prefix=path.name, suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
