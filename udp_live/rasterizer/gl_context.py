"""Open an OpenGL context that needs no window.

Everything in this package runs on the one thread that opened the context: *Render thread only.*
"""

import logging
import platform
from typing import Any

import moderngl

from udp_live.errors import GlContextError

logger = logging.getLogger(__name__)

GL_VERSION = 330  # the newest that macOS, Mesa and every desktop driver of ten years share
LINUX_LIBRARIES = {"libgl": "libGL.so.1", "libegl": "libEGL.so.1"}  # without -dev packages

_REMEDY = {
    "Linux": "install 'libegl1 libgl1 libgl1-mesa-dri' (software drawing is enough) or a driver",
    "Darwin": "run inside a logged-in macOS session",
    "Windows": "install the graphics driver of the machine's maker",
}


def open_context(backend: str | None = None) -> moderngl.Context:
    """Open a context of at least OpenGL 3.3 without a window.

    The context becomes current on the calling thread and belongs to it. Call its ``release`` in
    the same thread when done.

    Args:
        backend: ``egl``, or ``default`` for the platform's own. None tries what suits the
            platform: EGL, then X11 on Linux; the native interface elsewhere.

    Raises:
        GlContextError: No way worked; the message lists each with its reason.
    """
    system = platform.system()
    reasons: list[str] = []
    for name in (backend,) if backend else _backends(system):
        try:
            context = _create(name, system)
        except Exception as error:  # moderngl and its backends raise bare Exception
            reasons.append(f"{name}: {error}")
            continue
        logger.info("OpenGL %s on %s", context.version_code, context.info["GL_RENDERER"])
        return context
    remedy = _REMEDY.get(system, "install an OpenGL 3.3 driver")
    raise GlContextError(
        f"no OpenGL {GL_VERSION / 100:.1f} context: tried {'; '.join(reasons)}; {remedy}"
    )


def _backends(system: str) -> tuple[str, ...]:
    return ("egl", "default") if system == "Linux" else ("default",)


def _create(backend: str, system: str) -> moderngl.Context:
    options: dict[str, Any] = dict(LINUX_LIBRARIES) if system == "Linux" else {}
    if backend != "default":
        options["backend"] = backend
    return moderngl.create_context(require=GL_VERSION, standalone=True, **options)
