"""Puts all parts of Yuzu on one skeleton: the rig that becomes ``proxy.glb``."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from avatar_app.default_avatar.body import body_parts
from avatar_app.default_avatar.body_textures import body_materials
from avatar_app.default_avatar.colliders import COLLIDERS, collider_group
from avatar_app.default_avatar.hands import hand_parts
from avatar_app.default_avatar.head import head_materials, head_parts, head_springs
from avatar_app.default_avatar.hood import hood_parts, hood_springs
from avatar_app.default_avatar.hoodie import hoodie_parts
from avatar_app.default_avatar.legs import leg_parts
from avatar_app.default_avatar.part import Part, SpringBones
from avatar_app.default_avatar.shoes import shoe_parts
from avatar_app.default_avatar.skeleton import CENTRE_BONES, EYE_Y, LEFT_BONES
from avatar_app.default_avatar.skirt import skirt_parts, skirt_springs
from avatar_app.default_avatar.tail import tail_parts, tail_springs
from udp_live.rig.rig import (
    Expression,
    LookAt,
    LookAtRange,
    Mesh,
    MeshPart,
    MorphTarget,
    Override,
    Rig,
    Skeleton,
    SpringChain,
    SpringCollider,
)

NAME = "Yuzu"
AUTHOR = "The Kigurumi maintainers"
LICENCE = "https://opensource.org/license/mit"

INFLUENCES = 4
STILL_M = 1e-6  # a smaller offset is no movement

# Each is driven by the morph target of its name; happy eyes are closed and its mouth is open.
EXPRESSIONS = (
    "browUp", "browDown", "smile", "aa", "ih", "ou", "ee", "oh", "blink", "blinkLeft",
    "blinkRight", "happy", "angry", "sad", "relaxed", "surprised",
)  # fmt: skip
MADE_OF = {"blink": ("blinkLeft", "blinkRight")}
BLOCKS_BLINK = frozenset({"happy"})
BLENDS_MOUTH = frozenset({"happy", "surprised"})


def body_and_head_parts() -> list[Part]:
    """Model everything."""
    return [
        *head_parts(), *body_parts(), *hand_parts(), *leg_parts(), *shoe_parts(), *skirt_parts(),
        *hoodie_parts(), *hood_parts(), *tail_parts(),
    ]  # fmt: skip


def build_rig() -> Rig:
    """Model Yuzu from nothing; every call gives the same rig."""
    springs = [*head_springs(), *hood_springs(), *skirt_springs(), *tail_springs()]
    skeleton = assemble_skeleton(springs)
    materials = {**head_materials(), **body_materials()}
    parts = body_and_head_parts()
    # what expressions move comes first, as a mesh of its own
    parts.sort(key=lambda part: not part.morphs)
    order = list(dict.fromkeys(part.material for part in parts))
    parts.sort(key=lambda part: order.index(part.material))
    mesh = assemble_mesh(parts, skeleton, order)
    return Rig(
        name=NAME,
        skeleton=skeleton,
        mesh=mesh,
        materials=tuple(materials[name] for name in order),
        expressions=_expressions([target.name for target in mesh.morph_targets]),
        look_at=_look_at(),
        springs=tuple(_spring_chain(spring, skeleton) for spring in springs),
        colliders=tuple(
            SpringCollider(skeleton.names.index(c.bone), c.offset, c.tail, c.radius)
            for c in COLLIDERS
        ),
        licence=LICENCE,
        author=AUTHOR,
    )


def _humanoid_bones() -> dict[str, tuple[str | None, NDArray[np.float64]]]:
    bones = {name: (parent, np.array(at)) for name, (parent, at) in CENTRE_BONES.items()}
    for name, (parent, at) in LEFT_BONES.items():
        bones[name] = (parent, np.array(at))
    for name, (parent, at) in LEFT_BONES.items():
        twin_parent = parent.replace("left", "right", 1) if parent.startswith("left") else parent
        bones[name.replace("left", "right", 1)] = (twin_parent, np.array(at) * (-1.0, 1.0, 1.0))
    return bones


def assemble_skeleton(springs: Sequence[SpringBones]) -> Skeleton:
    """Join humanoid and spring bones, parents first, then by depth and in order of mention."""
    bones = _humanoid_bones()
    humanoid = list(bones)
    for spring in springs:
        parent: str | None = spring.parent
        for name, at in zip(spring.names, spring.positions, strict=True):
            if name in bones:
                raise ValueError(f"two bones are called {name}")
            bones[name] = (parent, np.asarray(at, np.float64))
            parent = name
    depth: dict[str, int] = {}
    for name, (parent, _) in bones.items():
        depth[name] = 0 if parent is None else depth[parent] + 1
    names = sorted(bones, key=lambda name: depth[name])
    index = {name: k for k, name in enumerate(names)}
    parents = [bones[name][0] for name in names]
    return Skeleton(
        names=tuple(names),
        parents=np.array([-1 if p is None else index[p] for p in parents], np.int32),
        rest_positions=np.array([bones[name][1] for name in names], np.float32),
        humanoid={name: index[name] for name in humanoid},
    )


def assemble_mesh(parts: Sequence[Part], skeleton: Skeleton, materials: Sequence[str]) -> Mesh:
    """Join parts, sorted by material, into one mesh.

    Args:
        parts: Parts of equal material stand together.
        skeleton: Has every bone that a part names.
        materials: Names in the order of their indices.
    """
    starts = np.cumsum([0] + [len(part.positions) for part in parts])
    bound = [_influences(part.weights, skeleton) for part in parts]
    triangles = [p.triangles + np.uint32(s) for p, s in zip(parts, starts, strict=False)]
    return Mesh(
        positions=np.concatenate([part.positions for part in parts]),
        normals=np.concatenate([part.normals for part in parts]),
        uvs=np.concatenate([part.uvs for part in parts]),
        joints=np.concatenate([joints for joints, _ in bound]),
        weights=np.concatenate([weights for _, weights in bound]),
        triangles=np.concatenate(triangles),
        parts=_mesh_parts(parts, materials),
        morph_targets=_morph_targets(parts, starts),
    )


def _mesh_parts(parts: Sequence[Part], materials: Sequence[str]) -> tuple[MeshPart, ...]:
    """Return one run of triangles per material."""
    runs = []
    first = 0
    for index, material in enumerate(materials):
        count = sum(len(part.triangles) for part in parts if part.material == material)
        runs.append(MeshPart(name=material, first=first, count=count, material=index))
        first += count
    return tuple(runs)


def _influences(
    weights: Mapping[str, NDArray[np.float32]], skeleton: Skeleton
) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
    """Return the four strongest bones of each vertex ``[V, 4]`` and their shares."""
    bones = np.array([skeleton.names.index(name) for name in weights])
    table = np.stack(list(weights.values()), axis=1)
    if table.shape[1] < INFLUENCES:
        table = np.pad(table, ((0, 0), (0, INFLUENCES - table.shape[1])))
        bones = np.pad(bones, (0, INFLUENCES - len(bones)))
    strongest = np.argsort(-table, axis=1, kind="stable")[:, :INFLUENCES]
    shares = np.take_along_axis(table, strongest, axis=1)
    shares = shares / shares.sum(axis=1, keepdims=True)
    joints = np.where(shares > 0, bones[strongest], 0)
    return joints.astype(np.uint16), shares.astype(np.float32)


def _morph_targets(parts: Sequence[Part], starts: NDArray[np.int_]) -> tuple[MorphTarget, ...]:
    names = list(dict.fromkeys(name for part in parts for name in part.morphs))
    targets = []
    for name in names:
        vertices, offsets = [], []
        for part, start in zip(parts, starts, strict=False):
            if name in part.morphs:
                moved = np.flatnonzero(np.abs(part.morphs[name]).max(axis=1) > STILL_M)
                vertices.append(moved + start)
                offsets.append(part.morphs[name][moved])
        positions = np.concatenate(offsets).astype(np.float32)
        indices = np.concatenate(vertices).astype(np.uint32)
        targets.append(MorphTarget(name, indices, positions, np.zeros_like(positions)))
    return tuple(targets)


def _expressions(morphs: Sequence[str]) -> tuple[Expression, ...]:
    found = []
    for name in EXPRESSIONS:
        sources = (name,) if name in morphs else MADE_OF.get(name, ())
        binds = tuple((morphs.index(source), 1.0) for source in sources if source in morphs)
        found.append(
            Expression(
                name=name,
                morphs=binds,
                override_blink=Override.BLOCK if name in BLOCKS_BLINK else Override.NONE,
                override_mouth=Override.BLEND if name in BLENDS_MOUTH else Override.NONE,
            )
        )
    return tuple(found)


def _look_at() -> LookAt:
    """Return how far a gaze turns the large, flat eyes of a drawing."""
    far = math.radians(40.0)
    head = CENTRE_BONES["head"][1]
    return LookAt(
        kind="bone",
        offset_from_head=(0.0, EYE_Y - head[1], 0.06 - head[2]),
        inner=LookAtRange(far, math.radians(12.0)),
        outer=LookAtRange(far, math.radians(12.0)),
        down=LookAtRange(math.radians(30.0), math.radians(9.0)),
        up=LookAtRange(math.radians(30.0), math.radians(9.0)),
    )


def _spring_chain(spring: SpringBones, skeleton: Skeleton) -> SpringChain:
    count = len(spring.names)
    return SpringChain(
        bones=tuple(skeleton.names.index(name) for name in spring.names),
        hit_radii=(spring.hit_radius,) * count,
        stiffness=(spring.stiffness,) * count,
        gravity_power=(spring.gravity_power,) * count,
        drag=(spring.drag,) * count,
        colliders=collider_group(spring.names[0]),
    )
