"""A performance: what a rig does all through a source, frame by frame, in the calling thread."""

from collections.abc import Generator, Iterator
from contextlib import closing

from avatar_app.engine.capture_stage import Frame, FrameSource
from avatar_app.engine.config import EngineConfig
from avatar_app.engine.frames import PoseFrame
from avatar_app.engine.parts import EngineParts
from udp_live.rig.rig import Rig

READ_TIMEOUT_S = 1.0


def perform(config: EngineConfig, parts: EngineParts, rig: Rig) -> Generator[PoseFrame, None, None]:
    """Yield the pose of every frame of a clip or video, each with what the tracker saw.

    Time is the source's own and no frame is left out, so two performances are alike.

    Raises:
        AppError: The source cannot be read, or the tracker does not work.
    """
    if config.source.is_clip:
        with closing(parts.open_clip(config, rig, realtime=False)) as clip:
            yield from read_all(clip)
        return
    retargeter = parts.make_retargeter(config, rig)
    with (
        closing(parts.open_camera(config, realtime=False)) as camera,
        closing(parts.open_tracker(config, realtime=False)) as tracker,
    ):
        for picture in read_all(camera):
            motion = tracker.track(picture).motion
            pose = retargeter.retarget(motion, picture.stamp.media_s)
            yield PoseFrame(picture.stamp, pose, motion)


def read_all(source: FrameSource[Frame]) -> Iterator[Frame]:
    """Yield every frame of a source that ends."""
    while not source.ended:
        frame = source.read(READ_TIMEOUT_S)
        if frame is not None:
            yield frame
