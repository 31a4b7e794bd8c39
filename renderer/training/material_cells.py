"""Split the materials of a rig until each has one colour and its own vertices.

Many small models paint everything with one image of colour swatches. Split by swatch, hair and
boots become materials of their own, which can be recoloured apart and carry patterns.
"""

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from udp_live.rig.rig import Material, Mesh, MeshPart, MorphTarget, Rig

SWATCH_SPAN = 0.02  # a triangle that covers less of an image in both directions shows one swatch
SWATCH_MATERIAL_SHARE = 0.8  # of a material's triangles that do
HUE_BINS = 10
GREY_SATURATION = 0.18
MIN_CELL_SHARE = 0.004  # of the material's triangles; smaller cells stay with the largest


def with_material_cells(rig: Rig) -> Rig:
    """Return the same picture of the rig with more materials, none of which share vertices."""
    materials: list[Material] = []
    parts: list[MeshPart] = []
    runs: list[NDArray[np.uint32]] = []
    first = 0
    for index, material in enumerate(rig.materials):
        triangles = _triangles_of(rig.mesh, index)
        for number, cell in enumerate(_cells(rig.mesh, material, triangles)):
            name = f"{material.name}.{number}" if number else material.name
            parts.append(MeshPart(name, first, len(cell), len(materials)))
            materials.append(replace(material, name=name))
            runs.append(cell)
            first += len(cell)
    mesh = replace(rig.mesh, triangles=np.concatenate(runs), parts=tuple(parts))
    return replace(rig, mesh=_with_own_vertices(mesh), materials=tuple(materials))


def _triangles_of(mesh: Mesh, material: int) -> NDArray[np.uint32]:
    runs = [
        mesh.triangles[p.first : p.first + p.count] for p in mesh.parts if p.material == material
    ]
    return np.concatenate(runs) if runs else np.zeros((0, 3), np.uint32)


def _cells(
    mesh: Mesh, material: Material, triangles: NDArray[np.uint32]
) -> Iterator[NDArray[np.uint32]]:
    """Yield the triangles of each swatch, or all of them at once."""
    if not len(triangles):
        return
    corners = mesh.uvs[triangles]  # [T, 3, 2]
    is_small = np.ptp(corners, axis=1).max(axis=1) < SWATCH_SPAN
    if material.image is None or is_small.mean() < SWATCH_MATERIAL_SHARE:
        yield triangles
        return
    cells = _swatch_cells(_sampled(material.image, corners.mean(axis=1)))
    for cell in np.unique(cells):
        yield triangles[cells == cell]


def _sampled(image: NDArray[np.uint8], uvs: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the image's colours ``[N, 3]`` at texture coordinates, which repeat."""
    height, width = image.shape[:2]
    places = np.floor(np.mod(uvs, 1.0) * (width, height)).astype(int)
    columns, rows = np.minimum(places, (width - 1, height - 1)).T
    return image[rows, columns, :3]


def _swatch_cells(colours: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Number colours ``[N, 3]`` by hue; greys by lightness."""
    hsv = cv2.cvtColor(colours[None].astype(np.float32) / 255, cv2.COLOR_RGB2HSV)[0]
    cells = (hsv[:, 0] / 360 * HUE_BINS).astype(int) % HUE_BINS
    grey = hsv[:, 1] < GREY_SATURATION
    cells[grey] = HUE_BINS + (hsv[grey, 2] > 0.5)
    sizes = np.bincount(cells)
    cells[sizes[cells] < MIN_CELL_SHARE * len(cells)] = sizes.argmax()
    return np.asarray(cells, np.int64)


def _with_own_vertices(mesh: Mesh) -> Mesh:
    """Double the vertices that several materials share."""
    count = len(mesh.positions)
    keys = np.concatenate(
        [
            mesh.triangles[p.first : p.first + p.count].astype(np.int64) + p.material * count
            for p in mesh.parts
        ]
    )
    used, corners = np.unique(keys, return_inverse=True)
    source = used % count
    return replace(
        mesh,
        positions=mesh.positions[source],
        normals=mesh.normals[source],
        uvs=mesh.uvs[source],
        joints=mesh.joints[source],
        weights=mesh.weights[source],
        triangles=corners.reshape(-1, 3).astype(np.uint32),
        morph_targets=tuple(_taken(target, source, count) for target in mesh.morph_targets),
    )


def _taken(target: MorphTarget, source: NDArray[np.int64], count: int) -> MorphTarget:
    row_of = np.full(count, -1)
    row_of[target.vertices] = np.arange(len(target.vertices))
    rows = row_of[source]
    moved = np.flatnonzero(rows >= 0)
    return replace(
        target,
        vertices=moved.astype(np.uint32),
        position_offsets=target.position_offsets[rows[moved]],
        normal_offsets=target.normal_offsets[rows[moved]],
    )
