"""What a PMX or PMD file says, in its own units and axes (left-handed, facing -Z)."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Vector = tuple[float, float, float]

BONE_FOLLOWED, BONE_DYNAMIC, BONE_DYNAMIC_PLACED = 0, 1, 2  # PmxBody.mode
SPHERE, BOX, CAPSULE = 0, 1, 2  # PmxBody.shape


@dataclass(frozen=True, slots=True)
class PmxVertices:
    """All vertices.

    Attributes:
        positions, normals: ``[V, 3]`` float32.
        uvs: ``[V, 2]`` float32, origin at the top left of the image.
        bones: ``[V, 4]`` int64, -1 where a slot is free.
        weights: ``[V, 4]`` float32, as in the file.
    """

    positions: Float = field(repr=False)
    normals: Float = field(repr=False)
    uvs: Float = field(repr=False)
    bones: NDArray[np.int64] = field(repr=False)
    weights: Float = field(repr=False)


@dataclass(frozen=True, slots=True)
class PmxMaterial:
    """A material and how many of the vertex indices it covers; ``texture`` -1 is none."""

    name: str
    diffuse: tuple[float, float, float, float]
    ambient: Vector
    double_sided: bool
    has_edge: bool
    texture: int
    index_count: int


@dataclass(frozen=True, slots=True)
class PmxBone:
    """A bone.

    Attributes:
        name, english: Both may be empty.
        position: At rest.
        parent: -1 for a root.
        tail: Index of the bone it points at, or -1.
        tail_offset: Where it points when ``tail`` is -1.
        append_source: Bone whose rotation is added to its own, or -1.
        append_ratio: Share of that rotation.
        ik_links: Bones that this bone's IK solver turns, if it is the goal of one.
    """

    name: str
    english: str
    position: Vector
    parent: int
    tail: int = -1
    tail_offset: Vector = (0.0, 0.0, 0.0)
    append_source: int = -1
    append_ratio: float = 0.0
    ik_links: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PmxMorph:
    """A vertex morph (``vertices`` and ``offsets``) or a group morph (``members``).

    Attributes:
        name, english: Both may be empty.
        vertices: ``[M]`` int64.
        offsets: ``[M, 3]`` float32.
        members: (morph, share).
    """

    name: str
    english: str
    vertices: NDArray[np.int64] | None = field(default=None, repr=False)
    offsets: Float | None = field(default=None, repr=False)
    members: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class PmxBody:
    """A rigid body; ``rotation`` is Euler angles in radians, applied y, x, z."""

    bone: int
    group: int
    collides_with: int
    shape: int
    size: Vector
    position: Vector
    rotation: Vector
    linear_damping: float
    angular_damping: float
    mode: int


@dataclass(frozen=True, slots=True)
class PmxJoint:
    """A joint between two rigid bodies and the angles that it allows, radians."""

    body_a: int
    body_b: int
    low_angles: Vector
    high_angles: Vector


@dataclass(frozen=True, slots=True)
class PmxModel:
    """A whole file; indices between its parts are checked.

    Attributes:
        comment: Author and terms of use, in free words.
        triangles: ``[T, 3]`` int64 vertex indices, clockwise seen from outside.
        textures: Paths relative to the model, as written.
    """

    name: str
    comment: str
    vertices: PmxVertices
    triangles: NDArray[Any] = field(repr=False)
    textures: tuple[str, ...]
    materials: tuple[PmxMaterial, ...]
    bones: tuple[PmxBone, ...]
    morphs: tuple[PmxMorph, ...]
    bodies: tuple[PmxBody, ...]
    joints: tuple[PmxJoint, ...]
