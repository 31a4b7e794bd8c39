"""The render stage: paints poses at the output rate, as well as the computer can."""

import time
from collections.abc import Callable

from avatar_app.engine.config import EngineConfig
from avatar_app.engine.frame_pacer import FramePacer
from avatar_app.engine.frames import AvatarFrame, PoseFrame
from avatar_app.engine.governor import Governor
from avatar_app.engine.notice_board import NoticeBoard
from avatar_app.engine.parts import Painter
from avatar_app.engine.pose_glide import PoseGlide
from avatar_app.engine.run_meter import RunMeter

OBSERVE_S = 1.0
MIN_OBSERVED = 5  # frames; fewer say little
IN_BETWEEN_SHARE = 0.6  # of a period that painting may take for poses between tracked ones


class RenderStage:
    """Paint the newest pose; where time allows, also poses between tracked ones.

    *Render thread only*, but ``change_config``.
    """

    finished = False

    def __init__(
        self,
        open_painter: Callable[[], Painter],
        config: EngineConfig,
        *,
        meter: RunMeter,
        notices: NoticeBoard,
        realtime: bool = True,
        clock_s: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Prepare a stage.

        Args:
            open_painter: Opens rasterizer and decoder.
            config: Size, rate, whether to govern.
            meter: Times ``painting``.
            notices: Tells the user of lowered quality.
            realtime: Pace, glide and govern; otherwise each pose is painted once, as it is.
            clock_s: Real time.
        """
        self._open_painter = open_painter
        self._config = config
        self._applied = config
        self._meter = meter
        self._notices = notices
        self._realtime = realtime
        self._clock_s = clock_s
        self._painter: Painter | None = None
        self._decoder_names = ("", "")
        self._pacer = FramePacer(config.fps, clock_s)
        self._glide = PoseGlide(config.fps)
        self._governor = Governor(config.size, config.fps, config.supersampling)
        self._observed_s = clock_s()
        self._observed_count = 0
        self._is_fresh = False

    @property
    def decoder_names(self) -> tuple[str, str]:
        """Decoder and device, empty before they are open."""
        return self._decoder_names

    @property
    def decode_size(self) -> int:
        """Side of the picture that the decoder paints now."""
        return self._governor.budget.decode_size if self._governs else self._config.size

    @property
    def supersampling(self) -> int:
        """Side of the UDP maps over ``decode_size`` now."""
        budget = self._governor.budget
        return budget.supersampling if self._governs else self._config.supersampling

    def open(self) -> None:
        """Open the painter."""
        self._painter = self._open_painter()
        self._decoder_names = (self._painter.decoder_name, self._painter.device_name)
        self._observed_s = self._clock_s()

    def change_config(self, config: EngineConfig) -> None:
        """Take over framing, zoom, pan and rate with the next frame. Any thread."""
        self._config = config

    def patience_s(self) -> float:
        """Wait until the next picture is due."""
        if not self._realtime:
            return 0.0
        if not self._is_fresh and not self._may_paint_in_between:
            return self._pacer.period_s
        return self._pacer.due_in_s(fresh=self._is_fresh)

    def process(self, value: PoseFrame | None) -> AvatarFrame | None:
        """Paint if a picture is due."""
        if not self._realtime:
            return self._paint(value) if value is not None else None
        if value is not None:
            self._glide.aim(value, self._clock_s())
            self._is_fresh = True
        if self._pacer.due_in_s(fresh=self._is_fresh) > 0:
            return None
        if not self._is_fresh and not self._may_paint_in_between:
            return None  # the schedule stays, so that the next pose need not wait
        if not self._may_paint_in_between:
            self._glide.finish()
        pose = self._glide.sample(self._clock_s())
        self._pacer.advance(fresh=self._is_fresh)
        self._is_fresh = False
        picture = self._paint(pose) if pose is not None else None
        self._govern()
        return picture

    def close(self) -> None:
        """Release the painter."""
        if self._painter is not None:
            self._painter.close()
            self._painter = None

    @property
    def _governs(self) -> bool:
        return self._realtime and self._config.govern

    @property
    def _may_paint_in_between(self) -> bool:
        timing = self._meter.stages.timing("painting", newest=10)
        limit_ms = IN_BETWEEN_SHARE * self._pacer.period_s * 1e3
        return timing is None or timing.p50_ms < limit_ms

    def _paint(self, frame: PoseFrame) -> AvatarFrame | None:
        if self._painter is None:
            return None
        self._take_over_config()
        stamp = frame.stamp
        time_s = self._clock_s() if self._realtime else stamp.media_s
        with self._meter.stages.measure("painting"):
            image = self._painter.paint(
                frame.rig_pose, time_s, self.decode_size, self.supersampling
            )
        self._observed_count += 1
        return AvatarFrame(stamp, image)

    def _take_over_config(self) -> None:
        config = self._config
        if config is self._applied or self._painter is None:
            return
        self._painter.apply(config)
        if config.fps != self._applied.fps:
            self._pacer.set_fps(config.fps)
            self._glide = PoseGlide(config.fps)
            self._governor = Governor(config.size, config.fps, config.supersampling)
            self._notices.clear("quality")
        self._applied = config

    def _govern(self) -> None:
        now_s = self._clock_s()
        if not self._governs or now_s - self._observed_s < OBSERVE_S:
            return
        timing = self._meter.stages.timing("painting", newest=max(1, self._observed_count))
        is_enough = self._observed_count >= MIN_OBSERVED
        self._observed_s, self._observed_count = now_s, 0
        if timing is None or not is_enough:
            return
        tracking = self._meter.stages.timing("tracking", newest=10)
        if not self._governor.observe(timing.p50_ms, tracking.p50_ms if tracking else 0.0):
            return
        self._pacer.set_fps(self._governor.budget.fps)
        if self._governor.sentence:
            self._notices.post("quality", self._governor.sentence)
        else:
            self._notices.clear("quality")
