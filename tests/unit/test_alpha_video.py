"""Videos with transparency: every picture once, as it was drawn."""

import logging
from pathlib import Path

import numpy as np
import pytest

from avatar_app.capture.alpha_video import AlphaVideo
from avatar_app.errors import SourceError
from tests.fakes.alpha_video import draw_figure, write_figure_video
from tests.fakes.video import write_sound, write_video

PICTURES = [draw_figure(-8), draw_figure(0), draw_figure(8)]


def test_a_lossless_video_comes_back_as_it_was(tmp_path: Path) -> None:
    path = write_figure_video(tmp_path / "a.mov", PICTURES)
    with AlphaVideo(path) as video:
        assert video.has_alpha
        assert video.fps == 12
        assert video.count == 3
        found = list(video)
    np.testing.assert_array_equal(found, PICTURES)


def test_webm_keeps_its_alpha_layer(tmp_path: Path) -> None:
    path = write_figure_video(tmp_path / "a.webm", PICTURES)
    with AlphaVideo(path) as video:
        assert video.has_alpha
        found = np.array(list(video))
    assert found.shape == (3, *PICTURES[0].shape)
    wanted = np.array(PICTURES)[..., 3]
    assert ((found[..., 3] > 127) == (wanted > 127)).mean() > 0.995
    assert found[1, 64, 48].tolist() == pytest.approx(PICTURES[1][64, 48].tolist(), abs=12)


def test_a_video_without_alpha_says_so_and_is_opaque(tmp_path: Path) -> None:
    with AlphaVideo(write_figure_video(tmp_path / "a.mp4", PICTURES)) as video:
        assert not video.has_alpha
        assert all((image[..., 3] == 255).all() for image in video)


def test_a_video_that_was_cut_off_gives_what_there_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_figure_video(tmp_path / "a.webm", PICTURES * 4)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 9 // 10])
    with caplog.at_level(logging.ERROR), AlphaVideo(path) as video:
        assert 0 < len(list(video)) < 12


@pytest.mark.parametrize("kind", ["missing", "text", "sound", "folder"])
def test_what_is_no_video_is_one_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.mkv"
    if kind == "text":
        path.write_text("hello")
    elif kind == "sound":
        write_sound(path)
    elif kind == "folder":
        path.mkdir()
    with pytest.raises(SourceError, match=r"a\.mkv"):
        AlphaVideo(path)


def test_any_other_video_can_be_read_too(tmp_path: Path) -> None:
    with AlphaVideo(write_video(tmp_path / "a.gif", frames=4)) as video:
        assert len(list(video)) == 4
