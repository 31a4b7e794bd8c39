"""One character's head on another's body, where two rigs share their bones."""

import re
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from renderer.training.material_cells import triangles_of
from udp_live.rig.rig import Mesh, MeshPart, Rig

SAME_PLACE_M = 1e-3
LEAST_THINGS = 3  # that two rigs have in common: a head, a body, legs
_SIDES = re.compile(r"left|right")


def thing(part: MeshPart) -> str:
    """Return what a part is, by the last word of its name: ``Soldier_LegLeft`` is a ``leg``."""
    return _SIDES.sub("", part.name.lower().rsplit("_", 1)[-1])


def common_things(rig: Rig, donor: Rig) -> tuple[str, ...]:
    """Return what could be swapped between two rigs, nothing unless their bones agree."""
    if rig.mesh.morph_targets or donor.mesh.morph_targets or not _same_bones(rig, donor):
        return ()
    shared = {thing(part) for part in rig.mesh.parts} & {thing(part) for part in donor.mesh.parts}
    return tuple(sorted(shared)) if len(shared) >= LEAST_THINGS else ()


def with_swapped_parts(rig: Rig, donor: Rig, random: np.random.Generator) -> Rig:
    """Return the rig with some of its things replaced by the donor's; both stay as they are.

    Args:
        rig: Keeps its name, bones and at least one of the common things.
        donor: Has something in common with it, see ``common_things``.
        random: Draws what is swapped.
    """
    things = common_things(rig, donor)
    if not things:
        return rig
    count = int(random.integers(1, len(things)))
    taken = {things[place] for place in random.permutation(len(things))[:count]}
    kept = [part for part in rig.mesh.parts if thing(part) not in taken]
    given = [part for part in donor.mesh.parts if thing(part) in taken]
    mesh = _joined(rig.mesh, donor.mesh, _bone_numbers(rig, donor))
    runs, parts, first = [], [], 0
    for source, chosen, vertices, materials in (
        (rig.mesh, kept, 0, 0),
        (donor.mesh, given, len(rig.mesh.positions), len(rig.materials)),
    ):
        for part in chosen:
            runs.append(triangles_of(source, part) + np.uint32(vertices))
            parts.append(MeshPart(part.name, first, part.count, part.material + materials))
            first += part.count
    mesh = replace(mesh, triangles=np.concatenate(runs), parts=tuple(parts))
    return replace(rig, mesh=mesh, materials=(*rig.materials, *donor.materials))


def _same_bones(rig: Rig, donor: Rig) -> bool:
    ours, theirs = rig.skeleton, donor.skeleton
    if ours.humanoid.keys() != theirs.humanoid.keys():
        return False
    places = [
        ours.rest_positions[ours.humanoid[name]] - theirs.rest_positions[theirs.humanoid[name]]
        for name in ours.humanoid
    ]
    return bool(np.abs(places).max() < SAME_PLACE_M)


def _bone_numbers(rig: Rig, donor: Rig) -> NDArray[np.uint16]:
    """Return for each bone of the donor the rig's bone of this name, or of its nearest parent's."""
    number_of = {name: number for number, name in enumerate(rig.skeleton.names)}
    numbers = np.zeros(donor.skeleton.bone_count, np.uint16)
    for bone, name in enumerate(donor.skeleton.names):  # parents first
        parent = int(donor.skeleton.parents[bone])
        above = int(numbers[parent]) if parent >= 0 else 0
        numbers[bone] = number_of.get(name, above)
    return numbers


def _joined(ours: Mesh, theirs: Mesh, bones: NDArray[np.uint16]) -> Mesh:
    """Return the vertices of both meshes, with the triangles of the first."""
    return replace(
        ours,
        positions=np.concatenate((ours.positions, theirs.positions)),
        normals=np.concatenate((ours.normals, theirs.normals)),
        uvs=np.concatenate((ours.uvs, theirs.uvs)),
        joints=np.concatenate((ours.joints, bones[theirs.joints])),
        weights=np.concatenate((ours.weights, theirs.weights)),
    )
