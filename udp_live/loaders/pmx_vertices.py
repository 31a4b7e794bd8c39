"""The vertices of a PMX file, whose records differ in length by the kind of their weights."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.loaders.pmx_bytes import PmxBytes
from udp_live.loaders.pmx_model import PmxVertices

MAX_VERTICES = 3_000_000
FIXED_BYTES = 32  # position, normal, UV
MAX_COORDINATE = 1e5  # in MMD's unit of 8 cm

BDEF1, BDEF2, BDEF4, SDEF, QDEF = range(5)
# Kind of weights: bones, numbers. SDEF adds three points to BDEF2 that keep the volume of a bent
# elbow; it is read as BDEF2. QDEF is BDEF4 for dual quaternions; it is read as BDEF4.
KINDS = {BDEF1: (1, 0), BDEF2: (2, 1), BDEF4: (4, 4), SDEF: (2, 10), QDEF: (4, 4)}


def read_vertices(source: PmxBytes, uv_sets: int, bone_bytes: int) -> PmxVertices:
    """Read the vertex section.

    Args:
        source: At the section's count.
        uv_sets: Additional UVs of each vertex, which are skipped.
        bone_bytes: Size of a bone index.

    Raises:
        RigFormatError: It is truncated, absurdly long, or holds numbers that are none.
    """
    head = FIXED_BYTES + 16 * uv_sets
    least = head + 1 + bone_bytes + 4
    count = source.count(least, MAX_VERTICES, "vertices")
    starts, kinds = _record_starts(source, count, head, bone_bytes)
    fixed = source.gather(starts, np.dtype([("numbers", "<f4", (8,))]))["numbers"]
    if not (np.isfinite(fixed).all() and np.abs(fixed).max(initial=0.0) <= MAX_COORDINATE):
        raise source.error("has vertices at absurd places")
    bones = np.full((count, 4), -1, np.int64)
    weights = np.zeros((count, 4), np.float32)
    for kind, (bone_count, number_count) in KINDS.items():
        rows = np.flatnonzero(kinds == kind)
        layout = np.dtype(
            [("bones", f"<i{bone_bytes}", (bone_count,)), ("numbers", "<f4", (number_count,))]
        )
        records = source.gather(starts[rows] + head + 1, layout)
        bones[rows, :bone_count] = records["bones"]
        weights[rows, :bone_count] = _shares(records["numbers"], bone_count)
    if not np.isfinite(weights).all():
        raise source.error("has bone weights that are no numbers")
    return PmxVertices(
        positions=fixed[:, 0:3].astype(np.float32),
        normals=fixed[:, 3:6].astype(np.float32),
        uvs=fixed[:, 6:8].astype(np.float32),
        bones=bones,
        weights=np.clip(weights, 0.0, 1.0),
    )


def _record_starts(
    source: PmxBytes, count: int, head: int, bone_bytes: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Walk over the records; return where each begins in the file, and its kind."""
    lengths = {kind: bone_bytes * bones + 4 * numbers for kind, (bones, numbers) in KINDS.items()}
    starts, kinds = [], []
    for _ in range(count):
        starts.append(source.offset)
        source.take(head)
        kind = source.byte()
        if kind not in lengths:
            raise source.error(f"has a vertex with weights of unknown kind {kind}")
        kinds.append(kind)
        source.take(lengths[kind] + 4)  # the edge scale closes the record
    return np.array(starts, np.int64), np.array(kinds, np.int64)


def _shares(numbers: NDArray[Any], bone_count: int) -> NDArray[Any]:
    """Return the weight of each bone; two bones share a single number."""
    if bone_count == 4:
        return numbers
    first = numbers[:, :1] if bone_count == 2 else np.ones((len(numbers), 1), np.float32)
    shares: NDArray[Any] = np.concatenate((first, 1.0 - first), axis=1)[:, :bone_count]
    return shares
