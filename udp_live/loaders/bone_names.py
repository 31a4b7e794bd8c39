"""Finds the VRM humanoid in a skeleton whose bones are merely named like one.

Knows the habits of Mixamo, Rigify, Unreal, VRoid, KayKit, Quaternius and Mesh2Motion. Limbs are
found by name, the spine by structure: it is the path from the legs to the head.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
SIDES = {"l": "left", "left": "left", "r": "right", "right": "right"}
IGNORED_WORDS = {
    "def",
    "armature",
    "mixamorig",
    "bip",
    "biped",
    "jnt",
    "joint",
    "bone",
    "j",
    "c",
    "adj",
}

# VRM bone -> stems in order of preference
CENTRE_STEMS = {
    "hips": ("hips", "hip", "pelvis"),
    "head": ("head",),
}
COLLAR_STEMS = ("clavicle", "collar", "collarbone")
LIMB_STEMS = {
    "Eye": ("eye", "eyeball", "faceeye"),
    "Shoulder": ("shoulder", *COLLAR_STEMS),
    "UpperArm": ("upperarm", "uparm", "arm", "shldr"),
    "LowerArm": ("lowerarm", "forearm", "elbow"),
    "Hand": ("wrist", "hand"),
    "UpperLeg": ("upperleg", "upleg", "thigh", "hip"),
    "LowerLeg": ("lowerleg", "lowleg", "calf", "shin", "knee", "leg"),
    "Foot": ("foot", "ankle"),
    "Toes": ("toes", "toe", "toebase", "ball"),
}
FINGER_STEMS = {
    "Thumb": ("thumb", "handthumb"),
    "Index": ("index", "handindex", "findex", "indexfinger"),
    "Middle": ("middle", "handmiddle", "fmiddle", "middlefinger", "mid"),
    "Ring": ("ring", "handring", "fring", "ringfinger"),
    "Little": ("little", "pinky", "handpinky", "fpinky", "littlefinger", "handlittle"),
}
FINGER_BONES = ("Proximal", "Intermediate", "Distal")
THUMB_BONES = ("Metacarpal", "Proximal", "Distal")
SPINE_BONES = {1: ("spine",), 2: ("spine", "chest"), 3: ("spine", "chest", "upperChest")}


@dataclass(frozen=True, slots=True)
class _Name:
    """A bone name taken apart; of equal stems the lowest numbers and depth win."""

    side: str
    stem: str
    rank: tuple[int, ...]
    node: int


def guess_humanoid(names: Mapping[int, str], parents: Sequence[int]) -> dict[str, int]:
    """Map VRM 1.0 bone names to nodes.

    Args:
        names: Name of each candidate node.
        parents: Parent of every node of the file, -1 for roots.

    Returns:
        What was found, which may lack required bones.
    """
    parsed = [_parse(name, node, len(_path_up(node, parents))) for node, name in names.items()]
    found: dict[str, int] = {}
    for side in ("left", "right"):
        for bone, stems in LIMB_STEMS.items():
            _keep(found, side + bone, _best(parsed, side, stems))
        if f"{side}UpperArm" not in found and f"{side}Shoulder" in found:
            # Motion capture calls the joint "shoulder" that turns the upper arm.
            found[f"{side}UpperArm"] = found.pop(f"{side}Shoulder")
            _keep(found, f"{side}Shoulder", _best(parsed, side, COLLAR_STEMS))
        for finger, stems in FINGER_STEMS.items():
            joints = sorted(
                (name for name in parsed if name.side == side and name.stem in stems),
                key=lambda name: name.rank[-1],
            )
            bones = THUMB_BONES if finger == "Thumb" else FINGER_BONES
            for bone, joint in zip(bones, joints, strict=False):
                found[f"{side}{finger}{bone}"] = joint.node
    for bone, stems in CENTRE_STEMS.items():
        _keep(found, bone, _best(parsed, "", stems))
    if "head" not in found:
        _keep(found, "head", _highest_spine(parsed))
    _find_spine(found, parents)
    return found


def _parse(name: str, node: int, depth: int) -> _Name:
    words = [word.lower() for word in WORD.findall(name.rsplit(":", 1)[-1])]
    sides = [SIDES[word] for word in words if word in SIDES]
    numbers = tuple(int(word) for word in words if word.isdigit())
    stem = "".join(
        word
        for word in words
        if word not in SIDES and word not in IGNORED_WORDS and not word.isdigit()
    )
    rank = (sum(numbers), depth)
    return _Name(sides[0] if sides else "", stem, rank, node)


def _best(parsed: Sequence[_Name], side: str, stems: Sequence[str]) -> int | None:
    matches = [name for name in parsed if name.side == side and name.stem in stems]
    if not matches:
        return None
    return min(matches, key=lambda name: (stems.index(name.stem), *name.rank)).node


def _highest_spine(parsed: Sequence[_Name]) -> int | None:
    """Return the top of a spine that is numbered up into the head (Rigify)."""
    spine = [name for name in parsed if not name.side and name.stem == "spine"]
    return max(spine, key=lambda name: name.rank).node if spine else None


def _find_spine(found: dict[str, int], parents: Sequence[int]) -> None:
    """Fill in hips, spine, chest and neck from the path between the legs and the head."""
    if not {"head", "leftUpperLeg", "leftUpperArm"} <= found.keys():
        return
    head_path = _path_up(found["head"], parents)
    if found.get("hips") not in head_path:
        leg_path = _path_up(found["leftUpperLeg"], parents)
        common = [node for node in head_path if node in leg_path]
        if not common:
            return
        found["hips"] = common[0]
    trunk = head_path[1 : head_path.index(found["hips"])][::-1]
    arm_path = _path_up(found["leftUpperArm"], parents)
    spine = [node for node in trunk if node in arm_path]
    neck = [node for node in trunk if node not in arm_path]
    if not spine:
        spine, neck = trunk[:-1] or trunk, trunk[-1:]
    if len(spine) > 3:
        spine = [spine[0], spine[len(spine) // 2], spine[-1]]
    found.update(zip(SPINE_BONES.get(len(spine), ()), spine, strict=False))
    if neck:
        found["neck"] = neck[0]


def _path_up(node: int, parents: Sequence[int]) -> list[int]:
    """Return ``node``, its parent, and so on to the root."""
    path = []
    while node >= 0:
        path.append(node)
        node = parents[node]
    return path


def _keep(found: dict[str, int], bone: str, node: int | None) -> None:
    if node is not None:
        found[bone] = node
