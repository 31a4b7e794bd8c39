import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from avatar_app.engine import EngineConfig
from avatar_app.engine.frames import FrameStamp, PoseFrame
from avatar_app.rendering.figure_reach import AIR, LARGEST_ZOOM, frame_reach, hold_reach
from tests.fakes.tiny_rig import tiny_rig
from udp_live.linalg import quat_from_axis_angle
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


def lying() -> RigPose:
    """Lie with the head to the viewer, who sees little of the figure."""
    pose = rest_pose(RIG)
    turn = quat_from_axis_angle(np.array((1.0, 0.0, 0.0), np.float32), math.pi / 2)
    pose.bone_rotations[RIG.skeleton.humanoid["hips"]] = turn
    return pose


def framed(zoom: float, framing: str = "full", pose: RigPose | None = None) -> EngineConfig:
    frames = [PoseFrame(FrameStamp(0, 0, 0.0), pose or moved(0.6, 0.3))]
    config = EngineConfig(avatar=Path("nowhere"), framing=framing, zoom=zoom)
    return hold_reach(config, RIG, frames)


def test_magnifying_keeps_the_figure_in_the_middle_of_the_picture() -> None:
    whole, twice = (
        frame_viewpoint(RIG, Framing.FULL, zoom=config.zoom, pan=config.pan)
        for config in (framed(1.0), framed(2.0))
    )
    assert twice.height_m == pytest.approx(0.5 * whole.height_m)
    np.testing.assert_allclose(twice.target, whole.target, atol=1e-6)


def test_no_zoom_leads_beyond_what_a_configuration_may_have() -> None:
    assert 1.0 < frame_reach(RIG, [lying()]).zoom <= LARGEST_ZOOM
    assert framed(10.0, pose=lying()).zoom == 10.0
    assert frame_reach(RIG, [moved(9.0, 0.0), moved(-9.0, 0.0)]).zoom < 1.0
    assert framed(0.1, pose=moved(9.0, 0.0)).zoom >= 0.1


def test_other_framings_stay_as_they_are() -> None:
    assert framed(1.5, "bust").pan == (0.0, 0.0)
    assert framed(1.5, "bust").zoom == 1.5


def test_no_pose_changes_nothing() -> None:
    assert frame_reach(RIG, []).zoom == 1.0
