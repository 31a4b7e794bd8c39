"""Parts of the engine without devices: cameras, painters and sinks that the test conducts."""

import threading
import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar_app.engine import EngineConfig, EngineParts, StageStats
from avatar_app.engine.config import SUPERSAMPLING
from avatar_app.engine.frames import (
    AvatarFrame,
    CameraFrame,
    FrameStamp,
    PoseFrame,
)
from avatar_app.errors import CameraLostError
from tests.fakes.fake_tracker import FakeTracker
from tests.fakes.tiny_rig import tiny_rig
from udp_live.rig.expressions import rest_pose
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, TrackedMotion, Viewpoint

TIMEOUT_S = 5.0


class FakeClock:
    """Time that stands still unless the test advances it."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def ns(self) -> int:
        return round(self.now_s * 1e9)

    def advance(self, seconds: float) -> None:
        self.now_s += seconds


class FakeCamera:
    """Deliver ``count`` grey pictures, each with its number as brightness.

    Attributes:
        unplugged: While set, reading raises CameraLostError.
        wait_s: Time between two pictures; the thread waits as it would for a device.
    """

    name = "fake camera"

    def __init__(self, count: int | None = None, wait_s: float = 0.0) -> None:
        self.count = count
        self.wait_s = wait_s
        self.delivered = 0
        self.unplugged = threading.Event()
        self.closed = False
        self._pause = threading.Event()

    @property
    def ended(self) -> bool:
        return self.count is not None and self.delivered >= self.count

    def read(self, timeout_s: float) -> CameraFrame | None:
        if self.unplugged.is_set():
            raise CameraLostError("webcam lost: fake camera sends no pictures any more")
        if self.ended:
            return None
        if self.wait_s:
            self._pause.wait(self.wait_s)
        number = self.delivered
        self.delivered += 1
        stamp = FrameStamp(number, time.perf_counter_ns(), number / 30)
        return CameraFrame(stamp, np.full((48, 64, 3), 1 + number % 200, np.uint8))

    def close(self) -> None:
        self.closed = True


class FakeClip:
    """Deliver rest poses."""

    def __init__(self, rig: Rig, count: int) -> None:
        self._pose = rest_pose(rig)
        self._count = count
        self._next_id = 0

    @property
    def ended(self) -> bool:
        return self._next_id >= self._count

    def read(self, timeout_s: float) -> PoseFrame | None:
        stamp = FrameStamp(self._next_id, time.perf_counter_ns(), self._next_id / 30)
        self._next_id += 1
        return PoseFrame(stamp, self._pose)

    def close(self) -> None:
        """Nothing to release."""


class FakeRetargeter:
    """Turn the head's picture brightness into the first expression's weight."""

    neutral: Any = None

    def __init__(self, rig: Rig, *, mirror: bool) -> None:
        self.mirror = mirror
        self.calibrations = 0
        self.times_s: list[float] = []
        self.motions: list[TrackedMotion] = []
        self._rest = rest_pose(rig)

    def retarget(self, motion: TrackedMotion, time_s: float) -> RigPose:
        self.times_s.append(time_s)
        self.motions.append(motion)
        weights = self._rest.expression_weights.copy()
        if motion.face is not None:
            weights[0] = motion.face.landmarks[0, 0]
        rest = self._rest
        return RigPose(rest.bone_rotations, rest.root_translation, weights, rest.gaze)

    def calibrate(self) -> None:
        self.calibrations += 1


class FakePainter:
    """Paint one colour: red is the first expression's weight, everything is opaque."""

    decoder_name = "fake"
    device_name = "cpu"
    viewpoint = Viewpoint((0.0, 1.0, 0.0), 1.0)

    def __init__(self, config: EngineConfig) -> None:
        self.config = config
        self.size = config.size
        self.closed = False
        self.opened_on = threading.current_thread().name
        self.used_on: set[str] = set()
        self.decode_sizes: list[int] = []
        self.supersamplings: list[int] = []
        self.times_s: list[float] = []
        self.advanced_s: list[float] = []
        self.failure: Exception | None = None

    def apply(self, config: EngineConfig) -> None:
        self.config = config

    def paint(
        self, pose: RigPose, time_s: float, decode_size: int, supersampling: int = SUPERSAMPLING
    ) -> NDArray[np.uint8]:
        if self.failure is not None:
            raise self.failure
        self.used_on.add(threading.current_thread().name)
        self.decode_sizes.append(decode_size)
        self.supersamplings.append(supersampling)
        self.times_s.append(time_s)
        red = round(255 * float(pose.expression_weights[0]))
        return np.full((self.size, self.size, 4), (red, 0, 0, 255), np.uint8)

    def advance(self, pose: RigPose, time_s: float) -> None:
        self.advanced_s.append(time_s)

    def close(self) -> None:
        self.closed = True
        self.used_on.add(threading.current_thread().name)


class FakeSink:
    """Keep what was sent; fail from the first frame on when there is a ``failure``."""

    name = "fake sink"

    def __init__(self, *, keeps_alpha: bool = False, wants_repeats: bool = False) -> None:
        self.keeps_alpha = keeps_alpha
        self.wants_repeats = wants_repeats
        self.frames: list[AvatarFrame] = []
        self.failure: Exception | None = None
        self.closed = False
        self.arrived = threading.Condition()

    def send(self, frame: AvatarFrame) -> None:
        if self.failure is not None:
            raise self.failure
        with self.arrived:
            self.frames.append(frame)
            self.arrived.notify_all()

    def close(self) -> None:
        self.closed = True

    def wait_for(self, count: int) -> None:
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.frames) >= count, TIMEOUT_S)


@dataclass
class FakeParts(EngineParts):
    """Open fakes; a part that is an exception is raised instead of opened."""

    camera: Any = field(default_factory=lambda: FakeCamera(wait_s=0.005))
    tracker: Any = field(default_factory=FakeTracker)
    sinks: dict[str, Any] = field(default_factory=dict)
    avatar_error: Exception | None = None
    painter_error: Exception | None = None
    cameras_opened: int = 0
    trackers_opened: int = 0
    painters: list[FakePainter] = field(default_factory=list)
    retargeters: list[FakeRetargeter] = field(default_factory=list)

    def load_avatar(self, config: EngineConfig) -> Any:
        if self.avatar_error is not None:
            raise self.avatar_error
        return SimpleNamespace(name="fake", rig=tiny_rig(), sheet=None)

    def open_camera(self, config: EngineConfig, *, realtime: bool) -> Any:
        self.cameras_opened += 1
        return _or_raise(self.camera)

    def open_clip(self, config: EngineConfig, rig: Rig, *, realtime: bool) -> FakeClip:
        return FakeClip(rig, count=10)

    def open_tracker(self, config: EngineConfig, *, realtime: bool) -> Any:
        self.trackers_opened += 1
        return _or_raise(self.tracker)

    def make_retargeter(self, config: EngineConfig, rig: Rig) -> FakeRetargeter:
        self.retargeters.append(FakeRetargeter(rig, mirror=config.mirror))
        return self.retargeters[-1]

    def make_judge(self, config: EngineConfig, rig: Rig) -> None:
        """Compare nothing."""

    def open_painter(self, config: EngineConfig, avatar: Any, stats: StageStats) -> FakePainter:
        if self.painter_error is not None:
            raise self.painter_error
        self.painters.append(FakePainter(config))
        return self.painters[-1]

    def open_sink(self, address: str, config: EngineConfig, *, realtime: bool) -> Any:
        return _or_raise(self.sinks[address])


def _or_raise(part: Any) -> Any:
    if isinstance(part, Exception):
        raise part
    return part
