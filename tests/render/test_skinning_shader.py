import moderngl
import numpy as np
import pytest

from tests.fakes.posing import random_pose
from tests.fakes.quad_rig import quad_rig
from tests.fakes.tiny_rig import tiny_rig
from udp_live.rasterizer.gl_mesh import JOINTS_BINDING, GlMesh
from udp_live.rasterizer.gl_program import read_shader
from udp_live.rasterizer.udp_pass import unbind_framebuffer
from udp_live.rig.rig import Material, Rig
from udp_live.rig.skinning import skin_vertices
from udp_live.types import RigPose

CAPTURE = """
out vec3 world;
void main() {
    world = skinned_position();
}
"""


def skin_on_gpu(context: moderngl.Context, rig: Rig, pose: RigPose) -> np.ndarray:
    """Return the corners of all triangles ``[3 T, 3]`` as the shader places them."""
    mesh = GlMesh(context, rig)
    bones = f"#define BONE_COUNT {rig.skeleton.bone_count}\n"
    code = "#version 330 core\n" + bones + read_shader("skinning") + CAPTURE
    program = context.program(vertex_shader=code, varyings=["world"])
    program["Joints"] = JOINTS_BINDING
    corners = context.buffer(reserve=rig.mesh.triangles.size * 12)
    target = context.simple_framebuffer((1, 1))  # a context without a window has no other
    target.use()
    try:
        mesh.set_pose(pose)
        mesh.vertex_array(program).transform(corners, moderngl.TRIANGLES)
        return np.frombuffer(corners.read(), np.float32).reshape(-1, 3)
    finally:
        unbind_framebuffer(context)
        target.release()
        corners.release()
        mesh.close()
        program.release()


@pytest.mark.parametrize("seed", range(4))
def test_the_shader_skins_like_its_numpy_twin(context: moderngl.Context, seed: int) -> None:
    rig = tiny_rig()
    pose = random_pose(rig, np.random.default_rng(seed))
    positions, _ = skin_vertices(rig, pose)
    order = np.concatenate(
        [rig.mesh.triangles[p.first : p.first + p.count] for p in rig.mesh.parts]
    )
    np.testing.assert_allclose(skin_on_gpu(context, rig, pose), positions[order.ravel()], atol=2e-6)


def test_a_rig_without_expressions_is_skinned_too(
    context: moderngl.Context, rng: np.random.Generator
) -> None:
    rig = quad_rig(Material("white"))
    pose = random_pose(rig, rng)
    positions, _ = skin_vertices(rig, pose)
    order = rig.mesh.triangles.ravel()
    np.testing.assert_allclose(skin_on_gpu(context, rig, pose), positions[order], atol=2e-6)
