"""The connected pieces of a mesh: a strand of hair, a shoe, a buckle."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from udp_live.rig.rig import Mesh

WELD_DIGITS = 5  # of metres: vertices doubled at a seam of the texture are one point


def surface_pieces(mesh: Mesh) -> NDArray[np.int32]:
    """Return the piece that each triangle belongs to, ``[T]`` int32 from 0 on.

    Triangles are connected when they share a point in space, whatever their textures.
    """
    rounded = np.round(mesh.positions, WELD_DIGITS)
    _, point_of = np.unique(rounded, axis=0, return_inverse=True)
    corners = point_of.reshape(-1)[mesh.triangles.astype(np.int64)]
    if not len(corners):
        return np.zeros(0, np.int32)
    starts = np.concatenate((corners[:, 0], corners[:, 1]))
    ends = np.concatenate((corners[:, 1], corners[:, 2]))
    count = int(point_of.max()) + 1
    links = coo_matrix((np.ones(len(starts), np.int8), (starts, ends)), shape=(count, count))
    _, labels = connected_components(links, directed=False)
    _, pieces = np.unique(labels[corners[:, 0]], return_inverse=True)
    return np.asarray(pieces.reshape(-1), np.int32)
