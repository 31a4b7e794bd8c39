"""Fetch the face model, which may not be shipped with MediaPipe's wheel."""

import hashlib
from http.client import HTTPException
from pathlib import Path

from avatar_app.commands.report import write_whole
from avatar_app.commands.web_request import DownloadError, WebRules, no_answer, open_web
from avatar_app.errors import OutputError
from avatar_app.paths import face_model_file

FACE_MODEL_URL = (
    "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/"
    "float16/latest/face_landmarker.task"
)
FACE_MODEL_SHA256 = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"
GOOGLE_STORAGE = WebRules(("storage.googleapis.com",))


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


def fetch(url: str, sha256: str, target: Path, rules: WebRules = GOOGLE_STORAGE) -> None:
    """Download a small file, check it, and put it in place in one step.

    Raises:
        DownloadError: No network, a wrong file, or no room.
    """
    data = _read(url, rules)
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


def _read(url: str, rules: WebRules) -> bytes:
    with open_web(url, rules) as response:
        try:
            data = response.read(rules.max_bytes + 1)
        except (HTTPException, OSError) as error:
            raise no_answer(url, error) from error
    if len(data) > rules.max_bytes:
        raise DownloadError(f"cannot download {url}: the file is larger than expected")
    return data


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
