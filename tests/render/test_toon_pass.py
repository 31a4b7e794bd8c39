from dataclasses import replace

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.fakes.posing import random_pose
from tests.fakes.quad_rig import quad_rig
from tests.fakes.tiny_rig import tiny_rig
from tests.render.conftest import GoldenCheck
from udp_live.rasterizer.ink import ink_mask
from udp_live.rasterizer.toon_pass import ToonRasterizer, ToonStyle
from udp_live.rasterizer.udp_pass import UdpRasterizer
from udp_live.rig.expressions import rest_pose
from udp_live.rig.framing import Framing, frame_viewpoint
from udp_live.rig.rig import AlphaMode, Material, Rig
from udp_live.types import Viewpoint

FRONT = Viewpoint(target=(0.0, 0.5, 0.0), height_m=2.0)
NO_INK = ToonStyle(ink_width=0.0)
RED = Material("red", base_color=(1.0, 0.0, 0.0, 1.0), lit=False)
BLUE = Material("blue", base_color=(0.0, 0.0, 1.0, 1.0), lit=False)


def draw(
    context: moderngl.Context,
    rig: Rig,
    style: ToonStyle = NO_INK,
    *,
    viewpoint: Viewpoint = FRONT,
    size: tuple[int, int] = (32, 32),
) -> NDArray[np.uint8]:
    rasterizer = ToonRasterizer(context, rig, size, style)
    try:
        return rasterizer.draw(rest_pose(rig), viewpoint)
    finally:
        rasterizer.close()


@pytest.mark.parametrize("framing", list(Framing))
def test_the_toon_picture_matches_its_reference(
    context: moderngl.Context,
    rng: np.random.Generator,
    check_golden: GoldenCheck,
    framing: Framing,
) -> None:
    rig = tiny_rig()
    rasterizer = ToonRasterizer(context, rig, (96, 128))
    viewpoint = replace(frame_viewpoint(rig, framing, aspect=0.75), yaw_rad=0.6, pitch_rad=0.1)
    image = rasterizer.draw(random_pose(rig, rng, bend=0.1), viewpoint)
    rasterizer.close()
    check_golden(f"toon_tiny_{framing.value}", image)


def test_edges_fade_in_alpha_and_keep_their_colour(context: moderngl.Context) -> None:
    turned = replace(FRONT, height_m=1.9, yaw_rad=0.3)
    image = draw(context, quad_rig(RED), viewpoint=turned)
    partial = (image[..., 3] > 0) & (image[..., 3] < 255)
    assert partial.sum() > 20
    assert np.all(image[partial][:, :3] == (255, 0, 0))
    assert np.all(image[image[..., 3] == 0] == 0)


@pytest.mark.parametrize("supersampling", [1, 2, 3, 4])
def test_every_supersampling_covers_the_same_pixels(
    context: moderngl.Context, supersampling: int
) -> None:
    style = replace(NO_INK, supersampling=supersampling)
    image = draw(context, quad_rig(RED), style)
    assert np.all(image[8:24, 8:24] == (255, 0, 0, 255))
    assert np.sum(image[..., 3] > 0) == 16 * 16


def test_an_unlit_material_shows_its_own_colour(context: moderngl.Context) -> None:
    texel = np.full((1, 1, 4), (200, 100, 50, 255), np.uint8)
    image = draw(context, quad_rig(Material("eye", image=texel, lit=False)))
    assert np.all(image[16, 16] == (200, 100, 50, 255))


def test_surfaces_that_face_the_light_are_bright_and_others_get_the_shade_colour(
    context: moderngl.Context,
) -> None:
    rig = quad_rig(Material("skin", shade_color=(0.5, 0.6, 0.7)))
    lit = draw(context, rig, replace(NO_INK, light_direction=(0.0, 0.0, 3.0)))
    shaded = draw(context, rig, replace(NO_INK, light_direction=(0.0, 0.0, -3.0)))
    assert np.all(lit[16, 16] == 255)
    np.testing.assert_allclose(shaded[16, 16, :3], (127.5, 153, 178.5), atol=1)


def test_a_blended_material_tints_what_lies_behind(context: moderngl.Context) -> None:
    veil = replace(RED, base_color=(1.0, 0.0, 0.0, 1 / 3), alpha_mode=AlphaMode.BLEND, inked=False)
    image = draw(context, quad_rig(veil, BLUE))
    np.testing.assert_allclose(image[16, 16], (85, 0, 170, 255), atol=1)


def test_ink_lies_inside_the_silhouette_and_takes_the_colour_of_the_surface(
    context: moderngl.Context,
) -> None:
    style = ToonStyle(ink_width=3 / 32, ink_tint=(0.5, 0.5, 0.5))
    image = draw(context, quad_rig(RED), style)
    plain = draw(context, quad_rig(RED))
    np.testing.assert_array_equal(image[..., 3], plain[..., 3])
    assert np.all(image[10, 10:22, 0] == 128)
    assert np.all(image[12:20, 12:20] == (255, 0, 0, 255))


def small_in_front(front: Material, back: Material) -> Rig:
    """Put a small square 20 cm before a large one."""
    rig = quad_rig(front, back)
    positions = rig.mesh.positions.copy()
    positions[:4, :2] = (positions[:4, :2] - (0.0, 0.5)) * 0.5 + (0.0, 0.5)
    return replace(rig, mesh=replace(rig.mesh, positions=positions))


@pytest.mark.parametrize(("front_inked", "back_inked"), [(True, False), (False, True)])
def test_the_surface_in_front_decides_whether_there_is_a_line(
    context: moderngl.Context, front_inked: bool, back_inked: bool
) -> None:
    style = ToonStyle(ink_width=2 / 64, ink_tint=(0.0, 0.0, 0.0))
    rig = small_in_front(replace(RED, inked=front_inked), replace(BLUE, inked=back_inked))
    image = draw(context, rig, style, size=(64, 64))
    inner = image[20:44, 20:44].astype(int).sum(axis=-1) - 255
    assert (inner.min() < 60) == front_inked


@pytest.mark.parametrize("width", [0.8, 1.8, 3.0])
def test_the_shader_inks_like_its_numpy_twin(
    context: moderngl.Context, rng: np.random.Generator, width: float
) -> None:
    rig = tiny_rig()
    white = tuple(replace(m, image=None, base_color=(1, 1, 1, 1), lit=False) for m in rig.materials)
    rig = replace(rig, materials=white)
    style = ToonStyle(ink_width=width / 96, ink_tint=(0.0, 0.0, 0.0), supersampling=1)
    viewpoint = replace(frame_viewpoint(rig, Framing.HALF), yaw_rad=0.5)
    rasterizer = ToonRasterizer(context, rig, (96, 96), style)
    image, udp = rasterizer.draw_with_udp(random_pose(rig, rng, bend=0.1), viewpoint)
    rasterizer.close()

    expected = (1.0 - ink_mask(udp.xyzv, width)) * udp.xyzv[..., 3]

    assert 0.05 < 1.0 - expected[udp.xyzv[..., 3] > 0].mean() < 0.9
    np.testing.assert_allclose(image[..., 0] / 255, expected, atol=1.5 / 255)


def test_the_udp_of_a_picture_is_that_of_the_udp_pass(context: moderngl.Context) -> None:
    rig = tiny_rig()
    viewpoint = frame_viewpoint(rig, Framing.FULL, aspect=40 / 56)
    toon = ToonRasterizer(context, rig, (40, 56))
    image, udp = toon.draw_with_udp(rest_pose(rig), viewpoint)
    toon.close()
    rasterizer = UdpRasterizer(context, rig, (40, 56))
    np.testing.assert_array_equal(udp.xyzv, rasterizer.draw(rest_pose(rig), viewpoint).xyzv)
    rasterizer.close()
    assert np.mean((image[..., 3] > 127) == (udp.xyzv[..., 3] > 0)) > 0.99


@pytest.mark.parametrize("bad", [{"supersampling": 0}, {"ink_width": -1.0}, {"shade_softness": 0}])
def test_a_style_that_cannot_be_drawn_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="unexpected"):
        ToonStyle(**bad)
