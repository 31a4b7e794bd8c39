"""Reads PMD, the model files of MikuMikuDance before PMX, into the same ``PmxModel``.

Written from the public description of the format. English names, display frames and toon ramps
are skipped.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.loaders.gltf_file import read_limited
from udp_live.loaders.pmx_bytes import PmxBytes
from udp_live.loaders.pmx_model import (
    PmxBody,
    PmxBone,
    PmxJoint,
    PmxMaterial,
    PmxModel,
    PmxMorph,
    PmxVertices,
)
from udp_live.loaders.pmx_vertices import MAX_COORDINATE

MAGIC = b"Pmd"
NONE = 0xFFFF
NAME_BYTES, COMMENT_BYTES, GROUP_NAME_BYTES, TOON_BYTES = 20, 256, 50, 10 * 100
BASE_MORPH = 0
TAKES_ROTATION, TAKES_SHARE = 5, 9  # kinds of bones
VERTEX = np.dtype(
    [("place", "<f4", (8,)), ("bones", "<u2", (2,)), ("percent", "u1"), ("no_edge", "u1")]
)
MATERIAL = np.dtype(
    [
        ("diffuse", "<f4", (4,)),
        ("specular", "<f4", (4,)),
        ("ambient", "<f4", (3,)),
        ("toon", "u1"),
        ("edge", "u1"),
        ("count", "<u4"),
        ("texture", "S20"),
    ]
)
BONE = np.dtype(
    [
        ("name", "S20"),
        ("parent", "<u2"),
        ("tail", "<u2"),
        ("kind", "u1"),
        ("source", "<u2"),
        ("place", "<f4", (3,)),
    ]
)
MORPH_ENTRY = np.dtype([("index", "<u4"), ("offset", "<f4", (3,))])
BODY = np.dtype(
    [
        ("name", "S20"),
        ("bone", "<u2"),
        ("group", "u1"),
        ("mask", "<u2"),
        ("shape", "u1"),
        ("numbers", "<f4", (14,)),
        ("mode", "u1"),
    ]
)
JOINT = np.dtype([("name", "S20"), ("bodies", "<u4", (2,)), ("numbers", "<f4", (24,))])


def read_pmd(path: Path) -> PmxModel:
    """Read a PMD file.

    Raises:
        RigFormatError: It is missing, truncated or broken.
    """
    return _Reader(PmxBytes(path, read_limited(path, "cannot read"))).model()


class _Reader:
    """Reads section after section."""

    def __init__(self, source: PmxBytes) -> None:
        self._source = source
        if source.take(3) != MAGIC:
            raise source.error("is no PMD model")
        source.take(4)  # version, always 1.0

    def model(self) -> PmxModel:
        source = self._source
        name, comment = _text(source.take(NAME_BYTES)), _text(source.take(COMMENT_BYTES))
        vertex_rows = self._rows(VERTEX, "I", "vertices")
        indices = self._rows(np.dtype("<u2"), "I", "vertex indices").astype(np.int64)
        materials, textures = self._materials(self._rows(MATERIAL, "I", "materials"), len(indices))
        bone_rows = self._rows(BONE, "H", "bones")
        self._check(indices, len(vertex_rows), "vertex")
        if len(indices) == 0 or len(indices) % 3 or len(bone_rows) == 0:
            raise source.error("has no triangles or no bones")
        links = self._ik_links(len(bone_rows))
        bones = self._bones(bone_rows, links)
        morphs = self._morphs(len(vertex_rows))
        self._skip_lists(len(bone_rows), len(morphs))
        bodies = self._bodies(bones)
        return PmxModel(
            name=name,
            comment=comment,
            vertices=self._vertices(vertex_rows, len(bones)),
            triangles=indices.reshape(-1, 3),
            textures=textures,
            materials=materials,
            bones=bones,
            morphs=morphs,
            bodies=bodies,
            joints=self._joints(len(bodies)),
        )

    def _rows(self, dtype: np.dtype[Any], code: str, noun: str) -> NDArray[Any]:
        """Return the records of a section that begins with their count."""
        count = int(self._source.values(code)[0])
        if count > self._source.left // dtype.itemsize:
            raise self._source.error(f"claims {count} {noun}, more than its size allows")
        return self._source.table(dtype, count)

    def _check(self, indices: NDArray[Any], count: int, noun: str) -> None:
        if indices.size and int(indices.max()) >= count:
            raise self._source.error(f"refers to {noun} {indices.max()} of {count}")

    def _sane(self, numbers: NDArray[Any]) -> NDArray[np.float32]:
        if not np.abs(numbers).max(initial=0.0) <= MAX_COORDINATE:
            raise self._source.error("holds numbers that are none or absurd")
        return numbers.astype(np.float32)

    def _vertices(self, rows: NDArray[Any], bone_count: int) -> PmxVertices:
        place = self._sane(rows["place"])
        self._check(rows["bones"], bone_count, "bone")
        bones = np.full((len(rows), 4), -1, np.int64)
        bones[:, :2] = rows["bones"]
        weights = np.zeros((len(rows), 4), np.float32)
        weights[:, 0] = np.minimum(rows["percent"], 100) / 100.0
        weights[:, 1] = 1.0 - weights[:, 0]
        return PmxVertices(place[:, :3], place[:, 3:6], place[:, 6:], bones, weights)

    def _materials(
        self, rows: NDArray[Any], indices: int
    ) -> tuple[tuple[PmxMaterial, ...], tuple[str, ...]]:
        """Return the materials and their textures; sphere maps share a texture's field."""
        self._sane(rows["diffuse"]), self._sane(rows["ambient"])
        if int(rows["count"].sum(dtype=np.uint64)) != indices or np.any(rows["count"] % 3):
            raise self._source.error("has materials for another number of triangles")
        textures: list[str] = []
        materials = []
        for number, row in enumerate(rows):
            files = [_text(part) for part in row["texture"].split(b"\0")[0].split(b"*")]
            files = [f for f in files if f and not f.lower().endswith((".sph", ".spa"))]
            textures.extend(files[:1])
            red, green, blue, alpha = row["diffuse"].tolist()
            ambient = row["ambient"].tolist()
            materials.append(
                PmxMaterial(
                    name=f"material {number}",
                    diffuse=(red, green, blue, alpha),
                    ambient=(ambient[0], ambient[1], ambient[2]),
                    double_sided=alpha < 1.0,  # MMD draws both sides of what shines through
                    has_edge=bool(row["edge"]),
                    texture=len(textures) - 1 if files else -1,
                    index_count=int(row["count"]),
                )
            )
        return tuple(materials), tuple(textures)

    def _ik_links(self, bone_count: int) -> dict[int, tuple[int, ...]]:
        links: dict[int, tuple[int, ...]] = {}
        for _ in range(self._source.values("H")[0]):
            goal, _, length, _, _ = self._source.values("HHBHf")
            chain = self._source.table("<u2", length)
            self._check(np.append(chain, goal), bone_count, "bone")
            links[goal] = tuple(int(bone) for bone in chain)
        return links

    def _bones(self, rows: NDArray[Any], links: dict[int, tuple[int, ...]]) -> tuple[PmxBone, ...]:
        self._sane(rows["place"])
        count = len(rows)
        bones = []
        for number, row in enumerate(rows):
            parent, tail, source = (int(row[key]) for key in ("parent", "tail", "source"))
            if parent != NONE and parent >= count:
                raise self._source.error(f"refers to bone {parent} of {count}")
            append = (-1, 0.0)
            if row["kind"] == TAKES_ROTATION:
                append = (source, 1.0)
            elif row["kind"] == TAKES_SHARE:
                append, tail = (tail, source / 100.0), NONE
            x, y, z = row["place"].tolist()
            bones.append(
                PmxBone(
                    name=_text(row["name"]),
                    english="",
                    position=(x, y, z),
                    parent=-1 if parent == NONE else parent,
                    tail=tail if 0 < tail < count else -1,  # 0 means none, too
                    append_source=append[0] if append[0] < count else -1,
                    append_ratio=append[1],
                    ik_links=links.get(number, ()),
                )
            )
        return tuple(bones)

    def _morphs(self, vertex_count: int) -> tuple[PmxMorph, ...]:
        """Read the morphs; all count their vertices by the list in the first, the base."""
        base = np.zeros(0, np.int64)
        morphs = []
        for _ in range(self._source.values("H")[0]):
            name = _text(self._source.take(NAME_BYTES))
            count, kind = self._source.values("IB")
            if count > self._source.left // MORPH_ENTRY.itemsize:
                raise self._source.error(f"claims {count} morph offsets, more than its size allows")
            rows = self._source.table(MORPH_ENTRY, count)
            vertices, offsets = rows["index"].astype(np.int64), self._sane(rows["offset"])
            if kind == BASE_MORPH:
                self._check(vertices, vertex_count, "vertex")
                base = vertices
                morphs.append(PmxMorph("", ""))
                continue
            self._check(vertices, len(base), "vertex of the base morph")
            morphs.append(PmxMorph(name, "", base[vertices], offsets))
        return tuple(morphs)

    def _skip_lists(self, bones: int, morphs: int) -> None:
        """Step over what an editor shows, English names and toon ramps; old files end earlier."""
        source = self._source
        source.take(2 * source.byte())
        groups = source.byte()
        source.take(GROUP_NAME_BYTES * groups)
        source.take(3 * source.values("I")[0])
        if source.left and source.byte():
            source.take(NAME_BYTES + COMMENT_BYTES + NAME_BYTES * (bones + max(morphs - 1, 0)))
            source.take(GROUP_NAME_BYTES * groups)
        if source.left:
            source.take(TOON_BYTES)

    def _bodies(self, bones: tuple[PmxBone, ...]) -> tuple[PmxBody, ...]:
        """Read the rigid bodies, whose places are told from their bones."""
        if not self._source.left:
            return ()
        rows = self._rows(BODY, "I", "rigid bodies")
        self._sane(rows["numbers"])
        bodies = []
        for row in rows:
            bone = -1 if row["bone"] == NONE else int(row["bone"])
            if bone >= len(bones):
                raise self._source.error(f"refers to bone {bone} of {len(bones)}")
            numbers = row["numbers"].tolist()
            start = bones[bone].position if bone >= 0 else (0.0, 0.0, 0.0)
            bodies.append(
                PmxBody(
                    bone=bone,
                    group=int(row["group"]) & 15,
                    collides_with=int(row["mask"]),
                    shape=int(row["shape"]),
                    size=(numbers[0], numbers[1], numbers[2]),
                    position=(
                        start[0] + numbers[3],
                        start[1] + numbers[4],
                        start[2] + numbers[5],
                    ),
                    rotation=(numbers[6], numbers[7], numbers[8]),
                    linear_damping=numbers[10],
                    angular_damping=numbers[11],
                    mode=int(row["mode"]),
                )
            )
        return tuple(bodies)

    def _joints(self, body_count: int) -> tuple[PmxJoint, ...]:
        if not self._source.left:
            return ()
        rows = self._rows(JOINT, "I", "joints")
        self._check(rows["bodies"], body_count, "rigid body")
        limits = self._sane(rows["numbers"])[:, 12:18].tolist()
        return tuple(
            PmxJoint(int(a), int(b), (low[0], low[1], low[2]), (low[3], low[4], low[5]))
            for (a, b), low in zip(rows["bodies"], limits, strict=True)
        )


def _text(data: bytes) -> str:
    """Decode Shift-JIS that ends at a zero byte."""
    return data.split(b"\0")[0].decode("cp932", errors="replace")
