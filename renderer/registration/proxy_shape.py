"""Another shape for a proxy whose bits keep their names: vertices move, landmarks stay."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from udp_live.rig.landmarks import canonical_landmarks, canonical_pose
from udp_live.rig.rig import Rig
from udp_live.rig.skinning import joint_matrices

Float = NDArray[np.float32]

LEAST_DETERMINANT = 0.1  # a blend of bones that folds a vertex up cannot be undone


def reshaped(rig: Rig, moves: NDArray[np.float64]) -> Rig:
    """Return the rig with its surface moved; bones, weights, expressions and landmarks stay.

    Args:
        rig: The proxy.
        moves: ``[V, 3]`` metres, in the canonical A-pose.
    """
    landmarks = canonical_landmarks(rig)
    linear = _blended_turns(rig).astype(np.float64)
    bent = np.abs(np.linalg.det(linear)) < LEAST_DETERMINANT
    linear[bent] = np.eye(3)
    rest = np.linalg.solve(linear, np.asarray(moves, np.float64)[..., None])[..., 0]
    positions = (rig.mesh.positions + rest).astype(np.float32)
    return replace(rig, mesh=replace(rig.mesh, positions=positions, landmarks=landmarks))


def _blended_turns(rig: Rig) -> Float:
    """Return ``[V, 3, 3]``, how skinning turns each vertex from rest to the canonical A-pose."""
    matrices = joint_matrices(rig, canonical_pose(rig))[:, :3, :3]
    blended = np.zeros((len(rig.mesh.positions), 3, 3), np.float32)
    for slot in range(4):
        blended += rig.mesh.weights[:, slot, None, None] * matrices[rig.mesh.joints[:, slot]]
    return blended
