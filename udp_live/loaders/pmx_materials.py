"""Materials of an MMD model and the images beside it."""

import logging
import struct
import unicodedata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from udp_live.errors import RigFormatError
from udp_live.loaders.gltf_file import read_limited
from udp_live.loaders.image_bytes import (
    MAX_SIDE_PX,
    decode_checked,
    decode_image,
    fitted_image,
)
from udp_live.loaders.pmx_model import PmxMaterial
from udp_live.loaders.tga_image import decode_tga, is_tga
from udp_live.rig.rig import AlphaMode, Material

logger = logging.getLogger(__name__)

LIGHT = 0.6  # MMD's own light: a surface shows its ambient colour and this much of the diffuse
HIDDEN_ALPHA = 0.01  # such materials wait for a material morph to show them
OPAQUE, CLEAR = 250, 10  # alpha of 255 that counts as solid, and as nothing
BMP_MAGIC = b"BM"


class TextureShelf:
    """Finds and decodes the images that a model names, each once.

    Names come from Windows: separators are mixed, case is arbitrary. Nothing outside of the
    model's own folder is read.
    """

    def __init__(self, model: Path, names: tuple[str, ...]) -> None:
        self._folder = model.resolve().parent
        self._names = names
        self._images: dict[int, NDArray[np.uint8] | None] = {}

    def image(self, index: int) -> NDArray[np.uint8] | None:
        """Return ``[H, W, 4]`` uint8 straight sRGB RGBA, or None if it cannot be had."""
        if index < 0:
            return None
        if index not in self._images:
            self._images[index] = self._read(self._names[index])
        return self._images[index]

    def _read(self, name: str) -> NDArray[np.uint8] | None:
        path = self._find(name)
        if path is None:
            logger.warning(
                "texture %r is not in %s; the material's colour stands in", name, self._folder
            )
            return None
        try:
            return _decode(read_limited(path, "cannot read"))
        except (RigFormatError, ValueError) as error:
            logger.warning("texture %s: %s; the material's colour stands in", path, error)
            return None

    def _find(self, name: str) -> Path | None:
        """Walk down from the model's folder, letter case ignored."""
        path = self._folder
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
        if not parts or ".." in parts or any("\0" in part or ":" in part for part in parts):
            return None
        for part in parts:
            found = _entry(path, part)
            if found is None:
                return None
            path = found
        inside = path.resolve().is_relative_to(self._folder)
        return path if inside and path.is_file() else None


def _entry(folder: Path, name: str) -> Path | None:
    """Return what a folder holds under a name, the exact spelling first."""
    if not folder.is_dir():
        return None
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return None
    same = [entry for entry in entries if _folded(entry.name) == _folded(name)]
    exact = [entry for entry in same if entry.name == name]
    return next(iter(exact or same), None)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _decode(data: bytes) -> NDArray[np.uint8]:
    """Decode PNG, JPEG, BMP (``.sph`` and ``.spa`` too) or TGA."""
    if data.startswith(BMP_MAGIC) and len(data) >= 26:
        width, height = struct.unpack_from("<ii", data, 18)
        if not (0 < width <= MAX_SIDE_PX and 0 < abs(height) <= MAX_SIDE_PX):
            raise ValueError(f"is a BMP image of absurd size ({width} x {height})")
        return decode_checked(data)
    if is_tga(data):
        return fitted_image(decode_tga(data))
    return decode_image(data)


def is_hidden(source: PmxMaterial) -> bool:
    """Tell whether a material shows nothing until a material morph makes it visible."""
    return source.diffuse[3] < HIDDEN_ALPHA


def read_material(
    source: PmxMaterial, image: NDArray[np.uint8] | None, uvs: NDArray[np.float32]
) -> Material:
    """Translate a material.

    Sphere maps, toon ramps and specular colours are left out.

    Args:
        source: From the file.
        image: Its texture.
        uvs: ``[N, 2]`` float32, where its triangles lie in the image.
    """
    lit = np.clip(np.array(source.ambient) + LIGHT * np.array(source.diffuse[:3]), 0.0, 1.0)
    red, green, blue = (float(value) for value in lit)
    return Material(
        name=source.name,
        base_color=(red, green, blue, float(np.clip(source.diffuse[3], 0.0, 1.0))),
        image=image,
        alpha_mode=_alpha_mode(source, image, uvs),
        double_sided=source.double_sided,
        inked=source.has_edge,
    )


def _alpha_mode(
    source: PmxMaterial, image: NDArray[np.uint8] | None, uvs: NDArray[np.float32]
) -> AlphaMode:
    """Decide by the alpha that the triangles see; MMD blends everything in file order."""
    if source.diffuse[3] < 0.99:
        return AlphaMode.BLEND
    if image is None or not len(uvs) or image[:, :, 3].min() >= OPAQUE:
        return AlphaMode.OPAQUE
    height, width = image.shape[:2]
    wrapped = uvs - np.floor(uvs)
    columns = np.minimum((wrapped[:, 0] * width).astype(int), width - 1)
    rows = np.minimum((wrapped[:, 1] * height).astype(int), height - 1)
    alphas = image[rows, columns, 3]
    if alphas.min() >= OPAQUE:
        return AlphaMode.OPAQUE
    veiled = np.mean((alphas > CLEAR) & (alphas < OPAQUE))
    return AlphaMode.BLEND if veiled > 0.5 else AlphaMode.MASK
