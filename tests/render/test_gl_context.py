import moderngl
import pytest

from tests.fakes.tiny_rig import tiny_rig
from udp_live.errors import GlContextError, ShaderCompileError
from udp_live.rasterizer import gl_program
from udp_live.rasterizer.gl_context import open_context
from udp_live.rasterizer.gl_mesh import BYTES_PER_JOINT, GlMesh


def test_without_opengl_the_error_says_what_was_tried_and_what_to_do() -> None:
    with pytest.raises(GlContextError, match=r"tried no-such-backend: .+; (install|run) "):
        open_context("no-such-backend")


def test_a_refused_shader_is_named_with_the_log_of_the_driver(
    context: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gl_program, "read_shader", lambda name: "nonsense")
    with pytest.raises(ShaderCompileError, match=r"udp\.glsl was refused: [\s\S]+error"):
        gl_program.compile_program(context, "udp")


def test_a_rig_with_more_bones_than_the_driver_takes_is_refused(
    context: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(context.info, "GL_MAX_UNIFORM_BLOCK_SIZE", 4 * BYTES_PER_JOINT)
    with pytest.raises(GlContextError, match="bones, but this OpenGL driver takes 4"):
        GlMesh(context, tiny_rig())
