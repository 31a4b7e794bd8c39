"""An engine without threads or devices: states change when the test says so."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from avatar_app.engine import (
    EngineConfig,
    EngineState,
    EngineStatistics,
    LatestSlot,
    StageTiming,
)
from avatar_app.engine.frames import AvatarFrame, CameraPreviewFrame, FrameStamp


@dataclass
class FakeEngine:
    """Follow ``LiveEngine``'s interface; remember what was asked.

    Attributes:
        config: What was applied last.
        finishes_at_once: Starting and stopping need no further call; else use ``settle``.
        refusal: Raised by ``start``.
        applied: Every configuration that was applied.
        calls: Names of the commands that were called, in order.
    """

    config: EngineConfig
    finishes_at_once: bool = True
    refusal: Exception | None = None
    state: EngineState = EngineState.STOPPED
    error: Exception | None = None
    notices: tuple[str, ...] = ()
    numbers: EngineStatistics = field(default_factory=EngineStatistics)
    applied: list[EngineConfig] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    preview: LatestSlot[AvatarFrame] = field(default_factory=LatestSlot)
    camera_preview: LatestSlot[CameraPreviewFrame] = field(default_factory=LatestSlot)

    def start(self) -> None:
        self.calls.append("start")
        if self.refusal is not None:
            raise self.refusal
        self.state = EngineState.STARTING
        if self.finishes_at_once:
            self.settle()

    def request_stop(self) -> None:
        self.calls.append("request_stop")
        self.state = EngineState.STOPPING
        if self.finishes_at_once:
            self.settle()

    def stop(self, timeout_s: float = 10.0) -> None:
        self.calls.append("stop")
        self.state = EngineState.STOPPED

    def wait(self, timeout_s: float | None = None) -> bool:
        return self.state in (EngineState.STOPPED, EngineState.FAILED)

    def apply(self, config: EngineConfig) -> None:
        self.config = config
        self.applied.append(config)

    def calibrate(self) -> None:
        self.calls.append("calibrate")

    def statistics(self) -> EngineStatistics:
        return self.numbers

    def settle(self) -> None:
        """Finish the starting or stopping that is under way."""
        ends = {
            EngineState.STARTING: EngineState.RUNNING,
            EngineState.STOPPING: EngineState.STOPPED,
        }
        self.state = ends.get(self.state, self.state)

    def fail(self, error: Exception) -> None:
        """End the run with an error."""
        self.error = error
        self.state = EngineState.FAILED

    def paint(self, premultiplied: NDArray[np.uint8], frame_id: int = 0) -> None:
        """Publish one avatar frame, ``[H, W, 4]`` uint8 premultiplied RGBA."""
        stamp = FrameStamp(frame_id=frame_id, captured_ns=0, media_s=0.0)
        self.preview.publish(AvatarFrame(stamp=stamp, image=premultiplied))


def lively_statistics(*, face_visible: bool = True) -> EngineStatistics:
    """Figures of a good run."""
    return EngineStatistics(
        frames_in=300,
        frames_out=298,
        measured_fps=29.7,
        tracking_fps=29.9,
        latency=StageTiming(p50_ms=61.6, p95_ms=80.2, count=298),
        face_found=0.99,
        face_visible=face_visible,
    )
