"""Motions for training: found anywhere below a folder, broken ones skipped."""

from pathlib import Path

import pytest

from renderer.training.motions import find_motion_files, load_motions


def test_motion_files_are_found_and_evenly_picked(tmp_path: Path) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    for number in range(10):
        (folder / f"{number}.bvh").touch()
    (folder / "notes.txt").touch()
    assert len(find_motion_files(tmp_path)) == 10
    picked = [path.stem for path in find_motion_files(tmp_path, most=5)]
    assert picked == ["0", "2", "4", "6", "8"]


def test_a_broken_motion_is_skipped_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "broken.bvh"
    path.write_text("not a motion")
    assert load_motions([path]) == ()
    assert "broken.bvh" in caplog.text
