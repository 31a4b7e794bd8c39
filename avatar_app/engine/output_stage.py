"""The output stage: background under the avatar, then to every output."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from avatar_app.engine.config import EngineConfig
from avatar_app.engine.frames import AvatarFrame, FrameStamp
from avatar_app.engine.notice_board import NoticeBoard
from avatar_app.engine.run_meter import RunMeter
from avatar_app.errors import OutputError

if TYPE_CHECKING:
    from avatar_app.output.base import FrameSink
    from avatar_app.output.compositor import Compositor

RETRIED = ("virtual-camera",)  # a recording that stopped must not begin anew over its old file
RETRY_S = 3.0  # doubles each time, because trying costs a moment of all outputs
LONGEST_RETRY_S = 60.0
AFTER_FRESH = 1.5  # periods; a repeat just before a fresh frame would only get in its way

OpenSink = Callable[[str], "FrameSink"]


class OutputStage:
    """Send frames to the sinks; one that fails is closed and told of, the others go on.

    Attributes:
        lost: Address of each output that does not work, to the reason.
    """

    finished = False

    def __init__(
        self,
        open_sink: OpenSink,
        config: EngineConfig,
        *,
        meter: RunMeter,
        notices: NoticeBoard,
        clock_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Prepare a stage.

        Args:
            open_sink: Opens an output by its address.
            config: Outputs, background, size, rate.
            meter: Counts frames that got out, times ``compositing`` and ``sending``.
            notices: Tells the user of outputs that do not work.
            clock_s: Real time.
        """
        self._open_sink = open_sink
        self._config = config
        self._applied = config
        self._meter = meter
        self._notices = notices
        self._clock_s = clock_s
        self._sinks: dict[str, FrameSink] = {}
        self._compositor: Compositor | None = None
        self._last: AvatarFrame | None = None
        self._retry_s = 0.0
        self._retry_wait_s = RETRY_S
        self._last_was_fresh = False
        self.lost: dict[str, OutputError] = {}

    def open(self) -> None:
        """Open background and outputs; an output that fails is lost, not fatal."""
        self._open_background()
        for address in self._config.outputs:
            self._open(address)

    def change_config(self, config: EngineConfig) -> None:
        """Take over background and outputs with the next frame. Any thread."""
        self._config = config

    def patience_s(self) -> float:
        """Wait for about a period; then sinks that want it get the last frame again."""
        periods = AFTER_FRESH if self._last_was_fresh else 1.0
        return periods / self._config.fps

    def process(self, value: AvatarFrame | None) -> FrameStamp | None:
        """Send a frame, or repeat the last one; returns the stamp of a new frame."""
        self._take_over_config()
        self._retry()
        self._last_was_fresh = value is not None
        if value is not None:
            self._last = value
            self._send(value, list(self._sinks))
            self._meter.count_out(value.stamp)
            return value.stamp
        if self._last is not None:
            repeats = [address for address, sink in self._sinks.items() if sink.wants_repeats]
            self._send(self._last, repeats)
        return None

    def close(self) -> None:
        """Finish all outputs."""
        for address in list(self._sinks):
            self._close(address)

    def _open(self, address: str) -> None:
        try:
            self._sinks[address] = self._open_sink(address)
        except OutputError as error:
            self._lose(address, error)
        else:
            self.lost.pop(address, None)
            self._notices.clear(address)

    def _close(self, address: str) -> None:
        try:
            self._sinks.pop(address).close()
        except OutputError as error:
            self._lose(address, error)

    def _lose(self, address: str, error: OutputError) -> None:
        self.lost[address] = error
        self._notices.post(address, str(error))
        self._retry_s = self._clock_s() + self._retry_wait_s

    def _retry(self) -> None:
        if not self.lost or self._clock_s() < self._retry_s:
            return
        self._retry_wait_s = min(2 * self._retry_wait_s, LONGEST_RETRY_S)
        for address in [address for address in self.lost if address in RETRIED]:
            self._open(address)
            if address not in self.lost:
                self._retry_wait_s = RETRY_S

    def _send(self, frame: AvatarFrame, addresses: Sequence[str]) -> None:
        if not addresses:
            return
        with self._meter.stages.measure("compositing"):
            pictures = self._pictures(frame, addresses)
        with self._meter.stages.measure("sending"):
            for address, picture in zip(addresses, pictures, strict=True):
                self._send_to(address, AvatarFrame(frame.stamp, picture))

    def _send_to(self, address: str, frame: AvatarFrame) -> None:
        try:
            self._sinks[address].send(frame)
        except OutputError as error:
            sink = self._sinks.pop(address)
            self._lose(address, error)
            with suppress(OutputError):  # the reason why it was lost has been told
                sink.close()

    def _pictures(self, frame: AvatarFrame, addresses: Sequence[str]) -> list[NDArray[np.uint8]]:
        if self._compositor is None:
            return [frame.image for _ in addresses]
        composited = self._compositor.composite(frame.image)
        opaque = composited
        needs_opaque = any(not self._sinks[address].keeps_alpha for address in addresses)
        if needs_opaque and self._compositor.is_transparent:
            opaque = self._compositor.composite_opaque(frame.image)
        return [composited if self._sinks[address].keeps_alpha else opaque for address in addresses]

    def _open_background(self) -> None:
        from avatar_app.output.compositor import Compositor

        try:
            self._compositor = Compositor(self._config.background, self._config.size)
        except OutputError as error:
            self._compositor = Compositor("transparent", self._config.size)
            self._lose("background", error)
        else:
            self.lost.pop("background", None)
            self._notices.clear("background")

    def _take_over_config(self) -> None:
        config, applied = self._config, self._applied
        if config is applied:
            return
        self._applied = config
        if config.background != applied.background:
            self._open_background()
        self._forget_lost(config.outputs)
        for address in [address for address in self._sinks if address not in config.outputs]:
            self._close(address)
        for address in [address for address in config.outputs if address not in self._sinks]:
            if address not in self.lost:
                self._open(address)

    def _forget_lost(self, wanted: Sequence[str]) -> None:
        """Neither tell of an output that nobody wants any more nor open it again."""
        for address in [address for address in self.lost if address not in (*wanted, "background")]:
            del self.lost[address]
            self._notices.clear(address)
