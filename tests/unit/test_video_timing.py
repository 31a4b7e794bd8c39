from pathlib import Path

import pytest

from avatar_app.errors import SourceError
from avatar_app.rendering.video_timing import read_video_timing
from tests.fakes.video import write_film, write_sound, write_video


def test_frames_start_and_end_are_read_without_decoding_all(tmp_path: Path) -> None:
    timing = read_video_timing(write_video(tmp_path / "a.mp4", frames=12, fps=10))
    assert timing.frames == 12
    assert timing.start_s == pytest.approx(0.0)
    assert timing.end_s == pytest.approx(1.2, abs=1e-3)
    assert timing.fps == pytest.approx(10.0)


def test_sound_does_not_lengthen_the_pictures(tmp_path: Path) -> None:
    timing = read_video_timing(write_film(tmp_path / "a.mkv", frames=8, fps=10))
    assert timing.frames == 8
    assert timing.end_s - timing.start_s == pytest.approx(0.8, abs=2e-3)


def test_a_damaged_or_missing_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    for name in ("a.mp4", "missing.mp4"):
        with pytest.raises(SourceError, match=rf"cannot read the video .*{name}"):
            read_video_timing(tmp_path / name)


def test_a_file_without_pictures_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no video stream"):
        read_video_timing(write_sound(tmp_path / "a.wav"))
