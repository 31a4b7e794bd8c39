"""A virtual camera: OBS's on Windows and macOS, v4l2loopback or PipeWire on Linux."""

import platform
from typing import Any

import numpy as np

from avatar_app.engine.frames import AvatarFrame
from avatar_app.errors import OutputError, VirtualCameraUnavailableError
from avatar_app.output.base import FrameSink

ADVICE = {
    "Windows": "install OBS Studio 26 or newer, which brings a virtual camera",
    "Darwin": "install OBS Studio 30 or newer and start its virtual camera once",
    "Linux": "load the module with 'sudo modprobe v4l2loopback', or run PipeWire",
}


class PyVirtualCamera:
    """Send frames to a device through pyvirtualcam."""

    keeps_alpha = False
    wants_repeats = True

    def __init__(self, size: int, fps: float) -> None:
        """Open the first free device.

        Raises:
            VirtualCameraUnavailableError: There is no device.
        """
        import pyvirtualcam

        try:
            self._camera: Any = pyvirtualcam.Camera(size, size, fps)
        except (RuntimeError, OSError, ValueError) as error:
            reason = str(error).split(". ")[0]  # the rest is advice that is given here already
            raise VirtualCameraUnavailableError(f"no virtual camera device: {reason}") from error
        self.name = f"virtual camera {self._camera.device}"

    def send(self, frame: AvatarFrame) -> None:
        """Show one frame."""
        try:
            self._camera.send(np.ascontiguousarray(frame.image[:, :, :3]))
        except (RuntimeError, OSError) as error:
            raise OutputError(f"the {self.name} went away: {error}") from error

    def close(self) -> None:
        """Release the device."""
        self._camera.close()


def open_virtual_camera(size: int, fps: float) -> FrameSink:
    """Open the best virtual camera of this computer.

    Raises:
        VirtualCameraUnavailableError: There is none; names everything that was tried.
    """
    system = platform.system()
    try:
        return PyVirtualCamera(size, fps)
    except VirtualCameraUnavailableError as error:
        reasons = [str(error)]
    if system == "Linux":
        from avatar_app.output.pipewire_camera import PipeWireCamera

        try:
            return PipeWireCamera(size, fps)
        except VirtualCameraUnavailableError as error:
            reasons.append(str(error))
    advice = ADVICE.get(system, "no virtual camera is known for this system")
    raise VirtualCameraUnavailableError(
        f"virtual camera not found: {advice} (tried: {'; '.join(reasons)})"
    )
