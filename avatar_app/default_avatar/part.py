"""A modelled part of the default avatar, before all parts become one rig."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of skin, hair or cloth in the rest pose.

    Attributes:
        name: Unique.
        material: Name of the material it is painted with.
        positions: ``[V, 3]`` float32, metres, world space.
        normals: ``[V, 3]`` float32, unit.
        uvs: ``[V, 2]`` float32, origin at the top left of the material's image.
        triangles: ``[T, 3]`` uint32, counter-clockwise from outside.
        weights: Bone name (humanoid or spring bone) to ``[V]`` float32; the assembly keeps the
            largest four.
        morphs: Morph target name to ``[V, 3]`` float32 position offsets.
    """

    name: str
    material: str
    positions: Float = field(repr=False)
    normals: Float = field(repr=False)
    uvs: Float = field(repr=False)
    triangles: NDArray[np.uint32] = field(repr=False)
    weights: Mapping[str, Float] = field(repr=False)
    morphs: Mapping[str, Float] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SpringBones:
    """A chain of spring bones that a part brings along.

    Attributes:
        parent: Humanoid bone or earlier spring bone that the root hangs from.
        names: Bone names from root to tip, unique in the avatar.
        positions: ``[K, 3]`` rest positions in world space; the last is the bare tip.
        stiffness, drag, gravity_power, hit_radius: VRM 1.0 springBone values for the chain.
    """

    parent: str
    names: tuple[str, ...]
    positions: Float = field(repr=False)
    stiffness: float = 1.0
    drag: float = 0.4
    gravity_power: float = 0.2
    hit_radius: float = 0.01
