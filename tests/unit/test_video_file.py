from pathlib import Path

import numpy as np
import pytest

from avatar_app.capture.media_clock import MediaClock
from avatar_app.capture.video_file import VideoFile
from avatar_app.engine.frames import CameraFrame
from avatar_app.errors import SourceError
from tests.fakes.engine_parts import FakeClock
from tests.fakes.video import HEIGHT, STEP, WIDTH, write_sound, write_video


def read_all(video: VideoFile, limit: int = 100) -> list[CameraFrame]:
    frames = []
    while not video.ended and len(frames) < limit:
        frame = video.read(0.5)
        if frame is not None:
            frames.append(frame)
    video.close()
    return frames


def brightness(frame: CameraFrame) -> int:
    return round(float(frame.image.mean()) / STEP)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".gif"])
def test_every_frame_comes_once_in_order_with_its_time(tmp_path: Path, suffix: str) -> None:
    frames = read_all(VideoFile(write_video(tmp_path / f"clip{suffix}"), realtime=False))
    assert [brightness(frame) for frame in frames] == list(range(10))
    assert [frame.stamp.frame_id for frame in frames] == list(range(10))
    assert [frame.stamp.media_s for frame in frames] == pytest.approx(np.arange(10) / 10)
    assert frames[0].image.shape == (HEIGHT, WIDTH, 3)


def test_in_real_time_frames_wait_for_their_moment(tmp_path: Path) -> None:
    clock = FakeClock()
    media_clock = MediaClock(clock.ns, clock.advance)
    video = VideoFile(write_video(tmp_path / "clip.mp4"), clock=media_clock)
    begin_s = clock.now_s
    assert len(read_all(video)) == 10
    assert clock.now_s - begin_s == pytest.approx(0.9)


def test_a_frame_that_is_not_due_in_time_is_delivered_later(tmp_path: Path) -> None:
    clock = FakeClock()
    video = VideoFile(write_video(tmp_path / "clip.mp4"), clock=MediaClock(clock.ns, clock.advance))
    assert video.read(0.01) is not None
    assert video.read(0.04) is None
    assert video.read(0.04) is None
    late = video.read(0.04)
    assert late is not None
    assert late.stamp.frame_id == 1


def test_a_slow_reader_skips_to_the_present(tmp_path: Path) -> None:
    clock = FakeClock()
    video = VideoFile(write_video(tmp_path / "clip.mp4"), clock=MediaClock(clock.ns, clock.advance))
    video.read(0.1)
    clock.advance(0.65)
    frame = video.read(0.1)
    assert frame is not None
    assert brightness(frame) in (5, 6)
    assert frame.stamp.frame_id == 1


def test_a_loop_begins_again_and_its_time_goes_on(tmp_path: Path) -> None:
    video = VideoFile(write_video(tmp_path / "clip.mp4"), loop=True, realtime=False)
    frames = read_all(video, limit=25)
    assert [brightness(frame) for frame in frames[10:15]] == list(range(5))
    assert np.diff([frame.stamp.media_s for frame in frames]) == pytest.approx(np.full(24, 0.1))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"video not found: .*gone\.mp4"):
        VideoFile(tmp_path / "gone.mp4")


@pytest.mark.parametrize("content", [b"", b"not a video at all" * 100])
def test_a_file_that_is_no_video_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"cannot read the video .*bad\.mp4"):
        VideoFile(path)


def test_a_file_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no video stream"):
        VideoFile(write_sound(tmp_path / "sound.wav"))


def test_a_truncated_video_plays_as_far_as_it_goes(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mkv", frames=200)
    data = path.read_bytes()
    path.write_bytes(data[: round(0.7 * len(data))])
    frames = read_all(VideoFile(path, realtime=False), limit=300)
    assert 50 < len(frames) < 190


def test_a_video_cut_off_before_its_index_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "clip.mp4", faststart=False)
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(SourceError, match="cannot read the video"):
        VideoFile(path)
