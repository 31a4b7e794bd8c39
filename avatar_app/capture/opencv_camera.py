"""A webcam through OpenCV."""

import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from avatar_app.capture.webcam_list import Webcam, list_webcams
from avatar_app.engine.frames import CameraFrame, FrameStamp
from avatar_app.errors import CameraLostError, CameraUnavailableError

BLACK_LEVEL = 6  # of 255; sensor noise behind a closed shutter stays below
DARK_LIMIT_S = 3.0  # exposure needs a moment after opening
MISSES_UNTIL_LOST = 5


class VideoDevice(Protocol):
    """The part of ``cv2.VideoCapture`` that is used here."""

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        """Tell whether the device is open."""
        ...

    def read(self) -> tuple[bool, Any]:
        """Return success and a BGR picture."""
        ...

    def set(self, prop: int, value: float) -> bool:
        """Ask for a format."""
        ...

    def release(self) -> None:
        """Close the device."""
        ...


class OpenCvCamera:
    """Deliver the pictures of one webcam."""

    def __init__(
        self,
        device: str,
        *,
        size: tuple[int, int] = (640, 480),
        fps: float = 30.0,
        open_device: Callable[[int], VideoDevice] | None = None,
        webcams: Callable[[], list[Webcam]] = list_webcams,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        """Open a webcam and wait for its first picture that is not black.

        Args:
            device: Its index, or its name or a part of it.
            size: Picture size to ask for; the device may choose another.
            fps: Rate to ask for.
            open_device: Opens a device by index, for tests.
            webcams: Lists webcams, for tests.
            clock_ns: Real time, for tests.

        Raises:
            CameraUnavailableError: It is missing, busy or delivers nothing but black.
        """
        self._index, self._name = _find(device, webcams)
        self._clock_ns = clock_ns
        self._next_id = 0
        self._start_ns: int | None = None
        self._misses = 0
        self._device = (open_device or _open_with_opencv)(self._index)
        if not self._device.isOpened():
            self._device.release()
            raise CameraUnavailableError(_why_closed(self._index, self._name, webcams()))
        _ask_for_format(self._device, size, fps)
        self._await_light()

    @property
    def name(self) -> str:
        """The device's name."""
        return self._name

    @property
    def ended(self) -> bool:
        """Always False: a webcam does not end, it gets lost."""
        return False

    def read(self, timeout_s: float) -> CameraFrame | None:
        """Return the next picture; the driver decides how long it waits."""
        image = self._grab()
        if image is None:
            self._misses += 1
            if self._misses >= MISSES_UNTIL_LOST:
                raise CameraLostError(
                    f"webcam lost: {self._name} sends no pictures any more; plug it in again"
                )
            return None
        self._misses = 0
        captured_ns = self._clock_ns()
        self._start_ns = captured_ns if self._start_ns is None else self._start_ns
        stamp = FrameStamp(self._next_id, captured_ns, (captured_ns - self._start_ns) / 1e9)
        self._next_id += 1
        return CameraFrame(stamp, image)

    def close(self) -> None:
        """Release the device."""
        self._device.release()

    def _grab(self) -> NDArray[np.uint8] | None:
        succeeded, picture = self._device.read()
        if not succeeded or picture is None:
            return None
        return np.ascontiguousarray(picture[:, :, ::-1])

    def _await_light(self) -> None:
        limit_ns = self._clock_ns() + round(DARK_LIMIT_S * 1e9)
        seen = False
        while self._clock_ns() < limit_ns:
            image = self._grab()
            if image is None:
                self._misses += 1
                if self._misses >= MISSES_UNTIL_LOST:
                    break
            elif image.max() > BLACK_LEVEL:
                return
            else:
                seen = True
        self._device.release()
        if seen:
            raise CameraUnavailableError(
                f"webcam {self._name} sends only black pictures; open its shutter or privacy "
                "switch, or see whether another program blocks it"
            )
        raise CameraUnavailableError(
            f"webcam {self._name} opens but sends no pictures; close other programs that use it"
        )


def _find(device: str, webcams: Callable[[], list[Webcam]]) -> tuple[int, str]:
    if device.isdigit():
        index = int(device)
        names = {webcam.index: webcam.name for webcam in webcams()}
        return index, names.get(index, f"webcam {index}")
    known = webcams()
    for webcam in known:
        if device.casefold() in webcam.name.casefold():
            return webcam.index, webcam.name
    raise CameraUnavailableError(f"webcam not found: no name contains '{device}'; {_list(known)}")


def _list(known: list[Webcam]) -> str:
    if not known:
        return "no webcam is connected, so plug one in or take a video or clip:hello as the source"
    return "there are: " + ", ".join(f"{webcam.index} ({webcam.name})" for webcam in known)


def _why_closed(index: int, name: str, known: list[Webcam]) -> str:
    node = Path(f"/dev/video{index}")
    if all(webcam.index != index for webcam in known):
        return f"webcam not found: there is no webcam {index}; {_list(known)}"
    if platform.system() == "Linux" and node.exists() and not os.access(node, os.R_OK | os.W_OK):
        return f"webcam {name} is not allowed: add yourself to the group that owns {node} (video)"
    return f"webcam {name} cannot be opened; close other programs that use it"


def _open_with_opencv(index: int) -> VideoDevice:
    import cv2

    cv2.setLogLevel(0)  # failures are reported by the sentences above
    device: VideoDevice = cv2.VideoCapture(index)
    return device


def _ask_for_format(device: VideoDevice, size: tuple[int, int], fps: float) -> None:
    import cv2

    device.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
    device.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
    device.set(cv2.CAP_PROP_FPS, fps)
    device.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # an old picture is worth less than a lost one
