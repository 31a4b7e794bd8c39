"""A performance: a source run through every stage, and pictures of a few of its moments."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from avatar_app.engine import EngineConfig, EngineParts, StageStats
from avatar_app.engine.frames import CameraFrame, PoseFrame
from avatar_app.engine.performance import perform, read_all
from avatar_app.errors import SourceError
from udp_live.retargeting.retargeter import Retargeter
from udp_live.rig.expressions import rest_pose
from udp_live.rig.rig import Rig
from udp_live.types import RigPose

if TYPE_CHECKING:
    from renderer.sheet.avatar_file import Avatar

Image = NDArray[np.uint8]

FAMILIAR_ORDER = (
    "happy", "smile", "relaxed", "surprised", "sad", "angry", "browUp", "browDown", "blink",
    "blinkLeft", "blinkRight", "aa", "ih", "ou", "ee", "oh",
)  # fmt: skip
GLANCE_RAD = 0.42  # to her left


def whole_performance(
    config: EngineConfig, parts: EngineParts, avatar: "Avatar"
) -> list[PoseFrame]:
    """Return the pose of every frame of a clip or video, each with what the tracker saw.

    Raises:
        AppError: The source cannot be read, is empty, or the tracker does not work.
    """
    frames = list(perform(config, parts, avatar.rig))
    if not frames:
        raise SourceError(f"nothing to show: {config.source.address} has no frames")
    return frames


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
        yield from read_all(camera)
