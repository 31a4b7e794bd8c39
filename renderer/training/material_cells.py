"""Split the materials of a rig until each has one colour and its own vertices.

Many small models paint everything with one image of colour swatches. Split by swatch, hair and
boots become materials of their own, which can be recoloured apart and carry patterns.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from udp_live.rig.rig import Material, Mesh, MeshPart, MorphTarget, Rig

SWATCH_SPAN = 0.08  # a triangle that covers less of an image in both directions shows one swatch
SWATCH_MATERIAL_SHARE = 0.9  # of a material's triangles that do
MOST_PALETTES = 2  # materials of a rig that is coloured by swatches
SWATCH_IMAGE_PX = 128  # enough for swatches, and there will be many of these images
HUE_BINS = 10
SKIN_BINS = (0, 1)
GREY_SATURATION = 0.18
MIN_CELL_SHARE = 0.01  # of a part's triangles; smaller cells stay with the largest
SIDE_WORDS = ("left", "right", "_l", "_r")


@dataclass(frozen=True, slots=True)
class CellName:
    """What the name of a cell's material tells.

    Attributes:
        material: Name of the material it is cut from.
        swatch: Number of its colour.
        part: The thing it covers, the same word for left and right.
    """

    material: str
    swatch: int
    part: str

    def __str__(self) -> str:
        return f"{self.material}|{self.swatch}|{self.part}"


def cell_name(material: Material) -> CellName | None:
    """Return what a material's name tells, None for one that was not cut into cells."""
    words = material.name.rsplit("|", 2)
    return CellName(words[0], int(words[1]), words[2]) if len(words) == 3 else None


def with_material_cells(rig: Rig) -> Rig:
    """Return the same picture of the rig with more materials, none of which share vertices."""
    materials: list[Material] = []
    numbers: dict[str, int] = {}
    parts: list[MeshPart] = []
    runs: list[NDArray[np.uint32]] = []
    first = 0
    for name, material, triangles in _all_cells(rig):
        if material.name not in numbers:
            numbers[material.name] = len(materials)
            materials.append(material)
        parts.append(MeshPart(name, first, len(triangles), numbers[material.name]))
        runs.append(triangles)
        first += len(triangles)
    mesh = replace(rig.mesh, triangles=np.concatenate(runs), parts=tuple(parts))
    return replace(rig, mesh=_with_own_vertices(mesh), materials=tuple(materials))


def _all_cells(rig: Rig) -> Iterator[tuple[str, Material, NDArray[np.uint32]]]:
    """Yield part name, material and triangles of each cell; sides of a thing share materials."""
    # Where there are several images, an artist painted them: faces must not be cut up.
    is_small_palette = len(rig.materials) <= MOST_PALETTES
    known: dict[str, Material] = {}
    small: dict[int, NDArray[np.uint8]] = {}
    for part in rig.mesh.parts:
        material, triangles = rig.materials[part.material], triangles_of(rig.mesh, part)
        if not len(triangles):
            continue
        is_swatched = is_small_palette and _is_swatched(rig.mesh, material, triangles)
        if material.image is None or not is_swatched:
            yield part.name, known.setdefault(material.name, material), triangles
            continue
        image = small.setdefault(part.material, _shrunk(material.image))
        colours = _sampled(image, rig.mesh.uvs[triangles].mean(axis=1))
        cells = _swatch_cells(colours)
        for cell in np.unique(cells):
            name = str(CellName(material.name, int(cell), _without_side(part.name)))
            named = known.setdefault(name, replace(material, name=name, image=image))
            yield part.name, named, triangles[cells == cell]


def triangles_of(mesh: Mesh, part: MeshPart) -> NDArray[np.uint32]:
    """Return the triangles of a part, ``[T, 3]`` uint32."""
    return mesh.triangles[part.first : part.first + part.count]


def _without_side(name: str) -> str:
    lower = name.lower()
    for word in SIDE_WORDS:
        lower = lower.replace(word, "")
    return lower


def _is_swatched(mesh: Mesh, material: Material, triangles: NDArray[np.uint32]) -> bool:
    """Tell whether every triangle shows about one colour of the material's image."""
    is_small = np.ptp(mesh.uvs[triangles], axis=1).max(axis=1) < SWATCH_SPAN
    return material.image is not None and float(is_small.mean()) > SWATCH_MATERIAL_SHARE


def _shrunk(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a small image whose swatches do not run into each other."""
    side = (SWATCH_IMAGE_PX, SWATCH_IMAGE_PX)
    return np.asarray(cv2.resize(image, side, interpolation=cv2.INTER_NEAREST), np.uint8)


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
