from dataclasses import replace

import moderngl
import numpy as np
import pytest

from tests.fakes.posing import random_pose
from tests.fakes.quad_rig import quad_rig
from tests.fakes.tiny_rig import tiny_rig
from tests.render.conftest import GoldenCheck
from tests.render.ray_caster import cast_udp
from udp_live.rasterizer.udp_pass import UdpRasterizer
from udp_live.rig.expressions import rest_pose
from udp_live.rig.framing import Framing, frame_viewpoint
from udp_live.rig.landmarks import canonical_landmarks
from udp_live.rig.rig import AlphaMode, Material, Rig
from udp_live.types import RigPose, UdpMap, Viewpoint

FRONT = Viewpoint(target=(0.0, 0.5, 0.0), height_m=2.0)
BACK = replace(FRONT, yaw_rad=np.pi)
HALF_HOLE = np.full((4, 4, 4), 255, np.uint8)
HALF_HOLE[:, :2, 3] = 0  # the image's left half is a hole


def draw(
    context: moderngl.Context,
    rig: Rig,
    viewpoint: Viewpoint = FRONT,
    *,
    pose: RigPose | None = None,
    size: tuple[int, int] = (32, 32),
) -> UdpMap:
    rasterizer = UdpRasterizer(context, rig, size)
    try:
        return rasterizer.draw(pose or rest_pose(rig), viewpoint)
    finally:
        rasterizer.close()


@pytest.mark.parametrize("size", [(48, 48), (40, 56), (61, 33)])
@pytest.mark.parametrize("yaw", [0.0, 0.7, 2.5])
def test_pixels_hold_the_landmark_that_a_ray_through_their_centre_meets(
    context: moderngl.Context, rng: np.random.Generator, size: tuple[int, int], yaw: float
) -> None:
    rig = tiny_rig()
    pose = random_pose(rig, rng)
    framed = frame_viewpoint(rig, Framing.FULL, aspect=size[0] / size[1])
    viewpoint = replace(framed, yaw_rad=yaw, pitch_rad=0.2)

    drawn = draw(context, rig, viewpoint, pose=pose, size=size).xyzv
    cast = cast_udp(rig, pose, viewpoint, size)

    same = np.all(np.abs(drawn - cast) < 1e-3, axis=-1)
    assert cast[..., 3].mean() > 0.03
    assert np.mean(~same) < 0.004  # rays that graze an edge


def test_the_bust_matches_its_reference(
    context: moderngl.Context, rng: np.random.Generator, check_golden: GoldenCheck
) -> None:
    rig = tiny_rig()
    viewpoint = replace(frame_viewpoint(rig, Framing.BUST), yaw_rad=0.5)
    udp = draw(context, rig, viewpoint, pose=random_pose(rig, rng, bend=0.1), size=(128, 128))
    check_golden("udp_tiny_bust", udp.xyzv)


def test_a_landmark_stays_with_the_surface_when_the_body_moves(context: moderngl.Context) -> None:
    rig = quad_rig(Material("white"))
    rest = rest_pose(rig)
    moved = replace(rest, root_translation=np.array((0.125, 0.0, 0.0), np.float32))
    before = draw(context, rig).xyzv
    after = draw(context, rig, pose=moved).xyzv
    np.testing.assert_allclose(after[:, 2:], before[:, :-2], atol=1e-5)


def test_occupancy_is_one_inside_and_everything_is_zero_outside(context: moderngl.Context) -> None:
    xyzv = draw(context, quad_rig(Material("white"))).xyzv
    assert set(np.unique(xyzv[..., 3])) == {0.0, 1.0}
    assert xyzv[..., 3].sum() == 16 * 16
    assert np.all(xyzv[xyzv[..., 3] == 0.0] == 0.0)


def test_row_zero_is_the_top(context: moderngl.Context) -> None:
    xyzv = draw(context, quad_rig(Material("white"))).xyzv
    assert xyzv[9, 16, 1] > xyzv[22, 16, 1] > 0.0


def test_back_faces_are_drawn_only_when_the_material_has_two_sides(
    context: moderngl.Context,
) -> None:
    one_sided = draw(context, quad_rig(Material("one")), BACK)
    two_sided = draw(context, quad_rig(Material("two", double_sided=True)), BACK)
    assert one_sided.xyzv[..., 3].sum() == 0
    assert two_sided.xyzv[..., 3].sum() == 16 * 16


@pytest.mark.parametrize("mode", [AlphaMode.MASK, AlphaMode.BLEND])
def test_what_lies_behind_shows_through_the_holes_of_a_material(
    context: moderngl.Context, mode: AlphaMode
) -> None:
    rig = quad_rig(Material("lace", image=HALF_HOLE, alpha_mode=mode), Material("skin"))
    depth = canonical_landmarks(rig)[:, 2]
    xyzv = draw(context, rig).xyzv
    np.testing.assert_allclose(xyzv[16, 10, 2], depth[4], atol=1e-5)
    np.testing.assert_allclose(xyzv[16, 22, 2], depth[0], atol=1e-5)


def test_an_opaque_material_ignores_its_alpha(context: moderngl.Context) -> None:
    xyzv = draw(context, quad_rig(Material("solid", image=HALF_HOLE))).xyzv
    assert xyzv[..., 3].sum() == 16 * 16


def test_a_material_that_is_more_transparent_than_solid_has_no_surface(
    context: moderngl.Context,
) -> None:
    glass = Material("glass", base_color=(1.0, 1.0, 1.0, 0.3), alpha_mode=AlphaMode.BLEND)
    assert draw(context, quad_rig(glass)).xyzv[..., 3].sum() == 0


def test_half_precision_differs_by_rounding_alone(context: moderngl.Context) -> None:
    rig = tiny_rig()
    viewpoint = frame_viewpoint(rig, Framing.BUST)
    half = UdpRasterizer(context, rig, (64, 64), dtype="f2")
    xyzv = half.draw(rest_pose(rig), viewpoint).xyzv
    half.close()
    assert xyzv.dtype == np.float32
    full = draw(context, rig, viewpoint, size=(64, 64)).xyzv
    np.testing.assert_allclose(xyzv, full, atol=5e-4)


def test_an_earlier_map_survives_the_next_draw(context: moderngl.Context) -> None:
    rig = quad_rig(Material("white"))
    rasterizer = UdpRasterizer(context, rig, (32, 32))
    first = rasterizer.draw(rest_pose(rig), FRONT)
    kept = first.xyzv.copy()
    rasterizer.draw(rest_pose(rig), BACK)
    rasterizer.close()
    np.testing.assert_array_equal(first.xyzv, kept)


def test_a_resized_rasterizer_draws_like_a_new_one(context: moderngl.Context) -> None:
    rig = tiny_rig()
    viewpoint = frame_viewpoint(rig, Framing.FULL)
    rasterizer = UdpRasterizer(context, rig, (32, 32))
    rasterizer.resize((24, 40))
    resized = rasterizer.draw(rest_pose(rig), viewpoint).xyzv
    rasterizer.close()
    np.testing.assert_array_equal(resized, draw(context, rig, viewpoint, size=(24, 40)).xyzv)


def test_the_texture_that_stays_on_the_gpu_has_its_first_row_on_top(
    context: moderngl.Context,
) -> None:
    rig = quad_rig(Material("white"))
    rasterizer = UdpRasterizer(context, rig, (32, 32))
    texture = rasterizer.draw_to_texture(rest_pose(rig), FRONT)
    xyzv = context.external_texture(texture.name, texture.size, 4, 0, "f4").read()
    rasterizer.close()
    rows = np.frombuffer(xyzv, np.float32).reshape(32, 32, 4)
    np.testing.assert_array_equal(rows, draw(context, rig).xyzv)


def test_those_who_hold_a_texture_hear_of_its_end_once(context: moderngl.Context) -> None:
    rasterizer = UdpRasterizer(context, tiny_rig(), (32, 32))
    heard: list[str] = []
    texture = rasterizer.draw_to_texture(rest_pose(tiny_rig()), FRONT)
    texture.call_before_release(lambda: heard.append("released"))
    assert rasterizer.draw_to_texture(rest_pose(tiny_rig()), FRONT) is texture
    assert not heard
    rasterizer.resize((16, 16))
    assert heard == ["released"]
    rasterizer.close()
    assert heard == ["released"]


def test_expressions_move_the_surface_and_let_it_back(context: moderngl.Context) -> None:
    rig = tiny_rig()
    rest = rest_pose(rig)
    blink = replace(rest, expression_weights=np.array((1, 0, 0), np.float32))
    viewpoint = replace(frame_viewpoint(rig, Framing.BUST), yaw_rad=0.8)
    rasterizer = UdpRasterizer(context, rig, (64, 64))
    before, during, after = (rasterizer.draw(pose, viewpoint).xyzv for pose in (rest, blink, rest))
    rasterizer.close()
    assert np.abs(during - before).max() > 1e-3
    np.testing.assert_array_equal(after, before)


def test_of_coplanar_surfaces_the_later_one_is_seen(context: moderngl.Context) -> None:
    rig = quad_rig(Material("skin"), Material("decal"), gap_m=0.0)
    shifted = rig.mesh.positions.copy()
    shifted[4:, 0] += 0.25
    rig = replace(rig, mesh=replace(rig.mesh, positions=shifted))
    decal = canonical_landmarks(rig)[4:, 0]
    xyzv = draw(context, rig).xyzv
    middle = decal[0] + (decal[1] - decal[0]) * (16.5 - 12.0) / 16.0
    np.testing.assert_allclose(xyzv[16, 16, 0], middle, atol=1e-5)
