"""Count what a run achieves: frames, rates, latency, faces, memory."""

import platform
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from avatar_app.engine.frames import FrameStamp
from avatar_app.engine.stage_stats import DurationWindow, EngineStatistics, StageStats
from udp_live.types import TrackedMotion

RECENT_S = 2.0
MINUTE_S = 60.0


@dataclass(slots=True)
class Beat:
    """Events of one kind: how many, and when."""

    count: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    recent_s: deque[float] = field(default_factory=deque)

    def add(self, now_s: float) -> None:
        """Note one event."""
        if self.count == 0:
            self.first_s = now_s
        self.count += 1
        self.last_s = now_s
        self.recent_s.append(now_s)
        self._forget(now_s)

    def recent_rate(self, now_s: float) -> float:
        """Return events per second over the newest seconds."""
        self._forget(now_s)
        if len(self.recent_s) < 2:
            return 0.0
        return (len(self.recent_s) - 1) / max(self.recent_s[-1] - self.recent_s[0], 1e-6)

    def overall_rate(self) -> float:
        """Return events per second from the first to the last."""
        if self.count < 2:
            return 0.0
        return (self.count - 1) / max(self.last_s - self.first_s, 1e-6)

    def _forget(self, now_s: float) -> None:
        while self.recent_s and now_s - self.recent_s[0] > RECENT_S:
            self.recent_s.popleft()


class RunMeter:
    """Collect the figures of one run from all of its threads.

    Attributes:
        stages: Durations by stage name.
    """

    def __init__(self, clock_ns: Callable[[], int] = time.perf_counter_ns) -> None:
        self._clock_ns = clock_ns
        self._lock = threading.Lock()
        self.stages = StageStats(clock_ns)
        self._in = Beat()
        self._tracked = Beat()
        self._out = Beat()
        self._latency = DurationWindow()
        self._faces = 0
        self._hands = 0
        self._face_visible = False
        self._newest_id = -1
        self._memory_mb: dict[str, float] = {}
        self._begin_s = self._now_s()

    @property
    def frames_in(self) -> int:
        """Frames that the source delivered."""
        return self._in.count

    @property
    def frames_out(self) -> int:
        """Avatar frames that reached the outputs."""
        return self._out.count

    @property
    def newest_id(self) -> int:
        """Number of the newest source frame that reached the outputs, -1 before the first."""
        return self._newest_id

    def count_in(self) -> None:
        """Note a frame from the source."""
        with self._lock:
            self._in.add(self._now_s())

    def count_tracked(self, motion: TrackedMotion) -> None:
        """Note what the tracker saw in one frame."""
        with self._lock:
            self._tracked.add(self._now_s())
            self._face_visible = motion.face is not None
            self._faces += self._face_visible
            self._hands += motion.left_hand is not None or motion.right_hand is not None

    def count_out(self, stamp: FrameStamp) -> None:
        """Note a frame that all outputs have taken."""
        now_ns = self._clock_ns()
        with self._lock:
            self._out.add(now_ns / 1e9)
            self._latency.add((now_ns - stamp.captured_ns) / 1e6)
            self._newest_id = max(self._newest_id, stamp.frame_id)

    def sample_memory(self) -> None:
        """Note how much memory the process holds now."""
        held_mb = resident_memory_mb()
        if held_mb is None:
            return
        with self._lock:
            self._memory_mb.setdefault("start", held_mb)
            if self._now_s() - self._begin_s >= MINUTE_S:
                self._memory_mb.setdefault("first_minute", held_mb)
            self._memory_mb["now"] = held_mb

    def statistics(self, *, running: bool, dropped: int = 0) -> EngineStatistics:
        """Summarise the run; the caller adds what only it knows.

        Args:
            running: Rates are those of the newest seconds, otherwise of the whole run.
            dropped: Values that slow stages never took.
        """
        stages = self.stages.timings()
        now_s = self._now_s()
        with self._lock:
            tracked = self._tracked.count
            return EngineStatistics(
                frames_in=self._in.count,
                frames_out=self._out.count,
                dropped=dropped,
                measured_fps=_rate(self._out, now_s, running=running),
                tracking_fps=_rate(self._tracked, now_s, running=running),
                latency=self._latency.timing(),
                stages=stages,
                face_found=self._faces / tracked if tracked else None,
                hands_found=self._hands / tracked if tracked else None,
                face_visible=self._face_visible,
                memory_mb=dict(self._memory_mb),
            )

    def _now_s(self) -> float:
        return self._clock_ns() / 1e9


def _rate(beat: Beat, now_s: float, *, running: bool) -> float:
    return beat.recent_rate(now_s) if running else beat.overall_rate()


def resident_memory_mb() -> float | None:
    """Return the memory that this process holds, or None where the system does not tell."""
    if platform.system() == "Linux":
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return next(
            float(line.split()[1]) / 1024
            for line in status.splitlines()
            if line.startswith("VmRSS:")
        )
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if platform.system() == "Darwin" else 1024)
