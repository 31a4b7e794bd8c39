"""What the pickers offer: sources, avatars and outputs, found on this machine. No Qt."""

import tomllib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from avatar_app.paths import ARCHIVE_SUFFIX

DEMO_CLIP = "clip:hello"
VIDEO_SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".m4v", ".gif")
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
NO_OUTPUT, VIRTUAL_CAMERA, RECORDING = "none", "virtual-camera", "recording"
TRANSPARENT, GREEN = "transparent", "#00ff00"
AVATAR_FILE = "avatar.toml"


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a picker.

    Attributes:
        value: What it stands for: an address, a path, a keyword.
        label: What the user reads.
        icon: Name of the drawing beside it.
        hint: A second, quieter text.
    """

    value: str
    label: str
    icon: str
    hint: str = ""


def source_choices(webcams: Sequence[tuple[str, str]], chosen: str) -> list[Choice]:
    """List the sources: webcams, the video chosen last, the demo.

    Args:
        webcams: Address and name of each webcam.
        chosen: Address in use; it is listed even if it is not among the others.
    """
    choices = [Choice(address, name, "webcam") for address, name in webcams]
    known = {choice.value for choice in choices} | {DEMO_CLIP}
    if chosen and chosen not in known:
        choices.append(_other_source(chosen))
    choices.append(Choice(DEMO_CLIP, "Hello, the demo", "clip"))
    return choices


def _other_source(address: str) -> Choice:
    if address.startswith("webcam:"):
        return Choice(address, f"Webcam {address.removeprefix('webcam:')}", "webcam")
    if address.startswith("clip:"):
        return Choice(address, address.removeprefix("clip:").capitalize(), "clip")
    if address.startswith("openpose:"):
        name = Path(address.removeprefix("openpose:")).name
        return Choice(address, name.partition("?")[0], "frames")
    return Choice(address, Path(address).name, "video")


def first_source(webcams: Sequence[tuple[str, str]]) -> str:
    """Choose for somebody who has not: the first webcam, else the demo."""
    return webcams[0][0] if webcams else DEMO_CLIP


def is_listed(address: str, webcams: Sequence[tuple[str, str]]) -> bool:
    """Tell whether ``webcam:N`` or ``webcam:PART-OF-NAME`` is one of the webcams."""
    wanted = address.removeprefix("webcam:")
    if wanted.isdigit():
        return address in (known for known, _ in webcams)
    return any(wanted.lower() in name.lower() for _, name in webcams)


def avatar_choices(folders: Iterable[Path], chosen: Path | None) -> list[Choice]:
    """List the avatars in ``folders`` by name, and the chosen one wherever it lies."""
    found: dict[Path, Choice] = {}
    for folder in folders:
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if is_avatar(path):
                found[path.resolve()] = Choice(str(path), avatar_name(path), "avatar")
    if chosen is not None and chosen.resolve() not in found:
        found[chosen.resolve()] = Choice(str(chosen), avatar_name(chosen), "avatar")
    return list(found.values())


def is_avatar(path: Path) -> bool:
    """Tell whether a path looks like an avatar: a folder with ``avatar.toml`` or a packed file."""
    return (path / AVATAR_FILE).is_file() or (path.suffix == ARCHIVE_SUFFIX and path.is_file())


def kind_of(path: Path) -> str:
    """Tell what a dropped path is good for: ``avatar``, ``video``, ``image`` or nothing."""
    suffix = path.suffix.lower()
    if is_avatar(path):
        return "avatar"
    if suffix in VIDEO_SUFFIXES and path.is_file():
        return "video"
    return "image" if suffix in IMAGE_SUFFIXES and path.is_file() else ""


def avatar_name(path: Path) -> str:
    """Read the avatar's name for people, or make one of its file name."""
    try:
        content = tomllib.loads((path / AVATAR_FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        content = {}
    table = content.get("avatar")
    for candidate in (content, table if isinstance(table, dict) else {}):
        name = candidate.get("name")
        if isinstance(name, str) and name.strip():
            return name.strip()
    return path.stem.replace("_", " ").replace("-", " ").strip().capitalize() or str(path)


def output_choices(recording: str) -> list[Choice]:
    """List the outputs; ``recording`` is the file or ``FOLDER/`` chosen last, or empty."""
    choices = [
        Choice(NO_OUTPUT, "Preview only", "no-output"),
        Choice(VIRTUAL_CAMERA, "Virtual camera", "virtual-camera"),
    ]
    if recording:
        frames = recording.endswith(("/", "\\"))
        name = Path(recording).name + ("/" if frames else "")
        choices.append(Choice(RECORDING, name, "frames" if frames else "record"))
    return choices


def unused_path(wanted: str, taken: Collection[str] = ()) -> str:
    """Return ``wanted``, or the same name with a number where something is there already.

    A recording never replaces an older one.

    Args:
        wanted: A file, or ``FOLDER/``.
        taken: Names in use that may not be on the disk yet.
    """
    folder = wanted.endswith(("/", "\\"))
    path = Path(wanted)
    candidate, number = path, 2
    ending = "/" if folder else ""
    while f"{candidate}{ending}" in taken or _holds_something(candidate):
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return f"{candidate}{ending}"


def _holds_something(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()
