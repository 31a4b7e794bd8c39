"""What ``bench`` measures: each stage alone, then the whole pipeline on a video in real time."""

import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, product
from pathlib import Path
from typing import Any

import numpy as np

from avatar_app.capture.video_file import VideoFile
from avatar_app.commands.bench_conr import conr_rows
from avatar_app.commands.bench_guided import GuidedBench
from avatar_app.commands.bench_video import render_video
from avatar_app.engine import EngineConfig, EngineParts, LiveEngine, SourceConfig, TrackingConfig
from avatar_app.engine.avatar_painter import fair_threads
from avatar_app.engine.config import SUPERSAMPLING
from avatar_app.engine.decoder_choice import open_app_decoder
from avatar_app.engine.frames import CameraFrame
from avatar_app.paths import encodings_folder, face_model_file
from renderer.conr.config import SIDE_STEP
from renderer.engines import Decoder
from renderer.engines.torch_device import describe_device, limit_processor_threads, pick_device
from renderer.types import CharacterSheet
from udp_live.rasterizer.gl_context import open_context
from udp_live.rasterizer.udp_pass import UdpRasterizer
from udp_live.retargeting.retargeter import Retargeter
from udp_live.rig.expressions import rest_pose
from udp_live.rig.framing import Framing, frame_viewpoint
from udp_live.rig.spring_bones import SpringBones
from udp_live.types import RigPose, TrackedMotion, UdpMap, Viewpoint

Row = dict[str, Any]

CONR, GUIDED = "conr", "guided"
WARM_UPS = 3
MIN_CALLS = 10
TRACKED_FRAMES = 60
FRAME_S = 1 / 30
EDGES = {SUPERSAMPLING: "smooth edges", 1: "plain edges"}  # the governor's first step down
RASTER_SIZES = (256, 512, 1024)  # supersampled pictures half as large
MAX_SECONDS = 3600.0
PIPELINE_SECONDS = 5.0  # times ``seconds``; a pipeline takes longer to settle than a stage


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """What to measure.

    Attributes:
        avatar: Folder of the avatar.
        video: A person on video; None lets the avatar play one.
        decoder: Name of the decoder.
        device: ``auto``, ``cpu`` or ``cuda``.
        sizes: Decoder sizes, pixels; the first is that of the pipeline.
        views: Numbers of sheet views.
        seconds: Time per measurement.
        stages: Which measurements.
        gl_backend: See ``EngineConfig``.
    """

    avatar: Path
    video: Path | None
    decoder: str
    device: str
    sizes: tuple[int, ...]
    views: tuple[int, ...]
    seconds: float
    stages: tuple[str, ...]
    gl_backend: str | None

    def __post_init__(self) -> None:
        for size in self.sizes:
            EngineConfig(avatar=self.avatar, size=size)
            if self.decoder == CONR and size % SIDE_STEP:
                raise ValueError(
                    f"unexpected size: {size}; CoNR paints multiples of {SIDE_STEP} pixels"
                )
        if min(self.views) < 1:
            raise ValueError(f"unexpected views: {min(self.views)}; give at least 1")
        if not 0.0 <= self.seconds <= MAX_SECONDS:
            raise ValueError(
                f"unexpected seconds: {self.seconds:g}; give a number from 0 to {MAX_SECONDS:g}"
            )

    def rows(self) -> Iterator[Row]:
        """Measure one stage after the other.

        CoNR is taken apart with weights of its own, so its rows need no avatar.
        """
        stages = [name for name in self.stages if (name, self.decoder) != ("decoder", CONR)]
        if stages:
            yield from self._engine_rows(stages)
        if len(stages) < len(self.stages):
            limit_processor_threads(os.cpu_count() or 1)
            device = None if self.device == "auto" else self.device
            yield from conr_rows(
                device=device, sizes=self.sizes, views=self.views, seconds=self.seconds
            )

    def _engine_rows(self, stages: Sequence[str]) -> Iterator[Row]:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kigurumi-")))
            bench = _Bench(self, self.video or render_video(self._config(""), folder))
            for stage in stages:
                yield from getattr(bench, stage)()

    def config(self, video: Path, **changes: Any) -> EngineConfig:
        """Make an engine configuration for this plan."""
        return replace(self._config(str(video)), **changes)

    def _config(self, source: str) -> EngineConfig:
        face_model = face_model_file()
        return EngineConfig(
            avatar=self.avatar,
            source=SourceConfig(source or "clip:hello", loop=True),
            tracking=TrackingConfig(face_model=face_model if face_model.is_file() else None),
            size=self.sizes[0],
            decoder=self.decoder,
            device=self.device,
            gl_backend=self.gl_backend,
        )


class _Bench:
    """The measurements; each is named like the stage and yields rows."""

    def __init__(self, plan: BenchPlan, video: Path) -> None:
        self._plan = plan
        self._video = video
        self._parts = EngineParts()
        avatar = self._parts.load_avatar(plan.config(video))
        self._rig, self._sheet = avatar.rig, avatar.sheet
        self._viewpoint = frame_viewpoint(self._rig, Framing.BUST)
        self._frames = _read(video, TRACKED_FRAMES)
        self._motions: list[TrackedMotion] = []
        limit_processor_threads(fair_threads())  # as in the live pipeline

    def capture(self) -> Iterator[Row]:
        """Decode the video."""
        camera = VideoFile(self._video, loop=True, realtime=False)
        height = self._frames[0].image.shape[0]
        yield self._row("capture decode", lambda: camera.read(0.0), size=height)
        camera.close()

    def tracking(self) -> Iterator[Row]:
        """Track with and without body and hands, in the tracker's process."""
        for name, everything in (("face", False), ("face+body+hands", True)):
            config = self._plan.config(self._video)
            tracking = replace(config.tracking, body=everything, hands=everything)
            config = replace(config, tracking=tracking)
            tracker = self._parts.open_tracker(config, realtime=False)
            call = _fed(tracker.track, self._frames)
            yield self._row(f"tracking {name}", call, size=self._frames[0].image.shape[0])
            if everything:
                self._motions = [tracker.track(frame).motion for frame in self._frames]
            tracker.close()

    def retargeting(self) -> Iterator[Row]:
        """Retarget what was tracked; without tracking before it, an empty picture."""
        motions = cycle(self._motions or [TrackedMotion(image_size=(640, 480))])
        retargeter = Retargeter(self._rig)
        moments = _moments()
        yield self._row("retargeting", lambda: retargeter.retarget(next(motions), next(moments)))

    def springs(self) -> Iterator[Row]:
        """Let hair and skirt swing."""
        springs = SpringBones(self._rig)
        call = _fed(partial(springs.step, delta_s=FRAME_S), self._poses())
        yield self._row("springs", call)

    def udp(self) -> Iterator[Row]:
        """Rasterize with read-back."""
        context = open_context(self._plan.gl_backend)
        device = str(context.info["GL_RENDERER"])
        for size in RASTER_SIZES:
            rasterizer = UdpRasterizer(context, self._rig, (size, size))
            call = _fed(partial(_draw, rasterizer, self._viewpoint), self._poses())
            row = self._row("udp raster with read-back", call, size=size)
            yield row | {"device": device.split(" ", maxsplit=1)[0]}
            rasterizer.close()
        context.release()

    def decoder(self) -> Iterator[Row]:
        """Decode by size, number of views and edges, alone and so with all cores."""
        limit_processor_threads(os.cpu_count() or 1)
        decoder = open_app_decoder(self._plan.decoder, self._plan.device, encodings_folder())
        yield from self._decoder_rows(decoder)
        if self._plan.decoder == GUIDED:
            yield from self._guided_rows(decoder)
        decoder.close()
        limit_processor_threads(fair_threads())

    def _sheets(self) -> Iterator[CharacterSheet]:
        total = len(self._sheet.views)
        for count in sorted({min(count, total) for count in self._plan.views}):
            yield CharacterSheet(self._sheet.views[:count], self._sheet.regions, self._sheet.ink)

    def _decoder_rows(self, decoder: Decoder) -> Iterator[Row]:
        plan = self._plan
        for sheet in self._sheets():
            encoding = decoder.encode(sheet)
            for size, (scale, edges) in product(plan.sizes, EDGES.items()):
                decode = partial(_decode, decoder, encoding, scale)
                row = self._row(
                    f"decoder {plan.decoder}, {edges}",
                    _fed(decode, self._maps(size * scale)),
                    size=size,
                )
                yield row | {"views": len(sheet.views), "device": decoder.device}

    def _guided_rows(self, decoder: Decoder) -> Iterator[Row]:
        """Take the guided decoder apart, engine by engine, for busts and full figures.

        With the largest sheet alone: the network's share does not grow with the drawings.
        """
        *_, sheet = self._sheets()
        encoding = decoder.encode(sheet)
        told = {"views": len(sheet.views), "device": decoder.device}
        with tempfile.TemporaryDirectory(prefix="kigurumi-") as folder:
            bench = GuidedBench(decoder.device, Path(folder))
            for size, framing in product(self._plan.sizes, (Framing.BUST, Framing.FULL)):
                maps = self._maps(size * SUPERSAMPLING, framing)
                measure = partial(self._labelled_row, f", {framing.value}", size)
                for row in bench.rows(encoding, maps, SUPERSAMPLING, measure):
                    yield row | told

    def pipeline(self) -> Iterator[Row]:
        """Run the live engine on the video; the times are latencies from capture to output."""
        engine = LiveEngine(self._plan.config(self._video), self._parts)
        engine.start()
        engine.wait(PIPELINE_SECONDS * self._plan.seconds)
        engine.stop()
        if engine.error is not None:
            raise engine.error
        statistics = engine.statistics()
        latency = statistics.latency
        yield {
            "stage": "pipeline live (latency)",
            "size": self._plan.sizes[0],
            "views": len(self._sheet.views),
            "device": statistics.device,
            "dtype": "float32",
            "fps": round(statistics.measured_fps, 2),
            "p50_ms": round(latency.p50_ms, 3) if latency else 0.0,
            "p95_ms": round(latency.p95_ms, 3) if latency else 0.0,
            "gflop": None,
        }

    def _labelled_row(self, label: str, size: int, stage: str, call: Callable[[], object]) -> Row:
        return self._row(stage + label, call, size=size)

    def _row(self, stage: str, call: Callable[[], object], *, size: int | None = None) -> Row:
        p50_ms, p95_ms = measure(call, self._plan.seconds)
        return {
            "stage": stage,
            "size": size,
            "views": None,
            "device": "cpu",
            "dtype": "float32",
            "fps": round(1000.0 / p50_ms, 2),
            "p50_ms": round(p50_ms, 3),
            "p95_ms": round(p95_ms, 3),
            "gflop": None,
        }

    def _poses(self) -> list[RigPose]:
        if not self._motions:
            return [rest_pose(self._rig)]
        retargeter = Retargeter(self._rig)
        return [
            retargeter.retarget(motion, index * FRAME_S)
            for index, motion in enumerate(self._motions)
        ]

    def _maps(self, side: int, framing: Framing = Framing.BUST) -> list[UdpMap]:
        viewpoint = frame_viewpoint(self._rig, framing)
        context = open_context(self._plan.gl_backend)
        rasterizer = UdpRasterizer(context, self._rig, (side, side))
        maps = [rasterizer.draw(pose, viewpoint) for pose in self._poses()[:12]]
        rasterizer.close()
        context.release()
        return maps


def default_sizes(decoder: str, device: str) -> tuple[int, ...]:
    """Return what sizes to measure; CoNR's frames take seconds on a processor."""
    if decoder != CONR:
        return (256, 384, 512)
    return (256, 512) if _has_gpu(device) else (256,)


def default_views(decoder: str, device: str) -> tuple[int, ...]:
    """Return what numbers of drawings to measure."""
    if decoder != CONR:
        return (4, 8, 32)
    return (1, 4, 8) if _has_gpu(device) else (4,)


def _has_gpu(device: str) -> bool:
    return pick_device(None if device == "auto" else device).type == "cuda"


def measure(call: Callable[[], object], seconds: float) -> tuple[float, float]:
    """Call for about ``seconds`` after a warm-up; return median and 95th percentile, ms."""
    for _ in range(WARM_UPS):
        call()
    times_ms: list[float] = []
    end_ns = time.perf_counter_ns() + round(seconds * 1e9)
    while time.perf_counter_ns() < end_ns or len(times_ms) < MIN_CALLS:
        begin_ns = time.perf_counter_ns()
        call()
        times_ms.append((time.perf_counter_ns() - begin_ns) / 1e6)
    p50, p95 = np.percentile(times_ms, (50, 95))
    return max(float(p50), 1e-6), float(p95)


def machine() -> str:
    """Name processor, system and what the decoder would run on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    device = describe_device(pick_device(None))
    return f"{os.cpu_count()} cores {model}, {platform.system()}, torch on {device}"


def _read(video: Path, count: int) -> list[CameraFrame]:
    camera = VideoFile(video, realtime=False)
    frames: list[CameraFrame] = []
    while len(frames) < count and not camera.ended:
        frame = camera.read(0.0)
        if frame is not None:
            frames.append(frame)
    camera.close()
    return frames


def _draw(rasterizer: UdpRasterizer, viewpoint: Viewpoint, pose: RigPose) -> UdpMap:
    return rasterizer.draw(pose, viewpoint)


def _decode(decoder: Decoder, encoding: object, supersampling: int, udp_map: UdpMap) -> object:
    return decoder.decode(encoding, udp_map, {}, supersampling)


def _fed(function: Callable[[Any], object], items: Sequence[Any]) -> Callable[[], object]:
    """Return a call without arguments that feeds the items to ``function`` in turn."""
    endless = cycle(items)
    return lambda: function(next(endless))


def _moments() -> Iterator[float]:
    moment_s = 0.0
    while True:
        yield moment_s
        moment_s += FRAME_S
