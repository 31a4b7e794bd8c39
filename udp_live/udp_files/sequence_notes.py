"""What is known about a folder of UDP files: ``sequence.json`` beside them."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

from udp_live.errors import UdpFileError
from udp_live.whole_file import write_whole

NOTES_NAME = "sequence.json"
FORMAT = "kigurumi-udp-sequence"
MAX_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class SequenceNotes:
    """How a sequence was made.

    Attributes:
        fps: Frames per second, 1 to 240.
        landmarks: Convention of the landmarks: ``canonical``, or ``A``, ``A'``, ``B`` as CoNR's.
        avatar: Name of the avatar whose landmarks these are.
        source: Where the motion came from, for the reader.
        framing: How much of the avatar is in the picture.
    """

    fps: float
    landmarks: str = "canonical"
    avatar: str = ""
    source: str = ""
    framing: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.fps) and 1.0 <= self.fps <= 240.0):
            raise ValueError(f"unexpected fps: {self.fps}; give a number from 1 to 240")


def read_notes(folder: Path) -> SequenceNotes | None:
    """Read the notes of a folder; None when it has none, as official sequences do.

    Raises:
        UdpFileError: The notes are there, but damaged.
    """
    path = folder / NOTES_NAME
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError("it is too large")
        return _notes(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, RecursionError, TypeError, KeyError, OverflowError) as error:
        raise UdpFileError(f"{path} is damaged: {error}; correct or delete it") from error


def write_notes(folder: Path, notes: SequenceNotes) -> None:
    """Write the notes of a folder in one step.

    Raises:
        UdpFileError: They cannot be written.
    """
    path = folder / NOTES_NAME
    text = json.dumps({"format": FORMAT, **asdict(notes)}, indent=2, ensure_ascii=False)
    try:
        # A file name may hold what UTF-8 has no bytes for; the backslash form is JSON's own too.
        write_whole(path, (text + "\n").encode(errors="backslashreplace"))
    except OSError as error:
        raise UdpFileError(f"cannot write {path}: {error.strerror}") from error


def _notes(content: object) -> SequenceNotes:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"it is not of format {FORMAT}")
    fps = content["fps"]
    if isinstance(fps, bool) or not isinstance(fps, int | float):
        raise ValueError("its fps is not a number")
    names = ("landmarks", "avatar", "source", "framing")
    texts = {name: content[name] for name in names if name in content}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("its texts are not texts")
    return SequenceNotes(float(fps), **texts)
