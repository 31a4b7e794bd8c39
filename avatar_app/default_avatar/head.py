"""Everything above the neck: face, eyes, mouth, brows, hair, ears.

The head is modelled at a natural size and then enlarged: a drawn head is bigger.
"""

from dataclasses import replace

import numpy as np

from avatar_app.default_avatar.brows import brow_parts
from avatar_app.default_avatar.ear_textures import ear_materials
from avatar_app.default_avatar.ears import accessory_parts, ear_springs
from avatar_app.default_avatar.eyes import eye_parts
from avatar_app.default_avatar.face import face_parts
from avatar_app.default_avatar.face_textures import face_materials
from avatar_app.default_avatar.hair import hair_parts, hair_springs
from avatar_app.default_avatar.hair_textures import hair_materials
from avatar_app.default_avatar.mouth import mouth_parts
from avatar_app.default_avatar.part import Float, Part, SpringBones
from udp_live.rig.rig import Material

ENLARGEMENT = 1.055
PIVOT = np.array([0.0, 1.385, -0.008], dtype=np.float32)  # what stays where it was modelled


def enlarged(positions: Float) -> Float:
    """Return where modelled ``[..., 3]`` positions of the head end up, metres."""
    return (PIVOT + (positions - PIVOT) * ENLARGEMENT).astype(np.float32)


def modelled_parts() -> list[Part]:
    """Model all parts of the head in the rest pose, before it is enlarged."""
    return [
        *face_parts(), *eye_parts(), *mouth_parts(), *brow_parts(), *hair_parts(),
        *accessory_parts(),
    ]  # fmt: skip


def head_parts() -> list[Part]:
    """Model all parts of the head in the rest pose."""
    return [
        replace(
            part,
            positions=enlarged(part.positions),
            morphs={name: moved * np.float32(ENLARGEMENT) for name, moved in part.morphs.items()},
        )
        for part in modelled_parts()
    ]


def head_springs() -> list[SpringBones]:
    """List the chains of bones that hair and ears hang from."""
    chains = [*hair_springs(), *ear_springs()]
    return [replace(chain, positions=enlarged(chain.positions)) for chain in chains]


def head_materials() -> dict[str, Material]:
    """Materials of the head's parts by name."""
    return {**face_materials(), **hair_materials(), **ear_materials()}
