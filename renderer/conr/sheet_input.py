"""A drawing as CoNR's sheet parser takes it: where its figure is, colours times alpha."""

import numpy as np
from numpy.typing import NDArray

from renderer.conr.square_crop import SquareCrop, crop_around
from renderer.errors import SheetError

Image = NDArray[np.uint8]

MIN_FIGURE_SHARE = 0.001  # of the picture; with less, the original made the sample empty
MIN_FIGURE_PX = 8  # longer side of the figure
FILLED_BOX = 0.95  # of the figure's bounding box; a figure fills 25 to 60 %

OPAQUE = (
    "the background must be transparent: the picture has none that is; "
    "cut the figure out and save it as a PNG with alpha"
)


def find_figure(image: Image) -> SquareCrop:
    """Return the square around a drawing's figure.

    Raises:
        SheetError: Nothing is drawn, too little, or there is no transparent background.
        ValueError: The array is no picture.
    """
    if image.ndim != 3 or image.shape[2] not in (3, 4) or image.dtype != np.uint8:
        raise ValueError(f"unexpected image: {image.shape} {image.dtype}; give [H, W, 4] uint8")
    if image.shape[2] == 3:
        raise SheetError(OPAQUE)
    drawn = image[..., 3] > 0
    crop = crop_around(drawn)
    if crop is None:
        raise SheetError("the picture is fully transparent; nothing is drawn on it")
    if crop.side < MIN_FIGURE_PX or drawn.mean() < MIN_FIGURE_SHARE:
        raise SheetError(
            f"the figure is too small: {crop.side} px, {drawn.mean():.2%} of the picture; "
            "cut the empty border off or draw it larger"
        )
    across, down = np.flatnonzero(drawn.any(axis=0)), np.flatnonzero(drawn.any(axis=1))
    box = drawn[down[0] : down[-1] + 1, across[0] : across[-1] + 1]
    if box.mean() >= FILLED_BOX:
        raise SheetError(OPAQUE)
    return crop


def premultiply(image: Image) -> Image:
    """Multiply straight colours by alpha and cut the fraction off, as the networks were trained.

    Args:
        image: ``[H, W, 4]`` uint8 straight sRGB RGBA.
    """
    alpha = image[..., 3:].astype(np.uint16)
    return np.concatenate([(image[..., :3] * alpha // 255).astype(np.uint8), image[..., 3:]], -1)
