"""The live engine: owns every stage and thread between a source and the outputs."""

import logging
import threading
from dataclasses import replace
from enum import Enum

from avatar_app.engine.config import EngineConfig
from avatar_app.engine.frames import AvatarFrame, CameraPreviewFrame
from avatar_app.engine.latest_slot import LatestSlot
from avatar_app.engine.live_run import LiveRun
from avatar_app.engine.notice_board import NoticeBoard
from avatar_app.engine.parts import EngineParts
from avatar_app.engine.stage_stats import EngineStatistics
from avatar_app.errors import OutputError

logger = logging.getLogger(__name__)

TICK_S = 0.1  # how soon the engine notices the end of a source or a failed stage
SUMMARY_S = 10.0


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
    One more thread, ``engine``, opens a run, watches it and takes it down.

    Attributes:
        preview: Newest painted avatar for one on-screen consumer (premultiplied RGBA, without
            background); pulled on a timer. The slots stay the same over restarts.
        camera_preview: Newest webcam picture beside what was tracked in it; stays empty for a clip.
    """

    def __init__(self, config: EngineConfig, parts: EngineParts | None = None) -> None:
        """Prepare an engine; nothing is opened before ``start``.

        Args:
            config: What to run.
            parts: Opens devices and libraries; for tests.
        """
        self._config = config
        self._parts = parts
        self._lock = threading.Lock()
        self._state = EngineState.STOPPED
        self._error: Exception | None = None
        self._notices = NoticeBoard()
        self._run: LiveRun | None = None
        self._statistics = EngineStatistics()
        self._lost_outputs: dict[str, OutputError] = {}
        self._wake = threading.Event()
        self._stop = False
        self._restart = False
        self._ended = threading.Event()
        self._ended.set()
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
        """Sentences on what degrades the run now, such as ``webcam lost ...``."""
        return self._notices.sentences

    @property
    def lost_outputs(self) -> dict[str, OutputError]:
        """Outputs that do not work now, or did not in the run that ended, with the reason."""
        run = self._run
        return run.lost_outputs if run else self._lost_outputs

    def start(self) -> None:
        """Begin a run: STARTING at once, RUNNING when all stages are open, else FAILED.

        Raises:
            ValueError: A run is on already.
        """
        with self._lock:
            if self._state not in (EngineState.STOPPED, EngineState.FAILED):
                raise ValueError(f"the engine is {self._state.value}; stop it first")
            self._state = EngineState.STARTING
            self._error = None
            self._stop = self._restart = False
        self._wake.clear()
        self._ended.clear()
        self._notices.clear_all()
        threading.Thread(target=self._supervise, name="engine", daemon=True).start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End the run and close the outputs. Blocks up to ``timeout_s``."""
        self.request_stop()
        if not self.wait(timeout_s):
            logger.error("the engine did not stop within %g s", timeout_s)

    def request_stop(self) -> None:
        """Like ``stop`` without waiting: the state becomes STOPPING, later STOPPED."""
        with self._lock:
            self._stop = True
            if self._state in (EngineState.STARTING, EngineState.RUNNING):
                self._state = EngineState.STOPPING
        self._wake.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until the run ends by itself or is stopped; False after ``timeout_s``."""
        # Not by joining the thread: Ctrl-C during a join makes Python 3.11 take it for ended.
        return self._ended.wait(timeout_s)

    def apply(self, config: EngineConfig) -> None:
        """Change the running engine, or what the next run will do.

        Framing, zoom, pan, mirror, background, rate and outputs change without a break; anything
        else takes the run down and begins another.
        """
        before, self._config = self._config, config
        run = self._run
        if config == before:
            return
        if run is None:
            self._restart = True  # read only if a run is being opened at this very moment
        elif _frozen_part(config) == _frozen_part(before):
            run.change_config(config)
        else:
            self._restart = True
            self._wake.set()

    def calibrate(self) -> None:
        """Take the person's present face and posture as neutral."""
        run = self._run
        if run is not None:
            run.calibrate()

    def statistics(self) -> EngineStatistics:
        """Take a snapshot of what was measured since the start, or in the run that ended."""
        run = self._run
        return run.statistics(running=True) if run else self._statistics

    def _supervise(self) -> None:
        error: Exception | None = None
        while True:
            self._restart = False
            error = self._run_once()
            if error is not None or self._stop or not self._restart:
                break
            self._set_state(EngineState.STARTING)
        with self._lock:
            self._error = error
            self._state = EngineState.STOPPED if error is None else EngineState.FAILED
        self._ended.set()

    def _run_once(self) -> Exception | None:
        """Open a run, watch it to its end and take it down; return what ended it."""
        run = LiveRun(
            self._config,
            self._parts or EngineParts(),
            notices=self._notices,
            preview=self.preview,
            camera_preview=self.camera_preview,
            wake=self._wake,
        )
        self._run = run
        error = run.open(lambda: self._stop or self._restart)
        if error is None and not self._stop and not self._restart:
            self._set_state(EngineState.RUNNING)
            error = self._watch(run)
        if error is None:
            self._set_state(EngineState.STOPPING)
        run.close()
        self._statistics = run.statistics(running=False)
        self._lost_outputs = run.lost_outputs
        self._run = None
        self._notices.clear_all()
        logger.info("%s", summary(self._statistics))
        return error

    def _watch(self, run: LiveRun) -> Exception | None:
        ticks_per_summary = round(SUMMARY_S / TICK_S)
        ticks = 0
        while not self._stop and not self._restart and not run.finished:
            self._wake.wait(TICK_S)
            self._wake.clear()
            run.observe()
            if run.error is not None:
                return run.error
            ticks += 1
            if ticks % ticks_per_summary == 0:
                logger.debug("%s", summary(run.statistics(running=True)))
        return None

    def _set_state(self, state: EngineState) -> None:
        with self._lock:
            if not self._stop or state is EngineState.STOPPING:
                self._state = state


def _frozen_part(config: EngineConfig) -> EngineConfig:
    """Return the configuration with everything that can change in mid-run made equal."""
    return replace(
        config,
        fps=30.0,
        framing="bust",
        zoom=1.0,
        pan=(0.0, 0.0),
        mirror=True,
        background="transparent",
        outputs=(),
    )


def summary(statistics: EngineStatistics) -> str:
    """Put a run into one line for the log."""
    stages = " ".join(
        f"{name} {timing.p50_ms:.1f}/{timing.p95_ms:.1f}"
        for name, timing in statistics.stages.items()
    )
    return (
        f"{statistics.frames_in} frames in, {statistics.frames_out} out at "
        f"{statistics.measured_fps:.1f} fps, {statistics.dropped} dropped; "
        f"ms p50/p95: {stages or 'nothing ran'}"
    )
