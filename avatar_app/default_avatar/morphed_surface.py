"""A surface with its morph targets, and the twin parts made of it for her left and right side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from avatar_app.default_avatar.part import Part
from avatar_app.default_avatar.surfaces import Float, Surface, make_part, merge

MIRROR = np.array([-1.0, 1.0, 1.0], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class MorphedSurface:
    """A surface of her left side.

    Attributes:
        surface: At rest.
        morphs: Morph target name to ``[V, 3]`` float32 offsets; ``blink`` stands for the blink of
            this side's eye.
    """

    surface: Surface
    morphs: Mapping[str, Float] = field(default_factory=dict)


def join(pieces: Sequence[MorphedSurface]) -> MorphedSurface:
    """Merge surfaces with their morphs; a piece without a morph stays still in it."""
    names = sorted({name for piece in pieces for name in piece.morphs})
    morphs = {
        name: np.concatenate(
            [piece.morphs.get(name, np.zeros_like(piece.surface.positions)) for piece in pieces]
        )
        for name in names
    }
    return MorphedSurface(merge([piece.surface for piece in pieces]), morphs)


def twin_parts(
    name: str, material: str, bone: str, piece: MorphedSurface, *, flip_image: bool = False
) -> list[Part]:
    """Make the left part and its mirror image.

    Args:
        name: Gets ``Left`` or ``Right`` appended.
        material: Name of the material.
        bone: Bone that moves the left part; ``left`` in it becomes ``right`` for the other.
        piece: The left side.
        flip_image: Draw the texture of the right part unmirrored: highlights keep their side.
    """
    surface = piece.surface
    uvs = surface.uvs * (-1, 1) + (1, 0) if flip_image else surface.uvs
    right = Surface(
        surface.positions * MIRROR,
        surface.normals * MIRROR,
        uvs.astype(np.float32),
        np.ascontiguousarray(surface.triangles[:, ::-1]),
    )
    parts = []
    for side, whole, flip in (("Left", surface, 1.0), ("Right", right, MIRROR)):
        morphs = {
            f"blink{side}" if key == "blink" else key: (offsets * flip).astype(np.float32)
            for key, offsets in piece.morphs.items()
        }
        twin_bone = bone.replace("left", side.lower())
        parts.append(make_part(f"{name}{side}", material, whole, twin_bone, morphs))
    return parts
