"""A generic head: where OpenPose's face keypoints lie on it, and which mesh landmarks they are.

The places are this project's own estimate of an average adult head, in round millimetres.
"""

import numpy as np
from numpy.typing import NDArray

Double = NDArray[np.float64]

# Centimetres; +X the person's left, +Y up, +Z out of the face, the origin in the head's middle.
# The 68 points of the iBUG scheme: those in the middle, then pairs of the person's left and right.
MIDDLE_POINTS = {
    8: (0.0, -9.3, 4.3),  # chin
    27: (0.0, 3.2, 5.3), 28: (0.0, 2.0, 5.9), 29: (0.0, 0.7, 6.8), 30: (0.0, -0.5, 7.6),
    33: (0.0, -2.1, 6.1),
    51: (0.0, -3.4, 6.0), 57: (0.0, -5.6, 5.8), 62: (0.0, -4.25, 5.7), 66: (0.0, -4.4, 5.7),
}  # fmt: skip
PAIRED_POINTS = {
    (16, 0): (7.4, 2.2, -1.6), (15, 1): (7.3, 0.2, -1.3), (14, 2): (7.1, -1.8, -1.0),
    (13, 3): (6.7, -3.8, -0.3), (12, 4): (6.0, -5.6, 0.8), (11, 5): (4.9, -7.1, 1.9),
    (10, 6): (3.5, -8.3, 3.0), (9, 7): (1.8, -9.1, 4.0),
    (22, 21): (1.5, 4.4, 5.2), (23, 20): (2.8, 4.9, 5.0), (24, 19): (4.1, 5.0, 4.5),
    (25, 18): (5.2, 4.8, 3.7), (26, 17): (6.0, 4.2, 2.8),
    (34, 32): (0.9, -1.9, 5.9), (35, 31): (1.6, -1.6, 5.4),
    (42, 39): (1.9, 2.6, 3.8), (43, 38): (2.7, 3.0, 4.1), (44, 37): (3.6, 3.0, 4.0),
    (45, 36): (4.45, 2.65, 3.2), (46, 41): (3.6, 2.2, 3.8), (47, 40): (2.7, 2.2, 3.9),
    (53, 49): (1.5, -3.7, 5.3), (52, 50): (0.7, -3.3, 5.8), (54, 48): (2.5, -4.35, 4.3),
    (55, 59): (1.5, -5.1, 5.2), (56, 58): (0.8, -5.5, 5.6),
    (63, 61): (0.8, -4.2, 5.5), (64, 60): (2.2, -4.35, 4.4), (65, 67): (0.8, -4.4, 5.5),
    (69, 68): (3.15, 2.6, 4.0),  # pupils
}  # fmt: skip

# How far each keypoint takes part in finding the head's turn. Lips, lids and brows move by
# themselves; the jaw's outline slides along the cheek when the head turns.
RIGID_WEIGHTS = {
    27: 1.0, 28: 1.0, 29: 1.0, 30: 1.0, 33: 1.0, 31: 0.7, 32: 0.7, 34: 0.7, 35: 0.7,
    36: 1.0, 39: 1.0, 42: 1.0, 45: 1.0,
    48: 0.1, 54: 0.1, 51: 0.2, 17: 0.1, 21: 0.15, 22: 0.15, 26: 0.1,
    0: 0.15, 1: 0.15, 15: 0.15, 16: 0.15,
}  # fmt: skip

# Nose, right eye, left eye, right ear, left ear of the body model, for heads without a face.
BODY_HEAD_KEYPOINTS = (0, 15, 16, 17, 18)
BODY_HEAD_POINTS = (
    (0.0, -0.5, 7.4), (-3.15, 2.6, 4.0), (3.15, 2.6, 4.0), (-7.6, 0.8, -2.4), (7.6, 0.8, -2.4),
)  # fmt: skip

# The landmark of MediaPipe's face mesh at each keypoint.
MESH_LANDMARKS = (
    127, 234, 93, 132, 58, 136, 150, 176, 152, 400, 379, 365, 288, 361, 323, 454, 356,
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300,
    168, 197, 5, 4, 98, 97, 2, 326, 327,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,
    78, 82, 13, 312, 308, 317, 14, 87,
    468, 473,
)  # fmt: skip
# Landmarks between keypoints: each as the mean of two of the 70, so that lids, brows and lips
# have the points by which they are measured and drawn.
MESH_BETWEEN = {
    # lids
    386: (43, 44), 159: (37, 38), 374: (46, 47), 145: (40, 41), 466: (45, 44), 388: (44, 44),
    384: (43, 43), 398: (42, 43), 249: (45, 46), 390: (46, 46), 381: (47, 47), 382: (42, 47),
    246: (36, 37), 161: (37, 37), 157: (38, 38), 173: (39, 38), 7: (36, 41), 163: (41, 41),
    154: (40, 40), 155: (39, 40),
    # brows
    282: (24, 25), 295: (22, 23), 283: (25, 25), 52: (18, 19), 65: (20, 21), 53: (18, 18),
    276: (26, 26), 285: (22, 22), 46: (17, 17), 55: (21, 21),
    # lips
    146: (48, 59), 91: (48, 59), 321: (54, 55), 375: (54, 55), 409: (54, 53), 270: (53, 53),
    40: (49, 49), 185: (48, 49), 95: (60, 67), 88: (67, 67), 178: (67, 66), 402: (65, 66),
    318: (65, 65), 324: (64, 65), 415: (64, 63), 310: (63, 63), 311: (63, 62), 81: (61, 62),
    80: (61, 61), 191: (60, 61),
    # nose and irises
    6: (27, 28), 195: (28, 29), 1: (30, 33),
    474: (69, 69), 475: (69, 69), 476: (69, 69), 477: (69, 69),
    469: (68, 68), 470: (68, 68), 471: (68, 68), 472: (68, 68),
    # outline; the forehead has no keypoints and is cut off at the brows
    172: (4, 5), 149: (6, 7), 148: (7, 8), 377: (8, 9), 378: (9, 10), 397: (11, 12),
    389: (16, 16), 251: (16, 26), 284: (26, 26), 332: (25, 25), 297: (24, 24), 338: (23, 23),
    10: (21, 22), 109: (20, 20), 67: (19, 19), 103: (18, 18), 54: (17, 17), 21: (0, 17),
    162: (0, 0),
}  # fmt: skip


def face_points() -> Double:
    """Return ``[70, 3]`` float64, metres: the generic head's keypoints."""
    points = np.zeros((70, 3))
    for index, point in MIDDLE_POINTS.items():
        points[index] = point
    for (left, right), (x, y, z) in PAIRED_POINTS.items():
        points[left], points[right] = (x, y, z), (-x, y, z)
    return points * 0.01


def rigid_weights() -> Double:
    """Return ``[70]`` float64: how much each keypoint tells of the head's turn."""
    weights = np.zeros(70)
    weights[list(RIGID_WEIGHTS)] = list(RIGID_WEIGHTS.values())
    return weights


def body_head_points() -> Double:
    """Return ``[5, 3]`` float64, metres: the body model's keypoints on the generic head."""
    return np.array(BODY_HEAD_POINTS) * 0.01
