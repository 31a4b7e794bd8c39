"""Each source frame exactly once through every stage, in the calling thread: repeatable."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from avatar_app.engine.capture_stage import CaptureStage
from avatar_app.engine.config import EngineConfig
from avatar_app.engine.frames import AvatarFrame, CameraFrame, CameraPreviewFrame, PoseFrame
from avatar_app.engine.latest_slot import LatestSlot
from avatar_app.engine.notice_board import NoticeBoard
from avatar_app.engine.output_stage import OutputStage
from avatar_app.engine.parts import EngineParts
from avatar_app.engine.render_stage import RenderStage
from avatar_app.engine.run_meter import RunMeter
from avatar_app.engine.stage_stats import EngineStatistics
from avatar_app.engine.tracking_stage import TrackingContext, TrackingStage
from avatar_app.errors import OutputError


class InlineRun:
    """Run the stages one after another, as fast as they can.

    Time is the source's own, nothing is paced, glides or gets dropped, so two runs over one file
    paint the same pictures. What a stage raises goes to the caller.

    Attributes:
        camera_preview: The picture that was tracked last, with what was seen in it.
    """

    def __init__(self, config: EngineConfig, parts: EngineParts | None = None) -> None:
        """Open every stage; closes them again when one fails.

        Raises:
            AppError, RendererError, UdpLiveError: A part cannot be opened.
        """
        self._config = config
        self._parts = parts or EngineParts()
        self._meter = RunMeter()
        self._notices = NoticeBoard()
        self._opened: list[Any] = []
        self.camera_preview: LatestSlot[CameraPreviewFrame] = LatestSlot()
        avatar = self._parts.load_avatar(config)
        try:
            self._open(avatar)
        except BaseException:
            self.close()
            raise

    @property
    def lost_outputs(self) -> dict[str, OutputError]:
        """Outputs that do not work, by address, with the reason."""
        return dict(self._output.lost)

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences on what degrades the run now."""
        return self._notices.sentences

    def frames(self) -> Iterator[AvatarFrame]:
        """Push every source frame through all stages; yields what was painted, after it was sent.

        Raises:
            OutputError: None of the outputs works any more.
        """
        while not self._capture.finished:
            frame = self._capture.process(None)
            if frame is None:
                continue
            pose = frame if self._tracking is None else self._tracking.process(frame)
            picture = self._render.process(pose)
            if picture is None:
                continue
            self._output.process(picture)
            self._meter.sample_memory()
            yield picture
            self._stop_without_outputs()

    def statistics(self) -> EngineStatistics:
        """Summarise the run."""
        decoder, device = self._render.decoder_names
        return replace(
            self._meter.statistics(running=False),
            decode_size=self._config.size,
            decoder=decoder,
            device=device,
            imitation=self._tracking.imitation() if self._tracking else {},
        )

    def close(self) -> None:
        """Close all stages; files are finished."""
        while self._opened:
            self._opened.pop().close()

    def _open(self, avatar: Any) -> None:
        config, parts, meter = self._config, self._parts, self._meter
        self._tracking: TrackingStage | None = None
        self._capture: CaptureStage[Any]
        if config.source.is_clip:
            self._capture = CaptureStage[PoseFrame](
                lambda: parts.open_clip(config, avatar.rig, realtime=False),
                meter=meter,
                notices=self._notices,
                retries=False,
            )
        else:
            self._capture = CaptureStage[CameraFrame](
                lambda: parts.open_camera(config, realtime=False),
                meter=meter,
                notices=self._notices,
                retries=False,
            )
            self._tracking = TrackingStage(
                lambda: parts.open_tracker(config, realtime=False),
                lambda: parts.make_retargeter(config, avatar.rig),
                TrackingContext(meter, self._notices, self.camera_preview, realtime=False),
                parts.make_judge(config, avatar.rig),
            )
        self._render = RenderStage(
            lambda: parts.open_painter(config, avatar, meter.stages),
            config,
            meter=meter,
            notices=self._notices,
            realtime=False,
        )
        self._output = OutputStage(
            lambda address: parts.open_sink(address, config, realtime=False),
            config,
            meter=meter,
            notices=self._notices,
        )
        for stage in (self._capture, self._tracking, self._render, self._output):
            if stage is not None:
                self._opened.append(stage)
                stage.open()
        self._stop_without_outputs()

    def _stop_without_outputs(self) -> None:
        lost = self._output.lost
        if self._config.outputs and all(address in lost for address in self._config.outputs):
            raise lost[self._config.outputs[0]]
