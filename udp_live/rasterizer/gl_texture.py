"""Images of materials as textures."""

import moderngl
import numpy as np
from numpy.typing import NDArray

from udp_live.rig.rig import Material

WHITE = np.full((1, 1, 4), 255, np.uint8)


def color_texture(context: moderngl.Context, material: Material) -> moderngl.Texture:
    """Upload a material's image, or one white pixel, with mipmaps."""
    return _upload(context, WHITE if material.image is None else material.image)


def alpha_texture(context: moderngl.Context, material: Material) -> moderngl.Texture:
    """Upload only the alpha of a material's image, as the red channel, with mipmaps."""
    image = WHITE if material.image is None else material.image
    return _upload(context, image[..., 3:])


def _upload(context: moderngl.Context, image: NDArray[np.uint8]) -> moderngl.Texture:
    height, width, components = image.shape
    data = np.ascontiguousarray(image).tobytes()
    texture = context.texture((width, height), components, data, alignment=1)
    texture.build_mipmaps()
    texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
    return texture
