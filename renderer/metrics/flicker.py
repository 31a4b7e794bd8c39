"""Flicker: how much the paint of a landmark changes from one frame to the next.

The truth flickers too: light glides over moving limbs and pixels sample them anew. So a decoder's
flicker is told as a multiple of the truth's, measured at the same places.

Pictures are sampled between their pixels, which blurs a line by half or not at all, as its place
happens to lie. Unless they are softened first, that alone is a third of what sharp lines seem to
flicker.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

from renderer.guided.surface import typical_step
from udp_live.types import UdpMap

Float = NDArray[np.float64]

NEIGHBOURS = 4  # whose places are averaged, the nearer the more: finer than samples lie
SAME_STEPS = 2.0  # landmarks further apart than this many samples are different ones
SOFTNESS_PX = 1.0  # sigma under which sampling between pixels blurs hardly any further
SAME_PLACE = 2.5  # samples; neighbours in landmark space that lie elsewhere in the picture


@dataclass(frozen=True, slots=True)
class Match:
    """Places that show the same landmarks in two frames.

    Attributes:
        earlier: ``[N, 2]`` float64, row and column in pixels, 0 is the middle of the first.
        later: ``[N, 2]``, the same.
    """

    earlier: Float = field(repr=False)
    later: Float = field(repr=False)


def match_landmarks(earlier: UdpMap, later: UdpMap, supersampling: int = 1) -> Match:
    """Find where the landmarks of one frame were in the frame before.

    Args:
        earlier: Of the true figure.
        later: Of the next frame, of the same size.
        supersampling: Side of the maps over the side of the pictures; finer maps match better.

    Returns:
        One place per pixel of the later figure whose landmark the earlier frame shows too.
    """
    before = np.argwhere(earlier.xyzv[..., 3] > 0.5)
    middle = supersampling // 2
    shown = later.xyzv[middle::supersampling, middle::supersampling, 3] > 0.5
    after = np.argwhere(shown) * supersampling + middle
    if len(before) < NEIGHBOURS or not len(after):
        return Match(np.zeros((0, 2)), np.zeros((0, 2)))
    landmarks = earlier.xyzv[before[:, 0], before[:, 1], :3].astype(np.float64)
    wanted = later.xyzv[after[:, 0], after[:, 1], :3].astype(np.float64)
    distance, index = cKDTree(landmarks).query(wanted, k=NEIGHBOURS)
    planes = earlier.xyzv[..., :3].transpose(2, 0, 1)
    limit = SAME_STEPS * typical_step(planes, earlier.xyzv[..., 3] > 0.5)
    same = distance[:, 0] < limit
    found = _mean_places(before[index[same]].astype(np.float64), distance[same])
    return Match(_pixels(found, supersampling), _pixels(after[same], supersampling))


def flicker(match: Match, earlier: Float, later: Float) -> float:
    """Return the mean absolute difference of the same landmarks' paint in two frames, in [0, 1].

    Args:
        match: Of the two frames.
        earlier: ``[H, W, C]`` float64 in [0, 255].
        later: Of the same shape.
    """
    if not len(match.later):
        return 0.0
    places = ((earlier, match.earlier), (later, match.later))
    before, after = (_sampled(softened(picture), place) for picture, place in places)
    difference = after - before
    return float(np.mean(np.abs(difference))) / 255


def softened(picture: Float) -> Float:
    """Return a picture ``[H, W, C]`` blurred as far as sampling between pixels asks for."""
    return np.asarray(gaussian_filter(picture, (SOFTNESS_PX, SOFTNESS_PX, 0)), np.float64)


def _mean_places(places: Float, distance: Float) -> Float:
    """Average the places ``[N, K, 2]`` of neighbours that lie beside the nearest, ``[N, 2]``."""
    apart = np.abs(places - places[:, :1]).max(axis=2)
    weight = (apart <= SAME_PLACE) / (distance**2 + 1e-12)
    total = np.sum(places * weight[..., None], axis=1)
    return np.asarray(total / weight.sum(axis=1, keepdims=True), np.float64)


def _pixels(samples: NDArray[np.generic], supersampling: int) -> Float:
    """Turn places of samples into places of pixels."""
    return np.asarray((samples.astype(np.float64) + 0.5) / supersampling - 0.5, np.float64)


def _sampled(picture: Float, places: Float) -> Float:
    """Sample a picture between its pixels, ``[C, N]``."""
    channels = [
        map_coordinates(picture[..., channel], places.T, order=1, mode="nearest")
        for channel in range(picture.shape[2])
    ]
    return np.asarray(channels, np.float64)
