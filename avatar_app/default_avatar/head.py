"""Everything above the neck: face, eyes, mouth, brows, hair, ears."""

from avatar_app.default_avatar.brows import brow_parts
from avatar_app.default_avatar.ear_textures import ear_materials
from avatar_app.default_avatar.ears import accessory_parts, ear_springs
from avatar_app.default_avatar.eyes import eye_parts
from avatar_app.default_avatar.face import face_parts
from avatar_app.default_avatar.face_textures import face_materials
from avatar_app.default_avatar.hair import hair_parts, hair_springs
from avatar_app.default_avatar.hair_textures import hair_materials
from avatar_app.default_avatar.mouth import mouth_parts
from avatar_app.default_avatar.part import Part, SpringBones
from udp_live.rig.rig import Material


def head_parts() -> list[Part]:
    """Model all parts of the head in the rest pose."""
    return [
        *face_parts(),
        *eye_parts(),
        *mouth_parts(),
        *brow_parts(),
        *hair_parts(),
        *accessory_parts(),
    ]


def head_springs() -> list[SpringBones]:
    """List the chains of bones that hair and ears hang from."""
    return [*hair_springs(), *ear_springs()]


def head_materials() -> dict[str, Material]:
    """Materials of the head's parts by name."""
    return {**face_materials(), **hair_materials(), **ear_materials()}
