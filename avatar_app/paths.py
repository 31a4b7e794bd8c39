"""Where things lie: what is shipped with the app, and the user's own folders."""

from pathlib import Path

import platformdirs

from avatar_app.errors import SourceError
from renderer.errors import AvatarFileError

APP_NAME = "kigurumi"
DEFAULT_AVATAR_NAME = "yuzu"
ARCHIVE_SUFFIX = ".kigurumi"
CLIP_SUFFIXES = (".vrma", ".bvh", ".vmd")
FACE_MODEL = "face_landmarker.task"


def resources_folder() -> Path:
    """Return the folder of shipped data: avatars, clips, icons, styles."""
    return Path(__file__).parents[1] / "resources"


def user_data_folder() -> Path:
    """Return the folder for the user's avatars and downloaded models; it may not exist yet."""
    return Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))


def shipped_avatars_folder() -> Path:
    """Return the folder whose sub-folders are the avatars that come with the app."""
    return resources_folder() / "avatars"


def user_avatars_folder() -> Path:
    """Return the folder in which the user keeps avatars of their own; it may not exist yet."""
    return user_data_folder() / "avatars"


def weights_folder() -> Path:
    """Return the folder of decoder weights that the user added; it may not exist yet."""
    return user_data_folder() / "weights"


def guided_network_file() -> Path | None:
    """Return the shipped weights of the guided decoder's network, None where none are shipped."""
    path = resources_folder() / "weights" / "guided-small.safetensors"
    return path if path.is_file() else None


def settings_file() -> Path:
    """Return the file in which the window's last choices are kept."""
    return Path(platformdirs.user_config_dir(APP_NAME, appauthor=False)) / "settings.json"


def log_folder() -> Path:
    """Return the folder of the rotating log files."""
    return Path(platformdirs.user_log_dir(APP_NAME, appauthor=False))


def encodings_folder() -> Path:
    """Return the folder of encoded character sheets; it may be deleted at any time."""
    return Path(platformdirs.user_cache_dir(APP_NAME, appauthor=False)) / "encodings"


def face_model_file() -> Path:
    """Return where ``doctor --fetch-models`` puts the face model; it need not exist."""
    return user_data_folder() / "models" / FACE_MODEL


def avatar_names() -> dict[str, Path]:
    """Find every avatar by name, the user's own before shipped ones of the same name."""
    found: dict[str, Path] = {}
    for folder in (user_avatars_folder(), shipped_avatars_folder()):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if _is_avatar(path):
                found.setdefault(path.stem, path)
    return found


def find_avatar(name: str) -> Path:
    """Turn an avatar's name, folder or archive into its path.

    Raises:
        AvatarFileError: There is no such avatar.
    """
    path = Path(name).expanduser()
    if _is_avatar(path):
        return path
    known = avatar_names()
    if name in known:
        return known[name]
    if path.is_dir():
        raise AvatarFileError(f"not an avatar: {path} has no avatar.toml; give an avatar's folder")
    raise AvatarFileError(
        f"avatar not found: {name} is neither an avatar's folder nor one of: "
        f"{', '.join(known) or '(none installed)'}"
    )


def clip_names() -> dict[str, Path]:
    """Find every shipped motion clip by name."""
    return {path.stem: path for path in sorted((resources_folder() / "clips").glob("*.vrma"))}


def find_clip(name: str) -> Path:
    """Turn the name of a motion clip, or the path of a VRMA, BVH or VMD file, into its path.

    Raises:
        SourceError: There is no such clip.
    """
    path = Path(name).expanduser()
    if path.suffix.lower() in CLIP_SUFFIXES and path.is_file():
        return path
    known = clip_names()
    if name not in known:
        raise SourceError(
            f"clip not found: {name} is neither a VRMA, BVH or VMD file nor one of: "
            f"{', '.join(known) or '(none installed)'}"
        )
    return known[name]


def _is_avatar(path: Path) -> bool:
    is_archive = path.suffix == ARCHIVE_SUFFIX and path.is_file()
    return is_archive or (path / "avatar.toml").is_file()
