"""Pictures of an avatar that does what a video or a motion clip shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar_app.engine import EngineConfig
from avatar_app.engine.frames import PoseFrame
from avatar_app.engine.parts import Painter, Retargeter
from avatar_app.rendering.tracked_take import TrackedTake


@dataclass(frozen=True, slots=True)
class PoseTrack:
    """All poses of a run.

    Attributes:
        frames: In order.
        start_s: Time of the first one on the film's clock, seconds.
        end_s: Until when the last one is shown, seconds.
    """

    frames: Sequence[PoseFrame]
    start_s: float
    end_s: float


class AvatarPainting:
    """Paint the poses of a track; see Painting.

    *Render thread only.*
    """

    def __init__(self, painter: Painter, track: PoseTrack, config: EngineConfig) -> None:
        """Prepare to paint.

        Args:
            painter: Springs, rasterizer and decoder; nothing painted yet.
            track: What the avatar does.
            config: Size of the pictures, supersampling.
        """
        self._painter, self._track, self._config = painter, track, config
        self.size = (config.size, config.size)
        self.names = [f"frame_{number:06d}" for number in range(len(track.frames))]
        self.times_s = [track.start_s + frame.stamp.media_s for frame in track.frames]
        self.end_s = track.end_s

    def paint(self, index: int) -> NDArray[np.uint8]:
        """Paint one pose; see Painting."""
        frame = self._track.frames[index]
        return self._painter.paint(
            frame.rig_pose, frame.stamp.media_s, self._config.size, self._config.supersampling
        )

    def pass_over(self, index: int) -> None:
        """Let hair and clothes follow a pose that is not painted."""
        frame = self._track.frames[index]
        self._painter.advance(frame.rig_pose, frame.stamp.media_s)


def retarget_take(take: TrackedTake, retargeter: Retargeter) -> tuple[list[PoseFrame], float]:
    """Turn a tracked take into poses; returns them and the share of frames with a person.

    Raises:
        TrackerError: A file of the take is broken.
    """
    frames, seen = [], 0
    for frame in take.read():
        motion = frame.motion
        pose = retargeter.retarget(motion, frame.stamp.media_s)
        frames.append(PoseFrame(frame.stamp, pose))
        seen += motion.face is not None or motion.body is not None
    return frames, seen / max(len(frames), 1)
