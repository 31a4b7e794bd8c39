"""The checks of ``doctor``: each looks at one thing and says what it found or what to do."""

import importlib.metadata
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from avatar_app.paths import (
    avatar_names,
    clip_names,
    face_model_file,
    log_folder,
    user_data_folder,
)

FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
COMMAND_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        what: What was looked at.
        ok: It is there and works.
        text: What was found, or what to do.
        needed: Nothing works without it.
    """

    what: str
    ok: bool
    text: str
    needed: bool = False


Check = Callable[[], Finding]


def all_checks(gl_backend: str | None = None) -> tuple[Check, ...]:
    """Return the checks in the order of a frame's journey."""
    return (
        check_python,
        check_webcams,
        check_mediapipe,
        check_face_model,
        partial(check_opengl, gl_backend),
        check_torch,
        check_onnxruntime,
        check_avatars,
        check_clips,
        check_virtual_camera,
        check_fonts,
        check_folders,
    )


def check_python() -> Finding:
    """Look at Python's version."""
    found = platform.python_version()
    ok = (3, 11) <= sys.version_info[:2] <= (3, 12)
    return Finding("Python", ok, found if ok else f"{found}; use 3.11 or 3.12", needed=True)


def check_webcams() -> Finding:
    """List webcams."""
    from avatar_app.capture.webcam_list import list_webcams

    found = ", ".join(f"webcam:{webcam.index} ({webcam.name})" for webcam in list_webcams())
    return Finding(
        "webcams", bool(found), found or "none; plug one in, or use --source VIDEO or clip:hello"
    )


def check_mediapipe() -> Finding:
    """Look for MediaPipe and its bundled models without loading it."""
    try:
        version = importlib.metadata.version("mediapipe")
    except importlib.metadata.PackageNotFoundError:
        return Finding("MediaPipe", False, "not installed; run ./run again", needed=True)
    return Finding("MediaPipe", True, f"{version}, face, body and hand models bundled", needed=True)


def check_face_model() -> Finding:
    """Look for the model that knows 52 expressions."""
    path = face_model_file()
    if path.is_file():
        return Finding("face model", True, str(path))
    return Finding(
        "face model",
        False,
        "not there (expressions come from landmarks alone); './run doctor --fetch-models' gets it",
    )


def check_opengl(gl_backend: str | None) -> Finding:
    """Open a context."""
    from udp_live.errors import GlContextError
    from udp_live.rasterizer.gl_context import open_context

    try:
        context = open_context(gl_backend)
    except GlContextError as error:
        return Finding("OpenGL", False, str(error), needed=True)
    renderer = f"{context.version_code / 100:.1f} on {context.info['GL_RENDERER']}"
    context.release()
    return Finding("OpenGL", True, renderer, needed=True)


def check_torch() -> Finding:
    """Ask which device the decoder would take."""
    from renderer.engines.torch_device import describe_device, pick_device

    device = pick_device(None)
    version = importlib.metadata.version("torch")
    advice = "" if device.type == "cuda" else " (no CUDA GPU: the decoder runs on the processor)"
    return Finding("torch", True, f"{version} on {describe_device(device)}{advice}", needed=True)


def check_onnxruntime() -> Finding:
    """List what ONNX Runtime was built with; what a session really gets may be less."""
    for name in ("onnxruntime-gpu", "onnxruntime"):
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        import onnxruntime

        built_for = [
            provider.removesuffix("ExecutionProvider")
            for provider in onnxruntime.get_available_providers()
        ]
        return Finding("ONNX Runtime", True, f"{version}, built for {', '.join(built_for)}")
    return Finding("ONNX Runtime", False, "not installed; run ./run again")


def check_avatars() -> Finding:
    """List avatars."""
    found = ", ".join(avatar_names())
    return Finding("avatars", bool(found), found or "none; reinstall Kigurumi", needed=True)


def check_clips() -> Finding:
    """List motion clips."""
    found = ", ".join(f"clip:{name}" for name in clip_names())
    return Finding("motion clips", bool(found), found or "none; reinstall Kigurumi")


def check_virtual_camera() -> Finding:
    """Open a virtual camera and close it again."""
    from avatar_app.errors import OutputError
    from avatar_app.output.virtual_camera import open_virtual_camera

    try:
        sink = open_virtual_camera(256, 30.0)
    except OutputError as error:
        return Finding("virtual camera", False, str(error))
    sink.close()
    return Finding("virtual camera", True, sink.name)


def check_fonts() -> Finding:
    """See whether Linux has any font for the window; other systems always have."""
    if platform.system() != "Linux":
        return Finding("fonts", True, "the system's own")
    found = any(next(folder.rglob("*.[to]t[fc]"), None) for folder in FONT_FOLDERS)
    japanese = found and _has_japanese_font()
    if not found:
        return Finding("fonts", False, "none; apt install fonts-dejavu-core")
    if not japanese:
        return Finding("fonts", True, "Latin; for Japanese: apt install fonts-noto-cjk")
    return Finding("fonts", True, "Latin and Japanese")


def check_folders() -> Finding:
    """Name the user's folders."""
    return Finding("folders", True, f"data {user_data_folder()}, log {log_folder()}")


def _has_japanese_font() -> bool:
    if shutil.which("fc-list") is None:
        return False
    try:
        result = subprocess.run(
            ["fc-list", ":lang=ja", "family"],
            capture_output=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(result.stdout.strip())
