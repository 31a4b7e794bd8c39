"""Textures of a glTF file as RGBA arrays."""

import numpy as np
from numpy.typing import NDArray

from udp_live.loaders.gltf_file import GltfFile, Json
from udp_live.loaders.image_bytes import decode_image


def read_texture(gltf: GltfFile, index: Json) -> NDArray[np.uint8]:
    """Decode a texture: ``[H, W, 4]`` uint8 straight sRGB RGBA, row 0 on top.

    Raises:
        RigFormatError: The image is missing, broken, of absurd size, or neither PNG nor JPEG.
    """
    source = gltf.item("textures", index).get("source")
    image = gltf.item("images", source)
    if "bufferView" in image:
        data = bytes(gltf.view_bytes(image["bufferView"]))
    else:
        data = gltf.uri_bytes(str(image["uri"]))
    try:
        return decode_image(data)
    except ValueError as error:
        raise gltf.error(f"image {source} {error}") from error
