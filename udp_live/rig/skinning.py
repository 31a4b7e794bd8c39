"""Forward kinematics and linear blend skinning, the numpy twin of the vertex shader."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from udp_live.linalg import quat_multiply, quat_rotate, quat_to_matrix, vec_normalize
from udp_live.rig.expressions import gaze_rotations, morph_weights
from udp_live.rig.rig import Rig, Skeleton
from udp_live.types import RigPose

Float = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PosedSkeleton:
    """All bones of a skeleton in world space at one moment.

    Attributes:
        rotations: ``[J, 4]`` float32 xyzw, turn from the rest pose, world axes.
        positions: ``[J, 3]`` float32, metres.
    """

    rotations: Float = field(repr=False)
    positions: Float = field(repr=False)


def posed_joints(skeleton: Skeleton, pose: RigPose) -> PosedSkeleton:
    """Accumulate local rotations down the skeleton (forward kinematics).

    Every bone composes with its ancestor at distance 1, 2, 4, 8 ..., all bones at once, so the
    cost grows with the logarithm of the skeleton's depth. Gaze is not applied here.
    """
    parents = skeleton.parents
    has_parent = (parents >= 0)[:, None]
    rotations = pose.bone_rotations
    rest = skeleton.rest_positions
    positions = np.where(has_parent, rest - rest[parents], rest)
    positions[skeleton.humanoid["hips"]] += pose.root_translation
    ancestors = parents
    while True:
        moved = np.flatnonzero(ancestors >= 0)
        if not len(moved):
            return PosedSkeleton(vec_normalize(rotations), positions)
        above = ancestors[moved]
        turned = quat_rotate(rotations[above], positions[moved]) + positions[above]
        composed = quat_multiply(rotations[above], rotations[moved])
        rotations, positions = rotations.copy(), positions.copy()
        rotations[moved] = composed
        positions[moved] = turned
        ancestors = ancestors.copy()
        ancestors[moved] = ancestors[above]


def joint_matrices(rig: Rig, pose: RigPose) -> Float:
    """Return ``[J, 4, 4]`` float32 matrices from rest to posed world space, gaze included."""
    rotations = gaze_rotations(rig, pose)
    gazed = RigPose(rotations, pose.root_translation, pose.expression_weights, pose.gaze)
    posed = posed_joints(rig.skeleton, gazed)
    matrices = np.zeros((rig.skeleton.bone_count, 4, 4), np.float32)
    matrices[:, :3, :3] = quat_to_matrix(posed.rotations)
    turned_rest = quat_rotate(posed.rotations, rig.skeleton.rest_positions)
    matrices[:, :3, 3] = posed.positions - turned_rest
    matrices[:, 3, 3] = 1.0
    return matrices


def morphed_vertices(rig: Rig, pose: RigPose) -> tuple[Float, Float]:
    """Return rest-pose ``[V, 3]`` positions and unnormalised normals with expressions applied."""
    positions, normals = rig.mesh.positions.copy(), rig.mesh.normals.copy()
    for target, weight in zip(rig.mesh.morph_targets, morph_weights(rig, pose), strict=True):
        if weight != 0.0:
            positions[target.vertices] += weight * target.position_offsets
            normals[target.vertices] += weight * target.normal_offsets
    return positions, normals


def skin_vertices(rig: Rig, pose: RigPose) -> tuple[Float, Float]:
    """Pose the mesh: morph targets first, then linear blend skinning.

    Returns:
        ``[V, 3]`` float32 world positions in metres, and ``[V, 3]`` float32 unit normals.
    """
    positions, normals = morphed_vertices(rig, pose)
    matrices = joint_matrices(rig, pose)[:, :3, :]
    blended = np.zeros((len(positions), 3, 4), np.float32)
    for slot in range(4):
        weights = rig.mesh.weights[:, slot, None, None]
        blended += weights * matrices[rig.mesh.joints[:, slot]]
    posed = np.einsum("vij,vj->vi", blended[:, :, :3], positions) + blended[:, :, 3]
    turned = np.einsum("vij,vj->vi", blended[:, :, :3], normals)
    return posed, vec_normalize(turned)
