"""Where things lie: what is shipped with the app, and the user's own folders."""

from pathlib import Path

from platformdirs import PlatformDirs

from avatar_app.errors import SourceError
from renderer.errors import AvatarFileError

RESOURCES = Path(__file__).parents[1] / "resources"
DEFAULT_AVATAR = "yuzu"
ARCHIVE_SUFFIX = ".kigurumi"
FACE_MODEL = "face_landmarker.task"

_USER = PlatformDirs("kigurumi", appauthor=False)


def user_data_folder() -> Path:
    """Return the folder for the user's avatars and downloaded models."""
    return Path(_USER.user_data_dir)


def settings_file() -> Path:
    """Return the path of the settings file; it need not exist."""
    return Path(_USER.user_config_dir) / "settings.json"


def log_file() -> Path:
    """Return the path of the log file."""
    return Path(_USER.user_log_dir) / "kigurumi.log"


def face_model_file() -> Path:
    """Return where ``doctor --fetch-models`` puts the face model; it need not exist."""
    return user_data_folder() / "models" / FACE_MODEL


def avatar_folders() -> tuple[Path, ...]:
    """Return the folders that avatars are looked for in: the user's own come first."""
    return (user_data_folder() / "avatars", RESOURCES / "avatars")


def avatar_names() -> dict[str, Path]:
    """Find every avatar by name, the user's own before shipped ones of the same name."""
    found: dict[str, Path] = {}
    for folder in avatar_folders():
        if not folder.is_dir():
            continue
        for path in sorted(folder.iterdir()):
            if (path / "avatar.toml").is_file() or path.suffix == ARCHIVE_SUFFIX:
                found.setdefault(path.stem, path)
    return found


def find_avatar(name: str) -> Path:
    """Turn an avatar's name, folder or archive into its path.

    Raises:
        AvatarFileError: There is no such avatar.
    """
    path = Path(name).expanduser()
    if (path / "avatar.toml").is_file() or (path.suffix == ARCHIVE_SUFFIX and path.is_file()):
        return path
    known = avatar_names()
    if name in known:
        return known[name]
    if path.is_dir():
        raise AvatarFileError(f"not an avatar: {path} has no avatar.toml; give an avatar's folder")
    raise AvatarFileError(
        f"avatar not found: {name} is neither a folder nor one of: "
        f"{', '.join(known) or 'no avatar is installed'}"
    )


def clip_names() -> dict[str, Path]:
    """Find every shipped motion clip by name."""
    return {path.stem: path for path in sorted((RESOURCES / "clips").glob("*.vrma"))}


def find_clip(name: str) -> Path:
    """Turn the name of a motion clip, or the path of a VRMA file, into its path.

    Raises:
        SourceError: There is no such clip.
    """
    path = Path(name).expanduser()
    if path.suffix == ".vrma" and path.is_file():
        return path
    known = clip_names()
    if name not in known:
        raise SourceError(
            f"clip not found: {name}; the clips are: {', '.join(known) or 'none installed'}"
        )
    return known[name]
