"""Many characters out of one: other colours, patterns, proportions, things left off."""

import zlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from renderer.training.material_cells import SKIN_BINS, cell_name, triangles_of
from renderer.training.patterns import laid_over, random_pattern, random_rgb
from renderer.training.proportions import random_proportions, with_proportions
from renderer.training.recolouring import (
    HAIR_WORDS,
    KEPT_WORDS,
    SKIN_WORDS,
    ColourMap,
    is_named,
    random_map,
    random_skin,
    recoloured,
    skin_share,
)
from renderer.training.wrong_landmarks import without_triangles
from udp_live.rig.landmarks import canonical_landmarks
from udp_live.rig.rig import Material, Rig

ORIGINAL_SHARE = 0.06  # of the variants above 0 that keep the rig's own colours
ONE_MAP_SHARE = 0.35  # that turn all hues alike, as a designer's second colourway does
PATTERN_CHANCE = 0.35  # per material that may carry one
PATTERN_LEAST_SHARE = 0.015  # of the triangles: smaller things show no pattern
MOST_SKIN = 0.15  # share of skin colours in cloth; above, the image shows a person
EYE_WORDS = ("eye", "iris", "pupil", "目")
# Named so, a thing can be left off without leaving a hole in the character.
SPARE_WORDS = ("backpack", "glass", "clip", "hat", "helmet", "cape", "gear", "logo", "ribbon")
PROP_WORDS = (
    "robo_arm",
    "sword",
    "axe",
    "shield",
    "mug",
    "pistol",
    "rifle",
    "bow",
    "knife",
    "weapon",
)
SPARE_CHANCE, PROP_CHANCE = 0.4, 0.85  # of being left off; models come with a whole armoury
DARK_VALUE = 0.45  # below, a hue can hardly be seen and so cannot be changed
NEW_COLOUR_CHANCE = 0.7  # of dark plain cloth
SHADE_LOW, SHADE_HIGH = 0.55, 0.95


def make_variant(rig: Rig, number: int) -> Rig:
    """Return a character made from a rig.

    Args:
        rig: From ``with_material_cells``, so that materials share no vertices.
        number: 0 returns the rig as it is; every other one is a character of its own, the same
            at each call.
    """
    if number == 0:
        return rig
    random = np.random.default_rng((number, zlib.crc32(rig.name.encode())))
    variant = _without_spare_parts(rig, random)
    if random.random() >= ORIGINAL_SHARE:
        variant = _recoloured(variant, random)
        variant = _patterned(variant, random)
    variant = _shaded(variant, random)
    return with_proportions(variant, random_proportions(random, float(random.uniform(0, 1))))


def _without_spare_parts(rig: Rig, random: np.random.Generator) -> Rig:
    gone = np.zeros(len(rig.mesh.triangles), bool)
    seed = int(random.integers(2**31))
    for part in rig.mesh.parts:
        named = f"{part.name} {rig.materials[part.material].name}".lower()
        chance = SPARE_CHANCE * any(word in named for word in SPARE_WORDS)
        chance = max(chance, PROP_CHANCE * any(word in named for word in PROP_WORDS))
        # One draw per thing, however many materials it is made of.
        draw = np.random.default_rng((seed, zlib.crc32(part.name.encode()))).random()
        if draw < chance:
            gone[part.first : part.first + part.count] = True
    return without_triangles(rig, gone) if gone.any() and not gone.all() else rig


def _recoloured(rig: Rig, random: np.random.Generator) -> Rig:
    skin, shared = random_skin(random), random_map(random)
    is_shared, by_swatch = random.random(2) < (ONE_MAP_SHARE, 0.5)
    hair = random_map(random)
    materials: list[Material] = []
    maps: dict[str, ColourMap] = {}
    for material in rig.materials:
        cell = cell_name(material)
        key = material.name if cell is None or not by_swatch else str(cell.swatch)
        own = maps.setdefault(key, random_map(random))
        cloth = shared if is_shared else own
        if is_named(material, HAIR_WORDS):
            cloth = hair
        elif is_named(material, EYE_WORDS):
            cloth = ColourMap(own.turn_deg)
        if _is_dark_cloth(material) and random.random() < NEW_COLOUR_CHANCE:
            new = (*random_rgb(random), material.base_color[3])
            materials.append(replace(material, base_color=new))
        else:
            materials.append(recoloured(material, cloth, skin))
    return replace(rig, materials=tuple(materials))


def _patterned(rig: Rig, random: np.random.Generator) -> Rig:
    """Give some cloth a pattern; the vertices under it get texture coordinates of their own."""
    landmarks = canonical_landmarks(rig)
    uvs = rig.mesh.uvs.copy()
    materials = list(rig.materials)
    for index, material in enumerate(rig.materials):
        triangles = _triangles_of(rig, index)
        share = len(triangles) / len(rig.mesh.triangles)
        wanted = random.random() < PATTERN_CHANCE
        if not wanted or share < PATTERN_LEAST_SHARE or not _may_carry(material):
            continue
        kind, image = random_pattern(random)
        vertices = np.unique(triangles)
        uvs[vertices] = laid_over(landmarks[vertices], kind, random)
        white = (1.0, 1.0, 1.0, material.base_color[3])
        materials[index] = replace(material, image=image, base_color=white)
    return replace(rig, mesh=replace(rig.mesh, uvs=uvs), materials=tuple(materials))


def _is_dark_cloth(material: Material) -> bool:
    words = (*SKIN_WORDS, *KEPT_WORDS, *EYE_WORDS, *HAIR_WORDS)
    is_dark = material.image is None and max(material.base_color[:3]) < DARK_VALUE
    return is_dark and not is_named(material, words)


def _may_carry(material: Material) -> bool:
    """Tell whether a material may be cloth: nothing of a face, nothing cut out by its alpha."""
    cell = cell_name(material)
    if cell is not None:
        return cell.swatch not in SKIN_BINS and "head" not in cell.part
    words = (*SKIN_WORDS, *KEPT_WORDS, *EYE_WORDS, *HAIR_WORDS)
    image = material.image
    is_cut = image is not None and int(image[..., 3].min()) < 255
    is_cloth = not is_named(material, words) and not is_cut and material.lit
    return is_cloth and skin_share(material) < MOST_SKIN


def _triangles_of(rig: Rig, material: int) -> NDArray[np.uint32]:
    runs = [triangles_of(rig.mesh, part) for part in rig.mesh.parts if part.material == material]
    return np.concatenate(runs) if runs else np.zeros((0, 3), np.uint32)


def _shaded(rig: Rig, random: np.random.Generator) -> Rig:
    """Give all materials one colour of shadow."""
    depth = random.uniform(SHADE_LOW, SHADE_HIGH)
    tint = np.clip(depth + random.uniform(-0.08, 0.08, 3), 0.0, 1.0)
    shade = (float(tint[0]), float(tint[1]), float(tint[2]))
    return replace(rig, materials=tuple(replace(m, shade_color=shade) for m in rig.materials))
