"""What runs inside the tracker process: answer questions until the pipe closes."""

import os
import signal
import struct
from collections.abc import Callable
from ctypes import Array, c_ubyte
from multiprocessing.connection import Connection

import numpy as np

from avatar_app.engine.frames import CameraFrame, FrameStamp
from avatar_app.errors import TrackerError
from avatar_app.tracking.base import Tracker
from avatar_app.tracking.motion_record import motion_to_record

# A question: frame_id, captured_ns, media_s, width, height; the pixels lie in shared memory.
HEADER = struct.Struct("<qqdii")
READY = b"ready"
# Followed by a sentence: the tracker cannot start, and trying again would not help.
REFUSED = b"refused:"

# Nothing in the models profits from more than 1280 x 720 pixels.
IMAGE_CAPACITY = 1280 * 720 * 3


def run_tracker_child(
    factory: Callable[[], Tracker],
    connection: Connection,
    shared: "Array[c_ubyte]",
    log_writer: Connection,
) -> None:
    """Load the tracker and answer each question with a motion record.

    Returns when the pipe closes, which also happens when the parent dies, however it dies.
    """
    _silence(log_writer)
    # Ctrl-C reaches the whole process group; the parent decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        tracker = factory()
    except TrackerError as error:
        connection.send_bytes(REFUSED + str(error).encode())
        return
    pixels = np.frombuffer(memoryview(shared), np.uint8)
    try:
        connection.send_bytes(READY)
        while True:
            _answer(tracker, connection, pixels)
    except (EOFError, OSError):
        return
    finally:
        tracker.close()


def _answer(
    tracker: Tracker, connection: Connection, pixels: np.ndarray[tuple[int], np.dtype[np.uint8]]
) -> None:
    frame_id, captured_ns, media_s, width, height = HEADER.unpack(connection.recv_bytes())
    # The parent does not write before it has the answer, so the picture is not copied.
    image = pixels[: width * height * 3].reshape(height, width, 3)
    frame = CameraFrame(FrameStamp(frame_id, captured_ns, media_s), image)
    motion = tracker.track(frame).motion
    connection.send_bytes(motion_to_record(motion).tobytes())


def _silence(log_writer: Connection) -> None:
    """Send what libraries write to the terminal into the parent's log, or nowhere."""
    if os.name == "posix":
        os.dup2(log_writer.fileno(), 1)
        os.dup2(log_writer.fileno(), 2)
    else:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        os.close(nowhere)
    log_writer.close()
