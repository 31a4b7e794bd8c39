"""Other proportions for a rig: bone lengths, girth, the size of head, hands and feet."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import vec_normalize
from udp_live.rig.rig import MorphTarget, Rig, Skeleton

Float = NDArray[np.float32]

# Bone to the bone it points at; stretched along this line.
POINTS_AT: Mapping[str, str] = {
    f"{side}{bone}": f"{side}{target}"
    for side in ("left", "right")
    for bone, target in (
        ("UpperArm", "LowerArm"),
        ("LowerArm", "Hand"),
        ("UpperLeg", "LowerLeg"),
        ("LowerLeg", "Foot"),
    )
}
TORSO = ("hips", "spine", "chest", "upperChest", "neck")
# The widest draw about 1, on a logarithmic scale, for ``random_proportions(..., amount=1)``.
SPREADS: Mapping[str, float] = {
    "head": 0.30,
    "arm_length": 0.14,
    "leg_length": 0.22,
    "torso_length": 0.14,
    "girth": 0.20,
    "hand": 0.25,
    "foot": 0.25,
}


@dataclass(frozen=True, slots=True)
class Proportions:
    """Factors on a rig's own measures.

    Attributes:
        head, hand, foot: Size of the part with all that hangs from it.
        arm_length, leg_length, torso_length: Along the bones.
        girth: Across the bones of limbs and torso.
    """

    head: float = 1.0
    arm_length: float = 1.0
    leg_length: float = 1.0
    torso_length: float = 1.0
    girth: float = 1.0
    hand: float = 1.0
    foot: float = 1.0


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Each bone's affine change of the rest pose: ``p -> matrix (p - rest) + moved``."""

    matrices: Float = field(repr=False)  # [J, 3, 3]
    moved: Float = field(repr=False)  # [J, 3] the new rest positions


def random_proportions(random: np.random.Generator, amount: float = 1.0) -> Proportions:
    """Draw proportions; ``amount`` scales how far they lie from the rig's own."""
    factors = {
        name: float(np.exp(amount * spread * random.uniform(-1, 1)))
        for name, spread in SPREADS.items()
    }
    return Proportions(**factors)


def with_proportions(rig: Rig, proportions: Proportions) -> Rig:
    """Return the rig with other proportions: skeleton, mesh and morph targets agree.

    Every bone stretches what is bound to it in the rest pose, and moves its children along, so
    that neighbours meet at the joints; vertices between bones take the mean by skin weight.
    """
    stretch = _stretch(rig.skeleton, proportions)
    mesh = rig.mesh
    blended = np.zeros((len(mesh.positions), 3, 3), np.float32)
    positions = np.zeros_like(mesh.positions)
    for slot in range(4):
        bones, weights = mesh.joints[:, slot], mesh.weights[:, slot, None]
        matrices = stretch.matrices[bones]
        offsets = mesh.positions - rig.skeleton.rest_positions[bones]
        blended += weights[:, :, None] * matrices
        positions += weights * (np.einsum("vij,vj->vi", matrices, offsets) + stretch.moved[bones])
    normals = np.einsum("vji,vj->vi", np.linalg.inv(blended), mesh.normals)
    targets = tuple(_stretched_target(target, blended) for target in mesh.morph_targets)
    return replace(
        rig,
        skeleton=replace(rig.skeleton, rest_positions=stretch.moved),
        mesh=replace(
            mesh,
            positions=positions.astype(np.float32),
            normals=np.asarray(vec_normalize(normals), np.float32),
            morph_targets=targets,
        ),
    )


def _stretched_target(target: MorphTarget, blended: Float) -> MorphTarget:
    offsets = np.einsum("vij,vj->vi", blended[target.vertices], target.position_offsets)
    return replace(target, position_offsets=offsets.astype(np.float32))


def _stretch(skeleton: Skeleton, proportions: Proportions) -> _Stretch:
    own = _own_matrices(skeleton, proportions)
    rest = skeleton.rest_positions
    matrices = np.tile(np.eye(3, dtype=np.float32), (skeleton.bone_count, 1, 1))
    moved = rest.copy()
    for bone, parent in enumerate(skeleton.parents):  # parents first
        if parent >= 0:
            matrices[bone] = matrices[parent]
            moved[bone] = matrices[parent] @ (rest[bone] - rest[parent]) + moved[parent]
        if bone in own:
            matrices[bone] = own[bone]
    return _Stretch(matrices, moved.astype(np.float32))


def _own_matrices(skeleton: Skeleton, proportions: Proportions) -> dict[int, Float]:
    """Return the matrices of bones that do not simply follow their parent."""
    humanoid, rest = skeleton.humanoid, skeleton.rest_positions
    identity = np.eye(3, dtype=np.float32)
    across = proportions.girth
    torso = np.diag((across, proportions.torso_length, across)).astype(np.float32)
    own = {humanoid[name]: torso for name in TORSO if name in humanoid}
    for side in ("left", "right"):
        for name, factor in (("Hand", proportions.hand), ("Foot", proportions.foot)):
            if side + name in humanoid:
                own[humanoid[side + name]] = identity * np.float32(factor)
    for name, target in POINTS_AT.items():
        if name in humanoid and target in humanoid:
            line = vec_normalize(rest[humanoid[target]] - rest[humanoid[name]])
            length = proportions.arm_length if "Arm" in name else proportions.leg_length
            along = np.outer(line, line) * (length - across)
            own[humanoid[name]] = (identity * across + along).astype(np.float32)
    if "head" in humanoid:
        own[humanoid["head"]] = identity * np.float32(proportions.head)
    return own
