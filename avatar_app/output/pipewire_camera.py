"""A camera in PipeWire, for Linux without the v4l2loopback kernel module.

Frames go through a pipe to a GStreamer child, which offers them as a camera node.
"""

import contextlib
import fcntl
import os
import select
import shutil
import subprocess
import tempfile
import time
from typing import BinaryIO, cast

import cv2

from avatar_app.engine.frames import AvatarFrame
from avatar_app.errors import OutputError, VirtualCameraUnavailableError

NODE_NAME = "kigurumi"
LAUNCHER = "gst-launch-1.0"
SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ, which Python 3.11 has only on some builds
MAX_PIPE_BYTES = 1 << 20  # the most that a user may ask for; holds a frame of 724 x 724
START_S = 5.0  # the child usually needs a tenth of a second
WRITE_S = 0.008  # patience per frame; the rest of a frame is written next time
INSTALL = "apt install pipewire wireplumber gstreamer1.0-tools gstreamer1.0-pipewire"


class PipeWireCamera:
    """Offer frames as a PipeWire camera node of ``size`` x ``size`` YUY2 pictures."""

    name = "PipeWire camera"
    keeps_alpha = False
    wants_repeats = True

    def __init__(self, size: int, fps: float) -> None:
        """Start the node.

        Raises:
            VirtualCameraUnavailableError: GStreamer or PipeWire is missing or not running.
        """
        if shutil.which(LAUNCHER) is None:
            raise VirtualCameraUnavailableError(
                f"no PipeWire camera: {LAUNCHER} is not installed; {INSTALL}"
            )
        self._rest = memoryview(b"")
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self._process = subprocess.Popen(
            [LAUNCHER, *_pipeline(size, fps)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,  # Ctrl-C is for us; the child ends when its input does
        )
        self._pipe = cast(BinaryIO, self._process.stdin)
        handle: int = self._pipe.fileno()
        os.set_blocking(handle, False)
        with contextlib.suppress(OSError):
            # Room for a frame or two: what waits in the pipe is already old.
            fcntl.fcntl(handle, SET_PIPE_SIZE, min(2 * size * size * 2, MAX_PIPE_BYTES))
        self._await_start()

    def send(self, frame: AvatarFrame) -> None:
        """Write one frame; while the child is busy with the one before, this one is left out."""
        if self._process.poll() is not None:
            raise OutputError(f"the PipeWire camera went away: {self._last_words()}")
        if not self._rest:
            yuy2 = cv2.cvtColor(frame.image[:, :, :3], cv2.COLOR_RGB2YUV_YUY2)
            self._rest = memoryview(yuy2.tobytes())
        try:
            self._write_on()
        except BrokenPipeError as error:
            raise OutputError(f"the PipeWire camera went away: {self._last_words()}") from error

    def close(self) -> None:
        """Take the node away."""
        with contextlib.suppress(OSError):
            self._pipe.close()
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        cast(BinaryIO, self._process.stdout).close()
        self._errors.close()

    def _write_on(self) -> None:
        while self._rest:
            try:
                written = os.write(self._pipe.fileno(), self._rest)
            except BlockingIOError:
                if not select.select([], [self._pipe], [], WRITE_S)[1]:
                    return
            else:
                self._rest = self._rest[written:]

    def _await_start(self) -> None:
        """Wait until the child has reached PipeWire, or has said why not.

        It says one line before it tries, and a second one when it has succeeded or given up; in
        between it writes errors, if any. The words depend on the language, their order does not.
        """
        self._await_lines(2)
        if self._told_errors() == 0:
            return
        try:
            self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            return  # these were warnings
        words = self._last_words()
        self.close()
        raise VirtualCameraUnavailableError(
            f"no PipeWire camera: {words}; start PipeWire (systemctl --user start pipewire "
            f"wireplumber) or install what is missing ({INSTALL})"
        )

    def _await_lines(self, count: int) -> None:
        handle = cast(BinaryIO, self._process.stdout).fileno()
        deadline_s = time.monotonic() + START_S
        while count > 0 and (remaining_s := deadline_s - time.monotonic()) > 0:
            if not select.select([handle], [], [], remaining_s)[0]:
                return
            told = os.read(handle, 4096)
            if not told:
                return
            count -= told.count(b"\n")

    def _told_errors(self) -> int:
        return os.fstat(self._errors.fileno()).st_size

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        if self._process.poll() is None:
            return "the program that carries it stopped reading"
        size = self._told_errors()
        lines = os.pread(self._errors.fileno(), size, 0).decode(errors="replace").splitlines()
        reasons = [line.split(": ")[-1].strip() for line in lines[:1]]
        return reasons[0] if reasons else f"{LAUNCHER} ended ({self._process.returncode})"


def _pipeline(size: int, fps: float) -> list[str]:
    properties = (
        f"p,media.class=Video/Source,media.role=Camera,node.name={NODE_NAME},"
        "node.description=Kigurumi"
    )
    return [
        *("fdsrc", "fd=0", f"blocksize={size * size * 2}", "!"),
        *("rawvideoparse", "format=yuy2", f"width={size}", f"height={size}"),
        *(f"framerate={round(fps)}/1", "!"),
        # The sink's own buffers cannot be mapped by the elements before it: keep them apart.
        *("identity", "drop-allocation=true", "!"),
        *("pipewiresink", "mode=provide", f"stream-properties={properties}"),
    ]
