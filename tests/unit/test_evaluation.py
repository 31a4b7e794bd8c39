"""Cases repeat, clips move, and means say what they say."""

import math
from itertools import pairwise

import numpy as np
import pytest

from renderer.evaluation import (
    FlickerScore,
    Score,
    clip_cases,
    random_cases,
    score,
)
from renderer.evaluation.evaluation_set import MOST_VIEWS, SETS, first_views
from renderer.evaluation.summary import MOST_DB, MOST_FLICKER, flicker_ratio, means, summarise
from renderer.training.wrong_landmarks import EXACT, NOISY, TWICE_NOISY
from tests.fakes.tiny_rig import tiny_rig
from udp_live.rig.framing import Framing

REPORT_KEYS = ("figure_psnr", "figure_l1", "image_l1", "figure_ssim", "alpha_iou", "flicker")


def _score(psnr: float, l1: float = 0.1) -> Score:
    return Score("any", psnr, l1, l1 / 2, 0.9, 0.8, 0.7, psnr - 1, 5.0)


def test_the_same_seed_gives_the_same_cases() -> None:
    rig = tiny_rig()
    first, second = (list(random_cases(rig, Framing.BUST, 4, seed=3)) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.pose.bone_rotations, other.pose.bone_rotations)
        assert one.viewpoint == other.viewpoint
    other_seed = next(random_cases(rig, Framing.BUST, 1, seed=4))
    assert other_seed.viewpoint != first[0].viewpoint


def test_neutral_faces_come_in_the_same_poses() -> None:
    rig = tiny_rig()
    lively = list(random_cases(rig, Framing.BUST, 4, seed=3))
    neutral = list(random_cases(rig, Framing.BUST, 4, seed=3, expressions=False))
    assert any(case.pose.expression_weights.any() for case in lively)
    assert not any(case.pose.expression_weights.any() for case in neutral)
    for one, other in zip(lively, neutral, strict=True):
        np.testing.assert_array_equal(one.pose.bone_rotations, other.pose.bone_rotations)
        assert one.viewpoint == other.viewpoint


def test_the_frames_of_a_clip_move_a_little_under_one_viewpoint() -> None:
    frames = clip_cases(tiny_rig(), Framing.FULL, 5, seed=2)
    rotations = [frame.pose.bone_rotations for frame in frames]
    steps = [float(np.abs(b - a).max()) for a, b in pairwise(rotations)]
    assert len({frame.viewpoint for frame in frames}) == 1
    assert all(0 < step < 0.1 for step in steps)
    assert float(np.abs(rotations[-1] - rotations[0]).max()) > max(steps)


def test_a_long_clip_is_as_good_as_a_short_one() -> None:
    assert len(clip_cases(tiny_rig(), Framing.FULL, 90, seed=2)) == 90


def test_summaries_have_the_keys_of_the_report() -> None:
    summary = summarise([_score(20.0), _score(30.0)], [FlickerScore(0.02, 0.03, 0.025)])
    assert set(REPORT_KEYS) <= set(summary)
    assert summary["figure_psnr"] == 25
    assert summary["worst_figure_psnr"] == 20
    assert summary["flicker"] == 1.5
    assert summary["flicker_resampled"] == 1.2
    assert summary["pictures"] == 2


def test_without_clips_there_is_no_flicker() -> None:
    assert "flicker" not in summarise([_score(20.0)], [])


def test_equal_pictures_leave_the_report_finite() -> None:
    picture = np.full((16, 16, 4), 255, np.uint8)
    summary = summarise([score("same", picture, picture)], [FlickerScore(0.0, 0.0, 0.0)])
    assert summary["figure_psnr"] == MOST_DB
    assert all(math.isfinite(value) for value in summary.values())


def test_every_character_counts_alike() -> None:
    many = summarise([_score(20.0)] * 9, [FlickerScore(0.1, 0.1, 0.1)])
    one = summarise([_score(40.0)], [FlickerScore(0.1, 0.3, 0.1)])
    both = means([many, one])
    assert both["figure_psnr"] == 30
    assert both["worst_figure_psnr"] == 20
    assert both["flicker"] == 2
    assert both["pictures"] == 10


@pytest.mark.parametrize(
    ("truth", "painted", "ratio"), [(0.0, 0.0, 1.0), (0.0, 0.1, MOST_FLICKER), (0.2, 0.1, 0.5)]
)
def test_flicker_is_a_multiple_of_the_truths(truth: float, painted: float, ratio: float) -> None:
    assert flicker_ratio(truth, painted) == ratio


def test_sheets_grow_from_the_front_view_on() -> None:
    assert [planned.name for planned in first_views(1)] == ["front"]
    assert [planned.name for planned in first_views(4)] == ["front", "back", "left", "right"]
    everything = first_views(MOST_VIEWS)
    assert len({planned.name for planned in everything}) == MOST_VIEWS
    assert everything[:8] == first_views(8)


@pytest.mark.parametrize("count", [0, MOST_VIEWS + 1])
def test_a_sheet_that_the_plan_cannot_fill_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="unexpected views"):
        first_views(count)


def test_the_sets_are_as_wrong_as_the_training_says() -> None:
    wrongness = {name: chosen.wrongness for name, chosen in SETS.items()}
    assert wrongness == {
        "exact": EXACT,
        "noisy": NOISY,
        "twice-noisy": TWICE_NOISY,
        "views": EXACT,
    }
    assert SETS["views"].view_counts == (1, 2, 4, 8)
