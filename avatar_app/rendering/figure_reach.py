"""One framing for a whole run: everything that the figure reaches, known before it is painted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from avatar_app.engine import EngineConfig
from avatar_app.engine.frames import PoseFrame
from udp_live.rig.framing import Framing, frame_viewpoint, project
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import skin_vertices
from udp_live.types import RigPose

MOST_POSES = 400  # measured; in between, a figure does not reach much farther
AIR = 0.04  # share of the picture on each side, for hair and clothes that swing
SMALLEST_ZOOM = 0.1  # a figure that walks farther may leave the picture
LARGEST_ZOOM = 1.25  # a figure that always crouches still looks like a whole one
ZOOM_LIMIT = 10.0  # of EngineConfig


@dataclass(frozen=True, slots=True)
class FullFraming:
    """What to change of the framing ``full``.

    Attributes:
        zoom: Magnification.
        pan: Shift of the figure to the right and upwards, in heights of the picture.
    """

    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)


def frame_reach(rig: Rig, poses: Sequence[RigPose]) -> FullFraming:
    """Choose zoom and pan so that the figure fills the picture and never leaves it.

    Args:
        rig: The figure.
        poses: All poses of the run; springs may add a little to them.
    """
    if not poses:
        return FullFraming()
    viewpoint = frame_viewpoint(rig, Framing.FULL)
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for pose in poses[:: -(-len(poses) // MOST_POSES)]:
        places = project(skin_vertices(rig, pose)[0], viewpoint, (1, 1))
        low, high = np.minimum(low, places.min(axis=0)), np.maximum(high, places.max(axis=0))
    zoom = (1.0 - 2.0 * AIR) / float((high - low).max())
    zoom = min(max(zoom, SMALLEST_ZOOM), LARGEST_ZOOM)
    half = (0.5 - AIR) / zoom
    # Hips stay in the middle as far as arms allow: a tail on one side must not move the figure.
    across = float(np.clip(0.5, high[0] - half, low[0] + half)) - 0.5
    down = 0.5 * float(low[1] + high[1]) - 0.5
    return FullFraming(zoom, (-across * zoom, down * zoom))


def hold_reach(config: EngineConfig, rig: Rig, frames: Sequence[PoseFrame]) -> EngineConfig:
    """Let the framing ``full`` hold all that the figure reaches; others stay as they are."""
    if Framing(config.framing) is not Framing.FULL:
        return config
    reach = frame_reach(rig, [frame.rig_pose for frame in frames])
    zoom = min(max(config.zoom * reach.zoom, SMALLEST_ZOOM), ZOOM_LIMIT)
    across, up = (zoom / reach.zoom * pan for pan in reach.pan)
    return replace(config, zoom=zoom, pan=(across, up))
