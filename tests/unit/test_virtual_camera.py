import platform
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import pyvirtualcam

from avatar_app.engine.frames import AvatarFrame, FrameStamp
from avatar_app.errors import OutputError, VirtualCameraUnavailableError
from avatar_app.output.virtual_camera import PyVirtualCamera, open_virtual_camera

FRAME = AvatarFrame(FrameStamp(0, 0, 0.0), np.full((64, 64, 4), (200, 100, 50, 255), np.uint8))


class FakeDevice:
    """A pyvirtualcam camera."""

    device = "/dev/video9"

    def __init__(self, width: int, height: int, fps: float) -> None:
        self.format = (width, height, fps)
        self.pictures: list[Any] = []
        self.closed = False
        self.failure: Exception | None = None

    def send(self, picture: Any) -> None:
        if self.failure is not None:
            raise self.failure
        self.pictures.append(picture)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[FakeDevice]]:
    opened: list[FakeDevice] = []

    def open_device(width: int, height: int, fps: float) -> FakeDevice:
        opened.append(FakeDevice(width, height, fps))
        return opened[-1]

    monkeypatch.setattr(pyvirtualcam, "Camera", open_device)
    return opened


@pytest.fixture
def no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(width: int, height: int, fps: float) -> None:
        raise RuntimeError("no v4l2loopback device found")

    monkeypatch.setattr(pyvirtualcam, "Camera", refuse)


def test_frames_reach_the_device_as_rgb(device: list[FakeDevice]) -> None:
    camera = PyVirtualCamera(64, 30)
    camera.send(FRAME)
    camera.close()
    assert device[0].format == (64, 64, 30)
    assert device[0].pictures[0].shape == (64, 64, 3)
    assert tuple(device[0].pictures[0][0, 0]) == (200, 100, 50)
    assert device[0].closed


def test_a_device_that_vanishes_is_an_output_error(device: list[FakeDevice]) -> None:
    camera = PyVirtualCamera(64, 30)
    device[0].failure = RuntimeError("device gone")
    with pytest.raises(OutputError, match=r"virtual camera /dev/video9 went away: device gone"):
        camera.send(FRAME)


@pytest.mark.usefixtures("no_device")
@pytest.mark.parametrize(
    ("system", "advice"), [("Windows", "OBS Studio 26"), ("Darwin", "OBS Studio 30")]
)
def test_without_a_device_the_advice_suits_the_system(
    monkeypatch: pytest.MonkeyPatch, system: str, advice: str
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    with pytest.raises(VirtualCameraUnavailableError, match=advice):
        open_virtual_camera(64, 30)


@pytest.mark.usefixtures("no_device")
def test_on_linux_everything_that_was_tried_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(VirtualCameraUnavailableError, match=r"modprobe.*v4l2loopback.*PipeWire"):
        open_virtual_camera(64, 30)
