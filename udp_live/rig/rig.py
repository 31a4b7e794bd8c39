"""The rig: everything about an avatar's body that does not change while it moves.

Loaders bake their file into one simple form, so that nothing after a loader asks again:

* Space is right-handed, +Y up, the avatar faces +Z, metres, feet near y = 0.
* Vertices are stored in the rest pose in that space; node scales and bind matrices are
  already applied.
* A bone is a rest position and a parent; its rest axes are the world's axes. A pose rotation
  is therefore given in world-aligned local axes, alike for every rig (the "normalised"
  humanoid of VRM 0.x). Joint matrix of bone j: ``T(posed_j) @ R_global_j @ T(-rest_j)``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Bones in an order where every parent comes before its children.

    Attributes:
        names: One name per bone, unique.
        parents: ``[J]`` int32, index of the parent, -1 for a root.
        rest_positions: ``[J, 3]`` float32, metres, world space.
        humanoid: VRM humanoid bone name (``hips``, ``leftUpperArm`` ...) to bone index.
    """

    names: tuple[str, ...]
    parents: NDArray[np.int32] = field(repr=False)
    rest_positions: Float = field(repr=False)
    humanoid: Mapping[str, int] = field(repr=False)

    def __post_init__(self) -> None:
        count = len(self.names)
        if self.parents.shape != (count,) or self.rest_positions.shape != (count, 3):
            raise ValueError(
                f"unexpected skeleton shapes: parents {self.parents.shape}, rest_positions "
                f"{self.rest_positions.shape} for {count} bones"
            )
        if np.any(self.parents >= np.arange(count)):
            raise ValueError("a bone comes before its parent")

    @property
    def bone_count(self) -> int:
        """Number of bones J."""
        return len(self.names)


class AlphaMode(Enum):
    """How a material treats its alpha (glTF 2.0, section 3.9.4)."""

    OPAQUE = "OPAQUE"
    MASK = "MASK"
    BLEND = "BLEND"


@dataclass(frozen=True, slots=True)
class Material:
    """A toon material, the part of MToon that changes the look of a flat drawing.

    Attributes:
        name: As in the file.
        base_color: RGBA in [0, 1], sRGB (converted from glTF's linear), times the image.
        image: ``[H, W, 4]`` uint8 straight sRGB RGBA, row 0 on top, or None.
        alpha_mode: See AlphaMode. BLEND is drawn as MASK at 0.5 in a UDP pass.
        alpha_cutoff: For MASK.
        double_sided: Back faces are drawn too.
        shade_color: RGB multiplier in shadow, sRGB (MToon shade colour over base colour).
        lit: False paints the base colour alone: eyes, mouth interior, decals.
        inked: False keeps the toon pass from drawing outlines around this material.
    """

    name: str
    base_color: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    image: NDArray[np.uint8] | None = field(default=None, repr=False)
    alpha_mode: AlphaMode = AlphaMode.OPAQUE
    alpha_cutoff: float = 0.5
    double_sided: bool = False
    shade_color: tuple[float, float, float] = (0.86, 0.80, 0.88)
    lit: bool = True
    inked: bool = True


@dataclass(frozen=True, slots=True)
class MorphTarget:
    """Sparse vertex offsets.

    Attributes:
        name: Unique in the mesh.
        vertices: ``[M]`` uint32, indices of moved vertices, ascending.
        position_offsets: ``[M, 3]`` float32, metres, rest pose.
        normal_offsets: ``[M, 3]`` float32.
    """

    name: str
    vertices: NDArray[np.uint32] = field(repr=False)
    position_offsets: Float = field(repr=False)
    normal_offsets: Float = field(repr=False)


@dataclass(frozen=True, slots=True)
class MeshPart:
    """A run of triangles that share a material: ``triangles[first : first + count]``."""

    name: str
    first: int
    count: int
    material: int


@dataclass(frozen=True, slots=True)
class Mesh:
    """All triangles of an avatar in one set of arrays.

    Attributes:
        positions: ``[V, 3]`` float32, rest pose, metres.
        normals: ``[V, 3]`` float32, unit.
        uvs: ``[V, 2]`` float32, glTF convention (origin at the top left of the image).
        joints: ``[V, 4]`` uint16, bone indices.
        weights: ``[V, 4]`` float32, rows sum to 1.
        triangles: ``[T, 3]`` uint32, counter-clockwise seen from outside.
        parts: Cover all triangles in order.
        morph_targets: Any number, in no particular order.
        landmarks: ``[V, 3]`` float32 in [0, 1], names of the vertices that they keep although they
            were moved since; None where a vertex is called by its place in the canonical A-pose.
    """

    positions: Float = field(repr=False)
    normals: Float = field(repr=False)
    uvs: Float = field(repr=False)
    joints: NDArray[np.uint16] = field(repr=False)
    weights: Float = field(repr=False)
    triangles: NDArray[np.uint32] = field(repr=False)
    parts: tuple[MeshPart, ...]
    morph_targets: tuple[MorphTarget, ...] = field(default=(), repr=False)
    landmarks: Float | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        count = len(self.positions)
        shapes = {
            "positions": (self.positions.shape, (count, 3)),
            "normals": (self.normals.shape, (count, 3)),
            "uvs": (self.uvs.shape, (count, 2)),
            "joints": (self.joints.shape, (count, 4)),
            "weights": (self.weights.shape, (count, 4)),
            "triangles": (self.triangles.shape, (len(self.triangles), 3)),
        }
        if self.landmarks is not None:
            shapes["landmarks"] = (self.landmarks.shape, (count, 3))
        for name, (found, expected) in shapes.items():
            if found != expected:
                raise ValueError(f"unexpected {name} shape: {found} != {expected}")


class Override(Enum):
    """What an active expression does to blinks, gaze or mouth shapes (VRM 1.0 expressions)."""

    NONE = "none"
    BLOCK = "block"
    BLEND = "blend"


@dataclass(frozen=True, slots=True)
class Expression:
    """A face control of the avatar: VRM preset name or a custom one.

    Attributes:
        name: VRM 1.0 preset (``blinkLeft``, ``aa``, ``happy`` ...) or the file's custom name.
        morphs: (index into ``Mesh.morph_targets``, weight at 1.0).
        is_binary: Weights above 0.5 count as 1, others as 0.
        override_blink: Effect on ``blink``, ``blinkLeft``, ``blinkRight``.
        override_look_at: Effect on gaze.
        override_mouth: Effect on ``aa ih ou ee oh``.
    """

    name: str
    morphs: tuple[tuple[int, float], ...]
    is_binary: bool = False
    override_blink: Override = Override.NONE
    override_look_at: Override = Override.NONE
    override_mouth: Override = Override.NONE


@dataclass(frozen=True, slots=True)
class LookAtRange:
    """Map a gaze angle to an effect: linear up to ``input_max_rad``, then constant."""

    input_max_rad: float
    output: float


@dataclass(frozen=True, slots=True)
class LookAt:
    """How gaze moves the eyes (VRM 1.0 lookAt).

    Attributes:
        kind: ``bone`` turns the eye bones, ``expression`` drives ``lookUp`` and its siblings.
        offset_from_head: Eye level relative to the head bone, metres.
        inner, outer, down, up: For ``bone`` the output is radians, otherwise a weight.
    """

    kind: str
    offset_from_head: tuple[float, float, float]
    inner: LookAtRange
    outer: LookAtRange
    down: LookAtRange
    up: LookAtRange


@dataclass(frozen=True, slots=True)
class SpringCollider:
    """A sphere, or a capsule when ``tail`` differs from ``offset``, fixed to a bone.

    Offsets are metres in the bone's rest axes.
    """

    bone: int
    offset: tuple[float, float, float]
    tail: tuple[float, float, float]
    radius: float


@dataclass(frozen=True, slots=True)
class SpringChain:
    """One VRM spring: a chain of bones from root to tip.

    Attributes:
        bones: ``[K]`` indices, each the child of the one before; the last may be a bare end.
        hit_radii, stiffness, gravity_power, drag: One value per bone (VRM 1.0 springBone).
        gravity_direction: Unit vector, world space.
        colliders: Indices into ``Rig.colliders``.
    """

    bones: tuple[int, ...]
    hit_radii: tuple[float, ...]
    stiffness: tuple[float, ...]
    gravity_power: tuple[float, ...]
    drag: tuple[float, ...]
    gravity_direction: tuple[float, float, float] = (0.0, -1.0, 0.0)
    colliders: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Rig:
    """A skeleton, the mesh bound to it, and the controls a performer has over both."""

    name: str
    skeleton: Skeleton
    mesh: Mesh
    materials: tuple[Material, ...]
    expressions: tuple[Expression, ...] = ()
    look_at: LookAt | None = None
    springs: tuple[SpringChain, ...] = ()
    colliders: tuple[SpringCollider, ...] = ()
    licence: str = ""
    author: str = ""

    def expression_index(self, name: str) -> int | None:
        """Return the index of an expression by name, or None when the rig lacks it."""
        for index, expression in enumerate(self.expressions):
            if expression.name == name:
                return index
        return None
