"""Reads PMX 2.0 and 2.1, the model files of MikuMikuDance.

Written from the public description of the format ("PMX 2.1 file format specification").
Display frames and soft bodies are skipped.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.loaders.gltf_file import read_limited
from udp_live.loaders.pmx_bytes import UNSIGNED, PmxBytes
from udp_live.loaders.pmx_model import (
    PmxBody,
    PmxBone,
    PmxJoint,
    PmxMaterial,
    PmxModel,
    PmxMorph,
    PmxVertices,
)
from udp_live.loaders.pmx_vertices import read_vertices

MAGIC = b"PMX "
MAX_TRIANGLES = 6_000_000
MAX_TEXTURES = 4096
MAX_MATERIALS = 4096
MAX_BONES = 5000
MAX_MORPHS = 20_000
MAX_BODIES = 20_000

# Material flags
DOUBLE_SIDED, DRAWS_EDGE = 0x01, 0x10
# Bone flags
TAIL_IS_BONE, HAS_IK, APPENDS_ROTATION, APPENDS_MOVE = 0x1, 0x20, 0x100, 0x200
FIXED_AXIS, LOCAL_AXES, OUTER_PARENT = 0x400, 0x800, 0x2000
# Morph kinds
GROUP, VERTEX, BONE, UV, UV_LAST, MATERIAL, FLIP, IMPULSE = 0, 1, 2, 3, 7, 8, 9, 10
# Names and counts aside, the fewest bytes of a record.
LEAST_BYTES = {
    "materials": 80,
    "bones": 27,
    "morphs": 14,
    "display frames": 13,
    "rigid bodies": 69,
    "joints": 107,
}


@dataclass(frozen=True, slots=True)
class _Globals:
    """What the header says about all that follows; index sizes in bytes."""

    encoding: str
    uv_sets: int
    vertex: int
    texture: int
    material: int
    bone: int
    morph: int
    body: int


def read_pmx(path: Path) -> PmxModel:
    """Read a PMX file.

    Raises:
        RigFormatError: It is missing, truncated, broken, or of another version.
    """
    return _Reader(PmxBytes(path, read_limited(path, "cannot read"))).model()


class _Reader:
    """Reads section after section."""

    def __init__(self, source: PmxBytes) -> None:
        self._source = source
        self._globals = _read_globals(source)

    def model(self) -> PmxModel:
        name, english, comment, english_comment = (self._text() for _ in range(4))
        vertices = read_vertices(self._source, self._globals.uv_sets, self._globals.bone)
        triangles = self._triangles(len(vertices.positions))
        textures = tuple(
            self._text() for _ in range(self._source.count(4, MAX_TEXTURES, "textures"))
        )
        materials = self._materials(len(textures), triangles.size)
        bones = self._bones()
        self._check_weights(vertices, len(bones))
        morphs = self._morphs(len(vertices.positions))
        self._skip_frames()
        bodies = self._bodies(len(bones))
        return PmxModel(
            name=name or english,
            comment=comment or english_comment,
            vertices=vertices,
            triangles=triangles,
            textures=textures,
            materials=materials,
            bones=bones,
            morphs=morphs,
            bodies=bodies,
            joints=self._joints(len(bodies)),
        )

    def _text(self) -> str:
        size = self._source.values("i")[0]
        return self._source.take(size).decode(self._globals.encoding, errors="replace")

    def _count(self, noun: str, most: int) -> int:
        return self._source.count(LEAST_BYTES[noun], most, noun)

    def _checked(self, index: int, count: int, noun: str) -> int:
        """Return an index that is -1 or names one of ``count`` things."""
        if not -1 <= index < count:
            raise self._source.error(f"refers to {noun} {index} of {count}")
        return index

    def _triangles(self, vertex_count: int) -> NDArray[np.int64]:
        size = self._globals.vertex
        count = self._source.count(size, 3 * MAX_TRIANGLES, "vertex indices")
        if count % 3 or count == 0:
            raise self._source.error(f"has {count} vertex indices, which make no triangles")
        indices = self._source.table("<" + UNSIGNED[size], count).astype(np.int64)
        if indices.min() < 0 or indices.max() >= vertex_count:
            raise self._source.error(f"has triangles beyond its {vertex_count} vertices")
        return indices.reshape(-1, 3)

    def _materials(self, textures: int, indices: int) -> tuple[PmxMaterial, ...]:
        materials = tuple(
            self._material(textures) for _ in range(self._count("materials", MAX_MATERIALS))
        )
        covered = sum(material.index_count for material in materials)
        if covered != indices or any(material.index_count % 3 for material in materials):
            raise self._source.error(f"has materials for {covered} of {indices} vertex indices")
        return materials

    def _material(self, textures: int) -> PmxMaterial:
        source = self._source
        name, english = self._text(), self._text()
        red, green, blue, alpha = source.floats(4)
        source.take(16)  # specular colour and strength
        ambient = source.vector()
        flags = source.byte()
        edge = source.floats(5)
        texture = self._checked(source.index(self._globals.texture), textures, "texture")
        source.take(self._globals.texture + 1)  # sphere map and how it blends
        source.take(1 if source.byte() else self._globals.texture)  # toon: shared or a texture
        self._text()  # memo
        count = source.values("i")[0]
        if count < 0:
            raise source.error(f"has a material with {count} vertex indices")
        return PmxMaterial(
            name=name or english,
            diffuse=(red, green, blue, alpha),
            ambient=ambient,
            double_sided=bool(flags & DOUBLE_SIDED),
            has_edge=bool(flags & DRAWS_EDGE) and edge[3] > 0.0 and edge[4] > 0.0,
            texture=texture,
            index_count=count,
        )

    def _bones(self) -> tuple[PmxBone, ...]:
        count = self._count("bones", MAX_BONES)
        return tuple(self._bone(count) for _ in range(count))

    def _bone(self, count: int) -> PmxBone:
        source, size = self._source, self._globals.bone
        name, english = self._text(), self._text()
        position = source.vector()
        parent = self._checked(source.index(size), count, "bone")
        source.take(4)  # deform layer
        flags = source.values("H")[0]
        tail, tail_offset = -1, (0.0, 0.0, 0.0)
        if flags & TAIL_IS_BONE:
            tail = self._checked(source.index(size), count, "bone")
        else:
            tail_offset = source.vector()
        append_source, append_ratio = -1, 0.0
        if flags & (APPENDS_ROTATION | APPENDS_MOVE):
            append_source = self._checked(source.index(size), count, "bone")
            append_ratio = source.floats(1)[0]
        if not flags & APPENDS_ROTATION:
            append_source, append_ratio = -1, 0.0
        source.take(12 * bool(flags & FIXED_AXIS) + 24 * bool(flags & LOCAL_AXES))
        source.take(4 * bool(flags & OUTER_PARENT))
        links = self._ik_links(count) if flags & HAS_IK else ()
        return PmxBone(
            name, english, position, parent, tail, tail_offset, append_source, append_ratio, links
        )

    def _ik_links(self, bone_count: int) -> tuple[int, ...]:
        """Return the bones that an IK solver turns; its limits do not matter here."""
        source, size = self._source, self._globals.bone
        source.take(size + 8)  # target, loop count, angle per loop
        links = []
        for _ in range(source.count(size + 1, MAX_BONES, "IK links")):
            links.append(self._checked(source.index(size), bone_count, "bone"))
            source.take(24 if source.byte() else 0)
        return tuple(links)

    def _check_weights(self, vertices: PmxVertices, bones: int) -> None:
        if bones == 0:
            raise self._source.error("has no bones")
        if vertices.bones.max(initial=-1) >= bones or vertices.bones.min(initial=0) < -1:
            raise self._source.error(f"has weights beyond its {bones} bones")

    def _morphs(self, vertex_count: int) -> tuple[PmxMorph, ...]:
        count = self._count("morphs", MAX_MORPHS)
        return tuple(self._morph(vertex_count, count) for _ in range(count))

    def _morph(self, vertex_count: int, morph_count: int) -> PmxMorph:
        source, sizes = self._source, self._globals
        name, english = self._text(), self._text()
        source.take(1)  # panel
        kind = source.byte()
        layouts: dict[int, list[Any]] = {
            GROUP: [("index", f"<i{sizes.morph}"), ("share", "<f4")],
            VERTEX: [("index", "<" + UNSIGNED[sizes.vertex]), ("offset", "<f4", (3,))],
            BONE: [("skipped", "u1", (sizes.bone + 28,))],
            MATERIAL: [("skipped", "u1", (sizes.material + 113,))],
            FLIP: [("skipped", "u1", (sizes.morph + 4,))],
            IMPULSE: [("skipped", "u1", (sizes.body + 25,))],
        }
        layouts |= {k: [("skipped", "u1", (sizes.vertex + 16,))] for k in range(UV, UV_LAST + 1)}
        if kind not in layouts:
            raise source.error(f"has a morph of unknown kind {kind}")
        layout = np.dtype(layouts[kind])
        entries = source.table(
            layout, source.count(layout.itemsize, MAX_TRIANGLES, "morph offsets")
        )
        if kind == GROUP:
            return PmxMorph(name, english, members=self._members(entries, morph_count))
        if kind != VERTEX:
            return PmxMorph(name, english)
        vertices = entries["index"].astype(np.int64)
        offsets = entries["offset"].astype(np.float32)
        if vertices.size and (vertices.min() < 0 or vertices.max() >= vertex_count):
            raise source.error(f"has a morph beyond its {vertex_count} vertices")
        if not np.isfinite(offsets).all():
            raise source.error("has a morph with offsets that are no numbers")
        return PmxMorph(name, english, vertices, offsets)

    def _members(
        self, entries: NDArray[np.void], morph_count: int
    ) -> tuple[tuple[int, float], ...]:
        if not np.isfinite(entries["share"]).all():
            raise self._source.error("has a group morph with shares that are no numbers")
        pairs = zip(entries["index"].tolist(), entries["share"].tolist(), strict=True)
        return tuple((self._checked(index, morph_count, "morph"), share) for index, share in pairs)

    def _skip_frames(self) -> None:
        """Step over the groups in which an editor lists bones and morphs."""
        for _ in range(self._count("display frames", MAX_MORPHS)):
            self._text(), self._text()
            self._source.take(1)
            for _ in range(self._source.count(2, MAX_MORPHS, "entries of a display frame")):
                self._source.take(
                    self._globals.morph if self._source.byte() else self._globals.bone
                )

    def _bodies(self, bones: int) -> tuple[PmxBody, ...]:
        return tuple(self._body(bones) for _ in range(self._count("rigid bodies", MAX_BODIES)))

    def _body(self, bones: int) -> PmxBody:
        source = self._source
        self._text(), self._text()
        bone = self._checked(source.index(self._globals.bone), bones, "bone")
        group, collides_with, shape = source.values("BHB")
        size, position, rotation = source.vector(), source.vector(), source.vector()
        _, linear, angular, _, _ = source.floats(5)
        return PmxBody(
            bone,
            group & 15,
            collides_with,
            shape,
            size,
            position,
            rotation,
            linear,
            angular,
            source.byte(),
        )

    def _joints(self, bodies: int) -> tuple[PmxJoint, ...]:
        return tuple(self._joint(bodies) for _ in range(self._count("joints", MAX_BODIES)))

    def _joint(self, bodies: int) -> PmxJoint:
        source, size = self._source, self._globals.body
        self._text(), self._text()
        source.take(1)  # kind; all but springs occur in PMX 2.1 alone and mean the same here
        body_a = self._checked(source.index(size), bodies, "rigid body")
        body_b = self._checked(source.index(size), bodies, "rigid body")
        source.take(24 + 24)  # place, and limits of sliding
        low, high = source.vector(), source.vector()
        source.take(24)  # spring constants
        return PmxJoint(body_a, body_b, low, high)


def _read_globals(source: PmxBytes) -> _Globals:
    """Read the header."""
    if source.take(4) != MAGIC:
        raise source.error("is no PMX model")
    (version,) = source.values("f")
    if not 1.99 < version < 2.11:
        raise source.error(f"is PMX version {version:g}, expected 2.0 or 2.1")
    settings = source.take(source.byte())
    if len(settings) < 8 or settings[0] > 1 or settings[1] > 4:
        raise source.error("has a header of unknown form")
    if any(size not in UNSIGNED for size in settings[2:8]):
        raise source.error("has indices of unknown size")
    encoding = "utf-8" if settings[0] else "utf-16-le"
    return _Globals(encoding, settings[1], *settings[2:8])
