"""Draw a rig like a drawing: two flat tones per colour, inked outlines, clean alpha."""

import math
from dataclasses import dataclass

import moderngl
import numpy as np
from numpy.typing import NDArray

from udp_live.rasterizer.gl_mesh import GlMesh, cutoff
from udp_live.rasterizer.gl_program import compile_program
from udp_live.rasterizer.gl_texture import color_texture
from udp_live.rasterizer.ink import JUMP_HIGH, JUMP_LOW, SLOPE_FACTOR
from udp_live.rasterizer.udp_pass import (
    UdpRasterizer,
    begin_drawing,
    clip_from_world_flipped,
    set_culling,
    unbind_framebuffer,
)
from udp_live.rig.rig import AlphaMode, Rig
from udp_live.types import RigPose, UdpMap, Viewpoint

RGB = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ToonStyle:
    """The look of the drawing.

    Attributes:
        ink_width: Line width as a fraction of the picture's height; 0 draws none.
        ink_tint: Colour multiplier of the surface under the line, sRGB.
        light_direction: From the character towards the light, in her own axes; any length.
        shade_threshold: Cosine between normal and light at which shade turns into light.
        shade_softness: Width of that transition, in the same cosine.
        supersampling: Subpixels along each side of a pixel.
    """

    ink_width: float = 0.0035
    ink_tint: RGB = (0.42, 0.30, 0.42)
    light_direction: RGB = (-0.30, 0.80, 0.50)
    shade_threshold: float = -0.05
    shade_softness: float = 0.08
    supersampling: int = 3

    def __post_init__(self) -> None:
        if not 1 <= self.supersampling <= 8:
            raise ValueError(f"unexpected supersampling: {self.supersampling} not in 1..8")
        if self.ink_width < 0 or self.shade_softness <= 0:
            raise ValueError(f"unexpected style: {self}")


class ToonRasterizer:
    """Draw a rig in colour, with or without its UDP map.

    *Render thread only.*
    """

    def __init__(
        self,
        context: moderngl.Context,
        rig: Rig,
        size: tuple[int, int],
        style: ToonStyle | None = None,
    ) -> None:
        """Upload the rig and its images.

        Args:
            context: From ``open_context``, current on this thread.
            rig: Drawn until ``close``.
            size: ``(width, height)`` of the pictures in pixels.
            style: Look; None takes the defaults.
        """
        self._context = context
        self._style = style or ToonStyle()
        self._materials = rig.materials
        self._mesh = GlMesh(context, rig)
        self._textures = {
            group.material: color_texture(context, rig.materials[group.material])
            for group in self._mesh.groups
        }
        constants = {"SUPERSAMPLING": self._style.supersampling, **self._mesh.shader_constants}
        self._toon = compile_program(context, "toon", constants)
        self._surface = compile_program(context, "ink_surface", constants)
        self._toon_array = self._mesh.vertex_array(self._toon)
        self._surface_array = self._mesh.vertex_array(self._surface)
        self._resolve = _InkResolve(context, size, self._style)
        self._udp = UdpRasterizer(context, rig, size)

    def draw(self, pose: RigPose, viewpoint: Viewpoint) -> NDArray[np.uint8]:
        """Draw ``[H, W, 4]`` uint8, straight-alpha sRGB, row 0 on top."""
        width, height = self._udp.size
        self._mesh.set_pose(pose)
        matrix = clip_from_world_flipped(viewpoint, width / height)
        self._toon["clip_from_world"] = matrix
        self._surface["clip_from_world"] = matrix
        self._draw_colors()
        self._draw_surfaces()
        return self._resolve.draw()

    def draw_with_udp(
        self, pose: RigPose, viewpoint: Viewpoint
    ) -> tuple[NDArray[np.uint8], UdpMap]:
        """Draw as ``draw`` does, with the UDP map of the same pixels, sampled at their centres."""
        return self.draw(pose, viewpoint), self._udp.draw(pose, viewpoint)

    def close(self) -> None:
        """Release all GPU memory; the context stays open."""
        self._udp.close()
        self._resolve.close()
        self._mesh.close()
        for texture in self._textures.values():
            texture.release()
        self._toon.release()
        self._surface.release()

    def _draw_colors(self) -> None:
        style = self._style
        light = np.asarray(style.light_direction) / np.linalg.norm(style.light_direction)
        self._toon["light_direction"] = tuple(light)
        self._toon["shade_edge"] = (
            style.shade_threshold - 0.5 * style.shade_softness,
            style.shade_threshold + 0.5 * style.shade_softness,
        )
        begin_drawing(self._context, self._resolve.color_framebuffer)
        for group in self._mesh.groups:
            material = self._materials[group.material]
            set_culling(self._context, double_sided=group.double_sided)
            self._textures[group.material].use(0)
            self._toon["base_color"] = material.base_color
            self._toon["alpha_cutoff"] = _color_cutoff(material.alpha_mode, cutoff(material))
            self._toon["shade_color"] = material.shade_color if material.lit else (1, 1, 1)
            self._toon_array.render(vertices=group.count, first=group.first)

    def _draw_surfaces(self) -> None:
        begin_drawing(self._context, self._resolve.surface_framebuffer)
        for group in self._mesh.groups:
            material = self._materials[group.material]
            set_culling(self._context, double_sided=group.double_sided)
            self._textures[group.material].use(0)
            self._surface["alpha_factor"] = material.base_color[3] if group.is_cut else 1.0
            self._surface["alpha_cutoff"] = cutoff(material) if group.is_cut else -1.0
            self._surface["ink_sign"] = 1.0 if material.inked else -1.0
            self._surface_array.render(vertices=group.count, first=group.first)


def _color_cutoff(mode: AlphaMode, mask_cutoff: float) -> float:
    """Return the toon shader's alpha cut: below 0 blends, 0 keeps everything."""
    return {AlphaMode.OPAQUE: 0.0, AlphaMode.MASK: mask_cutoff, AlphaMode.BLEND: -1.0}[mode]


class _InkResolve:
    """The supersampled targets, and the passes that turn them into inked pixels."""

    def __init__(self, context: moderngl.Context, size: tuple[int, int], style: ToonStyle) -> None:
        scale = style.supersampling
        large = (size[0] * scale, size[1] * scale)
        width_px = style.ink_width * large[1]
        radius = math.ceil(width_px + 1.0) - 1 if width_px > 0 else 0
        tile_size = radius + scale
        tiles = (-(-large[0] // tile_size), -(-large[1] // tile_size))
        self._context = context
        self._colors = context.texture(large, 4)
        self._surfaces = context.texture(large, 4, dtype="f4")
        self._reaches = context.texture(large, 1, dtype="f4")
        self._tiles = context.texture(tiles, 1, dtype="f4")
        self._pixels = context.texture(size, 4)
        self._depth = context.depth_renderbuffer(large)
        self.color_framebuffer = context.framebuffer([self._colors], self._depth)
        self.surface_framebuffer = context.framebuffer([self._surfaces], self._depth)
        self._passes = [
            _FullPass(context, self._reaches, "ink_reach", scale, {"surfaces": self._surfaces}),
            _FullPass(context, self._tiles, "ink_tiles", scale, {"reaches": self._reaches}),
            _FullPass(
                context,
                self._pixels,
                "toon_resolve",
                scale,
                {
                    "colors": self._colors,
                    "surfaces": self._surfaces,
                    "reaches": self._reaches,
                    "tiles": self._tiles,
                },
            ),
        ]
        reach, tile, resolve = (full_pass.program for full_pass in self._passes)
        reach["width_px"] = width_px
        reach["jump_low"] = JUMP_LOW
        reach["jump_high"] = JUMP_HIGH
        reach["slope_factor"] = SLOPE_FACTOR
        tile["tile_size"] = tile_size
        resolve["tile_size"] = tile_size
        resolve["radius"] = radius
        resolve["tint"] = style.ink_tint if width_px > 0 else (1.0, 1.0, 1.0)

    def draw(self) -> NDArray[np.uint8]:
        """Return the pixels of what both framebuffers hold."""
        self._context.disable(moderngl.DEPTH_TEST | moderngl.CULL_FACE | moderngl.BLEND)
        for full_pass in self._passes:
            full_pass.draw()
        width, height = self._pixels.size
        pixels = np.empty((height, width, 4), np.uint8)
        self._passes[-1].framebuffer.read_into(pixels, components=4)
        return pixels

    def close(self) -> None:
        """Release everything."""
        unbind_framebuffer(self._context)
        for full_pass in self._passes:
            full_pass.close()
        for resource in (
            self.color_framebuffer,
            self.surface_framebuffer,
            self._depth,
            self._colors,
            self._surfaces,
            self._reaches,
            self._tiles,
            self._pixels,
        ):
            resource.release()


class _FullPass:
    """A fragment program over every pixel of one texture."""

    def __init__(
        self,
        context: moderngl.Context,
        target: moderngl.Texture,
        shader: str,
        supersampling: int,
        sources: dict[str, moderngl.Texture],
    ) -> None:
        self.program = compile_program(context, shader, {"SUPERSAMPLING": supersampling})
        self.framebuffer = context.framebuffer([target])
        self._array = context.vertex_array(self.program, [])
        self._sources = tuple(sources.values())
        for unit, name in enumerate(sources):
            self.program[name] = unit

    def draw(self) -> None:
        self.framebuffer.use()
        for unit, source in enumerate(self._sources):
            source.use(unit)
        self._array.render(moderngl.TRIANGLES, vertices=3)

    def close(self) -> None:
        for resource in (self._array, self.framebuffer, self.program):
            resource.release()
