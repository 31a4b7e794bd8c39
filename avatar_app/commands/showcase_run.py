"""A performance: a source run through every stage, and pictures of a few of its moments."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from avatar_app.engine import EngineConfig, EngineParts, StageStats
from avatar_app.engine.capture_stage import Frame, FrameSource
from avatar_app.engine.frames import CameraFrame, PoseFrame
from avatar_app.errors import SourceError
from udp_live.retargeting.retargeter import Retargeter
from udp_live.rig.expressions import rest_pose
from udp_live.rig.rig import Rig
from udp_live.types import RigPose

if TYPE_CHECKING:
    from renderer.sheet.avatar_file import Avatar

Image = NDArray[np.uint8]

READ_TIMEOUT_S = 1.0
FAMILIAR_ORDER = (
    "happy", "smile", "relaxed", "surprised", "sad", "angry", "browUp", "browDown", "blink",
    "blinkLeft", "blinkRight", "aa", "ih", "ou", "ee", "oh",
)  # fmt: skip
GLANCE_RAD = 0.42  # to her left


def perform(config: EngineConfig, parts: EngineParts, avatar: "Avatar") -> list[PoseFrame]:
    """Return the pose of every frame of a clip or video, each with what the tracker saw.

    Raises:
        AppError: The source cannot be read, or the tracker does not work.
    """
    if config.source.is_clip:
        with closing(parts.open_clip(config, avatar.rig, realtime=False)) as clip:
            return _some(list(_read_all(clip)), config)
    retargeter = parts.make_retargeter(config, avatar.rig)
    frames = []
    with closing(parts.open_tracker(config, realtime=False)) as tracker:
        for picture in _pictures(config, parts):
            motion = tracker.track(picture).motion
            pose = retargeter.retarget(motion, picture.stamp.media_s)
            frames.append(PoseFrame(picture.stamp, pose, motion))
    return _some(frames, config)


def spread(frames: Sequence[PoseFrame], count: int) -> list[int]:
    """Return the places of ``count`` frames, evenly spaced and none at the very ends."""
    count = min(count, len(frames))
    return [(2 * index + 1) * len(frames) // (2 * count) for index in range(count)]


def nearest(frames: Sequence[PoseFrame], times_s: Sequence[float]) -> list[int]:
    """Return the places of the frames nearest to some moments of the source's time, in order."""
    moments = np.array([frame.stamp.media_s for frame in frames])
    return sorted({int(np.abs(moments - time_s).argmin()) for time_s in times_s})


def paint_moments(
    config: EngineConfig,
    parts: EngineParts,
    avatar: "Avatar",
    frames: Sequence[PoseFrame],
    chosen: Sequence[int],
) -> list[Image]:
    """Paint the chosen frames; hair and clothes follow the others too."""
    wanted = set(chosen)
    painted = []
    with closing(parts.open_painter(config, avatar, StageStats())) as painter:
        for place, frame in enumerate(frames[: max(wanted) + 1]):
            time_s = frame.stamp.media_s
            if place in wanted:
                painted.append(painter.paint(frame.rig_pose, time_s, config.size))
            else:
                painter.advance(frame.rig_pose, time_s)
    return painted


def pictures_at(config: EngineConfig, parts: EngineParts, chosen: Sequence[int]) -> list[Image]:
    """Read the source's own pictures at the chosen places."""
    wanted = set(chosen)
    return [
        picture.image for place, picture in enumerate(_pictures(config, parts)) if place in wanted
    ]


def expression_poses(rig: Rig) -> dict[str, RigPose]:
    """Return a relaxed stance with each expression at full weight, the neutral one first."""
    stance = Retargeter(rig).idle(0.0)
    still = rest_pose(rig)
    neutral = replace(stance, expression_weights=still.expression_weights, gaze=still.gaze)
    poses = {"neutral": neutral}
    names = [expression.name for expression in rig.expressions]
    places = {name: place for place, name in enumerate(FAMILIAR_ORDER)}
    for name in sorted(names, key=lambda name: places.get(name, len(places))):
        weights = still.expression_weights.copy()
        weights[names.index(name)] = 1.0
        poses[name] = replace(neutral, expression_weights=weights)
    poses["gaze"] = replace(neutral, gaze=np.array((GLANCE_RAD, 0.0), np.float32))
    return poses


def paint_poses(
    config: EngineConfig, parts: EngineParts, avatar: "Avatar", poses: Sequence[RigPose]
) -> list[Image]:
    """Paint poses that have nothing to do with each other."""
    with closing(parts.open_painter(config, avatar, StageStats())) as painter:
        return [painter.paint(pose, 0.0, config.size) for pose in poses]


def _pictures(config: EngineConfig, parts: EngineParts) -> Iterator[CameraFrame]:
    with closing(parts.open_camera(config, realtime=False)) as camera:
        yield from _read_all(camera)


def _read_all(source: FrameSource[Frame]) -> Iterator[Frame]:
    while not source.ended:
        frame = source.read(READ_TIMEOUT_S)
        if frame is not None:
            yield frame


def _some(frames: list[PoseFrame], config: EngineConfig) -> list[PoseFrame]:
    if not frames:
        raise SourceError(f"nothing to show: {config.source.address} has no frames")
    return frames
