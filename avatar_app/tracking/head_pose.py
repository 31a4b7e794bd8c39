"""Head orientation from face landmarks, for trackers that do not deliver a head matrix."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

# Rigid points of MediaPipe's canonical face model (Apache-2.0) with the weights of its own
# Procrustes fit: landmark index, weight, then x, y, z in centimetres. Lips and eyelids are absent
# because they move; the right half follows by symmetry from MIRRORED_LANDMARKS.
CENTRE_POINTS = (
    (4, 0.0709, 0.0, -0.463, 7.587),
    (6, 0.0321, 0.0, 2.473, 5.789),
    (10, 0.0084, 0.0, 8.262, 4.482),
)
LEFT_POINTS = (
    (263, 0.0587, 4.446, 2.664, 3.173),
    (284, 0.0077, 6.279, 6.615, 1.426),
    (297, 0.0091, 3.524, 8.006, 3.729),
    (346, 0.0098, 5.259, 0.946, 2.974),
    (348, 0.0146, 3.301, 0.862, 3.873),
    (350, 0.0186, 1.821, 1.468, 4.224),
    (356, 0.0052, 7.743, 2.365, -2.005),
    (358, 0.1206, 1.786, -0.978, 4.850),
    (361, 0.0056, 7.271, -2.891, -2.252),
    (362, 0.0533, 1.856, 2.585, 3.758),
    (365, 0.0669, 5.085, -7.179, 0.715),
    (372, 0.0148, 6.408, 2.236, 1.561),
    (376, 0.0143, 6.235, -1.944, 1.664),
    (420, 0.0255, 1.247, 0.230, 5.681),
    (425, 0.0473, 3.833, -1.537, 4.138),
)
MIRRORED_LANDMARKS = (33, 54, 67, 117, 119, 121, 127, 129, 132, 133, 136, 143, 147, 198, 205)

# The vertical angle that MediaPipe assumes for an unknown webcam.
ASSUMED_FIELD_OF_VIEW_RAD = np.deg2rad(63.0)
PERSPECTIVE_PASSES = 2


def _canonical_table() -> tuple[NDArray[np.int64], Float, Float]:
    mirrored = [
        (index, weight, -x, y, z)
        for index, (_, weight, x, y, z) in zip(MIRRORED_LANDMARKS, LEFT_POINTS, strict=True)
    ]
    table = np.array([*CENTRE_POINTS, *LEFT_POINTS, *mirrored])
    weights = table[:, 1] / table[:, 1].sum()
    return (
        table[:, 0].astype(np.int64),
        weights.astype(np.float32),
        (table[:, 2:] * 0.01).astype(np.float32),
    )


INDICES, WEIGHTS, CANONICAL_POINTS = _canonical_table()


def estimate_camera_from_head(landmarks: Float, image_size: tuple[int, int]) -> Float:
    """Fit the canonical face to tracked landmarks.

    Args:
        landmarks: ``[478, 3]`` float32 as in FaceTracking.
        image_size: Width and height of the picture in pixels.

    Returns:
        ``[4, 4]`` float32, rigid, axes as in FaceTracking, metres.
    """
    width, height = image_size
    focal_px = 0.5 * height / np.tan(0.5 * ASSUMED_FIELD_OF_VIEW_RAD)
    points = landmarks[INDICES].astype(np.float64) * (width, height, width)
    points = (points - (0.5 * width, 0.5 * height, 0.0)) * (1.0, -1.0, -1.0)
    fitted = points
    for _ in range(PERSPECTIVE_PASSES):
        rotation, scale, offset = _fit_similarity(fitted)
        distance_px = focal_px
        # A nearer point looks larger: undo that with the depth found so far.
        depth_px = (CANONICAL_POINTS @ rotation.T)[:, 2] * scale
        depth_px -= WEIGHTS @ depth_px
        shrink = (1.0 - depth_px / distance_px)[:, None]
        fitted = np.concatenate([points[:, :2] * shrink, points[:, 2:]], axis=1)
    rotation, scale, offset = _fit_similarity(fitted)
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = (offset[0] / scale, offset[1] / scale, -focal_px / scale)
    return matrix


def _fit_similarity(
    points: NDArray[np.float64],
) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    """Return rotation, scale and offset that take the canonical points to ``points`` (Umeyama)."""
    centre = WEIGHTS @ points
    canonical_centre = WEIGHTS @ CANONICAL_POINTS
    source = CANONICAL_POINTS - canonical_centre
    target = points - centre
    left, singular, right = np.linalg.svd((target * WEIGHTS[:, None]).T @ source)
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = left @ flip @ right
    spread = float((WEIGHTS[:, None] * source**2).sum())
    scale = max(float((singular * np.diag(flip)).sum()) / spread, 1e-6)
    return rotation, scale, centre - scale * rotation @ canonical_centre
