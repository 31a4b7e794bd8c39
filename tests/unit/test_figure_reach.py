from dataclasses import replace

import numpy as np

from avatar_app.rendering.figure_reach import AIR, frame_reach
from tests.fakes.tiny_rig import tiny_rig
from udp_live.rig.expressions import rest_pose
from udp_live.rig.framing import Framing, frame_viewpoint, project
from udp_live.rig.skinning import skin_vertices
from udp_live.types import RigPose

RIG = tiny_rig()


def moved(across_m: float, up_m: float) -> RigPose:
    return replace(rest_pose(RIG), root_translation=np.array((across_m, up_m, 0.0), np.float32))


def shown(poses: list[RigPose]) -> np.ndarray:
    reach = frame_reach(RIG, poses)
    viewpoint = frame_viewpoint(RIG, Framing.FULL, zoom=reach.zoom, pan=reach.pan)
    return np.concatenate([project(skin_vertices(RIG, p)[0], viewpoint, (1, 1)) for p in poses])


def test_whatever_the_figure_does_it_stays_in_the_picture_and_fills_it() -> None:
    places = shown([moved(-0.9, 0.0), moved(0.4, 0.5), moved(0.0, -0.2)])
    assert places.min() > 0.0
    assert places.max() < 1.0
    assert np.ptp(places, axis=0).max() > 1.0 - 3.0 * AIR


def test_a_figure_that_stays_in_place_is_in_the_middle() -> None:
    places = shown([moved(0.0, 0.0)])
    middle = 0.5 * (places.min(axis=0) + places.max(axis=0))
    np.testing.assert_allclose(middle, 0.5, atol=0.06)


def test_reach_to_one_side_does_not_move_the_figure_while_there_is_room() -> None:
    at_rest = frame_reach(RIG, [moved(0.0, 0.0)])
    one_step = frame_reach(RIG, [moved(0.0, 0.0), moved(0.05, 0.0)])
    assert one_step.pan[0] == at_rest.pan[0] == 0.0


def test_no_pose_changes_nothing() -> None:
    assert frame_reach(RIG, []).zoom == 1.0
