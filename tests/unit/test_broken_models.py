"""Broken, hostile and unsuitable model files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes.gltf_draft import GltfDraft, png, tiny_draft, vrm1_draft
from udp_live.errors import RigFormatError
from udp_live.loaders import load_rig
from udp_live.rig import Rig


def load(draft: GltfDraft, folder: Path) -> Rig:
    return load_rig(draft.write_glb(folder / "tiny.glb"))


def add_child(parent: str, child: str | int) -> Callable[[GltfDraft], None]:
    def damage(draft: GltfDraft) -> None:
        index = child if isinstance(child, int) else draft.node_index(child)
        draft.node(parent).setdefault("children", []).append(index)

    return damage


def set_attribute(name: str, value: Any) -> Callable[[GltfDraft], None]:
    """Replace a vertex attribute by an accessor index, or by an array filled with ``value``."""

    def damage(draft: GltfDraft) -> None:
        attributes = draft.document["meshes"][0]["primitives"][0]["attributes"]
        if isinstance(value, np.generic):
            count = draft.document["accessors"][attributes["POSITION"]]["count"]
            width = 3 if name == "POSITION" else 4
            attributes[name] = draft.accessor(np.full((count, width), value))
        else:
            attributes[name] = value

    return damage


def set_indices(**fields: Any) -> Callable[[GltfDraft], None]:
    def damage(draft: GltfDraft) -> None:
        indices = draft.document["meshes"][0]["primitives"][0]["indices"]
        draft.document["accessors"][indices].update(fields)

    return damage


def set_document(**fields: Any) -> Callable[[GltfDraft], None]:
    return lambda draft: draft.document.update(fields)


def set_image(**image: Any) -> Callable[[GltfDraft], None]:
    return set_document(images=[image])


def claim_a_huge_image(draft: GltfDraft) -> None:
    header = png(np.zeros((1, 1, 4), np.uint8))[:16] + b"\xff" * 16
    draft.document["images"] = [{"bufferView": draft.view(header)}]


def name_a_missing_vertex(draft: GltfDraft) -> None:
    indices = draft.accessor(np.array([0, 1, 10**6], np.uint32))
    draft.document["meshes"][0]["primitives"][0]["indices"] = indices


BREAKAGES = {
    "cyclic nodes": add_child("head", "hips"),
    "node with two parents": add_child("chest", "head"),
    "node that does not exist": add_child("head", 999),
    "transform of three numbers": lambda draft: draft.node("head").update(matrix=[1, 2, 3]),
    "no mesh": lambda draft: draft.node("body").pop("mesh"),
    "accessor that does not exist": set_attribute("POSITION", 999),
    "negative accessor": set_attribute("POSITION", -1),
    "accessor that is text": set_attribute("WEIGHTS_0", "heavy"),
    "position that is no number": set_attribute("POSITION", np.float32(np.nan)),
    "position at an absurd distance": set_attribute("POSITION", np.float32(1e30)),
    "joint that does not exist": set_attribute("JOINTS_0", np.uint16(999)),
    "huge count": set_indices(count=2**40),
    "count past the end": set_indices(count=10**6),
    "negative count": set_indices(count=-3),
    "count that is text": set_indices(count="many"),
    "unknown number type": set_indices(componentType=1234),
    "vertex that does not exist": name_a_missing_vertex,
    "texture outside the folder": set_image(uri="../../etc/passwd"),
    "texture by absolute path": set_image(uri="/etc/passwd"),
    "texture from the network": set_image(uri="https://example.com/a.png"),
    "texture of no bytes": set_image(uri="data:image/png;base64,"),
    "texture that is missing": set_image(uri="nowhere.png"),
    "texture of absurd size": claim_a_huge_image,
    "compressed mesh": set_document(extensionsRequired=["KHR_draco_mesh_compression"]),
    "nodes that are no list": set_document(nodes={"a": 1}),
    "no nodes": set_document(nodes=[]),
    "glTF 1.0": set_document(asset={"version": "1.0"}),
    "scene that does not exist": set_document(scene=7),
}


@pytest.mark.parametrize("damage", BREAKAGES.values(), ids=BREAKAGES.keys())
def test_a_broken_file_is_refused_with_its_name_and_advice(
    tmp_path: Path, damage: Callable[[GltfDraft], None]
) -> None:
    draft = tiny_draft()
    damage(draft)
    with pytest.raises(RigFormatError, match=r"tiny\.glb.*; (export|choose|copy|check)"):
        load(draft, tmp_path)


def test_extensions_without_a_name_are_passed_over(tmp_path: Path) -> None:
    draft = tiny_draft()
    draft.document["extensionsRequired"] = [["KHR_draco_mesh_compression"], {}]
    assert load(draft, tmp_path).mesh.parts


VRM_BREAKAGES = {
    "collider that does not exist": lambda springs: springs["colliderGroups"][0].update(
        colliders=[5]
    ),
    "collider without a shape": lambda springs: springs["colliders"][0].pop("shape"),
    "spring joint that does not exist": lambda springs: springs["springs"][0]["joints"][0].update(
        node=999
    ),
    "drag that is infinite": lambda springs: springs["springs"][0]["joints"][0].update(
        dragForce=1e308
    ),
}


@pytest.mark.parametrize("damage", VRM_BREAKAGES.values(), ids=VRM_BREAKAGES.keys())
def test_broken_springs_are_refused(tmp_path: Path, damage: Callable[[Any], None]) -> None:
    draft = vrm1_draft()
    damage(draft.document["extensions"]["VRMC_springBone"])
    with pytest.raises(RigFormatError, match=r"tiny\.glb.*; export"):
        load(draft, tmp_path)


@pytest.mark.parametrize("size", [0, 3, 11, 30, 2000, -10])
def test_a_truncated_file_is_refused(tmp_path: Path, size: int) -> None:
    path = tiny_draft().write_glb(tmp_path / "tiny.glb")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(RigFormatError, match=r"tiny\.glb"):
        load_rig(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RigFormatError, match="No such file"):
        load_rig(tmp_path / "nothing.vrm")


def test_a_picture_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "tiny.vrm"
    path.write_bytes(png(np.zeros((4, 4, 4), np.uint8)))
    with pytest.raises(RigFormatError, match="not a glTF file"):
        load_rig(path)


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(png(np.zeros((4, 4, 4), np.uint8)))
    (folder / "cloth.png").symlink_to(tmp_path / "secret.png")
    draft = tiny_draft()
    draft.document["images"] = [{"uri": "cloth.png"}]
    with pytest.raises(RigFormatError, match="outside"):
        load(draft, folder)


def test_missing_bones_are_named(tmp_path: Path) -> None:
    draft = vrm1_draft()
    bones = draft.document["extensions"]["VRMC_vrm"]["humanoid"]["humanBones"]
    del bones["leftHand"], bones["spine"]
    with pytest.raises(RigFormatError, match="missing bones: spine, leftHand"):
        load(draft, tmp_path)


def test_a_chair_is_no_avatar(tmp_path: Path) -> None:
    draft = tiny_draft()
    for number, node in enumerate(draft.document["nodes"]):
        node["name"] = f"part {number}"
    with pytest.raises(RigFormatError, match="not a humanoid rig"):
        load(draft, tmp_path)
