"""How fast each stage of CoNR is on a device, and the published form beside it.

Speed does not depend on what the weights are, so random ones of the published size serve.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from renderer.conr.config import SHADER_BLOCKS, SIDE_STEP, ConrConfig
from renderer.conr.networks import NETWORK_OF_FILE, random_networks
from renderer.conr.networks.shading import SheetFeatures, advance, begin, finish
from renderer.conr.painters.cuda_graph import GraphPainter
from renderer.conr.painters.frame_painter import FramePainter, fastest_dtype
from renderer.conr.painters.painter import Painter
from renderer.errors import AcceleratorError

WARM_UPS = 2  # the second call of a fixed shape runs as all later ones do
MIN_CALLS = 3  # a frame takes seconds on a processor
PEAK_SIDE = {"cpu": 2048, "cuda": 8192}  # of the square matrices whose product tells the peak

StateDicts = dict[str, dict[str, Tensor]]


class PublishedForm(Protocol):
    """The networks as published, see ``tests/reference``."""

    def paint(
        self,
        sheet_rgb: Tensor,
        sheet_alpha: Tensor,
        udp_xyz: Tensor,
        udp_mask: Tensor,
        *,
        recompute_sheet: bool,
    ) -> Tensor:
        """Paint one frame, ``[4, H, W]``."""


@dataclass(frozen=True, slots=True)
class StageSpeed:
    """One measured stage.

    Attributes:
        stage: Its name.
        dtype: Of its convolutions.
        views: How many drawings it handles in a call.
        gflop: Work of its convolutions and matrix products, two per multiply-add.
        p50_ms: Median time.
        p95_ms: 95th percentile of the time.
        share_of_peak: ``gflop`` per second over that of a large matrix product in ``dtype``.
    """

    stage: str
    dtype: str
    views: int
    gflop: float
    p50_ms: float
    p95_ms: float
    share_of_peak: float


class StageSpeeds:
    """Measure on one device.

    *Render thread only.*
    """

    def __init__(self, device: torch.device, seconds: float, config: ConrConfig) -> None:
        """Make random networks.

        Args:
            device: Where to run.
            seconds: Time per stage, three calls at least.
            config: Size of the networks.
        """
        self._device = device
        self._seconds = seconds
        self._networks = random_networks(config)
        self.dtype = fastest_dtype(device)
        self._peaks: dict[torch.dtype, float] = {}

    def state_dicts(self) -> StateDicts:
        """Return the networks' weights by the names of the published files, on the device."""
        with _memory_errors():
            return {
                file: {
                    key: value.to(self._device)
                    for key, value in self._networks.get_submodule(name).state_dict().items()
                }
                for file, name in NETWORK_OF_FILE.items()
            }

    def stages(self, side: int, views: int) -> Iterator[StageSpeed]:
        """Measure the stages of a frame one by one, then the whole frame, ``frame``."""
        yield from self._prepared(side, views, self.dtype, each_stage=True)

    def single_precision_frame(self, side: int, views: int) -> StageSpeed:
        """Measure the whole frame in the published form's precision."""
        (speed,) = self._prepared(side, views, torch.float32, each_stage=False)
        return speed

    def published(self, form: PublishedForm, side: int, views: int) -> Iterator[StageSpeed]:
        """Measure the published form: its later frames, then its first, sheet and all."""
        drawings, target = (x.to(self._device) for x in random_input(side, views))
        colour, alpha = drawings[:, :3].contiguous(), drawings[:, 3:].contiguous()
        for stage, everything in (("published", False), ("published, first frame", True)):

            def paint(everything: bool = everything) -> object:
                with torch.inference_mode():
                    xyz, mask = target[0, :3], target[0, 3:]
                    return form.paint(colour, alpha, xyz, mask, recompute_sheet=everything)

            with _memory_errors():
                paint()  # the later frames need the first one's features
                yield self._speed(stage, torch.float32, views, paint)

    def _prepared(
        self, side: int, views: int, dtype: torch.dtype, *, each_stage: bool
    ) -> Iterator[StageSpeed]:
        with _memory_errors():
            painter = FramePainter(self._networks, self._device, dtype)
            drawings, target = (x.to(self._device) for x in random_input(side, views))
            sheet = painter.encode(drawings)
            stages = _frame_stages(painter, sheet, target)
            if each_stage:
                one = drawings[:1]
                yield self._speed("sheet encoding", torch.float32, 1, lambda: painter.encode(one))
                for stage, type_, call in stages:
                    yield self._speed(stage, type_, views, call)
            # Counted stage by stage: a recorded graph of the whole frame shows no operations.
            gflop = sum(counted_gflop(call) for *_, call in stages)
            for stage, whole in self._painters(painter, side, everything=each_stage):
                call = partial(whole.paint, sheet, target)
                yield self._speed(stage, dtype, views, call, gflop)

    def _painters(
        self, painter: FramePainter, side: int, *, everything: bool
    ) -> Iterator[tuple[str, Painter]]:
        """Yield what paints whole frames; the decoder's choice comes last, as ``frame``."""
        if self._device.type != "cuda":
            yield "frame", painter
            return
        if everything:
            from renderer.conr.painters.onnx_painter import OnnxPainter

            yield "frame, no CUDA graph", painter
            onnx = OnnxPainter(self._networks, self._device, painter.dtype)
            yield f"frame, onnx on {onnx.engine(side)}", onnx
        yield "frame", GraphPainter(painter)

    def _speed(
        self,
        stage: str,
        dtype: torch.dtype,
        views: int,
        call: Callable[[], object],
        gflop: float | None = None,
    ) -> StageSpeed:
        gflop = counted_gflop(call) if gflop is None else gflop
        times_ms = self._times_ms(call)
        p50, p95 = (max(float(value), 1e-6) for value in np.percentile(times_ms, (50, 95)))
        share = gflop / (p50 / 1000) / self._peak(dtype)
        return StageSpeed(stage, _name(dtype), views, gflop, p50, p95, share)

    def _peak(self, dtype: torch.dtype) -> float:
        """GFLOP/s of a large matrix product."""
        if dtype not in self._peaks:
            side = PEAK_SIDE[self._device.type]
            a, b = (torch.rand(side, side, device=self._device, dtype=dtype) for _ in range(2))
            fastest_s = min(self._times_ms(lambda: a @ b)) / 1000
            self._peaks[dtype] = 2 * side**3 / 1e9 / max(fastest_s, 1e-9)
        return self._peaks[dtype]

    def _times_ms(self, call: Callable[[], object]) -> list[float]:
        for _ in range(WARM_UPS):
            call()
        timed = _gpu_ms if self._device.type == "cuda" else _processor_ms
        times_ms: list[float] = []
        end_s = time.perf_counter() + self._seconds
        while time.perf_counter() < end_s or len(times_ms) < MIN_CALLS:
            times_ms.append(timed(call))
        return times_ms


def random_input(side: int, views: int) -> tuple[Tensor, Tensor]:
    """Make drawings ``[N, 4, S, S]`` and a target ``[1, 4, S, S]`` of noise in [0, 1].

    Raises:
        ValueError: No such side.
    """
    if side < SIDE_STEP or side % SIDE_STEP:
        raise ValueError(f"unexpected size: {side}; CoNR paints multiples of {SIDE_STEP} pixels")
    generator = torch.Generator().manual_seed(0)
    drawings = torch.rand(views, 4, side, side, generator=generator)
    return drawings, torch.rand(1, 4, side, side, generator=generator)


def counted_gflop(call: Callable[[], object]) -> float:
    """Count the work of a call."""
    with FlopCounterMode(display=False) as counter:
        call()
    return float(counter.get_total_flops()) / 1e9


def _frame_stages(
    painter: FramePainter, sheet: SheetFeatures, target: Tensor
) -> list[tuple[str, torch.dtype, Callable[[], object]]]:
    """List the stages of a frame and their types, each with what comes before already done."""
    networks, kernels = painter.networks, painter.kernels
    stages: list[tuple[str, torch.dtype, Callable[[], object]]] = []
    dtype, end_dtype = painter.dtype, painter.end_dtype
    # Made outside of inference mode each call would pay for gradients.
    taken = target.to(painter.end_dtype, memory_format=torch.channels_last)
    with torch.inference_mode():
        poses = networks.pose_encoder(taken)
        state = begin(kernels[0], sheet, poses[0])
        stages.append(("target encoder", end_dtype, _quiet(networks.pose_encoder, taken)))
        stages.append(("shader block 0", dtype, _quiet(begin, kernels[0], sheet, poses[0])))
        for level in range(1, SHADER_BLOCKS - 1):
            given = (sheet.features[level - 1], poses[level], sheet.references[level])
            call = _quiet(advance, kernels[level], state, *given)
            stages.append((f"shader block {level}", dtype, call))
            state = advance(kernels[level], state, *given)
        last = SHADER_BLOCKS - 1
        stages.append((f"shader block {last}", dtype, _quiet(finish, kernels[last], state)))
        message = finish(kernels[last], state).to(painter.end_dtype)
        stages.append(("RGBA head", end_dtype, _quiet(networks.rgba_head, message)))
    return stages


def _quiet(function: Callable[..., object], *arguments: object) -> Callable[[], object]:
    def call() -> object:
        with torch.inference_mode():
            return function(*arguments)

    return call


def _processor_ms(call: Callable[[], object]) -> float:
    begin_ns = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - begin_ns) / 1e6


def _gpu_ms(call: Callable[[], object]) -> float:
    before = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
    after = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
    before.record()
    call()
    after.record()
    after.synchronize()
    return float(before.elapsed_time(after))


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


@contextmanager
def _memory_errors() -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise AcceleratorError(
            "the device ran out of memory: measure fewer views or a smaller size"
        ) from error
