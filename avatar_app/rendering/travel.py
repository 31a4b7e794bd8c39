"""How far a figure walks, and the same motion on the spot."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from avatar_app.engine.frames import PoseFrame
from udp_live.rig.landmarks import MARGIN, landmark_space
from udp_live.rig.rig import Rig
from udp_live.types import RigPose

FAR_WALK = 1.0  # figure heights; a dance stays within


def travel_m(poses: Sequence[RigPose]) -> float:
    """Return the longer side of the ground that the hips move over, metres."""
    if not poses:
        return 0.0
    ground = np.stack([pose.root_translation[[0, 2]] for pose in poses])
    return float(np.ptp(ground, axis=0).max())


def on_the_spot(pose: RigPose) -> RigPose:
    """Return a pose whose hips only rise and sink."""
    rise = pose.root_translation * np.array((0.0, 1.0, 0.0), np.float32)
    return replace(pose, root_translation=rise)


def far_walk_m(frames: Sequence[PoseFrame], rig: Rig) -> float | None:
    """Return how far the figure walks if it would get small by that, else None; metres."""
    height_m = float(landmark_space(rig).scale) / MARGIN
    walked_m = travel_m([frame.rig_pose for frame in frames])
    return walked_m if walked_m > FAR_WALK * height_m else None


def kept_in_place(frames: Sequence[PoseFrame]) -> list[PoseFrame]:
    """Return the same frames on the spot."""
    return [replace(frame, rig_pose=on_the_spot(frame.rig_pose)) for frame in frames]
