"""The capture stage: reads frames, and opens a lost webcam again."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from avatar_app.engine.frames import FrameStamp
from avatar_app.engine.notice_board import NoticeBoard
from avatar_app.engine.run_meter import RunMeter
from avatar_app.errors import SourceError

logger = logging.getLogger(__name__)

READ_TIMEOUT_S = 0.25
RETRY_S = 1.0
GATE_S = 0.02


class StampedFrame(Protocol):
    """Any frame."""

    @property
    def stamp(self) -> FrameStamp:
        """Number and capture time."""
        ...


Frame = TypeVar("Frame", bound=StampedFrame)
Frame_co = TypeVar("Frame_co", covariant=True)


class FrameSource(Protocol[Frame_co]):
    """What camera and pose source have in common."""

    @property
    def ended(self) -> bool:
        """True when nothing will ever come again."""
        ...

    def read(self, timeout_s: float) -> Frame_co | None:
        """Return the next frame, or None when none came in time."""
        ...

    def close(self) -> None:
        """Release the source."""
        ...


class CaptureStage(Generic[Frame]):
    """Read one source. A webcam that goes away is opened again until it is back.

    A source that cannot be opened at the start is an error; the user then has to choose another.
    """

    def __init__(
        self,
        open_source: Callable[[], FrameSource[Frame]],
        *,
        meter: RunMeter,
        notices: NoticeBoard,
        retries: bool,
        gate: threading.Event | None = None,
    ) -> None:
        """Prepare a stage.

        Args:
            open_source: Opens camera or clip.
            meter: Counts frames.
            notices: Tells the user that a webcam is lost.
            retries: The source may come back.
            gate: Nothing is read before it is set, so that no frame is wasted on stages that are
                still loading; None reads at once.
        """
        self._gate = gate
        self._open_source = open_source
        self._meter = meter
        self._notices = notices
        self._retries = retries
        self._source: FrameSource[Frame] | None = None
        self._last: FrameStamp | None = None

    @property
    def finished(self) -> bool:
        """True at the end of a video or clip."""
        return self._source is not None and self._source.ended

    @property
    def last_id(self) -> int:
        """Number of the newest frame, -1 before the first."""
        return self._last.frame_id if self._last else -1

    def open(self) -> None:
        """Open the source."""
        self._source = self._open_source()

    def patience_s(self) -> float:
        """Wait only while the source is away or the gate is closed."""
        if self._is_gated:
            return GATE_S
        return 0.0 if self._source is not None else RETRY_S

    def process(self, value: None = None) -> Frame | None:
        """Read the next frame, or try to get the source back."""
        if self._is_gated:
            return None
        if self._source is None:
            self._reopen()
            return None
        try:
            frame = self._source.read(READ_TIMEOUT_S)
        except SourceError as error:
            if not self._retries:
                raise
            self._lose(error)
            return None
        if frame is not None:
            self._meter.count_in()
            self._last = frame.stamp
        return frame

    def close(self) -> None:
        """Release the source."""
        if self._source is not None:
            self._source.close()

    @property
    def _is_gated(self) -> bool:
        return self._gate is not None and not self._gate.is_set()

    def _lose(self, error: SourceError) -> None:
        self._notices.post("webcam", f"{error} (trying again)")
        self.close()
        self._source = None

    def _reopen(self) -> None:
        try:
            self._source = self._open_source()
        except SourceError as error:
            self._notices.post("webcam", f"{error} (trying again)")
        else:
            self._notices.clear("webcam")
