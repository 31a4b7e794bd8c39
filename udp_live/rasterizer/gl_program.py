"""Compile the GLSL programs that lie beside this module as package data."""

from collections.abc import Mapping
from importlib import resources

import moderngl

from udp_live.errors import ShaderCompileError

_SKINNING_MARK = "#include skinning"


def compile_program(
    context: moderngl.Context, name: str, defines: Mapping[str, int] | None = None
) -> moderngl.Program:
    """Compile ``shaders/<name>.glsl``, which holds both stages.

    The file's code is compiled twice, with ``VERTEX_STAGE`` or ``FRAGMENT_STAGE`` defined, after
    ``#version 330 core`` and ``defines``. A line ``#include skinning`` is replaced by
    ``shaders/skinning.glsl``.

    Raises:
        ShaderCompileError: The driver refused the program; the message holds its log.
    """
    code = read_shader(name).replace(_SKINNING_MARK, read_shader("skinning"))
    constants = "".join(f"#define {key} {value}\n" for key, value in (defines or {}).items())
    vertex, fragment = (
        f"#version 330 core\n#define {stage}_STAGE\n{constants}{code}"
        for stage in ("VERTEX", "FRAGMENT")
    )
    try:
        return context.program(vertex_shader=vertex, fragment_shader=fragment)
    except moderngl.Error as error:
        raise ShaderCompileError(f"shader {name}.glsl was refused: {error}") from error


def read_shader(name: str) -> str:
    """Return the text of ``shaders/<name>.glsl``."""
    return resources.files("udp_live.rasterizer").joinpath(f"shaders/{name}.glsl").read_text("utf8")
