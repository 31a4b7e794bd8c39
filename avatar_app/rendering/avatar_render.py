"""Render an avatar that does what a video or a motion clip shows."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from avatar_app.engine import EngineParts, StageStats
from avatar_app.engine.frames import PoseFrame
from avatar_app.engine.keypoint_address import parse_keypoint_address
from avatar_app.engine.performance import perform
from avatar_app.errors import SourceError
from avatar_app.paths import find_clip
from avatar_app.rendering.avatar_painting import AvatarPainting, PoseTrack, retarget_take
from avatar_app.rendering.figure_reach import hold_reach
from avatar_app.rendering.fingerprint import file_digest, listing_digest
from avatar_app.rendering.finished_output import open_job, write_output
from avatar_app.rendering.progress import Progress
from avatar_app.rendering.render_job import RenderJob
from avatar_app.rendering.render_order import Inputs, RenderOrder, RenderReport, painting_inputs
from avatar_app.rendering.sound import Soundtrack, sound_start
from avatar_app.rendering.tracked_take import TrackedTake
from avatar_app.rendering.travel import far_walk_m, kept_in_place
from avatar_app.rendering.video_timing import VideoTiming, read_video_timing
from avatar_app.rendering.video_tracking import VideoTracking
from udp_live.rig.rig import Rig


class AvatarRender:
    """Track, retarget and paint one source; go on where an interrupted run has stopped.

    Tracking is kept in files. Everything between it and the painting is quick, and is done again
    from the start, so that smoothing and springs are as in an uninterrupted run.
    """

    def __init__(self, order: RenderOrder, parts: EngineParts, progress: Progress) -> None:
        self._order, self._parts, self._progress = order, parts, progress
        self._seen: float | None = None
        self._walk_m: float | None = None

    def run(self) -> RenderReport:
        """Make the output.

        Raises:
            AppError, RendererError, UdpLiveError: See the parts; what is done is kept.
        """
        order, config = self._order, self._order.config
        avatar = self._parts.load_avatar(config)
        # The painter comes first, so that missing weights are told of before hours of tracking.
        with (
            open_job(order, self._inputs()) as job,
            closing(self._parts.open_painter(config, avatar, StageStats())) as painter,
        ):
            track, sound = self._poses_and_sound(avatar.rig, job)
            track = self._staged(track, avatar.rig)
            painter.apply(hold_reach(config, avatar.rig, track.frames))
            write_output(order, job, AvatarPainting(painter, track, config), self._progress, sound)
            return RenderReport(
                len(track.frames),
                painter.decoder_name,
                painter.device_name,
                has_sound=sound is not None,
                seen=self._seen,
                walk_m=self._walk_m,
            )

    def _poses_and_sound(self, rig: Rig, job: RenderJob) -> tuple[PoseTrack, Soundtrack | None]:
        fps = self._recorded_fps()
        if fps is not None:
            return self._recorded_track(rig, fps), None
        timing = read_video_timing(self._video)
        sound, zero_s = self._soundtrack(timing)
        return self._video_track(rig, job, timing, zero_s), sound

    def _staged(self, track: PoseTrack, rig: Rig) -> PoseTrack:
        """Keep a figure that walks away in its place, if that is wanted or needed."""
        wanted = self._order.in_place
        self._walk_m = far_walk_m(track.frames, rig) if wanted is None else None
        if not wanted and self._walk_m is None:
            return track
        return replace(track, frames=kept_in_place(track.frames))

    def _recorded_track(self, rig: Rig, fps: float) -> PoseTrack:
        """Return what needs no tracking: a motion clip, or keypoints."""
        frames = [
            replace(frame, motion=None) for frame in perform(self._order.config, self._parts, rig)
        ]
        return self._track(frames, 0.0, len(frames) / fps)

    def _video_track(
        self, rig: Rig, job: RenderJob, timing: VideoTiming, zero_s: float
    ) -> PoseTrack:
        config, take = self._order.config, TrackedTake(job.folder)
        VideoTracking(config, self._parts, take).run(self._progress, timing.frames)
        retargeter = self._parts.make_retargeter(config, rig)
        frames, self._seen = retarget_take(take, retargeter)
        return self._track(frames, timing.start_s - zero_s, timing.end_s - zero_s)

    def _track(self, frames: list[PoseFrame], start_s: float, end_s: float) -> PoseTrack:
        if not frames:
            raise SourceError(
                f"nothing to paint: {self._order.config.source.address} has no frames"
            )
        return PoseTrack(frames, start_s, end_s)

    def _soundtrack(self, timing: VideoTiming) -> tuple[Soundtrack | None, float]:
        """Return the sound, and what time of the video's file becomes 0 in the film."""
        video = self._video
        start_s = sound_start(video)
        if self._order.is_folder or not self._order.keeps_sound or start_s is None:
            return None, timing.start_s
        zero_s = min(timing.start_s, start_s)
        return Soundtrack(video, -zero_s), zero_s

    def _recorded_fps(self) -> float | None:
        """Return the rate of a source that needs no tracking; None for a video."""
        config = self._order.config
        if config.source.is_clip:
            return config.fps
        if config.source.is_keypoints:
            return parse_keypoint_address(config.source.address).fps
        return None

    @property
    def _video(self) -> Path:
        return Path(self._order.config.source.address).expanduser()

    def _inputs(self) -> Inputs:
        config = self._order.config
        face_model = config.tracking.face_model
        fps = self._recorded_fps()
        return {
            "source": self._source_digest(),
            "fps": "of the video" if fps is None else f"{fps:g}",
            **painting_inputs(self._order),
            "framing": config.framing,
            "zoom": f"{config.zoom:g}",
            "in place": str(self._order.in_place).lower(),
            "mirror": str(config.mirror).lower(),
            "sound": str(self._order.keeps_sound).lower(),
            "face model": file_digest(face_model) if face_model else "none",
        }

    def _source_digest(self) -> str:
        source = self._order.config.source
        if source.is_clip:
            return file_digest(find_clip(source.address.removeprefix("clip:")))
        if source.is_keypoints:
            address = parse_keypoint_address(source.address)
            files = tuple(sorted(address.folder.glob("*.json")))
            return f"{listing_digest(files)} {address.image_size}"
        return file_digest(self._video)
