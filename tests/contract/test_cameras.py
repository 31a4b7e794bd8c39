"""What every camera promises, real or fake."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avatar_app.capture.base import Camera
from avatar_app.capture.opencv_camera import OpenCvCamera
from avatar_app.capture.video_file import VideoFile
from avatar_app.capture.webcam_list import Webcam
from avatar_app.engine.frames import CameraFrame
from tests.fakes.engine_parts import FakeCamera
from tests.fakes.video import write_video


class SteadyDevice:
    """A ``cv2.VideoCapture`` with one grey picture."""

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def read(self) -> tuple[bool, Any]:
        return True, np.full((48, 64, 3), 90, np.uint8)

    def set(self, prop: int, value: float) -> bool:
        return True

    def release(self) -> None:
        """Nothing to release."""


def open_webcam(folder: Path) -> Camera:
    return OpenCvCamera(
        "0", open_device=lambda index: SteadyDevice(), webcams=lambda: [Webcam(0, "steady")]
    )


CAMERAS: dict[str, Callable[[Path], Camera]] = {
    "fake": lambda folder: FakeCamera(),
    "webcam": open_webcam,
    "video": lambda folder: VideoFile(write_video(folder / "clip.mp4"), realtime=False),
    "looping video": lambda folder: VideoFile(
        write_video(folder / "clip.mkv"), loop=True, realtime=False
    ),
}


@pytest.fixture(params=CAMERAS)
def camera(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Camera]:
    camera = CAMERAS[request.param](tmp_path)
    yield camera
    camera.close()


def read(camera: Camera, count: int = 5) -> list[CameraFrame]:
    frames = [camera.read(1.0) for _ in range(count)]
    return [frame for frame in frames if frame is not None]


def test_pictures_are_rgb_bytes_of_one_size(camera: Camera) -> None:
    frames = read(camera)
    assert len(frames) == 5
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}
    assert {frame.image.dtype for frame in frames} == {np.dtype(np.uint8)}


def test_frames_are_numbered_from_zero_without_gaps(camera: Camera) -> None:
    assert [frame.stamp.frame_id for frame in read(camera)] == [0, 1, 2, 3, 4]


def test_no_clock_runs_backwards_and_media_time_starts_at_zero(camera: Camera) -> None:
    stamps = [frame.stamp for frame in read(camera)]
    assert stamps[0].media_s == 0
    assert np.all(np.diff([stamp.captured_ns for stamp in stamps]) >= 0)
    assert np.all(np.diff([stamp.media_s for stamp in stamps]) > 0)


def test_a_picture_keeps_its_content_when_the_next_is_read(camera: Camera) -> None:
    first = read(camera, 1)[0]
    before = first.image.copy()
    read(camera, 3)
    assert np.array_equal(first.image, before)


def test_it_has_a_name_and_can_be_closed_twice(camera: Camera) -> None:
    assert camera.name
    camera.close()
    camera.close()
