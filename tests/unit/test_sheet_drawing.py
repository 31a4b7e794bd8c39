"""Sheets drawn from a rig show it from all around, with the expressions it has."""

from dataclasses import replace

import numpy as np
import pytest

from renderer.sheet.face_regions import find_regions
from renderer.sheet.sheet_drawing import draw_sheet, plan_sheet
from renderer.sheet.sheet_poses import SheetPose, lifted_hair, raised_pose, sheet_pose
from tests.fakes.tiny_rig import tiny_rig
from udp_live.rig import canonical_landmarks, canonical_pose, posed_joints
from udp_live.types import RigPose, UdpMap, Viewpoint

RIG = tiny_rig()


class FakeRasterizer:
    """Draws a block and remembers what it was asked for."""

    def __init__(self) -> None:
        self.poses: list[RigPose] = []
        self.viewpoints: list[Viewpoint] = []

    def draw_with_udp(self, pose: RigPose, viewpoint: Viewpoint) -> tuple[np.ndarray, UdpMap]:
        self.poses.append(pose)
        self.viewpoints.append(viewpoint)
        image = np.zeros((64, 64, 4), np.uint8)
        image[10:50, 30:40] = 255
        return image, UdpMap(image.astype(np.float32) / 255)


def test_the_plan_names_each_view_once_and_fits_a_sheet() -> None:
    plan = plan_sheet(RIG)
    assert len({view.name for view in plan}) == len(plan) <= 32
    assert {"front", "back", "left", "right", "bust"} <= {view.name for view in plan}


def test_expressions_that_differ_in_case_alone_get_files_of_their_own() -> None:
    rig = tiny_rig()
    double = replace(rig.expressions[0], name=rig.expressions[0].name.upper())
    plan = plan_sheet(replace(rig, expressions=(*rig.expressions, double)))
    assert double.name in [planned.expression for planned in plan]
    names = [planned.name.lower() for planned in plan]
    assert len(set(names)) == len(names)


def test_the_plan_has_a_view_for_the_blink_and_each_mouth_shape() -> None:
    offered = {e.name for e in RIG.expressions if e.morphs}
    planned = {view.expression for view in plan_sheet(RIG)}
    for name in ("aa", "ih", "ou", "ee", "oh"):
        assert (name in planned) == (name in offered)
    assert planned & {"blink", "blinkLeft"} or not offered & {"blink", "blinkLeft"}


def test_the_eyes_look_all_ways_so_that_no_white_stays_hidden() -> None:
    gazes = np.sign([view.gaze_deg for view in plan_sheet(RIG)])
    for way in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        assert any((gazes == way).all(axis=1))


def test_views_are_cropped_at_the_sides_only() -> None:
    sheet = draw_sheet(RIG, FakeRasterizer())
    assert {view.image.shape for view in sheet.views if not view.expression} == {(64, 26, 4)}
    assert {len(view.image) for view in sheet.views} == {64}
    assert all(view.udp.dtype == np.float16 for view in sheet.views)


def test_each_view_is_drawn_as_planned() -> None:
    rasterizer = FakeRasterizer()
    plan = plan_sheet(RIG)
    draw_sheet(RIG, rasterizer, plan)
    for planned, pose, viewpoint in zip(plan, rasterizer.poses, rasterizer.viewpoints, strict=True):
        assert viewpoint.yaw_rad == pytest.approx(np.radians(planned.yaw_deg))
        assert pose.gaze == pytest.approx(np.radians(planned.gaze_deg))
        shown = [e.name for e, w in zip(RIG.expressions, pose.expression_weights, strict=True) if w]
        assert shown == ([planned.expression] if planned.expression else [])


def test_raised_arms_are_above_the_shoulders() -> None:
    joints = posed_joints(RIG.skeleton, raised_pose(RIG)).positions
    for side in ("left", "right"):
        hand, arm = (RIG.skeleton.humanoid[f"{side}{part}"] for part in ("Hand", "UpperArm"))
        assert joints[hand, 1] > joints[arm, 1] + 0.1


def test_lifted_hair_swings_out_and_keeps_the_body() -> None:
    before = canonical_pose(RIG)
    after = lifted_hair(RIG)
    changed = np.flatnonzero(np.any(before.bone_rotations != after.bone_rotations, axis=1))
    roots = {chain.bones[0] for chain in RIG.springs}
    assert set(changed.tolist()) == roots
    chain = RIG.springs[0]
    down, up = (
        posed_joints(RIG.skeleton, pose).positions[chain.bones[-1]] for pose in (before, after)
    )
    head = RIG.skeleton.rest_positions[RIG.skeleton.humanoid["head"]]
    assert up[1] > down[1]
    assert np.linalg.norm((up - head)[[0, 2]]) > np.linalg.norm((down - head)[[0, 2]])


def test_regions_hold_what_the_expressions_move() -> None:
    landmarks = canonical_landmarks(RIG)
    regions = find_regions(RIG)
    assert regions
    for name, box in regions.items():
        assert np.all(np.subtract(box.high, box.low) > 0)
        middle = (box.low[0] + box.high[0]) / 2
        if name != "mouth":
            assert (middle > 0.5) == (name == "leftEye")
    assert landmarks.min() >= 0


def test_shown_palms_are_upright_hands_beside_the_head() -> None:
    joints = posed_joints(RIG.skeleton, sheet_pose(RIG, SheetPose.PALMS_SHOWN)).positions
    for side in ("left", "right"):
        hand, elbow = (RIG.skeleton.humanoid[f"{side}{part}"] for part in ("Hand", "LowerArm"))
        along = joints[hand] - joints[elbow]
        assert along[1] > 0.99 * np.linalg.norm(along)


def test_an_expression_view_keeps_the_face_alone() -> None:
    box = find_regions(RIG)["mouth"]
    inside, outside = np.mean([box.low, box.high], axis=0), np.zeros(3)

    class FaceOnTheLeft(FakeRasterizer):
        def draw_with_udp(self, pose: RigPose, viewpoint: Viewpoint) -> tuple[np.ndarray, UdpMap]:
            xyzv = np.ones((64, 64, 4), np.float32)
            xyzv[:, :32, :3], xyzv[:, 32:, :3] = inside, outside
            return np.full((64, 64, 4), 255, np.uint8), UdpMap(xyzv)

    for view in draw_sheet(RIG, FaceOnTheLeft()).views:
        assert view.image[..., 3].mean() == (255 if view.expression is None else 255 * 32 / 40)
        np.testing.assert_array_equal(view.udp[..., 3] > 0, view.image[..., 3] > 0)
