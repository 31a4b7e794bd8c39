"""The live engine as seen by widgets: slots to call, signals for state, errors and statistics."""

import logging
import time

from PySide6.QtCore import QObject, QTimer, Signal

from avatar_app.engine import EngineConfig, EngineState, LiveEngine
from avatar_app.errors import AppError
from renderer.errors import RendererError
from udp_live.errors import UdpLiveError

logger = logging.getLogger(__name__)

POLL_MS = 100
STATISTICS_EVERY = 4  # polls between two snapshots, so that the figures can be read
CLOSE_TIMEOUT_S = 10.0
EXPECTED_ERRORS = (AppError, RendererError, UdpLiveError, ValueError, OSError)
ENDED = (EngineState.STOPPED, EngineState.FAILED)


class EngineBridge(QObject):
    """Watch one engine from Qt's main thread and pass on what the user wants of it.

    The engine's calls that are used here return at once; the pictures do not come through here,
    widgets pull them from the engine's preview slots.

    Signals:
        state_changed(EngineState): The engine is doing something else now.
        failed(str): A run ended, or could not begin, and why: one sentence for the user.
        notices_changed(tuple[str, ...]): What degrades the run now; empty when nothing does.
        statistics_changed(EngineStatistics): A fresh snapshot, a few times a second while running.
        closed(): The engine has stopped after ``close``; the bridge is done.
    """

    state_changed = Signal(object)
    failed = Signal(str)
    notices_changed = Signal(object)
    statistics_changed = Signal(object)
    closed = Signal()

    def __init__(self, engine: LiveEngine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._state = engine.state
        self._notices: tuple[str, ...] = ()
        self._polls = 0
        self._starts_again = False
        self._close_deadline_s: float | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self.poll)
        self._timer.start()

    @property
    def engine(self) -> LiveEngine:
        """The engine behind the bridge."""
        return self._engine

    @property
    def config(self) -> EngineConfig:
        """The configuration of the current or next run."""
        return self._engine.config

    @property
    def state(self) -> EngineState:
        """The state that was last told by ``state_changed``."""
        return self._state

    def start(self) -> None:
        """Begin a run; while the engine is still stopping, begin as soon as it has."""
        if self._engine.state is EngineState.STOPPING:
            self._starts_again = True
            return
        if self._engine.state not in ENDED:
            return
        self._tell(EngineState.STARTING)  # a quick run must not look like no change at all
        try:
            self._engine.start()
        except EXPECTED_ERRORS as error:
            logger.error("the engine did not start: %s", error)
            self.failed.emit(str(error))
        self.poll()

    def stop(self) -> None:
        """Ask the run to end; ``state_changed`` tells when it has."""
        self._starts_again = False
        if self._engine.state not in ENDED:
            self._engine.request_stop()
        self.poll()

    def apply(self, config: EngineConfig) -> None:
        """Change what the engine does, now or in its next run."""
        if config == self._engine.config:
            return
        try:
            self._engine.apply(config)
        except EXPECTED_ERRORS as error:
            logger.error("the engine refused a change: %s", error)
            self.failed.emit(str(error))

    def calibrate(self) -> None:
        """Take the person's present face and posture as neutral."""
        if self._engine.state is EngineState.RUNNING:
            self._engine.calibrate()

    def close(self) -> None:
        """End the run for good; ``closed`` follows when all is quiet."""
        self._close_deadline_s = time.monotonic() + CLOSE_TIMEOUT_S
        self.stop()

    def poll(self) -> None:
        """Compare the engine with what was last told, and tell the difference."""
        self._tell_state()
        self._tell_notices()
        self._polls += 1
        if self._state is EngineState.RUNNING and self._polls % STATISTICS_EVERY == 0:
            self.statistics_changed.emit(self._engine.statistics())
        if self._state in ENDED and self._starts_again:
            self._starts_again = False
            self.start()
        self._finish_closing()

    def _tell_state(self) -> None:
        state = self._engine.state
        if state is self._state:
            return
        self._tell(state)
        if state is EngineState.FAILED:
            self.failed.emit(str(self._engine.error or "The engine stopped for an unknown reason."))

    def _tell(self, state: EngineState) -> None:
        self._state = state
        self.state_changed.emit(state)

    def _tell_notices(self) -> None:
        notices = tuple(self._engine.notices)
        if notices != self._notices:
            self._notices = notices
            self.notices_changed.emit(notices)

    def _finish_closing(self) -> None:
        if self._close_deadline_s is None:
            return
        if self._state in ENDED or time.monotonic() > self._close_deadline_s:
            self._close_deadline_s = None
            self._timer.stop()
            self.closed.emit()
