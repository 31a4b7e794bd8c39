"""Conventions of landmarks by the name in options and notes."""

from pathlib import Path

import pytest

from avatar_app.errors import UsageError
from avatar_app.rendering import landmark_choice
from avatar_app.rendering.landmark_choice import choose_convention, written_name
from renderer.conr.landmarks.convention_file import write_convention
from renderer.conr.landmarks.landmark_convention import (
    LandmarkConvention,
    named_convention,
    rig_box,
)
from tests.fakes.tiny_rig import tiny_rig

FITTED = LandmarkConvention("fitted", (0, 2, 1), (1.0, -4.0, 1.0), (0.0, 2.5, 0.0))


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(landmark_choice, "weights_folder", lambda: tmp_path)
    return tmp_path


def test_our_own_landmarks_need_no_conversion(weights: Path) -> None:
    assert choose_convention("canonical", tiny_rig()) is None
    assert written_name("canonical") == "canonical"


def test_candidates_are_made_for_the_figure(weights: Path) -> None:
    rig = tiny_rig()
    for name in ("A", "A'", "B"):
        assert choose_convention(name, rig) == named_convention(name, rig_box(rig))
        assert written_name(name) == name


def test_conr_is_what_the_weights_folder_says(weights: Path) -> None:
    assert choose_convention("conr", tiny_rig()) == named_convention("A")
    assert written_name("conr") == "A"
    write_convention(weights, FITTED)
    assert choose_convention("conr", tiny_rig()) == FITTED
    assert written_name("conr") == "fitted"


def test_files_noted_with_the_fitted_convention_are_understood_where_it_is(weights: Path) -> None:
    with pytest.raises(UsageError, match="'fitted' is none of canonical, A, A', B;"):
        choose_convention("fitted", tiny_rig())
    write_convention(weights, FITTED)
    assert choose_convention("fitted", tiny_rig()) == FITTED
