"""Draw Ultra-Dense Pose (UDP): which landmark lies under each pixel."""

from typing import Literal

import moderngl
import numpy as np

from udp_live.rasterizer.gl_mesh import DrawGroup, GlMesh, cutoff
from udp_live.rasterizer.gl_program import compile_program
from udp_live.rasterizer.gl_texture import alpha_texture
from udp_live.rig.framing import clip_from_world
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, UdpMap, Viewpoint
from udp_live.udp_texture import UdpTexture

FLIP_ROWS = np.diag((1.0, -1.0, 1.0, 1.0)).astype(np.float32)  # GL's first row becomes the top


class UdpRasterizer:
    """Draw a rig's UDP map in one pass.

    *Render thread only.*

    Landmarks are sampled at pixel centres without antialiasing, because a mixture of two
    landmarks would name a place on neither surface.
    """

    def __init__(
        self,
        context: moderngl.Context,
        rig: Rig,
        size: tuple[int, int],
        dtype: Literal["f2", "f4"] = "f4",
    ) -> None:
        """Upload the rig.

        Args:
            context: From ``open_context``, current on this thread.
            rig: Drawn until ``close``.
            size: ``(width, height)`` in pixels.
            dtype: Component type of the target; UDP maps are float32 all the same.
        """
        self._context = context
        self._dtype = dtype
        self._mesh = GlMesh(context, rig)
        constants = self._mesh.shader_constants
        self._programs = [
            compile_program(context, "udp", {"ALPHA_CUT": cut, **constants}) for cut in (0, 1)
        ]
        self._arrays = [self._mesh.vertex_array(program) for program in self._programs]
        self._runs = _merged(self._mesh.groups)
        self._materials = rig.materials
        self._alphas = {
            group.material: alpha_texture(context, rig.materials[group.material])
            for group in self._mesh.groups
            if group.is_cut
        }
        self._allocate(size)

    @property
    def size(self) -> tuple[int, int]:
        """``(width, height)`` in pixels."""
        size: tuple[int, int] = self._target.size
        return size

    def resize(self, size: tuple[int, int]) -> None:
        """Draw at another ``(width, height)`` from now on."""
        if size != self.size:
            self._release_target()
            self._allocate(size)

    def draw(self, pose: RigPose, viewpoint: Viewpoint) -> UdpMap:
        """Draw and read back; the map is a fresh array, row 0 on top."""
        return self.draw_to_texture(pose, viewpoint).read()

    def draw_to_texture(self, pose: RigPose, viewpoint: Viewpoint) -> UdpTexture:
        """Draw and leave the result on the GPU.

        Returns:
            The target. It belongs to the rasterizer and holds this pose until the next draw.
        """
        width, height = self.size
        self._mesh.set_pose(pose)
        matrix = clip_from_world_flipped(viewpoint, width / height)
        for program in self._programs:
            program["clip_from_world"] = matrix
        begin_drawing(self._context, self._framebuffer)
        for run in self._runs:
            set_culling(self._context, double_sided=run.double_sided)
            if run.is_cut:
                self._bind_alpha(run.material)
            self._arrays[run.is_cut].render(vertices=run.count, first=run.first)
        return self._texture

    def close(self) -> None:
        """Release all GPU memory; the context stays open."""
        self._release_target()
        self._mesh.close()
        for texture in self._alphas.values():
            texture.release()
        for program in self._programs:
            program.release()

    def _bind_alpha(self, index: int) -> None:
        material = self._materials[index]
        self._alphas[index].use(0)
        self._programs[1]["alpha_factor"] = material.base_color[3]
        self._programs[1]["alpha_cutoff"] = cutoff(material)

    def _allocate(self, size: tuple[int, int]) -> None:
        self._target = self._context.texture(size, 4, dtype=self._dtype)
        self._depth = self._context.depth_renderbuffer(size)
        self._framebuffer = self._context.framebuffer([self._target], self._depth)
        component_bytes = np.dtype(self._dtype).itemsize
        self._texture = UdpTexture(self._target.glo, size, component_bytes, self._read)

    def _read(self) -> UdpMap:
        width, height = self.size
        xyzv = np.empty((height, width, 4), np.dtype(self._dtype))
        self._framebuffer.read_into(xyzv, components=4, dtype=self._dtype)
        return UdpMap(xyzv.astype(np.float32, copy=False))

    def _release_target(self) -> None:
        self._texture.release()
        unbind_framebuffer(self._context)
        self._framebuffer.release()
        self._target.release()
        self._depth.release()


def clip_from_world_flipped(viewpoint: Viewpoint, aspect: float) -> tuple[float, ...]:
    """Return the projection whose first row is the top, as the 16 column-major floats of a mat4."""
    matrix = FLIP_ROWS @ clip_from_world(viewpoint, aspect)
    return tuple(matrix.T.ravel().tolist())


def begin_drawing(context: moderngl.Context, framebuffer: moderngl.Framebuffer) -> None:
    """Clear a framebuffer and set the state for solid triangles in a row-flipped projection."""
    framebuffer.use()
    framebuffer.clear()
    context.disable(moderngl.BLEND)
    context.enable(moderngl.DEPTH_TEST)
    context.depth_func = "<="  # of coplanar surfaces the later wins: decals over skin
    context.front_face = "cw"  # the flipped rows mirror every triangle


def unbind_framebuffer(context: moderngl.Context) -> None:
    """Bind no framebuffer of ours; moderngl would bind a released one again and fail."""
    context.detect_framebuffer(0).use()


def set_culling(context: moderngl.Context, *, double_sided: bool) -> None:
    """Cull back faces unless the material has two sides."""
    if double_sided:
        context.disable(moderngl.CULL_FACE)
    else:
        context.enable(moderngl.CULL_FACE)


def _merged(groups: tuple[DrawGroup, ...]) -> tuple[DrawGroup, ...]:
    """Join opaque neighbours of equal sidedness, which need no state of their own."""
    runs: list[DrawGroup] = []
    for group in groups:
        last = runs[-1] if runs else None
        joins = last and not last.is_cut and not group.is_cut
        if last and joins and last.double_sided == group.double_sided:
            count = last.count + group.count
            runs[-1] = DrawGroup(last.material, False, last.double_sided, last.first, count)
        else:
            runs.append(group)
    return tuple(runs)
