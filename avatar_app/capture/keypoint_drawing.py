"""OpenPose's keypoints drawn as lines, in the place of the picture that they were found in."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from udp_live.motion.openpose.keypoints import BODY, FACE, LEFT_HAND, RIGHT_HAND, SEEN_ABOVE

Image = NDArray[np.uint8]
Float = NDArray[np.float32]
Colour = tuple[int, int, int]
Lines = tuple[tuple[int, ...], ...]

PANEL: Colour = (16, 36, 43)
BODY_COLOUR: Colour = (245, 201, 47)
FACE_COLOUR: Colour = (206, 232, 228)
HAND_COLOUR: Colour = (123, 208, 90)
LONGEST_SIDE_PX = 960  # enough for lines
LINE_SHARE = 1 / 160  # of the picture's height
FRACTION_BITS = 4  # of pixel coordinates, for OpenCV

# A line that ends where it began is a ring.
BODY_LINES: Lines = (
    (4, 3, 2, 1, 5, 6, 7),
    (17, 15, 0, 16, 18),
    (0, 1, 8),
    (11, 10, 9, 8, 12, 13, 14),
    (24, 11, 22),
    (21, 14, 19),
)
FACE_LINES: Lines = (
    tuple(range(17)),
    tuple(range(17, 22)),
    tuple(range(22, 27)),
    tuple(range(27, 31)),
    tuple(range(31, 36)),
    (*range(36, 42), 36),
    (*range(42, 48), 42),
    (*range(48, 60), 48),
    (*range(60, 68), 60),
)
HAND_LINES: Lines = tuple((0, *range(first, first + 4)) for first in (1, 5, 9, 13, 17))


def draw_keypoints(points: Float, image_size: tuple[int, int]) -> Image:
    """Draw one person.

    Args:
        points: ``[137, 3]`` float32 as in KeypointClip.
        image_size: Width and height of the video, pixels.

    Returns:
        ``[H, W, 3]`` uint8 sRGB of the video's shape, at most 960 pixels wide or high.
    """
    shrink = min(1.0, LONGEST_SIDE_PX / max(image_size))
    width, height = (max(round(side * shrink), 1) for side in image_size)
    canvas = np.full((height, width, 3), PANEL, np.uint8)
    # The middles of pixels lie at halves for keypoints and at whole numbers for OpenCV.
    places = np.round((points[:, :2] * shrink - 0.5) * (1 << FRACTION_BITS)).astype(np.int32)
    seen = points[:, 2] > SEEN_ABOVE
    thick = max(round(height * LINE_SHARE), 1)
    for part, lines, colour, thickness in (
        (BODY, BODY_LINES, BODY_COLOUR, thick),
        (FACE, FACE_LINES, FACE_COLOUR, max(thick // 2, 1)),
        (LEFT_HAND, HAND_LINES, HAND_COLOUR, max(thick // 2, 1)),
        (RIGHT_HAND, HAND_LINES, HAND_COLOUR, max(thick // 2, 1)),
    ):
        for start, end in (pair for line in lines for pair in pairwise(line)):
            if seen[part][start] and seen[part][end]:
                ends = places[part][[start, end]]
                cv2.polylines(canvas, [ends], False, colour, thickness, cv2.LINE_AA, FRACTION_BITS)
    return canvas
