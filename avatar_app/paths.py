"""Where things lie: the shipped resources and the user's own folders."""

from pathlib import Path

import platformdirs

APP_NAME = "kigurumi"
DEFAULT_AVATAR_NAME = "default"


def resources_folder() -> Path:
    """Return the folder of shipped data: avatars, clips, icons, styles."""
    return Path(__file__).parents[1] / "resources"


def shipped_avatars_folder() -> Path:
    """Return the folder whose sub-folders are the avatars that come with the app."""
    return resources_folder() / "avatars"


def user_avatars_folder() -> Path:
    """Return the folder in which the user keeps avatars of their own; it may not exist yet."""
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False)) / "avatars"


def settings_file() -> Path:
    """Return the file in which the window's last choices are kept."""
    return Path(platformdirs.user_config_dir(APP_NAME, appauthor=False)) / "settings.json"


def log_folder() -> Path:
    """Return the folder of the rotating log files."""
    return Path(platformdirs.user_log_dir(APP_NAME, appauthor=False))
