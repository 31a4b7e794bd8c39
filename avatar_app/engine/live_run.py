"""One live run: the stages of a configuration, the threads around them, the slots between."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from avatar_app.engine.capture_stage import CaptureStage
from avatar_app.engine.config import EngineConfig
from avatar_app.engine.decoder_choice import NO_GPU, real_time_decoder
from avatar_app.engine.frames import AvatarFrame, CameraFrame, CameraPreviewFrame, PoseFrame
from avatar_app.engine.latest_slot import LatestSlot
from avatar_app.engine.notice_board import NoticeBoard
from avatar_app.engine.output_stage import OutputStage
from avatar_app.engine.parts import EngineParts
from avatar_app.engine.render_stage import RenderStage
from avatar_app.engine.run_meter import RunMeter
from avatar_app.engine.stage_stats import EngineStatistics
from avatar_app.engine.stage_worker import StageWorker
from avatar_app.engine.tracking_stage import TrackingContext, TrackingStage
from avatar_app.errors import OutputError

logger = logging.getLogger(__name__)

OPEN_TICK_S = 0.1
HEAD_START_S = 1.5  # a missing webcam is told at once, not after everything else has been loaded
JOIN_TIMEOUT_S = 8.0
DRAIN_TICKS = 20  # the newest frame gets this many looks to arrive after the source ended


class LiveRun:
    """Build, run and take down the stages of one configuration.

    *Engine thread only*, except for ``change_config``, ``calibrate`` and ``statistics``, which any
    thread may call.
    """

    def __init__(
        self,
        config: EngineConfig,
        parts: EngineParts,
        *,
        notices: NoticeBoard,
        preview: LatestSlot[AvatarFrame],
        camera_preview: LatestSlot[CameraPreviewFrame],
        wake: threading.Event,
    ) -> None:
        """Prepare a run.

        Args:
            config: What to run.
            parts: Opens devices and libraries.
            notices: Sentences for the user.
            preview: Receives painted frames.
            camera_preview: Receives webcam pictures with what was tracked.
            wake: Set when a worker opens or ends, so that nobody has to poll fast.
        """
        self._config = config
        self._parts = parts
        self._notices = notices
        self._preview = preview
        self._camera_preview = camera_preview
        self._wake = wake
        self._meter = RunMeter()
        self._workers: list[StageWorker[Any, Any]] = []
        self._slots: list[LatestSlot[Any]] = []
        self._rig: Any = None
        self._capture: CaptureStage[Any] | None = None
        self._tracking: TrackingStage | None = None
        self._render: RenderStage | None = None
        self._output: OutputStage | None = None
        self._drained = 0
        self._gate = threading.Event()

    def open(self, is_cancelled: Callable[[], bool]) -> Exception | None:
        """Load the avatar, start all threads and wait until they are open.

        Args:
            is_cancelled: Tells that nobody wants the run any more.

        Returns:
            What went wrong, or None.
        """
        try:
            avatar = self._parts.load_avatar(self._config)
            self._rig = avatar.rig
            self._choose_decoder()
            self._build(avatar)
        except Exception as error:
            logger.info("the avatar cannot be loaded: %s", error, exc_info=error)
            return error
        capture, *others = self._workers
        capture.start()
        capture.opened.wait(HEAD_START_S)
        if capture.error is not None:
            return capture.error
        for worker in others:
            worker.start()
        for worker in self._workers:
            while not worker.opened.wait(OPEN_TICK_S) and not is_cancelled():
                pass
        self._meter.sample_memory()
        self._gate.set()
        return self.error

    def _choose_decoder(self) -> None:
        config = self._config
        name = real_time_decoder(config.decoder, config.device)
        if name != config.decoder:
            self._config = replace(config, decoder=name)
            self._notices.post("decoder", NO_GPU)

    @property
    def error(self) -> Exception | None:
        """What ended a worker, or None."""
        return next((worker.error for worker in self._workers if worker.error), None)

    @property
    def finished(self) -> bool:
        """True when the source has ended and its newest frame is out."""
        return self._drained >= DRAIN_TICKS

    @property
    def lost_outputs(self) -> dict[str, OutputError]:
        """Outputs that do not work now."""
        return dict(self._output.lost) if self._output else {}

    def observe(self) -> None:
        """Look after the run; called a few times a second."""
        self._meter.sample_memory()
        if self._capture is None or not self._capture.finished:
            return
        is_out = self._meter.newest_id >= self._capture.last_id
        self._drained = DRAIN_TICKS if is_out else self._drained + 1

    def change_config(self, config: EngineConfig) -> None:
        """Change what can change without a break. Any thread."""
        before, self._config = self._config, config
        if self._render is not None and self._output is not None:
            self._render.change_config(config)
            self._output.change_config(config)
        if self._tracking is not None and config.mirror != before.mirror:
            self._tracking.change_retargeter(self._make_retargeter)

    def calibrate(self) -> None:
        """Take the person's present posture as neutral. Any thread."""
        if self._tracking is not None:
            self._tracking.request_calibration()

    def statistics(self, *, running: bool) -> EngineStatistics:
        """Summarise the run. Any thread."""
        dropped = sum(slot.dropped for slot in self._slots)
        statistics = self._meter.statistics(running=running, dropped=dropped)
        decoder, device = self._render.decoder_names if self._render else ("", "")
        return replace(
            statistics,
            decode_size=self._render.decode_size if self._render else 0,
            decoder=decoder,
            device=device,
            imitation=self._tracking.imitation() if self._tracking else {},
        )

    def close(self) -> None:
        """Stop the threads in the order of the journey; all of them are told first."""
        for worker in self._workers:
            worker.request_stop()
        for worker in self._workers:
            if not worker.join(JOIN_TIMEOUT_S):
                logger.error("the %s thread does not end", worker.name)

    def _build(self, avatar: Any) -> None:
        config, parts, meter = self._config, self._parts, self._meter
        poses: LatestSlot[PoseFrame] = LatestSlot()
        pictures: LatestSlot[AvatarFrame] = LatestSlot()
        if config.source.is_clip:
            self._build_clip(poses)
        else:
            self._build_tracking(poses)
        self._render = RenderStage(
            lambda: parts.open_painter(config, avatar, meter.stages),
            config,
            meter=meter,
            notices=self._notices,
        )
        self._output = OutputStage(
            lambda address: parts.open_sink(address, self._config, realtime=True),
            config,
            meter=meter,
            notices=self._notices,
        )
        self._slots += [poses, pictures]
        self._add("render", self._render, poses, self._publisher(pictures))
        self._add("output", self._output, pictures, lambda _: None)

    def _build_clip(self, poses: LatestSlot[PoseFrame]) -> None:
        self._capture = CaptureStage[PoseFrame](
            lambda: self._parts.open_clip(self._config, self._rig, realtime=True),
            meter=self._meter,
            notices=self._notices,
            retries=False,
            gate=self._gate,
        )
        self._add("capture", self._capture, None, poses.publish)

    def _build_tracking(self, poses: LatestSlot[PoseFrame]) -> None:
        cameras: LatestSlot[CameraFrame] = LatestSlot()
        self._slots.append(cameras)
        self._capture = CaptureStage[CameraFrame](
            lambda: self._parts.open_camera(self._config, realtime=True),
            meter=self._meter,
            notices=self._notices,
            retries=self._config.source.is_webcam,
            gate=self._gate,
        )
        context = TrackingContext(self._meter, self._notices, self._camera_preview)
        self._tracking = TrackingStage(
            lambda: self._parts.open_tracker(self._config, realtime=True),
            self._make_retargeter,
            context,
            self._parts.make_judge(self._config, self._rig),
        )
        self._add("capture", self._capture, None, cameras.publish)
        self._add("tracking", self._tracking, cameras, poses.publish)

    def _make_retargeter(self) -> Any:
        return self._parts.make_retargeter(self._config, self._rig)

    def _publisher(self, pictures: LatestSlot[AvatarFrame]) -> Callable[[AvatarFrame], None]:
        def publish(frame: AvatarFrame) -> None:
            pictures.publish(frame)
            self._preview.publish(frame)

        return publish

    def _add(
        self,
        name: str,
        stage: Any,
        inbox: LatestSlot[Any] | None,
        publish: Callable[[Any], None],
    ) -> None:
        worker = StageWorker[Any, Any](
            name, stage, inbox=inbox, publish=publish, notify=self._wake.set
        )
        self._workers.append(worker)
