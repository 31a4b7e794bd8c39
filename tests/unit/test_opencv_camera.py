from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from avatar_app.capture.opencv_camera import OpenCvCamera
from avatar_app.capture.webcam_list import Webcam
from avatar_app.errors import CameraLostError, CameraUnavailableError
from tests.fakes.engine_parts import FakeClock

BLUE_BGR = np.full((48, 64, 3), (255, 0, 0), np.uint8)
BLACK = np.zeros((48, 64, 3), np.uint8)
WEBCAMS = [Webcam(0, "Built-in Camera"), Webcam(2, "Logi C920")]


class FakeDevice:
    """A ``cv2.VideoCapture`` that plays a list of pictures and then the last one for ever."""

    def __init__(self, clock: FakeClock, pictures: list[Any], *, is_open: bool = True) -> None:
        self.pictures = pictures
        self.is_open = is_open
        self.released = False
        self.index: int | None = None
        self._clock = clock

    def isOpened(self) -> bool:  # noqa: N802
        return self.is_open

    def read(self) -> tuple[bool, Any]:
        self._clock.advance(1 / 30)
        picture = self.pictures.pop(0) if len(self.pictures) > 1 else self.pictures[0]
        return picture is not None, picture

    def set(self, prop: int, value: float) -> bool:
        return True

    def release(self) -> None:
        self.released = True


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def open_camera(clock: FakeClock) -> Callable[[FakeDevice, str], OpenCvCamera]:
    def open_camera(device: FakeDevice, name: str = "0") -> OpenCvCamera:
        def open_device(index: int) -> FakeDevice:
            device.index = index
            return device

        return OpenCvCamera(
            name, open_device=open_device, webcams=lambda: WEBCAMS, clock_ns=clock.ns
        )

    return open_camera


def test_pictures_are_rgb_and_counted(clock: FakeClock, open_camera: Any) -> None:
    camera = open_camera(FakeDevice(clock, [BLUE_BGR]))
    frames = [camera.read(0.1) for _ in range(3)]
    assert tuple(frames[0].image[0, 0]) == (0, 0, 255)
    assert [frame.stamp.frame_id for frame in frames] == [0, 1, 2]
    assert frames[2].stamp.media_s == pytest.approx(2 / 30)
    assert camera.name == "Built-in Camera"


def test_a_webcam_is_found_by_part_of_its_name(clock: FakeClock, open_camera: Any) -> None:
    device = FakeDevice(clock, [BLUE_BGR])
    assert open_camera(device, "c920").name == "Logi C920"
    assert device.index == 2


def test_an_unknown_name_lists_what_there_is(clock: FakeClock, open_camera: Any) -> None:
    with pytest.raises(CameraUnavailableError, match=r"0 \(Built-in Camera\), 2 \(Logi C920\)"):
        open_camera(FakeDevice(clock, [BLUE_BGR]), "Brio")


def test_a_busy_webcam_says_what_to_do(clock: FakeClock, open_camera: Any) -> None:
    device = FakeDevice(clock, [BLUE_BGR], is_open=False)
    with pytest.raises(CameraUnavailableError, match="close other programs"):
        open_camera(device)
    assert device.released


def test_a_missing_index_is_not_called_busy(clock: FakeClock, open_camera: Any) -> None:
    with pytest.raises(CameraUnavailableError, match="there is no webcam 5"):
        open_camera(FakeDevice(clock, [BLUE_BGR], is_open=False), "5")


def test_without_any_webcam_the_sentence_says_what_else_there_is(clock: FakeClock) -> None:
    device = FakeDevice(clock, [BLUE_BGR], is_open=False)
    with pytest.raises(CameraUnavailableError, match="clip:hello"):
        OpenCvCamera("0", open_device=lambda _: device, webcams=list, clock_ns=clock.ns)


def test_a_black_picture_at_first_is_waited_out(clock: FakeClock, open_camera: Any) -> None:
    camera = open_camera(FakeDevice(clock, [BLACK] * 20 + [BLUE_BGR]))
    assert camera.read(0.1).image.max() == 255


def test_a_webcam_that_stays_black_is_refused(clock: FakeClock, open_camera: Any) -> None:
    device = FakeDevice(clock, [BLACK])
    with pytest.raises(CameraUnavailableError, match="shutter"):
        open_camera(device)
    assert device.released


def test_a_webcam_without_pictures_is_refused(clock: FakeClock, open_camera: Any) -> None:
    with pytest.raises(CameraUnavailableError, match="sends no pictures"):
        open_camera(FakeDevice(clock, [None]))


def test_an_unplugged_webcam_is_lost_after_a_few_misses(clock: FakeClock, open_camera: Any) -> None:
    camera = open_camera(FakeDevice(clock, [BLUE_BGR, BLUE_BGR, None]))
    assert camera.read(0.1) is not None
    assert [camera.read(0.1) for _ in range(4)] == [None] * 4
    with pytest.raises(CameraLostError, match="Built-in Camera"):
        camera.read(0.1)
