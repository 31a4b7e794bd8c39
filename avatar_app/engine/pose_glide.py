"""Poses between two tracked ones: the avatar moves at the output rate, not the tracker's."""

from dataclasses import replace

import numpy as np

from avatar_app.engine.frames import FrameStamp, PoseFrame
from udp_live.types import RigPose

MAX_GLIDE_S = 0.1  # a longer gap is a stall; gliding over it would look like slow motion
DENSE_ENOUGH = 0.8  # poses at this share of the output rate are shown as they come


class PoseGlide:
    """Glide from the pose shown last to the newest one within about one tracking interval.

    The stamp glides with the pose, so the latency stays honest. Input as dense as the output
    passes through unchanged.
    """

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._origin: PoseFrame | None = None
        self._target: PoseFrame | None = None
        self._begin_s = 0.0
        self._interval_s = 0.0
        self._arrived_s: float | None = None

    def aim(self, pose: PoseFrame, now_s: float) -> None:
        """Set a new target that arrived at ``now_s``."""
        self._origin = self.sample(now_s)
        if self._arrived_s is not None:
            gap_s = min(now_s - self._arrived_s, MAX_GLIDE_S)
            self._interval_s += 0.3 * (gap_s - self._interval_s)
        self._arrived_s = self._begin_s = now_s
        self._target = pose

    def finish(self) -> None:
        """End the glide at once: where nothing is painted in between, it would only add latency."""
        self._origin = self._target

    @property
    def duration_s(self) -> float:
        """How long a glide takes now; 0 when poses come as fast as frames go out."""
        return self._interval_s if self._interval_s * self._fps * DENSE_ENOUGH > 1.0 else 0.0

    def sample(self, now_s: float) -> PoseFrame | None:
        """Return the pose to show at ``now_s``, or None before the first target."""
        if self._target is None or self._origin is None or self.duration_s <= 0:
            return self._target
        share = (now_s - self._begin_s) / self.duration_s
        return blend_pose_frames(self._origin, self._target, share) if share < 1 else self._target


def blend_pose_frames(a: PoseFrame, b: PoseFrame, share: float) -> PoseFrame:
    """Mix two pose frames of one rig, stamps included; ``share`` 0 gives ``a``, 1 gives ``b``."""
    stamp = FrameStamp(
        frame_id=b.stamp.frame_id,
        captured_ns=round(
            a.stamp.captured_ns + share * (b.stamp.captured_ns - a.stamp.captured_ns)
        ),
        media_s=a.stamp.media_s + share * (b.stamp.media_s - a.stamp.media_s),
    )
    return replace(b, stamp=stamp, rig_pose=blend_rig_poses(a.rig_pose, b.rig_pose, share))


def blend_rig_poses(a: RigPose, b: RigPose, share: float) -> RigPose:
    """Mix two poses of one rig: quaternions along the shorter arc, the rest linearly."""
    weight = np.float32(share)
    dots = np.sum(a.bone_rotations * b.bone_rotations, axis=1, keepdims=True)
    nearer = np.where(dots < 0, -b.bone_rotations, b.bone_rotations)
    rotations = a.bone_rotations + weight * (nearer - a.bone_rotations)
    rotations /= np.linalg.norm(rotations, axis=1, keepdims=True)
    return RigPose(
        bone_rotations=rotations.astype(np.float32),
        root_translation=a.root_translation + weight * (b.root_translation - a.root_translation),
        expression_weights=a.expression_weights
        + weight * (b.expression_weights - a.expression_weights),
        gaze=a.gaze + weight * (b.gaze - a.gaze),
    )
