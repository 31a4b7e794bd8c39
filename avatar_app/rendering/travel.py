"""How far a figure walks, and the same motion on the spot."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from udp_live.types import RigPose


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
