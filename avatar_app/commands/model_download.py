"""Fetch the face model, which may not be shipped with MediaPipe's wheel."""

import hashlib
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path

from avatar_app.commands.report import write_whole
from avatar_app.errors import AppError, OutputError
from avatar_app.paths import face_model_file

FACE_MODEL_URL = (
    "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/"
    "float16/latest/face_landmarker.task"
)
FACE_MODEL_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
MAX_BYTES = 64 << 20
TIMEOUT_S = 30.0


class DownloadError(AppError):
    """A file could not be fetched, or is not what it should be."""


def fetch_face_model() -> Path:
    """Download the face model into the user's data folder, unless it is there already.

    Raises:
        DownloadError: No network, or the file is not the expected one.
    """
    target = face_model_file()
    if target.is_file() and _sha256(target.read_bytes()) == FACE_MODEL_SHA256:
        return target
    fetch(FACE_MODEL_URL, FACE_MODEL_SHA256, target)
    return target


def fetch(url: str, sha256: str, target: Path) -> None:
    """Download a file, check it, and put it in place in one step.

    Raises:
        DownloadError: No network, a wrong file, or no room.
    """
    data = _read(url)
    found = _sha256(data)
    if found != sha256:
        raise DownloadError(
            f"downloaded file is not the expected one: {url} has sha256 {found}, not {sha256}; "
            "it was thrown away"
        )
    try:
        write_whole(target, data)
    except OutputError as error:
        raise DownloadError(str(error)) from error


def _read(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:
            data: bytes = response.read(MAX_BYTES + 1)
    except (urllib.error.URLError, HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        raise DownloadError(
            f"cannot download {url}: {reason}; check the network and try again"
        ) from error
    if len(data) > MAX_BYTES:
        raise DownloadError(f"cannot download {url}: the file is larger than expected")
    return data


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
