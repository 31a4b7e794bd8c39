"""A tracker in a process of its own, watched and started again when it dies or hangs."""

import logging
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import RawArray

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar_app.engine.frames import CameraFrame, FrameStamp, TrackingFrame
from avatar_app.errors import TrackerError
from avatar_app.tracking.base import Tracker
from avatar_app.tracking.log_pipe import LogPipe
from avatar_app.tracking.motion_record import record_to_motion
from avatar_app.tracking.tracker_child import (
    HEADER,
    IMAGE_CAPACITY,
    READY,
    REFUSED,
    run_tracker_child,
)
from udp_live.types import TrackedMotion

Image = NDArray[np.uint8]

logger = logging.getLogger(__name__)

KILL_WAIT_S = 2.0


@dataclass(frozen=True, slots=True)
class TrackerProcessConfig:
    """Patience with the child.

    Attributes:
        patience_s: The longest time that ``track`` blocks.
        start_s: A child that is not ready by then counts as hung; models load in 2 to 10 s.
        stall_s: A child that owes an answer for longer is killed.
        first_backoff_s, longest_backoff_s: Wait before a new start; doubles with each loss.
        losses_allowed: More losses than this within ``loss_window_s`` raise TrackerError.
        loss_window_s: See ``losses_allowed``.
    """

    patience_s: float = 0.5
    start_s: float = 60.0
    stall_s: float = 3.0
    first_backoff_s: float = 0.1
    longest_backoff_s: float = 4.0
    losses_allowed: int = 5
    loss_window_s: float = 60.0


class TrackerProcess:
    """Run any tracker in a child process.

    While the child starts or after it was lost, frames are answered with "nothing seen", so that
    the avatar idles instead of freezing. Not free-threaded: one thread owns it.

    Attributes:
        losses: How often a child died or hung.
    """

    def __init__(
        self,
        factory: Callable[[], Tracker],
        config: TrackerProcessConfig | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the first child.

        Args:
            factory: Makes the tracker inside the child; must be importable there (a function of
                a module or a ``functools.partial`` of one).
            config: Patience.
            clock: Seconds; for tests.
        """
        self._factory = factory
        self._config = config or TrackerProcessConfig()
        self._clock = clock
        self._context = multiprocessing.get_context("spawn")
        self._shared = RawArray("B", IMAGE_CAPACITY)
        self._pixels = np.frombuffer(self._shared, np.uint8)
        self._child: _Child | None = None
        self._recent_losses: deque[float] = deque()
        self._start_at = 0.0
        self._closed = False
        self.losses = 0
        self._start_child()

    @property
    def child_pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        return self._child.process.pid if self._child else None

    @property
    def is_ready(self) -> bool:
        """Whether the child has loaded its models."""
        return self._child is not None and self._child.is_ready

    def wait_until_ready(self, timeout_s: float) -> bool:
        """Block up to ``timeout_s`` until the child has loaded its models.

        Raises:
            TrackerError: The child keeps dying, or the tracker refuses to start.
        """
        deadline = self._clock() + timeout_s
        while not self.is_ready and self._clock() < deadline:
            self._revive()
            if self._child is None:
                time.sleep(min(0.05, max(self._start_at - self._clock(), 0.0)))
            else:
                self._listen(min(0.25, deadline - self._clock()))
        return self.is_ready

    def track(self, frame: CameraFrame) -> TrackingFrame:
        """Let the child look at one frame; blocks up to ``patience_s``.

        Raises:
            TrackerError: The child keeps dying, or the tracker was closed.
        """
        if self._closed:
            raise TrackerError("tracker process is closed; open a new one")
        deadline = self._clock() + self._config.patience_s
        self._revive()
        # An answer that came too late for its own frame makes room for the next question.
        while self._child and not self._child.is_free and self._clock() < deadline:
            self._listen(deadline - self._clock())
        if self._child and self._child.is_free:
            self._ask(frame)
        while self._child and self._child.asked is not None and self._clock() < deadline:
            motion = self._listen(deadline - self._clock())
            if motion is not None:
                return TrackingFrame(frame.stamp, _with_size(motion, frame))
        height, width = frame.image.shape[:2]
        return TrackingFrame(frame.stamp, TrackedMotion(image_size=(width, height)))

    def close(self) -> None:
        """End the child; it gets a moment to leave by itself."""
        self._closed = True
        if self._child is not None:
            self._child.end(KILL_WAIT_S)
            self._child = None

    def _start_child(self) -> None:
        log_pipe = LogPipe(logger)
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=run_tracker_child,
            args=(self._factory, theirs, self._shared, log_pipe.writer),
            name="tracker",
            daemon=True,
        )
        with _interrupts_blocked():
            process.start()
        theirs.close()
        log_pipe.start()
        self._child = _Child(process, ours, log_pipe, self._clock())

    def _ask(self, frame: CameraFrame) -> None:
        image = _fit(frame.image)
        height, width = image.shape[:2]
        self._pixels[: image.size] = image.reshape(-1)
        child, stamp = self._child, frame.stamp
        if child is None:
            return
        header = HEADER.pack(stamp.frame_id, stamp.captured_ns, stamp.media_s, width, height)
        try:
            child.connection.send_bytes(header)
        except OSError:
            self._lose("died")
            return
        child.asked, child.since = stamp, self._clock()

    def _listen(self, timeout_s: float) -> TrackedMotion | None:
        """Wait for the child's next word; None when it said something else, or died."""
        child = self._child
        if child is None:
            return None
        ready = wait([child.connection, child.process.sentinel], max(timeout_s, 0.0))
        if child.connection in ready:
            try:
                return child.hear(self._clock())
            except (EOFError, OSError):
                self._lose("died")
                return None
        if ready:
            self._lose("died")
        return None

    def _revive(self) -> None:
        """Kill a child that hangs, start a new one when its time has come."""
        now = self._clock()
        child = self._child
        if child is not None:
            limit = self._config.stall_s if child.is_ready else self._config.start_s
            owes = child.asked is not None or not child.is_ready
            if not child.process.is_alive():
                self._lose("died")
            elif owes and now - child.since > limit:
                self._lose(f"gave no answer for {limit:g} s")
        if self._child is None and now >= self._start_at:
            self._start_child()

    def _lose(self, how: str) -> None:
        """Bury the child and decide when the next one may start."""
        now = self._clock()
        exit_code = None
        if self._child is not None:
            exit_code = self._child.end(0.0)
            self._child = None
        self.losses += 1
        self._recent_losses.append(now)
        while self._recent_losses and now - self._recent_losses[0] > self._config.loss_window_s:
            self._recent_losses.popleft()
        count = len(self._recent_losses)
        if count > self._config.losses_allowed:
            raise TrackerError(
                f"tracker process {how} {count} times within {self._config.loss_window_s:g} s "
                f"(last exit code {exit_code}); run 'doctor' or look into the log file"
            )
        backoff_s = self._config.first_backoff_s * 2.0 ** (count - 1)
        self._start_at = now + min(backoff_s, self._config.longest_backoff_s)
        logger.warning("tracker process %s (exit code %s), starting it again", how, exit_code)


class _Child:
    """One life of the child process."""

    def __init__(
        self,
        process: BaseProcess,
        connection: Connection,
        log_pipe: LogPipe,
        since: float,
    ) -> None:
        self.process = process
        self.connection = connection
        self.since = since
        self.is_ready = False
        self.asked: FrameStamp | None = None
        self._log_pipe = log_pipe

    @property
    def is_free(self) -> bool:
        return self.is_ready and self.asked is None

    def hear(self, now: float) -> TrackedMotion | None:
        """Read one message; returns the answer to the open question if it is one."""
        message = self.connection.recv_bytes()
        self.since = now
        if message.startswith(REFUSED):
            raise TrackerError(message[len(REFUSED) :].decode())
        if message == READY:
            self.is_ready = True
            return None
        self.asked = None
        return record_to_motion(np.frombuffer(message, np.float32))

    def end(self, grace_s: float) -> int | None:
        """Close the pipe, wait, kill; returns the exit code."""
        self.connection.close()
        if grace_s > 0.0:
            self.process.join(grace_s)
        if self.process.is_alive():
            self.process.kill()
        self.process.join(KILL_WAIT_S)
        self._log_pipe.close()
        exit_code = self.process.exitcode
        if exit_code is not None:
            self.process.close()
        return exit_code


def _fit(image: Image) -> Image:
    """Shrink a picture that is larger than the shared memory; landmarks are relative anyway."""
    if image.size <= IMAGE_CAPACITY:
        return image
    scale = np.sqrt(IMAGE_CAPACITY / image.size)
    height, width = image.shape[:2]
    size = (max(int(width * scale), 1), max(int(height * scale), 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _with_size(motion: TrackedMotion, frame: CameraFrame) -> TrackedMotion:
    height, width = frame.image.shape[:2]
    if motion.image_size == (width, height):
        return motion
    return TrackedMotion(
        (width, height), motion.face, motion.body, motion.left_hand, motion.right_hand
    )


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Start a process that never hears Ctrl-C, not even before it can say that it ignores it.

    A blocked signal stays blocked in processes that are started meanwhile. Windows cannot do that.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # which unblocks the signal once it has started
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
