"""A plain background made transparent: the green of a green screen, the white of a page."""

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

# Distances in sRGB bytes. Compression spreads a plain colour over some 20; skin is 150 from green.
TRANSPARENT_WITHIN = 36.0
OPAQUE_BEYOND = 96.0


def key_out(image: Image, key: Colour) -> Image:
    """Return a picture without its background.

    Every pixel near the key is cut out, also inside the figure, so the key must be a colour that
    the figure does not wear. Rims are unmixed: what the background gave them is taken away.

    Args:
        image: ``[H, W, 4]`` uint8 straight sRGB RGBA; its alpha stays where it is lower.
        key: sRGB colour of the background.

    Returns:
        ``[H, W, 4]`` uint8 straight sRGB RGBA.
    """
    colour = image[..., :3].astype(np.float32)
    background = np.array(key, np.float32)
    distance = np.sqrt(np.square(colour - background).sum(axis=-1, keepdims=True))
    share = (distance - TRANSPARENT_WITHIN) / (OPAQUE_BEYOND - TRANSPARENT_WITHIN)
    alpha = np.clip(share, 0, 1)
    unmixed = background + (colour - background) / np.maximum(alpha, 0.05)
    keyed = np.where(alpha > 0, np.clip(unmixed, 0, 255), 0)
    covered = np.minimum(255 * alpha, image[..., 3:])
    return np.asarray(np.rint(np.concatenate([keyed, covered], axis=-1)), np.uint8)
