"""Writes a rig as a VRM 1.0 file that this project and other VRM programs can open."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar.glb_buffer import (
    ARRAY_BUFFER,
    ELEMENT_ARRAY_BUFFER,
    GlbBuffer,
    Json,
)
from avatar_app.default_avatar.vrm_extensions import describe_springs, describe_vrm, numbers
from udp_live.rig.rig import Material, MeshPart, MorphTarget, Rig

OUTLINE_WIDTH_M = 0.0012
OUTLINE_COLOR = (0.10, 0.05, 0.09)  # linear
FACE_MESH, BODY_MESH = "face", "body"


def write_vrm(rig: Rig, path: Path) -> None:
    """Write ``rig`` to ``path`` as VRM 1.0; the same rig always gives the same bytes."""
    path.write_bytes(vrm_bytes(rig))


def vrm_bytes(rig: Rig) -> bytes:
    """Return ``rig`` as the bytes of a VRM 1.0 GLB."""
    buffer = GlbBuffer()
    pictures: dict[bytes, int] = {}
    materials = [_material(material, buffer, pictures) for material in rig.materials]
    bones = rig.skeleton.bone_count
    document: Json = {
        "asset": {"version": "2.0", "generator": "Kigurumi"},
        "extensionsUsed": [
            "VRMC_vrm",
            "VRMC_springBone",
            "VRMC_materials_mtoon",
            "KHR_materials_unlit",
        ],
        "scene": 0,
        "scenes": [{"nodes": [*_roots(rig), bones, bones + 1]}],
        "nodes": [
            *_nodes(rig),
            {"name": FACE_MESH, "mesh": 0, "skin": 0},
            {"name": BODY_MESH, "mesh": 1, "skin": 0},
        ],
        "meshes": _meshes(rig, buffer),
        "skins": [_skin(rig, buffer)],
        "materials": materials,
        "textures": [{"source": k, "sampler": 0} for k in range(len(pictures))],
        "images": [{"mimeType": "image/png", "bufferView": v} for v in pictures.values()],
        "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
        "extensions": {"VRMC_vrm": describe_vrm(rig), "VRMC_springBone": describe_springs(rig)},
    }
    return buffer.to_glb(document)


def _roots(rig: Rig) -> list[int]:
    return [int(index) for index in np.flatnonzero(rig.skeleton.parents < 0)]


def _nodes(rig: Rig) -> list[Json]:
    """Return one node per bone, all unrotated."""
    skeleton = rig.skeleton
    nodes: list[Json] = []
    for index, (name, parent) in enumerate(zip(skeleton.names, skeleton.parents, strict=True)):
        origin = skeleton.rest_positions[parent] if parent >= 0 else np.zeros(3)
        node: Json = {
            "name": name,
            "translation": numbers(skeleton.rest_positions[index] - origin),
        }
        children = [int(child) for child in np.flatnonzero(skeleton.parents == index)]
        if children:
            node["children"] = children
        nodes.append(node)
    return nodes


def _skin(rig: Rig, buffer: GlbBuffer) -> Json:
    inverse_binds = np.tile(np.eye(4, dtype=np.float32), (rig.skeleton.bone_count, 1, 1))
    inverse_binds[:, 3, :3] = -rig.skeleton.rest_positions  # column-major: the last row in memory
    return {
        "joints": list(range(rig.skeleton.bone_count)),
        "inverseBindMatrices": buffer.add_array(inverse_binds.reshape(-1, 16)),
    }


def _meshes(rig: Rig, buffer: GlbBuffer) -> list[Json]:
    """Return the mesh that expressions move and the mesh that they do not."""
    moved = np.zeros(len(rig.mesh.positions), bool)
    for target in rig.mesh.morph_targets:
        moved[target.vertices] = True
    faces: list[MeshPart] = []
    rest: list[MeshPart] = []
    for part in rig.mesh.parts:
        corners = rig.mesh.triangles[part.first : part.first + part.count]
        (faces if np.any(moved[corners]) else rest).append(part)
    names = [target.name for target in rig.mesh.morph_targets]
    return [
        {
            "name": FACE_MESH,
            "primitives": [_primitive(rig, part, buffer, morphed=True) for part in faces],
            "extras": {"targetNames": names},
        },
        {
            "name": BODY_MESH,
            "primitives": [_primitive(rig, part, buffer, morphed=False) for part in rest],
        },
    ]


def _primitive(rig: Rig, part: MeshPart, buffer: GlbBuffer, *, morphed: bool) -> Json:
    """Describe one material's triangles with vertices of their own."""
    mesh = rig.mesh
    corners = mesh.triangles[part.first : part.first + part.count].reshape(-1)
    used, indices = np.unique(corners, return_inverse=True)
    primitive: Json = {
        "attributes": {
            "POSITION": buffer.add_array(mesh.positions[used], target=ARRAY_BUFFER, bounds=True),
            "NORMAL": buffer.add_array(mesh.normals[used], target=ARRAY_BUFFER),
            "TEXCOORD_0": buffer.add_array(mesh.uvs[used], target=ARRAY_BUFFER),
            "JOINTS_0": buffer.add_array(mesh.joints[used], target=ARRAY_BUFFER),
            "WEIGHTS_0": buffer.add_array(mesh.weights[used], target=ARRAY_BUFFER),
        },
        "indices": buffer.add_array(
            indices.reshape(-1).astype(np.uint32), target=ELEMENT_ARRAY_BUFFER
        ),
        "material": part.material,
    }
    if morphed:
        primitive["targets"] = [
            {"POSITION": _target(target, used, buffer)} for target in mesh.morph_targets
        ]
    return primitive


def _target(target: MorphTarget, used: NDArray[np.uint32], buffer: GlbBuffer) -> int:
    """File the offsets of those vertices that are ``used``, ascending."""
    mine = np.isin(target.vertices, used)
    indices = np.searchsorted(used, target.vertices[mine]).astype(np.uint32)
    values = target.position_offsets[mine]
    if not len(indices):  # a sparse accessor must not be empty
        indices, values = np.zeros(1, np.uint32), np.zeros((1, 3), np.float32)
    return buffer.add_sparse(indices, values, len(used))


def _material(material: Material, buffer: GlbBuffer, pictures: dict[bytes, int]) -> Json:
    """Describe a material; ``pictures`` maps each PNG to its buffer view, in texture order."""
    base = [*(_linear(c) for c in material.base_color[:3]), material.base_color[3]]
    surface: Json = {"baseColorFactor": base, "metallicFactor": 0.0, "roughnessFactor": 1.0}
    extensions: Json = {}
    texture = None
    if material.image is not None:
        texture = {"index": _texture(material.image, buffer, pictures)}
        surface["baseColorTexture"] = texture
    if material.lit:
        extensions["VRMC_materials_mtoon"] = _mtoon(material, texture)
    else:
        extensions["KHR_materials_unlit"] = {}
    description: Json = {
        "name": material.name,
        "pbrMetallicRoughness": surface,
        "alphaMode": material.alpha_mode.value,
        "doubleSided": material.double_sided,
        "extensions": extensions,
        "extras": {"inked": material.inked},
    }
    if material.alpha_mode.value == "MASK":
        description["alphaCutoff"] = material.alpha_cutoff
    return description


def _texture(image: NDArray[np.uint8], buffer: GlbBuffer, pictures: dict[bytes, int]) -> int:
    """Return the texture index of an image; equal images are stored once."""
    encoded, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA))
    if not encoded:
        raise ValueError(f"unexpected image of a material: {image.shape}")
    png = data.tobytes()
    if png not in pictures:
        pictures[png] = buffer.add_bytes(png)
    return list(pictures).index(png)


def _mtoon(material: Material, texture: Json | None) -> Json:
    shade = [
        _linear(base * dark)
        for base, dark in zip(material.base_color[:3], material.shade_color, strict=True)
    ]
    mtoon: Json = {
        "specVersion": "1.0",
        "shadeColorFactor": shade,
        "shadingToonyFactor": 0.95,
        "shadingShiftFactor": -0.05,
        "giEqualizationFactor": 0.9,
        "outlineWidthMode": "worldCoordinates" if material.inked else "none",
    }
    if texture is not None:
        mtoon["shadeMultiplyTexture"] = texture
    if material.inked:
        mtoon["outlineWidthFactor"] = OUTLINE_WIDTH_M
        mtoon["outlineColorFactor"] = list(OUTLINE_COLOR)
    return mtoon


def _linear(value: float) -> float:
    """Convert one sRGB colour component in [0, 1] to linear."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
