"""Where faces are: the turn of heads, and 70 flat keypoints laid onto them."""

import numpy as np
from numpy.typing import NDArray

from udp_live.motion.openpose.face_model import (
    BODY_HEAD_KEYPOINTS,
    MESH_BETWEEN,
    MESH_LANDMARKS,
    body_head_points,
    face_points,
    rigid_weights,
)
from udp_live.motion.openpose.head_fit import HeadFit, fit_heads
from udp_live.motion.openpose.time_filters import smooth

Double = NDArray[np.float64]

# Of the weights by which the turn is found, so much has to be seen.
ENOUGH_FACE, ENOUGH_HEAD = 0.6, 0.55
SMOOTH_S = 0.03
# The body's five keypoints on the head are coarse; so are ears, which are seen or guessed.
HEAD_SMOOTH_S = 0.08
# A face that looks further away than this lies too flat in the picture to be measured.
LEAST_FACING = 0.3
NOSE_TIP, MESH_COUNT = 30, 478


def fit_faces(places: Double, seen: Double, fps: float) -> tuple[HeadFit, NDArray[np.bool_]]:
    """Fit the generic head to face keypoints.

    Args:
        places: ``[T, 70, 2]`` float64, x right and y up, pixels.
        seen: ``[T, 70]`` float64 visibility.
        fps: Frames per second.

    Returns:
        The fit, and ``[T]`` where it is known.
    """
    weights = rigid_weights() * seen
    known = weights.sum(axis=1) > ENOUGH_FACE * rigid_weights().sum()
    return _fit(places, weights, face_points(), known, SMOOTH_S * fps), known


def fit_body_heads(places: Double, seen: Double, fps: float) -> tuple[HeadFit, NDArray[np.bool_]]:
    """Fit the generic head to the body's nose, eyes and ears; ``[T, 25, 2]`` and ``[T, 25]``."""
    columns = list(BODY_HEAD_KEYPOINTS)
    weights = seen[:, columns]
    known = (weights.mean(axis=1) > ENOUGH_HEAD) & (weights[:, 0] > 0.0)
    return _fit(places[:, columns], weights, body_head_points(), known, HEAD_SMOOTH_S * fps), known


def lay_on_heads(places: Double, fit: HeadFit) -> Double:
    """Lay face keypoints onto turned heads.

    Each keypoint keeps its place in the picture, and its depth is that of the generic head.

    Args:
        places: ``[T, 70, 2]`` float64, x right and y up, pixels.
        fit: Where the heads are.

    Returns:
        ``[T, 70, 3]`` float64 pixels, x right, y up, z to the webcam.
    """
    model = face_points()
    offset = (places - fit.centres[:, None]) / fit.pixels_per_m[:, None, None]
    # In the head's axes each keypoint lies as deep as the model's; that leaves two unknowns.
    flat = fit.rotations[:, :2, :2]
    target = offset - np.einsum("ti,n->tni", fit.rotations[:, :2, 2], model[:, 2])
    facing = np.linalg.det(flat) > LEAST_FACING
    safe = np.where(facing[:, None, None], flat, np.eye(2))
    solved = np.linalg.solve(safe[:, None], target[..., None])[..., 0]
    in_head = np.repeat(model[None], len(places), axis=0)
    in_head[facing, :, :2] = solved[facing]
    return _placed(in_head, fit)


def generic_faces(fit: HeadFit) -> Double:
    """Return the generic head's keypoints where heads are, as ``lay_on_heads`` does."""
    return _placed(np.repeat(face_points()[None], len(fit.rotations), axis=0), fit)


def mesh_landmarks(points: Double) -> Double:
    """Name one face's keypoints ``[70, 3]`` as the mesh landmarks ``[478, 3]`` that they are.

    Landmarks of which no keypoint tells anything lie on the tip of the nose.
    """
    mesh = np.repeat(points[NOSE_TIP][None], MESH_COUNT, axis=0)
    mesh[list(MESH_LANDMARKS)] = points
    mesh[list(MESH_BETWEEN)] = points[np.array(list(MESH_BETWEEN.values()))].mean(axis=1)
    return mesh


def _placed(in_head: Double, fit: HeadFit) -> Double:
    turned = np.einsum("tij,tnj->tni", fit.rotations, in_head) * fit.pixels_per_m[:, None, None]
    turned[:, :, :2] += fit.centres[:, None]
    return np.asarray(turned)


def _fit(
    places: Double,
    weights: Double,
    model: Double,
    known: NDArray[np.bool_],
    sigma_frames: float,
) -> HeadFit:
    """Fit where enough is seen; in between the nearest known head holds."""
    frames = len(places)
    if not known.any():
        return HeadFit(
            np.repeat(np.eye(3)[None], frames, axis=0), np.ones(frames), np.zeros((frames, 2))
        )
    times = np.flatnonzero(known)
    found = fit_heads(places[known], weights[known], model)
    nearest = np.clip(np.searchsorted(times, np.arange(frames)), 0, len(times) - 1)
    fit = HeadFit(*(values[nearest] for values in found))
    return HeadFit(
        _smooth_rotations(fit.rotations, sigma_frames),
        np.exp(smooth(np.log(fit.pixels_per_m), sigma_frames)),
        smooth(fit.centres, sigma_frames),
    )


def _smooth_rotations(rotations: Double, sigma_frames: float) -> Double:
    """Blur matrices and make them rotations again."""
    left, _, right = np.linalg.svd(smooth(rotations, sigma_frames))
    flip = np.repeat(np.eye(3)[None], len(rotations), axis=0)
    flip[:, 2, 2] = np.sign(np.linalg.det(left @ right))
    turned: Double = left @ flip @ right
    return turned
