"""Values at one moment: what crosses the threads of the live engine."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from udp_live.types import RigPose, TrackedMotion, UdpMap


@dataclass(frozen=True, slots=True)
class FrameStamp:
    """Number and capture time, carried to the end so that latency can be measured.

    Attributes:
        frame_id: Counts from 0 at the source.
        captured_ns: ``time.perf_counter_ns()`` at capture.
        media_s: Time on the source's own clock (a video's timestamp), seconds from its start.
    """

    frame_id: int
    captured_ns: int
    media_s: float


@dataclass(frozen=True, slots=True)
class CameraFrame:
    """A webcam picture: ``[H, W, 3]`` uint8 sRGB RGB, row 0 on top, not mirrored."""

    stamp: FrameStamp
    image: NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CameraPreviewFrame:
    """A camera frame beside what the tracker saw in it, for the preview of the webcam."""

    stamp: FrameStamp
    image: NDArray[np.uint8] = field(repr=False)
    motion: TrackedMotion


@dataclass(frozen=True, slots=True)
class TrackingFrame:
    """What the tracker saw in one camera frame."""

    stamp: FrameStamp
    motion: TrackedMotion


@dataclass(frozen=True, slots=True)
class PoseFrame:
    """The rig pose for one moment; ``motion`` is None when the source is a motion clip."""

    stamp: FrameStamp
    rig_pose: RigPose
    motion: TrackedMotion | None = None


@dataclass(frozen=True, slots=True)
class UdpFrame:
    """The avatar's Ultra-Dense Pose at one moment."""

    stamp: FrameStamp
    udp_map: UdpMap


@dataclass(frozen=True, slots=True)
class AvatarFrame:
    """The painted avatar: ``[H, W, 4]`` uint8 sRGB premultiplied RGBA, row 0 on top."""

    stamp: FrameStamp
    image: NDArray[np.uint8] = field(repr=False)
