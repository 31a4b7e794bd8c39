from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from avatar_app.engine.frames import AvatarFrame, FrameStamp
from avatar_app.errors import OutputError
from avatar_app.output.video_recording import VideoRecording

SIZE = 64
LEFT = slice(0, SIZE // 2)


def frame(number: int, step_s: float = 1 / 30) -> AvatarFrame:
    """Left half orange and opaque, right half empty; captured after an hour of uptime."""
    image = np.zeros((SIZE, SIZE, 4), np.uint8)
    image[:, LEFT] = (240, 120, 20, 255)
    captured_ns = round((3600 + number * step_s) * 1e9)
    return AvatarFrame(FrameStamp(number, captured_ns, number / 10), image)


def decode(path: Path, codec: str | None = None) -> tuple[list[float], list[Any]]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = av.CodecContext.create(codec, "r") if codec else stream.codec_context
        times, pictures = [], []
        for packet in container.demux(stream):
            for picture in context.decode(packet):
                times.append(float(packet.stream.time_base * picture.pts))
                pictures.append(picture)
    return times, pictures


def test_mp4_keeps_colours_and_the_capture_times(tmp_path: Path) -> None:
    recording = VideoRecording(tmp_path / "out.mp4", SIZE, 30)
    for number in (0, 1, 2, 5, 6):
        recording.send(frame(number))
    recording.close()
    times, pictures = decode(tmp_path / "out.mp4")
    assert np.subtract(times, times[0]) == pytest.approx(np.array([0, 1, 2, 5, 6]) / 30, abs=1e-3)
    colour = pictures[0].to_ndarray(format="rgb24")[:, LEFT].mean(axis=(0, 1))
    assert colour == pytest.approx((240, 120, 20), abs=12)


def test_without_real_time_frames_are_spaced_by_the_source(tmp_path: Path) -> None:
    recording = VideoRecording(tmp_path / "out.mp4", SIZE, 30, realtime=False)
    for number in range(3):
        recording.send(frame(number))
    recording.close()
    times, _ = decode(tmp_path / "out.mp4")
    assert np.diff(times) == pytest.approx(np.full(2, 0.1), abs=1e-3)


def test_webm_keeps_alpha(tmp_path: Path) -> None:
    recording = VideoRecording(tmp_path / "out.webm", SIZE, 30)
    assert recording.keeps_alpha
    for number in range(4):
        recording.send(frame(number))
    recording.close()
    _, pictures = decode(tmp_path / "out.webm", codec="libvpx-vp9")
    assert len(pictures) == 4
    assert pictures[0].format.name == "yuva420p"
    alpha = pictures[0].to_ndarray(format="rgba")[..., 3]
    assert alpha[:, : SIZE // 2 - 4].min() > 240
    assert alpha[:, SIZE // 2 + 4 :].max() < 15


def test_the_file_has_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    recording = VideoRecording(tmp_path / "out.mp4", SIZE, 30)
    recording.send(frame(0))
    assert not (tmp_path / "out.mp4").exists()
    recording.close()
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_a_recording_without_frames_leaves_no_file(tmp_path: Path) -> None:
    VideoRecording(tmp_path / "out.mp4", SIZE, 30).close()
    assert list(tmp_path.iterdir()) == []


def test_a_repeated_or_earlier_frame_is_left_out(tmp_path: Path) -> None:
    recording = VideoRecording(tmp_path / "out.mp4", SIZE, 30)
    for number in (0, 1, 1, 0, 2):
        recording.send(frame(number))
    recording.close()
    assert len(decode(tmp_path / "out.mp4")[0]) == 3


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_video_on_a_full_disk_is_one_sentence(tmp_path: Path, suffix: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / f".out.part{suffix}").symlink_to("/dev/full")
    recording = VideoRecording(tmp_path / f"out{suffix}", SIZE, 30)
    with pytest.raises(OutputError, match="the disk is full at"):
        _record_noise_until_written(recording)
    with pytest.raises(OutputError, match="the disk is full at"):
        recording.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"cannot write .*file"):
        VideoRecording(tmp_path / "file" / "out.mp4", SIZE, 30)


def _record_noise_until_written(recording: VideoRecording) -> None:
    """Send what does not compress, so that the encoder's buffers reach the disk."""
    rng = np.random.default_rng(1)
    for number in range(200):
        image = rng.integers(0, 256, (SIZE, SIZE, 4), np.uint8)
        recording.send(AvatarFrame(frame(number).stamp, image))
