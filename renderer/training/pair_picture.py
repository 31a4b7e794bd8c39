"""A contact sheet of training pairs, to look at what the network gets."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from renderer.training.training_pair import TrainingPair

GREY = 200
GAP_PX = 4


def draw_pairs(
    pairs: Sequence[TrainingPair], cell_px: int = 160, views: int = 4
) -> NDArray[np.uint8]:
    """Return one row per pair: sheet views over their UDP, then the target's UDP and truth.

    Args:
        pairs: At least one.
        cell_px: Side of a cell.
        views: Views shown of each sheet at most.

    Returns:
        ``[H, W, 3]`` uint8.
    """
    rows = [_row(pair, cell_px, views) for pair in pairs]
    return np.concatenate(rows, axis=0)


def _row(pair: TrainingPair, cell_px: int, views: int) -> NDArray[np.uint8]:
    cells = []
    for view in pair.sheet.views[:views]:
        cells += [view.image, udp_picture(view.udp)]
    blank = np.zeros((cell_px, cell_px, 4), np.uint8)
    cells += [blank] * (2 * views - len(cells))
    cells += [udp_picture(pair.udp_map.xyzv), pair.truth]
    return np.concatenate([_cell(cell, cell_px) for cell in cells], axis=1)


def udp_picture(udp: NDArray[np.float16] | NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a UDP map as colours: x, y, z stretched over what a figure covers."""
    landmarks = udp[..., :3].astype(np.float32)
    stretched = (landmarks - 0.5) * (2.0, 1.0, 4.0) + 0.5
    rgba = np.concatenate((np.clip(stretched, 0, 1), udp[..., 3:] > 0), axis=-1)
    return np.asarray(np.rint(rgba * 255), np.uint8)


def _cell(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return a picture over grey, centred in a square with a gap."""
    inner = side - GAP_PX
    scale = inner / max(picture.shape[:2])
    size = (max(round(picture.shape[1] * scale), 1), max(round(picture.shape[0] * scale), 1))
    rgba = picture.astype(np.float32)
    rgba[..., :3] *= rgba[..., 3:] / 255
    small = cv2.resize(rgba, size, interpolation=cv2.INTER_AREA)
    cell = np.full((side, side, 3), 255, np.uint8)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    over = small[..., :3] + GREY * (1 - small[..., 3:] / 255)
    cell[top : top + size[1], left : left + size[0]] = np.rint(over)
    return cell
