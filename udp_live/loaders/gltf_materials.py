"""Materials of a glTF file, with the parts of MToon 0.x and 1.0 that a flat drawing shows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.loaders.gltf_file import GltfFile, Json, number
from udp_live.loaders.gltf_images import read_texture
from udp_live.rig.rig import AlphaMode, Material

DEFAULT_MATERIAL = Material("default")
DARKEST_SHADE = 0.3  # MToon files leave black here when the shade lies in a texture
VRM0_BLEND_MODES = {0: AlphaMode.OPAQUE, 1: AlphaMode.MASK}


@dataclass(frozen=True, slots=True)
class TextureSlot:
    """How a material's base colour texture is addressed.

    Attributes:
        texture: Index into ``textures``, or None.
        uv_set: Which TEXCOORD_n.
        offset, rotation_rad, scale: KHR_texture_transform.
    """

    texture: int | None = None
    uv_set: int = 0
    offset: tuple[float, float] = (0.0, 0.0)
    rotation_rad: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)

    def apply(self, uvs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return ``[V, 2]`` texture coordinates with the transform baked in."""
        if (self.offset, self.rotation_rad, self.scale) == ((0.0, 0.0), 0.0, (1.0, 1.0)):
            return uvs
        sine, cosine = np.sin(self.rotation_rad), np.cos(self.rotation_rad)
        scaled = uvs * np.array(self.scale)
        turned = np.stack(
            (
                cosine * scaled[:, 0] + sine * scaled[:, 1],
                -sine * scaled[:, 0] + cosine * scaled[:, 1],
            ),
            axis=-1,
        )
        return np.asarray(turned + np.array(self.offset), np.float32)


def base_texture_slot(gltf: GltfFile, index: int | None) -> TextureSlot:
    """Return the base colour texture of material ``index``."""
    if index is None:
        return TextureSlot()
    _, info = _base_color(gltf.item("materials", index))
    if not info:
        return TextureSlot()
    transform = _extensions(info).get("KHR_texture_transform", {})
    return TextureSlot(
        texture=info["index"],
        uv_set=int(transform.get("texCoord", info.get("texCoord", 0))),
        offset=_pair(transform.get("offset", (0.0, 0.0))),
        rotation_rad=number(transform.get("rotation", 0.0)),
        scale=_pair(transform.get("scale", (1.0, 1.0))),
    )


def read_materials(gltf: GltfFile, used: list[int | None]) -> tuple[Material, ...]:
    """Return the materials with the given indices; None stands for the default material."""
    images: dict[int, NDArray[np.uint8]] = {}
    return tuple(
        DEFAULT_MATERIAL if index is None else _read_material(gltf, index, images) for index in used
    )


def _read_material(gltf: GltfFile, index: int, images: dict[int, NDArray[np.uint8]]) -> Material:
    """Read one material; ``images`` keeps decoded textures for the others."""
    source = gltf.item("materials", index)
    factor, _ = _base_color(source)
    texture = base_texture_slot(gltf, index).texture
    if texture is not None and texture not in images:
        images[texture] = read_texture(gltf, texture)
    red, green, blue, alpha = (number(value) for value in factor)
    extensions = _extensions(source)
    fields: dict[str, Any] = {
        "name": str(source.get("name", f"material {index}")),
        "base_color": (*(srgb_from_linear(value) for value in (red, green, blue)), alpha),
        "image": None if texture is None else images[texture],
        "alpha_mode": AlphaMode(source.get("alphaMode", "OPAQUE")),
        "alpha_cutoff": number(source.get("alphaCutoff", 0.5)),
        "double_sided": bool(source.get("doubleSided", False)),
        "lit": "KHR_materials_unlit" not in extensions,
    }
    fields.update(_mtoon1(extensions, fields) or _mtoon0(gltf, index, fields))
    extras = source.get("extras")
    inked = extras.get("inked") if isinstance(extras, dict) else None  # files of our own say it
    if not isinstance(inked, bool):
        inked = fields["alpha_mode"] is not AlphaMode.BLEND
    return Material(**fields, inked=inked)


def _base_color(source: dict[str, Json]) -> tuple[Json, dict[str, Json]]:
    """Return linear RGBA factor and texture info, metallic or older specular workflow."""
    specular = _extensions(source).get("KHR_materials_pbrSpecularGlossiness")
    if specular is not None:
        factor = specular.get("diffuseFactor", (1, 1, 1, 1))
        return factor, specular.get("diffuseTexture", {})
    metallic = source.get("pbrMetallicRoughness", {})
    return metallic.get("baseColorFactor", (1, 1, 1, 1)), metallic.get("baseColorTexture", {})


def _mtoon1(extensions: dict[str, Json], fields: dict[str, Any]) -> dict[str, Any]:
    """Return what VRMC_materials_mtoon (VRM 1.0) changes."""
    mtoon = extensions.get("VRMC_materials_mtoon")
    if mtoon is None:
        return {}
    shade = [srgb_from_linear(number(value)) for value in mtoon.get("shadeColorFactor", (0, 0, 0))]
    return {"shade_color": _shade_ratio(shade, fields["base_color"]), "lit": True}


def _mtoon0(gltf: GltfFile, index: int, fields: dict[str, Any]) -> dict[str, Any]:
    """Return what a VRM 0.x material property entry changes; its colours are sRGB."""
    properties = (gltf.extension("VRM") or {}).get("materialProperties", [])
    entry = properties[index] if index < len(properties) else {}
    shader = str(entry.get("shader", ""))
    if "MToon" not in shader:
        return {"lit": False} if shader.startswith("VRM/Unlit") else {}
    floats, vectors = entry.get("floatProperties", {}), entry.get("vectorProperties", {})
    base = tuple(number(value) for value in vectors.get("_Color", fields["base_color"]))
    shade = [number(value) for value in vectors.get("_ShadeColor", base)[:3]]
    return {
        "base_color": base,
        "shade_color": _shade_ratio(shade, base),
        "alpha_mode": VRM0_BLEND_MODES.get(int(floats.get("_BlendMode", 0)), AlphaMode.BLEND),
        "alpha_cutoff": number(floats.get("_Cutoff", 0.5)),
        "double_sided": int(floats.get("_CullMode", 2)) == 0,
        "lit": True,
    }


def _shade_ratio(shade: list[float], base: tuple[float, ...]) -> tuple[float, ...]:
    """Return the shade colour as a multiplier of the base colour."""
    return tuple(
        float(np.clip(dark / max(light, 1e-3), DARKEST_SHADE, 1.0))
        for dark, light in zip(shade, base[:3], strict=True)
    )


def srgb_from_linear(value: float) -> float:
    """Convert one linear colour component in [0, 1] to sRGB."""
    value = min(max(value, 0.0), 1.0)
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1.0 / 2.4) - 0.055


def _extensions(source: dict[str, Json]) -> dict[str, Json]:
    extensions = source.get("extensions", {})
    return extensions if isinstance(extensions, dict) else {}


def _pair(values: Json) -> tuple[float, float]:
    first, second = values
    return number(first), number(second)
