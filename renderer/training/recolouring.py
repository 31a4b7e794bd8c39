"""Other colours for the materials of a rig: one smooth map of colours per material."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from udp_live.rig.rig import Material

Picture = NDArray[np.uint8]

LEVELS = np.arange(256)
SKIN_WORDS = ("skin", "face", "body", "head", "arm_mat", "肌", "顔")
HAIR_WORDS = ("hair", "brow", "髪", "眉")
# Eyes, mouths and lashes keep their contrast, or nobody would take them for a face.
KEPT_WORDS = (
    "eye_whi",
    "white",
    "lash",
    "mouth",
    "teeth",
    "tooth",
    "tongue",
    "line",
    "頬",
    "口",
    "歯",
)
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
        float(random.choice((0.0, 0.15, 0.4, 0.7), p=(0.25, 0.2, 0.25, 0.3))),
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
    find_skin = not is_named(material, HAIR_WORDS) and (by_name or material.image is not None)
    colour = np.array(material.base_color[:3], np.float32)
    image = material.image
    # The base colour tints the image, so it is mapped with it and becomes white.
    rgb = np.full((1, 1, 3), 255, np.uint8) if image is None else image[..., :3]
    mapped = _mapped(
        np.rint(np.clip(rgb * colour, 0, 255)).astype(np.uint8), cloth, skin, find_skin
    )
    if image is None:
        red, green, blue = (float(channel) / 255 for channel in mapped[0, 0])
        return replace(material, base_color=(red, green, blue, material.base_color[3]))
    rgba = np.dstack((mapped, image[..., 3]))
    return replace(material, image=rgba, base_color=(1.0, 1.0, 1.0, material.base_color[3]))


def skin_share(material: Material) -> float:
    """Return which share of a material's colours look like skin, in [0, 1]."""
    image = material.image
    rgb = np.full((1, 1, 3), 255, np.uint8) if image is None else image[::4, ::4, :3]
    tinted = np.clip(rgb * np.array(material.base_color[:3], np.float32), 0, 255)
    hsv = cv2.cvtColor(np.rint(tinted).astype(np.uint8), cv2.COLOR_RGB2HSV_FULL)
    return float(_skin_weight(np.asarray(hsv, np.uint8)).mean() / 255)


def _mapped(rgb: Picture, cloth: ColourMap, skin: ColourMap, find_skin: bool) -> Picture:
    """Map colours ``[H, W, 3]`` uint8 by tables, one per channel of HSV."""
    hsv = np.asarray(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2HSV_FULL), np.uint8)
    mapped = _apply(hsv, cloth)
    weight = _skin_weight(hsv)[..., None] if find_skin else np.zeros(1, np.uint8)
    if not weight.any():
        return mapped
    mixed = mapped * (255 - weight.astype(np.uint16)) + _apply(hsv, skin) * weight.astype(np.uint16)
    return np.asarray((mixed + 127) // 255, np.uint8)


def _skin_weight(hsv: Picture) -> Picture:
    """Return how much each colour looks like skin, ``[H, W]`` uint8, smooth."""
    hue, unit = LEVELS * (360 / 256), LEVELS / 255
    tables = (
        np.minimum((hue - SKIN_HUES_DEG[0]) / 6 + 1, (SKIN_HUES_DEG[1] - hue) / 6 + 1),
        np.minimum((unit - SKIN_SATURATIONS[0]) / 0.05 + 1, (SKIN_SATURATIONS[1] - unit) / 0.1 + 1),
        (unit - SKIN_LEAST_VALUE) / 0.1 + 1,
    )
    table = np.rint(np.clip(np.stack(tables, axis=-1), 0, 1) * 255).astype(np.uint8)
    weights = [table[hsv[..., channel], channel] for channel in range(3)]
    return np.asarray(np.minimum.reduce(weights), np.uint8)


def _apply(hsv: Picture, colours: ColourMap) -> Picture:
    """Return the mapped colours as RGB."""
    unit = LEVELS / 255
    hues = np.mod(np.rint(LEVELS + colours.turn_deg * (256 / 360)), 256).astype(np.uint8)
    dye = np.clip(1 - unit / 0.15, 0.0, 1.0) * colours.dye
    saturations = np.maximum(np.clip(unit * colours.saturation, 0, 1), dye)
    hue, saturation, value = (hsv[..., channel] for channel in range(3))
    out = np.stack(
        (
            np.where((dye > 0)[saturation], np.uint8(colours.dye_deg * 255 / 360), hues[hue]),
            np.rint(saturations * 255).astype(np.uint8)[saturation],
            np.rint(unit**colours.gamma * 255).astype(np.uint8)[value],
        ),
        axis=-1,
    )
    return np.asarray(cv2.cvtColor(out, cv2.COLOR_HSV2RGB_FULL), np.uint8)
