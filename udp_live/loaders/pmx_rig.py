"""Turns an MMD model into a ``Rig``."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from udp_live.errors import RigFormatError
from udp_live.linalg import vec_normalize
from udp_live.loaders.guessed_gaze import guessed_look_at
from udp_live.loaders.pmx_bones import TO_WORLD, PmxBones, folded_weights
from udp_live.loaders.pmx_expressions import read_expressions
from udp_live.loaders.pmx_materials import TextureShelf, is_hidden, read_material
from udp_live.loaders.pmx_model import PmxModel
from udp_live.loaders.pmx_skeleton import PmxSkeleton
from udp_live.loaders.pmx_springs import read_springs
from udp_live.loaders.rig_placement import placed_rig
from udp_live.rig.rig import Material, Mesh, MeshPart, Rig

MAX_REACH_M = 1000.0
LONGEST_COMMENT = 2000
MIRROR_Z = np.array((1.0, 1.0, -1.0), np.float32)


@dataclass(frozen=True, slots=True)
class _Surface:
    """The visible triangles.

    Attributes:
        triangles: ``[T, 3]`` int64 in the vertices that are kept, counter-clockwise.
        kept: ``[K]`` vertices of the file that they use, ascending.
        new_index: ``[V]`` place in ``kept``, or -1.
        parts: By material, which are numbered anew.
        materials: In the order of ``parts``.
    """

    triangles: NDArray[np.int64] = field(repr=False)
    kept: NDArray[np.int64] = field(repr=False)
    new_index: NDArray[np.int64] = field(repr=False)
    parts: tuple[MeshPart, ...]
    materials: tuple[Material, ...]


def rig_of_model(model: PmxModel, path: Path) -> Rig:
    """Build the rig of an MMD model.

    SDEF weights are read as BDEF2. Bones, morphs and physics are translated as ``pmx_bones``,
    ``pmx_expressions`` and ``pmx_springs`` say.

    Args:
        model: As read.
        path: The file that it was read from; its textures lie beside it.

    Raises:
        RigFormatError: The model lacks what an avatar needs.
    """
    bones = PmxBones(model.bones, str(path))
    surface = _surface(model, path)
    source = model.vertices
    joints, weights = folded_weights(
        source.bones[surface.kept], source.weights[surface.kept], bones.shares
    )
    skinned = {int(bone) for bone in np.unique(joints)}
    springs = read_springs(model, bones, skinned)
    skeleton = PmxSkeleton(bones, skinned, springs)
    targets, expressions = read_expressions(model, surface.new_index)
    index = np.zeros(len(model.bones), np.uint16)
    index[list(skeleton.index)] = list(skeleton.index.values())
    rig = Rig(
        name=model.name.strip() or path.stem,
        skeleton=skeleton.skeleton([bone.name or bone.english for bone in model.bones]),
        mesh=Mesh(
            positions=(source.positions[surface.kept] * TO_WORLD).astype(np.float32),
            normals=_normals(source.normals[surface.kept]),
            uvs=source.uvs[surface.kept],
            joints=index[joints],
            weights=weights,
            triangles=surface.triangles.astype(np.uint32),
            parts=surface.parts,
            morph_targets=targets,
        ),
        materials=surface.materials,
        expressions=expressions,
        look_at=guessed_look_at(bones.humanoid, {expression.name for expression in expressions}),
        springs=skeleton.springs(),
        colliders=skeleton.colliders(),
        licence=model.comment.strip()[:LONGEST_COMMENT],
    )
    _check_reach(rig, path)
    return placed_rig(rig, turned=False, free_scale=True)


def _surface(model: PmxModel, path: Path) -> _Surface:
    """Collect what can be seen, material by material."""
    shelf = TextureShelf(path, model.textures)
    runs: list[NDArray[np.int64]] = []
    parts: list[MeshPart] = []
    materials: list[Material] = []
    first = placed = 0
    for source in model.materials:
        count = source.index_count // 3
        run = model.triangles[first : first + count]
        first += count
        if is_hidden(source) or not count:
            continue
        parts.append(MeshPart(source.name, placed, count, len(materials)))
        uvs = model.vertices.uvs[run].mean(axis=1)
        materials.append(read_material(source, shelf.image(source.texture), uvs))
        runs.append(run[:, ::-1])  # the mirror turned clockwise around
        placed += count
    if not runs:
        raise RigFormatError(f"{path}: shows nothing; all its materials are transparent")
    triangles = np.concatenate(runs)
    kept = np.unique(triangles)
    new_index = np.full(len(model.vertices.positions), -1, np.int64)
    new_index[kept] = np.arange(len(kept))
    return _Surface(new_index[triangles], kept, new_index, tuple(parts), tuple(materials))


def _normals(normals: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mirror normals; those of no length point up."""
    unit = vec_normalize(np.clip(normals, -1e3, 1e3) * MIRROR_Z)
    unit[np.abs(unit).max(axis=1, initial=0.0) < 0.1] = (0.0, 1.0, 0.0)
    return np.asarray(unit, np.float32)


def _check_reach(rig: Rig, path: Path) -> None:
    """Refuse models that no unit of length explains."""
    offsets = [target.position_offsets for target in rig.mesh.morph_targets]
    for points in (rig.mesh.positions, rig.skeleton.rest_positions, *offsets):
        if points.size and not np.abs(points).max() <= MAX_REACH_M:
            raise RigFormatError(f"{path}: has vertices or bones at absurd distances; repair it")
