"""The slow, plain twin of the look-up: nearest landmarks of all drawings by k-d tree.

It knows no tables, levels or walks, and serves tests and comparisons of quality.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from renderer.guided.surface import OPAQUE_ALPHA
from renderer.types import CharacterSheet

Float = NDArray[np.float32]

NEIGHBOURS = 4
SIGMA = 0.004  # landmark units


def exact_lookup(sheet: CharacterSheet, landmark: Float) -> Float:
    """Return the colour of each landmark from the neutral drawings that show it best.

    Args:
        sheet: Outlines count as paint.
        landmark: ``[N, 3]`` float32.

    Returns:
        ``[N, 3]`` float32 straight sRGB in [0, 255].
    """
    total = np.zeros((len(landmark), 3))
    weight = np.full((len(landmark), 1), 1e-12)
    for view in sheet.views:
        shown = (view.udp[..., 3] > 0.5) & (view.image[..., 3] >= OPAQUE_ALPHA)
        if view.expression is not None or not shown.any():
            continue
        tree = cKDTree(view.udp[shown][:, :3].astype(np.float64))
        distance, index = tree.query(landmark, k=min(NEIGHBOURS, tree.n))
        distance, index = distance.reshape(len(landmark), -1), index.reshape(len(landmark), -1)
        # The finest drawing lies closest; a power makes it win.
        near = np.exp(-((distance / SIGMA) ** 2)) / np.maximum(distance, 1e-4) ** 3
        colour = view.image[shown][:, :3].astype(np.float64)[index]
        total += np.sum(colour * near[..., None], axis=1)
        weight += near.sum(1, keepdims=True)
    return np.asarray(total / weight, np.float32)
