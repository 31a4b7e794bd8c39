"""Other colours for the materials of a rig: one smooth map of colours per material."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from udp_live.rig.rig import Material

SKIN_WORDS = ("skin", "face", "body", "head", "arm_mat")
HAIR_WORDS = ("hair", "brow")
# Eyes, mouths and lashes keep their contrast, or nobody would take them for a face.
KEPT_WORDS = ("eye_whi", "white", "lash", "mouth", "teeth", "tooth", "tongue", "line")
SKIN_HUES_DEG = (8.0, 42.0)
SKIN_SATURATIONS = (0.12, 0.65)
SKIN_LEAST_VALUE = 0.42
FANTASY_SKIN_SHARE = 0.10


@dataclass(frozen=True, slots=True)
class ColourMap:
    """What happens to a colour.

    Attributes:
        turn_deg: Added to the hue.
        saturation: Factor.
        gamma: Exponent of the value: above 1 darkens.
        dye_deg: Hue of what was grey.
        dye: Saturation that greys get.
    """

    turn_deg: float = 0.0
    saturation: float = 1.0
    gamma: float = 1.0
    dye_deg: float = 0.0
    dye: float = 0.0


def random_skin(random: np.random.Generator) -> ColourMap:
    """Draw a complexion; now and then one that no human has."""
    if random.random() < FANTASY_SKIN_SHARE:
        return ColourMap(float(random.uniform(0, 360)), float(random.uniform(0.5, 1.2)))
    return ColourMap(
        float(random.uniform(-8, 6)),
        float(random.uniform(0.7, 1.25)),
        float(np.exp(random.uniform(-0.3, 1.1))),
    )


def random_map(random: np.random.Generator) -> ColourMap:
    """Draw a map for anything but skin."""
    return ColourMap(
        float(random.uniform(0, 360)),
        float(np.exp(random.uniform(-0.7, 0.4))),
        float(np.exp(random.uniform(-0.5, 0.7))),
        float(random.uniform(0, 360)),
        float(random.choice((0.0, 0.15, 0.4, 0.7), p=(0.4, 0.2, 0.2, 0.2))),
    )


def is_named(material: Material, words: tuple[str, ...]) -> bool:
    """Tell whether the material's name contains one of these words."""
    lower = material.name.lower()
    return any(word in lower for word in words)


def recoloured(material: Material, cloth: ColourMap, skin: ColourMap) -> Material:
    """Return the material with its skin-coloured places mapped by one map, the rest by another."""
    if is_named(material, KEPT_WORDS):
        return material
    by_name = is_named(material, SKIN_WORDS)
    by_colour = not is_named(material, HAIR_WORDS) and (by_name or material.image is not None)
    colour = np.array(material.base_color[:3], np.float32).reshape(1, 1, 3)
    image = material.image
    if image is None:
        colour = _mapped(colour, cloth, skin, find_skin=by_colour)
        red, green, blue = map(float, colour[0, 0])
        return replace(material, base_color=(red, green, blue, material.base_color[3]))
    # The base colour tints the image, so it is mapped with it and becomes white.
    rgb = image[..., :3].astype(np.float32) / 255 * colour
    mapped = _mapped(rgb, cloth, skin, find_skin=by_colour)
    rgba = np.dstack((np.rint(mapped * 255).astype(np.uint8), image[..., 3]))
    return replace(material, image=rgba, base_color=(1.0, 1.0, 1.0, material.base_color[3]))


def _mapped(
    rgb: NDArray[np.float32], cloth: ColourMap, skin: ColourMap, *, find_skin: bool
) -> NDArray[np.float32]:
    """Map colours ``[H, W, 3]`` in [0, 1]."""
    rgb = np.clip(rgb, 0.0, 1.0)
    hsv = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV), np.float32)
    mapped = _apply(hsv, cloth)
    if find_skin:
        share = _skin_share(hsv)[..., None]
        mapped += share * (_apply(hsv, skin) - mapped)
    return mapped


def _skin_share(hsv: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much each colour looks like skin, ``[H, W]`` in [0, 1], smooth."""
    hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
    edges = (
        (hue - SKIN_HUES_DEG[0]) / 6 + 1,
        (SKIN_HUES_DEG[1] - hue) / 6 + 1,
        (saturation - SKIN_SATURATIONS[0]) / 0.05 + 1,
        (SKIN_SATURATIONS[1] - saturation) / 0.1 + 1,
        (value - SKIN_LEAST_VALUE) / 0.1 + 1,
    )
    return np.asarray(np.clip(np.min(edges, axis=0), 0.0, 1.0), np.float32)


def _apply(hsv: NDArray[np.float32], colours: ColourMap) -> NDArray[np.float32]:
    """Return the mapped colours as RGB."""
    saturation, value = hsv[..., 1], hsv[..., 2]
    grey = np.clip(1 - saturation / 0.15, 0.0, 1.0) * colours.dye
    hue = np.where(grey > 0, colours.dye_deg, np.mod(hsv[..., 0] + colours.turn_deg, 360))
    strong = np.clip(saturation * colours.saturation, 0.0, 1.0)
    out = np.stack((hue, np.maximum(strong, grey), value**colours.gamma), axis=-1)
    return np.asarray(cv2.cvtColor(out.astype(np.float32), cv2.COLOR_HSV2RGB), np.float32)
