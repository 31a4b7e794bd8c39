"""The live engine: owns every stage and thread between a source and the outputs."""

from enum import Enum

from avatar_app.engine.config import EngineConfig
from avatar_app.engine.frames import AvatarFrame, CameraPreviewFrame
from avatar_app.engine.latest_slot import LatestSlot
from avatar_app.engine.stage_stats import EngineStatistics


class EngineState(Enum):
    """What the engine is doing."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FAILED = "failed"


class LiveEngine:
    """Run an avatar live: capture, tracking, rendering and output on threads of their own.

    All public members may be used from any one thread, such as Qt's main thread; none of them
    blocks unless its docstring says so. The engine can be started again after it stopped or failed.

    Attributes:
        preview: Newest painted avatar for one on-screen consumer (premultiplied RGBA, without
            background); pulled on a timer. The slots stay the same over restarts.
        camera_preview: Newest webcam picture beside what was tracked in it; stays empty for a clip.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        self._state = EngineState.STOPPED
        self._error: Exception | None = None
        self.preview: LatestSlot[AvatarFrame] = LatestSlot()
        self.camera_preview: LatestSlot[CameraPreviewFrame] = LatestSlot()

    @property
    def config(self) -> EngineConfig:
        """The configuration of the current or next run."""
        return self._config

    @property
    def state(self) -> EngineState:
        """What the engine is doing now."""
        return self._state

    @property
    def error(self) -> Exception | None:
        """Why the state is FAILED; its text is one sentence for the user."""
        return self._error

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences on what degrades the run now, such as ``webcam lost, retrying``."""
        return ()

    def start(self) -> None:
        """Begin a run: STARTING at once, RUNNING when all stages are open, else FAILED."""
        raise NotImplementedError

    def stop(self, timeout_s: float = 10.0) -> None:
        """End the run and close the outputs. Blocks up to ``timeout_s``."""
        raise NotImplementedError

    def request_stop(self) -> None:
        """Like ``stop`` without waiting: the state becomes STOPPING, later STOPPED."""
        raise NotImplementedError

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until the run ends by itself or is stopped; False after ``timeout_s``."""
        raise NotImplementedError

    def apply(self, config: EngineConfig) -> None:
        """Change the running engine; framing, mirror and background change without a break."""
        raise NotImplementedError

    def calibrate(self) -> None:
        """Take the person's present face and posture as neutral."""
        raise NotImplementedError

    def statistics(self) -> EngineStatistics:
        """Take a snapshot of what was measured since the start."""
        raise NotImplementedError
