"""Outlines of a drawing and of its UDP: where the figure ends, where one surface covers another."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from renderer.guided.ink import ink_coverage
from renderer.types import InkStyle

Double = NDArray[np.float64]
Bool = NDArray[np.bool_]

SMOOTHING = 9  # contour points averaged; a pixel's staircase is shorter
LEAST_CONTOUR = 24  # points; specks have no direction
LINE_SIGMA_PX = 2.0
DARK_STEP = 18  # of 255: fainter lines are shading
JUMP_WIDTH_PX = 1.6  # of the line drawn along jumps to find their direction


@dataclass(frozen=True, slots=True)
class Outline:
    """Points of outlines with the direction across them.

    Attributes:
        points: ``[N, 2]`` float64 (x, y), heights of the picture.
        normals: ``[N, 2]`` float64, unit, outwards; of inner lines either way.
    """

    points: Double = field(repr=False)
    normals: Double = field(repr=False)

    def thinned(self, step: int) -> "Outline":
        """Return every ``step``-th point."""
        return Outline(self.points[::step], self.normals[::step])


def silhouette(mask: Bool) -> Outline:
    """Return the border of a figure and of the gaps in it; the picture's border is none.

    Args:
        mask: ``[H, W]``, inside the figure.
    """
    height, width = mask.shape
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    points, normals = [], []
    for contour in contours:
        raw = contour[:, 0].astype(np.float64)
        if len(raw) < LEAST_CONTOUR:
            continue
        smooth = _averaged(raw, SMOOTHING)
        tangent = _averaged(np.roll(smooth, -3, 0) - np.roll(smooth, 3, 0), 5)
        # Contours run so that the figure lies on the left hand of (x right, y down) paths.
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
        length = np.linalg.norm(normal, axis=1)
        inside = np.all((raw > 1) & (raw < (width - 2, height - 2)), axis=1) & (length > 0)
        points.append(smooth[inside])
        normals.append(normal[inside] / length[inside, None])
    if not points:
        return _nothing()
    return Outline((np.concatenate(points) + 0.5) / height, np.concatenate(normals))


def drawn_lines(image: NDArray[np.uint8], ink: InkStyle) -> Outline:
    """Return the inner lines of a drawing: thin and darker than both their sides.

    Args:
        image: ``[H, W, 4]`` uint8, straight.
        ink: How wide lines are.
    """
    height = image.shape[0]
    width_px = max(ink.width * height, 1.0)
    light = cv2.cvtColor(np.ascontiguousarray(image[..., :3]), cv2.COLOR_RGB2GRAY)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(width_px) + 3,) * 2)
    dark = cv2.morphologyEx(light, cv2.MORPH_BLACKHAT, kernel)
    margin = np.ones((2 * round(2 * width_px) + 3,) * 2, np.uint8)
    inner = cv2.erode((image[..., 3] > 127).astype(np.uint8), margin)
    return _ridges(dark.astype(np.float32) * inner, DARK_STEP)


def landmark_jumps(landmark: NDArray[np.float32], occupied: Bool) -> Outline:
    """Return where a UDP has lines by the ink rule, inside its silhouette.

    Args:
        landmark: ``[H, W, 3]`` float32.
        occupied: ``[H, W]``.
    """
    planes = torch.from_numpy(np.ascontiguousarray(landmark.transpose(2, 0, 1)))
    ink = ink_coverage(planes, torch.from_numpy(occupied), JUMP_WIDTH_PX).numpy()
    inner = cv2.erode(occupied.astype(np.uint8), np.ones((7, 7), np.uint8))
    return _ridges(ink * inner, 0.5)


def _ridges(strength: NDArray[np.float32], least: float) -> Outline:
    """Return the crests of a picture of lines."""
    height = strength.shape[0]
    soft = cv2.GaussianBlur(strength, (0, 0), LINE_SIGMA_PX / 2)
    xx, yy, xy = (
        cv2.Sobel(cv2.GaussianBlur(strength, (0, 0), LINE_SIGMA_PX), cv2.CV_32F, *order, ksize=3)
        for order in ((2, 0), (0, 2), (1, 1))
    )
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)  # of the direction of least curvature value
    across = np.stack([-np.sin(angle), np.cos(angle)], -1)
    rows, columns = np.nonzero(strength >= least)
    normals = across[rows, columns].astype(np.float64)
    here = soft[rows, columns]
    crest = np.ones(len(rows), bool)
    for side in (-1, 1):
        x = np.clip(np.rint(columns + side * normals[:, 0]), 0, strength.shape[1] - 1)
        y = np.clip(np.rint(rows + side * normals[:, 1]), 0, height - 1)
        crest &= soft[y.astype(np.intp), x.astype(np.intp)] <= here
    points = np.stack([columns[crest], rows[crest]], 1) + 0.5
    return Outline(points / height, normals[crest])


def _averaged(path: Double, count: int) -> Double:
    """Average each point of a closed path with its neighbours."""
    total = np.concatenate([path[-(count // 2) :], path, path[: count // 2]])
    sums = np.cumsum(np.concatenate([np.zeros((1, path.shape[1])), total]), axis=0)
    return np.asarray((sums[count:] - sums[:-count]) / count)


def _nothing() -> Outline:
    return Outline(np.zeros((0, 2)), np.zeros((0, 2)))
