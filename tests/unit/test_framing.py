from dataclasses import replace

import numpy as np
import pytest

from tests.fakes.tiny_rig import tiny_rig
from udp_live.rig.framing import Framing, clip_from_world, frame_viewpoint, project
from udp_live.rig.reference_poses import canonical_pose
from udp_live.rig.skinning import skin_vertices
from udp_live.types import Viewpoint

SIZE = (300, 200)
VIEW = Viewpoint(target=(0.1, 1.0, -0.2), height_m=0.8)


def shown(framing: Framing, size: tuple[int, int], **options: float) -> np.ndarray:
    """Project the canonical A-pose of the tiny rig in a framing."""
    rig = tiny_rig()
    viewpoint = frame_viewpoint(rig, framing, aspect=size[0] / size[1], **options)
    return project(skin_vertices(rig, canonical_pose(rig))[0], viewpoint, size)


def test_the_target_lies_in_the_middle_and_the_height_fills_the_picture() -> None:
    points = np.array(((0.1, 1.0, -0.2), (0.1, 1.4, -0.2), (0.1, 0.6, -0.2)), np.float32)
    pixels = project(points, VIEW, SIZE)
    np.testing.assert_allclose(pixels, ((150, 100), (150, 0), (150, 200)), atol=1e-3)


def test_the_avatars_left_is_on_the_right_of_a_frontal_picture() -> None:
    left = np.array(((0.2, 1.0, -0.2),), np.float32)
    np.testing.assert_allclose(project(left, VIEW, SIZE), ((175, 100),), atol=1e-3)


def test_yaw_goes_round_to_the_avatars_left_side() -> None:
    side = replace(VIEW, yaw_rad=np.pi / 2)
    face = np.array(((0.1, 1.0, -0.1),), np.float32)  # before the target
    assert project(face, side, SIZE)[0, 0] < 150
    near, far = np.array(((0.3, 1.0, -0.2, 1.0), (-0.1, 1.0, -0.2, 1.0)), np.float32)
    clip = clip_from_world(side, 1.5)
    assert (clip @ near)[3] < (clip @ far)[3]


def test_pitch_looks_down_on_the_avatar() -> None:
    above = replace(VIEW, pitch_rad=0.5)
    front, back = np.array(((0.1, 1.0, 0.0), (0.1, 1.0, -0.4)), np.float32)
    pixels = project(np.stack((front, back)), above, SIZE)
    assert pixels[0, 1] > pixels[1, 1]


def test_depth_stays_within_clip_space_before_and_behind_the_target() -> None:
    points = np.array(((0.1, 1.0, 1.0, 1.0), (0.1, 1.0, -2.0, 1.0)), np.float32)
    clip = points @ clip_from_world(VIEW, 1.5).T
    depth = clip[:, 2] / clip[:, 3]
    assert -1.0 < depth[0] < depth[1] < 1.0


@pytest.mark.parametrize("size", [(300, 300), (480, 270), (200, 400)])
def test_the_full_framing_shows_all_of_the_figure_with_little_air(size: tuple[int, int]) -> None:
    pixels = shown(Framing.FULL, size)
    assert np.all(pixels > 0)
    assert np.all(pixels < size)
    spans = np.ptp(pixels, axis=0) / size
    assert spans.max() > 0.85


@pytest.mark.parametrize("framing", [Framing.BUST, Framing.HALF])
@pytest.mark.parametrize("size", [(300, 300), (480, 270), (200, 400)])
def test_bust_and_half_keep_air_above_the_head_and_both_shoulders_in(
    framing: Framing, size: tuple[int, int]
) -> None:
    rig = tiny_rig()
    viewpoint = frame_viewpoint(rig, framing, aspect=size[0] / size[1])
    humanoid, rest = rig.skeleton.humanoid, rig.skeleton.rest_positions
    shoulders = rest[[humanoid["leftUpperArm"], humanoid["rightUpperArm"]]]
    pixels = project(shoulders, viewpoint, size)
    assert np.all((pixels > 0) & (pixels < size))
    top = shown(framing, size)[:, 1].min() / size[1]
    assert 0.02 < top < 0.12


def test_the_face_is_closer_than_the_bust_than_half_than_full() -> None:
    rig = tiny_rig()
    order = (Framing.FACE, Framing.BUST, Framing.HALF, Framing.FULL)
    face, bust, half, full = (frame_viewpoint(rig, framing).height_m for framing in order)
    assert face < 0.8 * bust
    assert bust < 0.8 * half < 0.8 * full


def test_the_face_shows_the_whole_head_with_air_above_it() -> None:
    rig = tiny_rig()
    viewpoint = frame_viewpoint(rig, Framing.FACE)
    head = rig.skeleton.rest_positions[[rig.skeleton.humanoid["head"]]]
    pixels = project(head, viewpoint, SIZE)
    assert np.all((pixels > 0) & (pixels < SIZE))
    assert 0.02 < shown(Framing.FACE, SIZE)[:, 1].min() / SIZE[1] < 0.12


def test_zoom_enlarges_and_pan_moves_the_figure_right_and_up() -> None:
    plain = shown(Framing.BUST, SIZE)
    large = shown(Framing.BUST, SIZE, zoom=2.0)
    moved = shown(Framing.BUST, SIZE, pan=(0.1, 0.2))
    assert np.ptp(large[:, 1]) > 1.9 * np.ptp(plain[:, 1])
    np.testing.assert_allclose((moved - plain).mean(axis=0), (20, -40), atol=1.0)


def test_a_zoom_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="zoom"):
        frame_viewpoint(tiny_rig(), Framing.BUST, zoom=0.0)


def test_a_prop_on_one_side_does_not_shrink_the_bust() -> None:
    rig = tiny_rig()
    head = rig.mesh.joints[:, 0] == rig.skeleton.humanoid["head"]
    corner = np.flatnonzero(head & (rig.mesh.positions[:, 0] > 0.1))[:1]
    positions = rig.mesh.positions.copy()
    positions[corner, 0] += 3.0
    with_prop = replace(rig, mesh=replace(rig.mesh, positions=positions))
    assert frame_viewpoint(with_prop, Framing.BUST) == frame_viewpoint(rig, Framing.BUST)


def test_wide_hair_is_shown_whole_up_to_a_limit() -> None:
    rig = tiny_rig()
    head = rig.mesh.joints[:, 0] == rig.skeleton.humanoid["head"]
    heights = []
    for factor in (1.0, 2.5, 30.0):
        positions = rig.mesh.positions.copy()
        positions[head, 0] *= factor
        hairy = replace(rig, mesh=replace(rig.mesh, positions=positions))
        heights.append(frame_viewpoint(hairy, Framing.BUST).height_m)
    plain, wide, absurd = heights
    assert plain < wide < absurd
    assert absurd == pytest.approx(1.2 * plain, rel=0.01)
