"""What the engine is built from: contracts of its parts, and the factory that opens real ones.

Adapters are imported inside the functions that need them, so that a missing optional library
costs only its feature. Tests put fakes in their place.
"""

import hashlib
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from avatar_app.engine.config import SUPERSAMPLING, EngineConfig
from avatar_app.engine.frames import PoseFrame
from avatar_app.engine.keypoint_address import parse_keypoint_address
from avatar_app.engine.stage_stats import StageStats
from avatar_app.errors import OutputError, TrackerError
from avatar_app.paths import ARCHIVE_SUFFIX, encodings_folder, find_clip
from udp_live.retargeting.calibration import Neutral
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, TrackedMotion, Viewpoint

if TYPE_CHECKING:  # these packages import the engine's frames
    from avatar_app.capture.base import Camera
    from avatar_app.output.base import FrameSink
    from avatar_app.tracking.base import Tracker
    from renderer.engines import Decoder
    from renderer.sheet.avatar_file import Avatar

FEW_CORES = 4  # up to here body and hands take turns, which halves the cost of tracking
TRACKER_START_S = 60.0  # loading models takes 2 to 10 s
INLINE_PATIENCE_S = 60.0  # nobody waits for a live picture, so no frame goes untracked


class Retargeter(Protocol):
    """Turn tracked motion into poses of one rig; keeps state between frames."""

    def retarget(self, motion: TrackedMotion, time_s: float) -> RigPose:
        """Return the pose at ``time_s``; time never runs backwards."""
        ...

    def calibrate(self) -> None:
        """Take the person's next calm second as neutral."""
        ...

    @property
    def neutral(self) -> Neutral:
        """The person's neutral that turns are measured from."""
        ...


class Judge(Protocol):
    """Compare the avatar with the person, frame by frame."""

    def add(self, motion: TrackedMotion, pose: RigPose, neutral: Neutral) -> None:
        """Take in one frame."""
        ...

    def report(self) -> Mapping[str, object]:
        """Return mean errors in degrees by joint group, and the number of frames."""
        ...


class PoseSource(Protocol):
    """Deliver poses without tracking: a motion clip."""

    @property
    def ended(self) -> bool:
        """True when no pose will ever come again."""
        ...

    def read(self, timeout_s: float) -> PoseFrame | None:
        """Return the next pose when it is due; None when it is not within ``timeout_s``."""
        ...

    def close(self) -> None:
        """Release everything."""
        ...


class Painter(Protocol):
    """Turn a pose into a picture, on the render thread only."""

    @property
    def decoder_name(self) -> str:
        """Name of the decoder."""
        ...

    @property
    def device_name(self) -> str:
        """Where the decoder runs."""
        ...

    @property
    def viewpoint(self) -> Viewpoint:
        """From where the avatar is seen now."""
        ...

    def apply(self, config: EngineConfig) -> None:
        """Take over framing, zoom and pan."""
        ...

    def paint(
        self, pose: RigPose, time_s: float, decode_size: int, supersampling: int = SUPERSAMPLING
    ) -> NDArray[np.uint8]:
        """Paint a ``[size, size, 4]`` premultiplied picture, decoded at ``decode_size``."""
        ...

    def advance(self, pose: RigPose, time_s: float) -> None:
        """Let hair and clothes follow a pose that is not painted."""
        ...

    def close(self) -> None:
        """Release the GPU and the GL context."""
        ...


class EngineParts:
    """Open the real parts. Tests derive from it and replace what they fake."""

    def __init__(self, cache_folder: Path | None = None) -> None:
        """Choose where sheet encodings are kept; None takes the user's cache folder."""
        self._cache_folder = cache_folder or encodings_folder()

    def load_avatar(self, config: EngineConfig) -> "Avatar":
        """Read the avatar. Any thread."""
        from renderer.sheet.avatar_file import load_avatar

        path = config.avatar
        return load_avatar(self._unpacked(path) if path.suffix == ARCHIVE_SUFFIX else path)

    def open_camera(self, config: EngineConfig, *, realtime: bool) -> "Camera":
        """Open a webcam, video file or keypoint folder. Capture thread."""
        source = config.source
        if source.is_keypoints:
            from avatar_app.capture.keypoint_folder import KeypointFolder

            address = parse_keypoint_address(source.address)
            return KeypointFolder(address, loop=source.loop, realtime=realtime)
        if source.is_webcam:
            from avatar_app.capture.opencv_camera import OpenCvCamera

            device = source.address.removeprefix("webcam:")
            return OpenCvCamera(device, size=source.size, fps=source.fps)
        from avatar_app.capture.video_file import VideoFile

        return VideoFile(Path(source.address), loop=source.loop, realtime=realtime)

    def open_clip(self, config: EngineConfig, rig: Rig, *, realtime: bool) -> PoseSource:
        """Open a motion clip. Capture thread."""
        from avatar_app.capture.clip_player import ClipPlayer

        path = find_clip(config.source.address.removeprefix("clip:"))
        return ClipPlayer(path, rig, config.fps, loop=config.source.loop, realtime=realtime)

    def open_tracker(self, config: EngineConfig, *, realtime: bool) -> "Tracker":
        """Start the tracker's process, or read keypoints. Tracking thread."""
        if config.source.is_keypoints:
            from avatar_app.tracking.keypoint_tracker import KeypointTracker

            return KeypointTracker(parse_keypoint_address(config.source.address))
        from avatar_app.tracking.mediapipe_tracker import MediapipeConfig, MediapipeTracker
        from avatar_app.tracking.tracker_process import TrackerProcess, TrackerProcessConfig

        interval = 2 if realtime and (os.cpu_count() or 1) <= FEW_CORES else 1
        tracking = config.tracking
        factory = partial(
            MediapipeTracker,
            MediapipeConfig(
                face_model=tracking.face_model,
                body=tracking.body,
                hands=tracking.hands,
                body_interval=interval,
                hands_interval=interval,
            ),
        )
        patience = TrackerProcessConfig()
        if not realtime:
            patience = TrackerProcessConfig(patience_s=INLINE_PATIENCE_S)
        tracker = TrackerProcess(factory, patience)
        try:
            tracker.wait_until_ready(TRACKER_START_S)
        except TrackerError:
            tracker.close()
            raise
        return tracker

    def make_retargeter(self, config: EngineConfig, rig: Rig) -> Retargeter:
        """Make the retargeter. Tracking thread."""
        from udp_live.retargeting.retargeter import Retargeter as RigRetargeter
        from udp_live.retargeting.retargeter import RetargeterConfig

        return RigRetargeter(rig, RetargeterConfig(mirror=config.mirror))

    def make_judge(self, config: EngineConfig, rig: Rig) -> Judge | None:
        """Make what measures the imitation, if that is wanted. Tracking thread."""
        if not config.measures_imitation:
            return None
        from udp_live.retargeting.imitation import Imitation

        return Imitation(rig, mirror=config.mirror)

    def open_painter(self, config: EngineConfig, avatar: "Avatar", stats: StageStats) -> Painter:
        """Open rasterizer and decoder. Render thread."""
        from avatar_app.engine.avatar_painter import AvatarPainter

        return AvatarPainter(avatar, config, stats=stats, cache_folder=self._cache_folder)

    def open_decoder(self, config: EngineConfig) -> "Decoder":
        """Open a decoder alone, for what is drawn already. Render thread."""
        from avatar_app.engine.decoder_choice import open_app_decoder

        return open_app_decoder(config.decoder, config.device, self._cache_folder, config.views)

    def open_sink(self, address: str, config: EngineConfig, *, realtime: bool) -> "FrameSink":
        """Open one output. Output thread."""
        if address == "virtual-camera":
            from avatar_app.output.virtual_camera import open_virtual_camera

            return open_virtual_camera(config.size, config.fps)
        from avatar_app.output.png_recording import PngRecording
        from avatar_app.output.video_encoding import VIDEO_SUFFIXES
        from avatar_app.output.video_recording import VideoRecording

        path = Path(address).expanduser()
        if path.suffix in VIDEO_SUFFIXES:
            return VideoRecording(path, config.size, config.fps, realtime=realtime)
        if address.endswith(("/", "\\")):
            return PngRecording(path)
        raise OutputError(
            f"output not understood: '{address}'; "
            "give virtual-camera, FILE.mp4, FILE.webm or FOLDER/"
        )

    def _unpacked(self, archive: Path) -> Path:
        """Unpack an archive into the cache folder once, under a name made of its content."""
        from renderer.errors import AvatarFileError
        from renderer.sheet.avatar_archive import unpack_avatar

        try:
            with archive.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise AvatarFileError(f"cannot read {archive}: {error.strerror}") from error
        folder = self._cache_folder.parent / "unpacked" / digest[:32]
        if not folder.is_dir():
            unpack_avatar(archive, folder)
        return folder
