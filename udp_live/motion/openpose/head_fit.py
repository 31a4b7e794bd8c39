"""The turn, size and place of heads from flat keypoints: a rigid model seen from afar."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import (
    quat_from_matrix,
    quat_from_rotation_vector,
    quat_to_matrix,
    quat_to_rotation_vector,
)

Double = NDArray[np.float64]

STEPS = 12
DAMPING = 1e-3
# An upright head that faces the webcam is likelier than another that explains the noise as well;
# in units of a keypoint's deviation of one hundredth of a head.
FRONT_PRIOR = 2e-3
HEAD_M = 0.1


class HeadFit(NamedTuple):
    """How a model lies in T pictures.

    Attributes:
        rotations: ``[T, 3, 3]`` float64, head to webcam axes as in FaceTracking.
        pixels_per_m: ``[T]`` float64.
        centres: ``[T, 2]`` float64, the model's origin, x right and y up, pixels.
    """

    rotations: Double
    pixels_per_m: Double
    centres: Double


def fit_heads(places: Double, weights: Double, model: Double) -> HeadFit:
    """Fit a rigid model in scaled orthographic projection, in all frames at once.

    Levenberg-Marquardt over turn, logarithm of the scale and shift.

    Args:
        places: ``[T, N, 2]`` float64, x right and y up, pixels.
        weights: ``[T, N]`` float64, at least 3 of them positive in each frame.
        model: ``[N, 3]`` float64, metres.
    """
    frames = len(places)
    used = weights.any(axis=0)
    places, weights, model = places[:, used], weights[:, used], model[used]
    weights = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    middle = np.einsum("tn,tnc->tc", weights, places)
    spread = np.sqrt(np.einsum("tn,tnc->t", weights, (places - middle[:, None]) ** 2))
    about = np.einsum("tn,nc->tc", weights, model)
    size = np.sqrt(np.einsum("tn,tnc->t", weights, (model[None, :, :2] - about[:, None, :2]) ** 2))
    fit = HeadFit(
        np.broadcast_to(np.eye(3), (frames, 3, 3)).copy(),
        np.maximum(spread, 1e-3) / np.maximum(size, 1e-4),
        middle,
    )
    fit = fit._replace(centres=middle - fit.pixels_per_m[:, None] * about[:, :2])
    for _ in range(STEPS):
        fit = _step(fit, places, weights, model)
    return fit


def _step(fit: HeadFit, places: Double, weights: Double, model: Double) -> HeadFit:
    turned = model @ fit.rotations.transpose(0, 2, 1)
    scale = fit.pixels_per_m[:, None, None]
    # In units of the head, so that near and far heads weigh the prior alike.
    error = (places - fit.centres[:, None]) / scale - turned[:, :, :2]
    slopes = np.zeros((*turned.shape[:2], 2, 6))
    slopes[:, :, 0, 1], slopes[:, :, 0, 2] = turned[:, :, 2], -turned[:, :, 1]
    slopes[:, :, 1, 0], slopes[:, :, 1, 2] = -turned[:, :, 2], turned[:, :, 0]
    slopes[:, :, :, 3] = turned[:, :, :2]
    slopes[:, :, 0, 4] = slopes[:, :, 1, 5] = 1.0
    frames = len(places)
    root = np.sqrt(weights)[:, :, None]
    rows = (root[..., None] * slopes).reshape(frames, -1, 6)
    columns = rows.transpose(0, 2, 1)
    matrix = columns @ rows
    target = (columns @ (root * error).reshape(frames, -1, 1))[:, :, 0]
    prior = FRONT_PRIOR * HEAD_M**2
    now = quat_to_rotation_vector(quat_from_matrix(fit.rotations))
    target[:, :3] -= prior * now
    diagonal = np.array([prior, prior, prior, 0.0, 0.0, 0.0])
    diagonal = diagonal + DAMPING * np.array([HEAD_M**2] * 4 + [1.0, 1.0])
    change = np.linalg.solve(matrix + np.diag(diagonal), target[:, :, None])[:, :, 0]
    turn = quat_to_matrix(quat_from_rotation_vector(np.clip(change[:, :3], -0.5, 0.5)))
    return HeadFit(
        turn @ fit.rotations,
        fit.pixels_per_m * np.exp(np.clip(change[:, 3], -0.3, 0.3)),
        fit.centres + fit.pixels_per_m[:, None] * change[:, 4:],
    )
