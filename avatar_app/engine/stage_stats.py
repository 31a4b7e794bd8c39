"""How long each stage takes and how old frames are when they leave: the engine's own clockwork."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

WINDOW = 600  # values kept per stage: 20 s at 30 fps, enough for a steady p95


@dataclass(frozen=True, slots=True)
class StageTiming:
    """Median and 95th percentile of one duration, milliseconds, over the newest values."""

    p50_ms: float
    p95_ms: float
    count: int


@dataclass(frozen=True, slots=True)
class EngineStatistics:
    """What the engine measured since it started; a snapshot, safe to keep.

    Attributes:
        frames_in: Frames that the source delivered.
        frames_out: Avatar frames that reached the outputs; repeats do not count.
        dropped: Values that a slow stage never took.
        measured_fps: Avatar frames per second: over the newest seconds while running,
            over the whole run once the engine has stopped.
        tracking_fps: Tracked frames per second, likewise.
        latency: Capture to output, None before the first frame.
        stages: Stage name to its timing, in the order of the journey.
        face_found: Share of tracked frames with a face, in [0, 1]; None when nothing is tracked.
        hands_found: Share of tracked frames with at least one hand.
        face_visible: The newest tracked frame has a face.
        decode_size: Side of the square that the decoder paints now, pixels.
        decoder: Name of the decoder in use, empty before it is open.
        device: Where it runs, such as ``cpu`` or ``cuda:0 NVIDIA ...``.
        imitation: Mean angles between person and avatar in degrees by joint group; empty until
            there was something to compare.
        memory_mb: Resident memory of this process: ``start``, ``first_minute``, ``now``.
    """

    frames_in: int = 0
    frames_out: int = 0
    dropped: int = 0
    measured_fps: float = 0.0
    tracking_fps: float = 0.0
    latency: StageTiming | None = None
    stages: Mapping[str, StageTiming] = field(default_factory=dict)
    face_found: float | None = None
    hands_found: float | None = None
    face_visible: bool = False
    decode_size: int = 0
    decoder: str = ""
    device: str = ""
    imitation: Mapping[str, float] = field(default_factory=dict)
    memory_mb: Mapping[str, float] = field(default_factory=dict)


class DurationWindow:
    """The newest durations of one kind. Not locked; StageStats holds the lock."""

    def __init__(self) -> None:
        self._values_ms: deque[float] = deque(maxlen=WINDOW)
        self.count = 0

    def add(self, duration_ms: float) -> None:
        """Remember one duration."""
        self._values_ms.append(duration_ms)
        self.count += 1

    def timing(self, newest: int = WINDOW) -> StageTiming | None:
        """Summarise the ``newest`` values, or None when there is none."""
        values = list(self._values_ms)[-newest:]
        if not values:
            return None
        p50, p95 = np.percentile(values, (50, 95))
        return StageTiming(p50_ms=float(p50), p95_ms=float(p95), count=self.count)


class StageStats:
    """Collect durations by stage name from any thread."""

    def __init__(self, clock_ns: Callable[[], int] = time.perf_counter_ns) -> None:
        self._clock_ns = clock_ns
        self._lock = threading.Lock()
        self._windows: dict[str, DurationWindow] = {}

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Time the ``with`` block under the name ``stage``; a block that raises is not counted."""
        begin_ns = self._clock_ns()
        yield
        self.add(stage, (self._clock_ns() - begin_ns) / 1e6)

    def add(self, stage: str, duration_ms: float) -> None:
        """Remember one duration of ``stage``."""
        with self._lock:
            self._windows.setdefault(stage, DurationWindow()).add(duration_ms)

    def timing(self, stage: str, newest: int = WINDOW) -> StageTiming | None:
        """Summarise one stage, or None when it has not run."""
        with self._lock:
            window = self._windows.get(stage)
            return window.timing(newest) if window else None

    def timings(self) -> dict[str, StageTiming]:
        """Summarise every stage that has run, in order of first use."""
        with self._lock:
            summaries = {name: window.timing() for name, window in self._windows.items()}
        return {name: timing for name, timing in summaries.items() if timing is not None}
