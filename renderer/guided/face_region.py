"""Face regions: eyes and mouth come from one drawing each, two of them blended look like neither.

Drawings disagree by a pixel or two. Nobody sees that on a sleeve, but an iris drawn twice is a
doubled iris.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import KDTree
from torch import Tensor

from renderer.guided.atlas import Patch
from renderer.types import LandmarkBox

SEEN_WELL = 0.2  # facing times usability of a pixel by which a drawing can speak
SEEN_PX = 1.25  # as far from such a pixel a landmark is still seen
REGION_RIM = 0.15  # share of a face region's width over which its drawing fades in


def depth_in_box(box: LandmarkBox, landmark: Tensor) -> Tensor:
    """Return 0 outside a box, 1 well inside, ``[...]``; a ramp along its faces.

    Args:
        box: Of a face region.
        landmark: ``[3, ...]``.
    """
    depth = torch.ones_like(landmark[0])
    for axis in range(3):
        low, high = box.low[axis], box.high[axis]
        rim = max(REGION_RIM * (high - low), 1e-6)
        nearest = torch.minimum(landmark[axis] - low, high - landmark[axis])
        depth = torch.minimum(depth, nearest / rim)
    return depth.clamp_(0, 1)


def region_trust(
    patches: Sequence[Patch], regions: Mapping[str, LandmarkBox]
) -> list[NDArray[np.float32]]:
    """Return how far each pixel of the neutral drawings is trusted, so that one speaks per region.

    Args:
        patches: All sizes of all neutral drawings.
        regions: Boxes of the face regions.

    Returns:
        One ``[H, W]`` per patch: 1, falling to 0 inside the regions for which another drawing
        speaks, where that one sees the same landmark.
    """
    trusts = [np.ones_like(patch.surface.usable) for patch in patches]
    spoken = [np.zeros_like(trust) for trust in trusts]
    for box in regions.values():
        depths = [
            depth_in_box(box, torch.from_numpy(patch.surface.landmark)).numpy() for patch in patches
        ]
        speaker = _speaker(patches, depths)
        landmarks = _seen_well(patches[speaker], depths[speaker])
        reach = SEEN_PX / patches[speaker].gradient.density
        for patch, trust, own, depth in zip(patches, trusts, spoken, depths, strict=True):
            if patch.source == patches[speaker].source:
                np.maximum(own, depth, out=own)
            else:
                inside = depth > 0
                seen = _nearness(patch.surface.landmark[:, inside], landmarks, reach)
                trust[inside] = np.minimum(trust[inside], 1 - depth[inside] * seen)
    # Where regions overlap, their speakers would silence each other.
    return [np.maximum(trust, own) for trust, own in zip(trusts, spoken, strict=True)]


def _speaker(patches: Sequence[Patch], depths: Sequence[NDArray[np.float32]]) -> int:
    """Return the index of the patch that shows a region largest, frontally and entirely.

    All three come down to the pixels that it spends there, each counted by how much it faces the
    viewer.
    """
    spent = [
        float(np.sum((depth > 0) * patch.gradient.facing * patch.surface.usable))
        for patch, depth in zip(patches, depths, strict=True)
    ]
    return int(np.argmax(spent))


def _seen_well(patch: Patch, depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the landmarks of a region that a patch shows well, ``[3, N]``."""
    well = (depth > 0) & (patch.gradient.facing * patch.surface.usable > SEEN_WELL)
    return patch.surface.landmark[:, well]


def _nearness(
    landmark: NDArray[np.float32], others: NDArray[np.float32], reach: float
) -> NDArray[np.float32]:
    """Return 1 for landmarks within ``reach`` of one of the others, 0 from twice that, ``[N]``."""
    if landmark.shape[1] == 0 or others.shape[1] == 0:
        return np.zeros(landmark.shape[1], np.float32)
    distance, _ = KDTree(others.T).query(landmark.T, distance_upper_bound=2 * reach)
    return np.asarray(np.clip(2 - distance / reach, 0, 1), np.float32)
