"""Writes small PMX and VMD files, good ones and, after some damage to the draft, bad ones."""

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.fakes.tiny_rig import tiny_rig

UNIT_M = 0.08
TO_FILE = np.array((1.0, 1.0, -1.0)) / UNIT_M
NAMES = {
    "hips": "下半身",
    "spine": "上半身",
    "chest": "上半身2",
    "neck": "首",
    "head": "頭",
    "Eye": "目",
    "Shoulder": "肩",
    "UpperArm": "腕",
    "LowerArm": "ひじ",
    "Hand": "手首",
    "UpperLeg": "足",
    "LowerLeg": "ひざ",
    "Foot": "足首",
}
CODES = {1: "b", 2: "h", 4: "i"}
VERTEX_CODES = {1: "B", 2: "H", 4: "i"}


def japanese(bone: str) -> str:
    """Return MMD's name of one of the tiny rig's bones."""
    for side, letter in (("left", "左"), ("right", "右")):
        if bone.startswith(side):
            return letter + NAMES[bone.removeprefix(side)]
    return NAMES.get(bone, bone)


@dataclass
class PmxDraft:
    """A PMX file in the making; every list may be edited before it is written."""

    version: float = 2.0
    is_utf8: bool = False
    uv_sets: int = 0
    sizes: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("vertex", "texture", "material", "bone", "morph", "body"), 2
        )
    )
    name: str = "ちび"
    comment: str = "free to use"
    vertices: list[dict[str, Any]] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    textures: list[str] = field(default_factory=list)
    materials: list[dict[str, Any]] = field(default_factory=list)
    bones: list[dict[str, Any]] = field(default_factory=list)
    morphs: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    joints: list[dict[str, Any]] = field(default_factory=list)

    def bone_index(self, name: str) -> int:
        return next(i for i, bone in enumerate(self.bones) if bone["name"] == name)

    def bone(self, name: str) -> dict[str, Any]:
        return self.bones[self.bone_index(name)]

    def add_bone(self, name: str, parent: int, position: Any, **more: Any) -> int:
        self.bones.append({"name": name, "parent": parent, "position": tuple(position), **more})
        return len(self.bones) - 1

    def write(self, path: Path) -> Path:
        path.write_bytes(self.data())
        return path

    def data(self) -> bytes:
        """Return the whole file."""
        settings = [int(self.is_utf8), self.uv_sets, *self.sizes.values()]
        head = b"PMX " + struct.pack("<fB8B", self.version, 8, *settings)
        names = b"".join(map(self._text, (self.name, "", self.comment, "")))
        frame = self._text("Root") + self._text("") + b"\1" + struct.pack("<iB", 1, 0)
        sections = (
            self._many(self.vertices, self._vertex),
            struct.pack(
                f"<i{len(self.indices)}{VERTEX_CODES[self.sizes['vertex']]}",
                len(self.indices),
                *self.indices,
            ),
            self._many(self.textures, self._text),
            self._many(self.materials, self._material),
            self._many(self.bones, self._bone),
            self._many(self.morphs, self._morph),
            struct.pack("<i", 1) + frame + self._index("bone", 0),
            self._many(self.bodies, self._body),
            self._many(self.joints, self._joint),
        )
        return head + names + b"".join(sections)

    def _many(self, things: list[Any], write: Any) -> bytes:
        return struct.pack("<i", len(things)) + b"".join(write(thing) for thing in things)

    def _text(self, text: str) -> bytes:
        data = text.encode("utf-8" if self.is_utf8 else "utf-16-le")
        return struct.pack("<i", len(data)) + data

    def _index(self, kind: str, value: int) -> bytes:
        return struct.pack("<" + CODES[self.sizes[kind]], value)

    def _vertex(self, vertex: dict[str, Any]) -> bytes:
        bones = b"".join(self._index("bone", bone) for bone in vertex["bones"])
        numbers = vertex["weights"]
        data = struct.pack("<8f", *vertex["position"], *vertex["normal"], *vertex["uv"])
        data += bytes(16 * self.uv_sets) + bytes([vertex["kind"]]) + bones
        return data + struct.pack(f"<{len(numbers)}f", *numbers) + struct.pack("<f", 1.0)

    def _material(self, material: dict[str, Any]) -> bytes:
        data = self._text(material["name"]) + self._text("")
        data += struct.pack("<4f3ff3f", *material["diffuse"], 0, 0, 0, 5, *material["ambient"])
        data += struct.pack("<B4ff", material["flags"], 0, 0, 0, 1, 1.0)
        data += self._index("texture", material["texture"]) + self._index("texture", -1)
        return data + b"\0\1\0" + self._text("memo") + struct.pack("<i", material["count"])

    def _bone(self, bone: dict[str, Any]) -> bytes:
        flags = 0x1 * ("tail" in bone) | 0x100 * ("append" in bone) | 0x20 * ("ik" in bone)
        data = self._text(bone["name"]) + self._text(bone.get("english", ""))
        data += struct.pack("<3f", *bone["position"]) + self._index("bone", bone["parent"])
        data += struct.pack("<iH", 0, flags)
        if "tail" in bone:
            data += self._index("bone", bone["tail"])
        else:
            data += struct.pack("<3f", *bone.get("tail_offset", (0, 0, 0)))
        if "append" in bone:
            source, ratio = bone["append"]
            data += self._index("bone", source) + struct.pack("<f", ratio)
        if "ik" in bone:
            target, links = bone["ik"]
            data += self._index("bone", target) + struct.pack("<ifi", 40, 2.0, len(links))
            for link in links:
                data += self._index("bone", link) + b"\1" + struct.pack("<6f", -3, 0, 0, -0.1, 0, 0)
        return data

    def _morph(self, morph: dict[str, Any]) -> bytes:
        data = self._text(morph["name"]) + self._text("")
        data += struct.pack("<BBi", 1, morph["kind"], len(morph["entries"]))
        for entry in morph["entries"]:
            if morph["kind"] == 1:
                code = VERTEX_CODES[self.sizes["vertex"]]
                data += struct.pack(f"<{code}3f", *entry)
            elif morph["kind"] == 0:
                data += self._index("morph", entry[0]) + struct.pack("<f", entry[1])
            else:
                data += entry
        return data

    def _body(self, body: dict[str, Any]) -> bytes:
        data = self._text("") + self._text("") + self._index("bone", body["bone"])
        data += struct.pack("<BHB", body["group"], body["mask"], body["shape"])
        data += struct.pack("<9f", *body["size"], *body["position"], 0, 0, 0)
        return data + struct.pack("<5fB", 1, *body["damping"], 0, 0, body["mode"])

    def _joint(self, joint: dict[str, Any]) -> bytes:
        data = self._text("") + self._text("") + b"\0"
        data += self._index("body", joint["a"]) + self._index("body", joint["b"])
        swing = joint["swing"]
        limits = (*(0,) * 12, -swing, 0, -swing, swing, 0, swing)
        return data + struct.pack("<24f", *limits, *(0,) * 6)


def person_draft() -> PmxDraft:
    """Draft the tiny rig as an MMD model: two materials, blink, a mouth, a mood, a tail.

    Its left leg is skinned to copies that take over the leg's rotation ("D bones").
    """
    rig = tiny_rig()
    draft = PmxDraft()
    root = draft.add_bone("全ての親", -1, (0, 0, 0))
    centre = draft.add_bone("センター", root, (0, 8, 0))
    skeleton, first = rig.skeleton, len(draft.bones)
    for name, parent, place in zip(
        skeleton.names, skeleton.parents, skeleton.rest_positions, strict=True
    ):
        is_trunk = name in ("hips", "spine")
        draft.add_bone(japanese(name), centre if is_trunk else first + int(parent), place * TO_FILE)
    _add_leg_copies(draft)
    _add_mesh(draft, first)
    _add_tail(draft)
    return draft


def _add_leg_copies(draft: PmxDraft) -> None:
    above = draft.bone_index("下半身")
    for name in ("左足", "左ひざ", "左足首"):
        source = draft.bone_index(name)
        above = draft.add_bone(
            f"{name}D", above, draft.bones[source]["position"], append=(source, 1.0)
        )


def _add_mesh(draft: PmxDraft, first: int) -> None:
    mesh = tiny_rig().mesh
    copies = {draft.bone_index(n): draft.bone_index(f"{n}D") for n in ("左足", "左ひざ", "左足首")}
    for place, normal, uv, joints in zip(
        mesh.positions, mesh.normals, mesh.uvs, mesh.joints, strict=True
    ):
        bone = first + int(joints[0])
        draft.vertices.append(
            {
                "position": place * TO_FILE,
                "normal": normal * (1, 1, -1),
                "uv": uv,
                "kind": 0,
                "bones": [copies.get(bone, bone)],
                "weights": [],
            }
        )
    for part in mesh.parts:
        rows = mesh.triangles[part.first : part.first + part.count]
        draft.indices.extend(int(i) for i in rows[:, ::-1].ravel())
        draft.materials.append(
            {
                "name": part.name,
                "diffuse": (1.0, 0.5, 0.0, 1.0),
                "ambient": (0.4, 0.2, 0.1),
                "flags": 0x10,
                "texture": -1,
                "count": 3 * len(rows),
            }
        )
    draft.morphs = [
        {"name": "まばたき", "kind": 1, "entries": [(0, 0.0, 1.0, -2.0), (3, 0.5, 0.0, 0.0)]},
        {"name": "あ", "kind": 1, "entries": [(1, 0.0, -1.0, 0.0)]},
        {"name": "笑い", "kind": 1, "entries": [(2, 0.0, 1.0, 0.0)]},
        {"name": "にやり", "kind": 1, "entries": [(4, 0.0, 1.0, 0.0)]},
        {"name": "まとめ", "kind": 0, "entries": [(0, 0.5), (1, 1.0)]},
        {"name": "青ざめ", "kind": 8, "entries": [bytes(113 + draft.sizes["material"])]},
    ]


def _add_tail(draft: PmxDraft) -> None:
    """Hang dynamic bodies on the tail, and a ball on the head far from it."""
    head = draft.bone_index("頭")
    ball = np.add(draft.bones[head]["position"], (0.0, 0.0, -9.0))
    bodies = [(head, ball, 0, 0.5, 0)]
    names = ("tail.0", "tail.1", "tail.2")
    for name in names:
        bone = draft.bone_index(name)
        draft.bones[bone]["tail"] = bone + 1
        bodies.append((bone, draft.bones[bone]["position"], 1, 0.2, 1))
    draft.bodies = [
        {
            "bone": bone,
            "group": group,
            "mask": 0xFFFF,
            "shape": 0,
            "size": (radius, 0, 0),
            "position": place,
            "damping": (0.5, 0.9),
            "mode": mode,
        }
        for bone, place, group, radius, mode in bodies
    ]
    draft.joints = [{"a": i, "b": i + 1, "swing": 0.4} for i in range(len(names))]


def pmd_data(draft: PmxDraft) -> bytes:
    """Write a draft as PMD, with the base morph first and bodies placed from their bones."""

    def text(value: str, size: int = 20) -> bytes:
        return value.encode("cp932")[:size].ljust(size, b"\0")

    data = b"Pmd" + struct.pack("<f", 1.0) + text(draft.name) + text(draft.comment, 256)
    data += struct.pack("<I", len(draft.vertices))
    for vertex in draft.vertices:
        data += struct.pack("<8f", *vertex["position"], *vertex["normal"], *vertex["uv"])
        data += struct.pack("<HHBB", vertex["bones"][0], 0, 100, 0)
    data += struct.pack(f"<I{len(draft.indices)}H", len(draft.indices), *draft.indices)
    data += struct.pack("<I", len(draft.materials))
    for material in draft.materials:
        data += struct.pack("<4f4f3f", *material["diffuse"], *(0,) * 4, *material["ambient"])
        data += struct.pack("<BBI", 0, 1, material["count"]) + text(material.get("file", ""))
    data += struct.pack("<H", len(draft.bones))
    for bone in draft.bones:
        source, ratio = bone.get("append", (0, 0.0))
        tail = source if ratio else bone.get("tail", 0)
        data += text(bone["name"]) + struct.pack("<HH", bone["parent"] & 0xFFFF, tail)
        data += struct.pack("<BH3f", 9 if ratio else 0, int(100 * ratio), *bone["position"])
    data += struct.pack("<H", 0)
    morphs = [morph for morph in draft.morphs if morph["kind"] == 1]
    base = sorted({entry[0] for morph in morphs for entry in morph["entries"]})
    data += struct.pack("<H", 1 + len(morphs)) + text("base") + struct.pack("<IB", len(base), 0)
    for vertex_index in base:
        data += struct.pack("<I3f", vertex_index, 0, 0, 0)
    for morph in morphs:
        data += text(morph["name"]) + struct.pack("<IB", len(morph["entries"]), 1)
        for index, *offset in morph["entries"]:
            data += struct.pack("<I3f", base.index(index), *offset)
    data += b"\0\0" + struct.pack("<I", 0) + b"\0" + bytes(1000)
    data += struct.pack("<I", len(draft.bodies))
    for body in draft.bodies:
        offset = np.subtract(body["position"], draft.bones[body["bone"]]["position"])
        data += text("") + struct.pack("<HBHB", body["bone"], body["group"], body["mask"], 0)
        data += struct.pack("<14f", *body["size"], *offset, 0, 0, 0, 1, *body["damping"], 0, 0)
        data += bytes([body["mode"]])
    data += struct.pack("<I", len(draft.joints))
    for joint in draft.joints:
        swing = joint["swing"]
        limits = (*(0,) * 12, -swing, 0, -swing, swing, 0, swing, *(0,) * 6)
        data += text("") + struct.pack("<II24f", joint["a"], joint["b"], *limits)
    return data


LINEAR = bytes((20, 20, 20, 20, 20, 20, 20, 20, 107, 107, 107, 107, 107, 107, 107, 107))


def curve_bytes(row: bytes) -> bytes:
    """Repeat the 16 numbers of the curves as the format does: each time without the first."""
    return b"".join(row[skip:] + bytes(skip) for skip in range(4))


@dataclass
class VmdDraft:
    """A VMD file in the making; rotations and positions are in the file's axes."""

    bones: list[tuple[str, int, tuple[float, ...], tuple[float, ...], bytes]] = field(
        default_factory=list
    )
    morphs: list[tuple[str, int, float]] = field(default_factory=list)
    switches: list[tuple[int, dict[str, bool]]] = field(default_factory=list)

    def key(
        self,
        name: str,
        frame: int,
        position: tuple[float, ...] = (0.0, 0.0, 0.0),
        rotation: tuple[float, ...] = (0.0, 0.0, 0.0, 1.0),
        row: bytes = LINEAR,
    ) -> "VmdDraft":
        """Add a bone key and return the draft."""
        self.bones.append((name, frame, position, rotation, curve_bytes(row)))
        return self

    def write(self, path: Path) -> Path:
        path.write_bytes(self.data())
        return path

    def data(self) -> bytes:
        """Return the whole file."""
        data = b"Vocaloid Motion Data 0002".ljust(30, b"\0") + bytes(20)
        data += struct.pack("<I", len(self.bones))
        for name, frame, position, rotation, curves in self.bones:
            data += name.encode("cp932")[:15].ljust(15, b"\0")
            data += struct.pack("<I7f", frame, *position, *rotation) + curves
        data += struct.pack("<I", len(self.morphs))
        for name, frame, weight in self.morphs:
            data += name.encode("cp932")[:15].ljust(15, b"\0") + struct.pack("<If", frame, weight)
        data += bytes(12) + struct.pack("<I", len(self.switches))
        for frame, states in self.switches:
            data += struct.pack("<IBI", frame, 1, len(states))
            for name, is_on in states.items():
                data += name.encode("cp932").ljust(20, b"\0") + bytes([is_on])
        return data
