"""Where in landmark space the mouth and the eyes are, found from what expressions move."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from renderer.types import LandmarkBox
from udp_live.rig.landmarks import canonical_landmarks
from udp_live.rig.rig import Rig

Float = NDArray[np.float32]

MOVED_SHARE = 0.15  # of the largest movement; less is a cheek that follows the mouth
MARGIN = 0.006  # landmark units, about 1 cm
DEPTH_BEHIND = 0.8  # of a region's width: eyeball and mouth cavity lie behind the skin
MOUTH_SHAPES = ("aa", "ih", "ou", "ee", "oh")
BLINKS = {"leftEye": ("blinkLeft", 1.0), "rightEye": ("blinkRight", -1.0)}
MAX_SIDE = 0.25  # a region larger than this is no mouth or eye


def find_regions(rig: Rig) -> dict[str, LandmarkBox]:
    """Return the boxes of ``mouth``, ``leftEye`` and ``rightEye`` that the rig can move."""
    landmarks = canonical_landmarks(rig)
    regions = {}
    mouth = _moved(rig, MOUTH_SHAPES)
    boxes = {"mouth": _box(landmarks[mouth])}
    for region, (expression, side) in BLINKS.items():
        moved = _moved(rig, (expression,))
        if not moved.any():
            moved = _moved(rig, ("blink",)) & ((landmarks[:, 0] - 0.5) * side > 0)
        boxes[region] = _box(landmarks[moved])
    for region, box in boxes.items():
        if box is not None:
            regions[region] = box
    return regions


def _moved(rig: Rig, names: Iterable[str]) -> NDArray[np.bool_]:
    """Mark the vertices that any of the expressions clearly moves, ``[V]``."""
    marks = np.zeros(len(rig.mesh.positions), np.bool_)
    for name in names:
        index = rig.expression_index(name)
        if index is None:
            continue
        moves = np.zeros_like(rig.mesh.positions)
        for target, weight in rig.expressions[index].morphs:
            morph = rig.mesh.morph_targets[target]
            moves[morph.vertices] += weight * morph.position_offsets
        length = np.linalg.norm(moves, axis=1)
        if length.max(initial=0) > 0:
            marks |= length > MOVED_SHARE * length.max()
    return marks


def _box(landmarks: Float) -> LandmarkBox | None:
    """Return a box around landmarks with room behind, or None if it makes no sense."""
    if len(landmarks) < 3:
        return None
    low, high = landmarks.min(0) - MARGIN, landmarks.max(0) + MARGIN
    if np.any(high - low > MAX_SIDE):
        return None
    low[2] = min(low[2], high[2] - DEPTH_BEHIND * (high[0] - low[0]))
    low, high = np.clip(low, 0, 1), np.clip(high, 0, 1)
    return LandmarkBox(
        (float(low[0]), float(low[1]), float(low[2])),
        (float(high[0]), float(high[1]), float(high[2])),
    )
