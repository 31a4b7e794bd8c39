"""Landmarks for places of a drawing that its UDP leaves out."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, find_objects, label
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import spsolve

from renderer.guided.surface import JUMP_STEPS, square_length, typical_step

Float = NDArray[np.float32]
Bool = NDArray[np.bool_]

STRIP = 0.012  # heights; what the rim of a figure lacks at most is the surface next to it
WIDEST_HOLE = 0.12  # heights from rim to rim; what fills a wider one is too much of a guess
MOST_HOLE_PX = 300_000  # the bridge solves one equation per pixel: seconds
MOST_JUMPS = 0.04  # of a hole's rim: more of them, and several surfaces meet in it
RIM_PX = 3
FACES = ((0, 1), (1, 0), (0, -1), (-1, 0))


def within_drawing(udp: Float, drawn: Bool) -> Float:
    """Return the UDP as far as the drawing reaches, its gaps closed where that is safe.

    Args:
        udp: ``[H, W, 4]`` float32.
        drawn: ``[H, W]``, where the drawing shows the figure.

    Returns:
        ``[H, W, 4]`` float32. Holes that one smooth surface surrounds are bridged by it, strips
        along the rim get the landmark next to them.
    """
    closed = np.where(drawn[..., None], udp, np.float32(0))
    occupied = closed[..., 3] > 0.5
    if not occupied.any():
        return closed
    height = drawn.shape[0]
    jumps = _jumps(closed, occupied)
    pieces, _ = label(drawn & ~occupied)
    depth = distance_transform_edt(~occupied)
    for number, box in enumerate(_boxes(pieces, RIM_PX + 1), start=1):
        piece = pieces[box] == number
        deepest = float(depth[box][piece].max())
        is_narrow = STRIP * height < deepest <= WIDEST_HOLE / 2 * height
        if is_narrow and piece.sum() <= MOST_HOLE_PX:
            _bridge(closed[box], piece, jumps[box])
    occupied = closed[..., 3] > 0.5
    depth, nearest = distance_transform_edt(~occupied, return_indices=True)
    strip = drawn & ~occupied & (depth <= STRIP * height)
    closed[strip] = closed[nearest[0][strip], nearest[1][strip]]
    return closed


def _jumps(udp: Float, occupied: Bool) -> Bool:
    """Mark occupied pixels next to another surface."""
    landmark = udp[..., :3].transpose(2, 0, 1)
    jump = (JUMP_STEPS * typical_step(landmark, occupied)) ** 2
    marked = np.zeros(occupied.shape, np.bool_)
    right = square_length(landmark[:, :, 1:] - landmark[:, :, :-1]) > jump
    right &= occupied[:, 1:] & occupied[:, :-1]
    below = square_length(landmark[:, 1:] - landmark[:, :-1]) > jump
    below &= occupied[1:] & occupied[:-1]
    marked[:, 1:] |= right
    marked[1:] |= below
    return marked


def _boxes(pieces: NDArray[np.int32], margin: int) -> list[tuple[slice, slice]]:
    """Return the rows and columns of each piece with a margin around it."""
    return [
        (
            slice(max(rows.start - margin, 0), rows.stop + margin),
            slice(max(columns.start - margin, 0), columns.stop + margin),
        )
        for rows, columns in find_objects(pieces)
    ]


def _bridge(udp: Float, hole: Bool, jumps: Bool) -> None:
    """Fill a hole in place by an affine map of its rim, bent to meet the rim."""
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RIM_PX + 1,) * 2)
    rim = (cv2.dilate(hole.astype(np.uint8), disk) > 0) & ~hole & (udp[..., 3] > 0.5)
    if rim.sum() < 16 or jumps[rim].mean() > MOST_JUMPS / RIM_PX:
        return
    rows, columns = np.nonzero(rim)
    plane = np.stack([np.ones(len(rows)), columns, rows], 1)
    known = udp[rows, columns, :3].astype(np.float64)
    affine = np.linalg.lstsq(plane, known, rcond=None)[0]
    rest = np.zeros((*udp.shape[:2], 3))
    rest[rows, columns] = known - plane @ affine
    rows, columns = np.nonzero(hole)
    plane = np.stack([np.ones(len(rows)), columns, rows], 1)
    udp[rows, columns, :3] = plane @ affine + _membrane(rest, hole, rim)
    udp[rows, columns, 3] = 1


def _membrane(rest: NDArray[np.float64], hole: Bool, rim: Bool) -> NDArray[np.float64]:
    """Return values ``[N, 3]`` in the hole, each the mean of its neighbours in hole and rim."""
    number = np.full(hole.shape, -1)
    rows, columns = np.nonzero(hole)
    number[rows, columns] = np.arange(len(rows))
    degree, right = np.full(len(rows), 1e-6), np.zeros((len(rows), 3))
    ones, twos = [], []
    for dy, dx in FACES:
        y = np.clip(rows + dy, 0, hole.shape[0] - 1)
        x = np.clip(columns + dx, 0, hole.shape[1] - 1)
        inner, outer = number[y, x] >= 0, rim[y, x]
        degree += inner | outer
        right[outer] += rest[y, x][outer]
        ones.append(np.flatnonzero(inner))
        twos.append(number[y, x][inner])
    one, two = np.concatenate(ones), np.concatenate(twos)
    size = len(rows)
    matrix = csr_matrix((-np.ones(len(one)), (one, two)), (size, size))
    matrix = (matrix + csr_matrix((degree, (range(size), range(size))), (size, size))).tocsc()
    return np.asarray(spsolve(matrix, right)).reshape(size, 3)
