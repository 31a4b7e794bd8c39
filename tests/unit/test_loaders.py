"""Loading model files: every feature with a small file made here."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.fakes.gltf_draft import GltfDraft, png, tiny_draft, vrm1_draft
from tests.fakes.tiny_rig import tiny_rig
from udp_live.linalg import quat_from_axis_angle
from udp_live.loaders import load_rig
from udp_live.rig import landmark_space


def primitive(draft: GltfDraft, number: int = 0) -> dict:
    return draft.document["meshes"][0]["primitives"][number]


def load(draft: GltfDraft, folder: Path):
    return load_rig(draft.write_glb(folder / "tiny.glb"))


def test_a_glb_keeps_bones_skin_and_materials(tmp_path: Path) -> None:
    rig, loaded = tiny_rig(), load(tiny_draft(), tmp_path)
    assert loaded.skeleton.humanoid.keys() == rig.skeleton.humanoid.keys()
    for bone, index in rig.skeleton.humanoid.items():
        found = loaded.skeleton.rest_positions[loaded.skeleton.humanoid[bone]]
        np.testing.assert_allclose(found, rig.skeleton.rest_positions[index], atol=1e-6)
    np.testing.assert_allclose(loaded.mesh.positions, rig.mesh.positions, atol=1e-6)
    np.testing.assert_allclose(loaded.mesh.normals, rig.mesh.normals, atol=1e-6)
    np.testing.assert_array_equal(loaded.mesh.triangles, rig.mesh.triangles)
    bones = [loaded.skeleton.names[j] for j in loaded.mesh.joints[:, 0]]
    assert bones == [rig.skeleton.names[j] for j in rig.mesh.joints[:, 0]]
    np.testing.assert_array_equal(loaded.materials[1].image, rig.materials[1].image)
    assert loaded.materials[1].double_sided


def test_base_colours_become_srgb(tmp_path: Path) -> None:
    color = load(tiny_draft(), tmp_path).materials[0].base_color
    np.testing.assert_allclose(color, (1.0, 0.7354, 0.5371, 1.0), atol=1e-3)


@pytest.mark.parametrize("buffer_uri", [None, "tiny%20data.bin"])
def test_a_gltf_reads_its_buffer_from_a_data_uri_or_a_file(
    tmp_path: Path, buffer_uri: str | None
) -> None:
    draft = tiny_draft()
    if buffer_uri is not None:
        (tmp_path / "tiny data.bin").write_bytes(draft.blob)
    path = draft.write_gltf(tmp_path / "tiny.gltf", buffer_uri=buffer_uri)
    np.testing.assert_allclose(load_rig(path).mesh.positions, tiny_rig().mesh.positions, atol=1e-6)


def test_textures_may_lie_below_the_models_folder(tmp_path: Path) -> None:
    draft = tiny_draft()
    draft.document["images"] = [{"uri": "textures/cloth.png"}]
    (tmp_path / "textures").mkdir()
    image = np.full((3, 5, 4), (10, 20, 30, 40), np.uint8)
    (tmp_path / "textures" / "cloth.png").write_bytes(png(image))
    np.testing.assert_array_equal(load(draft, tmp_path).materials[1].image, image)


def test_grey_and_16_bit_images_become_rgba(tmp_path: Path) -> None:
    draft = tiny_draft()
    grey = cv2.imencode(".png", np.full((2, 2), 0x8040, np.uint16))[1].tobytes()
    draft.document["images"] = [{"bufferView": draft.view(grey)}]
    image = load(draft, tmp_path).materials[1].image
    np.testing.assert_array_equal(image[0, 0], (128, 128, 128, 255))


def test_jpeg_textures_are_opaque(tmp_path: Path) -> None:
    draft = tiny_draft()
    jpeg = cv2.imencode(".jpg", np.full((8, 16, 3), (200, 100, 50), np.uint8))[1].tobytes()
    draft.document["images"] = [{"bufferView": draft.view(jpeg), "mimeType": "image/jpeg"}]
    image = load(draft, tmp_path).materials[1].image
    assert image.shape == (8, 16, 4)
    np.testing.assert_allclose(image[4, 4], (50, 100, 200, 255), atol=3)


def test_sparse_accessors_replace_single_elements(tmp_path: Path) -> None:
    draft = tiny_draft()
    accessor = draft.document["accessors"][primitive(draft)["attributes"]["POSITION"]]
    accessor["sparse"] = {
        "count": 1,
        "indices": {"bufferView": draft.view(np.uint16([3]).tobytes()), "componentType": 5123},
        "values": {"bufferView": draft.view(np.float32([9, 8, 7]).tobytes())},
    }
    positions = load(draft, tmp_path).mesh.positions
    expected = (9, 8, 7) - tiny_rig().mesh.positions[2]
    np.testing.assert_allclose(positions[3] - positions[2], expected, atol=1e-5)


def test_quantised_positions_and_weights_are_scaled_back(tmp_path: Path) -> None:
    draft, rig = tiny_draft(), tiny_rig()
    quantised = np.round(rig.mesh.positions / 2.0 * 32767).astype(np.int16)
    binds = np.tile(np.diag(np.float32([2, 2, 2, 1])), (rig.skeleton.bone_count, 1, 1))
    binds[:, 3, :3] = -rig.skeleton.rest_positions
    draft.document["skins"][0]["inverseBindMatrices"] = draft.accessor(binds.reshape(-1, 16))
    for part in draft.document["meshes"][0]["primitives"]:
        part["targets"] = []
        part["attributes"] |= {
            "POSITION": draft.accessor(quantised, normalized=True),
            "WEIGHTS_0": draft.accessor(
                np.round(rig.mesh.weights * 255).astype(np.uint8), normalized=True
            ),
            "JOINTS_0": draft.accessor(rig.mesh.joints.astype(np.uint8)),
        }
    mesh = load(draft, tmp_path).mesh
    np.testing.assert_allclose(mesh.positions, rig.mesh.positions, atol=1e-4)
    np.testing.assert_allclose(mesh.weights.sum(axis=1), 1.0, atol=1e-6)


def test_the_lowest_integer_means_minus_one(tmp_path: Path) -> None:
    draft = vrm1_draft()  # a VRM keeps its scale
    count = len(tiny_rig().mesh.positions)
    corner = np.tile(np.int8([-128, 127, -127]), (count, 1))
    attributes = primitive(draft)["attributes"]
    attributes["POSITION"] = draft.accessor(corner, normalized=True)
    primitive(draft)["targets"] = []
    part = load(draft, tmp_path).mesh
    np.testing.assert_allclose(part.positions[part.triangles[0, 0]], (-1.0, 1.0, -1.0), atol=1e-6)


def test_interleaved_attributes_are_read_with_their_stride(tmp_path: Path) -> None:
    draft, rig = tiny_draft(), tiny_rig()
    rows = np.concatenate((rig.mesh.positions, rig.mesh.normals), axis=1)
    view = draft.view(rows.tobytes())
    draft.document["bufferViews"][view]["byteStride"] = 24
    for name, offset in (("POSITION", 0), ("NORMAL", 12)):
        accessor = draft.document["accessors"][primitive(draft)["attributes"][name]]
        accessor |= {"bufferView": view, "byteOffset": offset}
    np.testing.assert_allclose(load(draft, tmp_path).mesh.normals, rig.mesh.normals, atol=1e-6)


def test_the_four_strongest_of_eight_weights_are_kept(tmp_path: Path) -> None:
    draft, rig = tiny_draft(), tiny_rig()
    count = len(rig.mesh.positions)
    joints = np.tile(np.arange(8, dtype=np.uint8), (count, 1))
    weights = np.tile(np.float32([0.05, 0.1, 0.1, 0.05, 0.3, 0.05, 0.2, 0.15]), (count, 1))
    for part in draft.document["meshes"][0]["primitives"]:
        part["attributes"] |= {
            "JOINTS_0": draft.accessor(joints[:, :4]),
            "JOINTS_1": draft.accessor(joints[:, 4:]),
            "WEIGHTS_0": draft.accessor(weights[:, :4]),
            "WEIGHTS_1": draft.accessor(weights[:, 4:]),
        }
    mesh = load(draft, tmp_path).mesh
    np.testing.assert_allclose(mesh.weights[0], np.array([0.3, 0.2, 0.15, 0.1]) / 0.75, atol=1e-6)


def test_meshes_with_skins_of_their_own_share_one_skeleton(tmp_path: Path) -> None:
    draft, rig = tiny_draft(), tiny_rig()
    cloth = draft.document["meshes"][0]["primitives"].pop()
    # The second skin lists the bones backwards, in a file whose meshes are two nodes.
    order = list(range(rig.skeleton.bone_count))[::-1]
    binds = np.tile(np.eye(4, dtype=np.float32), (len(order), 1, 1))
    binds[:, 3, :3] = -rig.skeleton.rest_positions[order]
    matrices = draft.accessor(binds.reshape(-1, 16))
    draft.document["skins"].append({"joints": order, "inverseBindMatrices": matrices})
    joints = (len(order) - 1 - rig.mesh.joints.astype(int)).astype(np.uint16)
    cloth["attributes"] = {**cloth["attributes"], "JOINTS_0": draft.accessor(joints)}
    draft.document["meshes"].append({"primitives": [cloth]})
    draft.document["nodes"].append({"name": "clothes", "mesh": 1, "skin": 1})
    draft.document["scenes"][0]["nodes"].append(len(draft.document["nodes"]) - 1)
    loaded = load(draft, tmp_path)
    mesh = loaded.mesh
    assert [part.name for part in mesh.parts] == ["body", "clothes"]
    corners = mesh.triangles[mesh.parts[1].first :].reshape(-1)
    expected = rig.mesh.triangles[rig.mesh.parts[1].first :].reshape(-1)
    np.testing.assert_allclose(mesh.positions[corners], rig.mesh.positions[expected], atol=1e-6)
    found = [loaded.skeleton.names[bone] for bone in mesh.joints[corners, 0]]
    assert found == [rig.skeleton.names[bone] for bone in rig.mesh.joints[expected, 0]]


def test_a_rigid_mesh_hangs_on_its_node(tmp_path: Path) -> None:
    draft = tiny_draft()
    source = primitive(draft)
    attributes = {key: source["attributes"][key] for key in ("POSITION", "NORMAL")}
    draft.document["meshes"].append(
        {"primitives": [{"attributes": attributes, "indices": source["indices"]}]}
    )
    draft.document["nodes"].append(
        {"name": "hat", "mesh": 1, "translation": [0.0, 0.5, 0.0], "scale": [0.5, 0.5, 0.5]}
    )
    draft.node("head").setdefault("children", []).append(len(draft.document["nodes"]) - 1)
    rig = load(draft, tmp_path)
    part = next(part for part in rig.mesh.parts if part.name == "hat")
    vertex = rig.mesh.triangles[part.first, 0]
    hat = rig.skeleton.names.index("hat")
    head = rig.skeleton.rest_positions[rig.skeleton.humanoid["head"]]
    assert rig.skeleton.parents[hat] == rig.skeleton.humanoid["head"]
    assert rig.mesh.joints[vertex, 0] == hat
    index = tiny_rig().mesh.triangles[0, 0]
    expected = head + (0.0, 0.5, 0.0) + 0.5 * tiny_rig().mesh.positions[index]
    np.testing.assert_allclose(rig.mesh.positions[vertex], expected, atol=1e-5)


def test_a_mirrored_mesh_keeps_its_outside_outside(tmp_path: Path) -> None:
    draft = tiny_draft()
    source = primitive(draft)
    attributes = {key: source["attributes"][key] for key in ("POSITION", "NORMAL")}
    draft.document["meshes"].append({"primitives": [{"attributes": attributes}]})
    draft.document["meshes"][1]["primitives"][0]["indices"] = source["indices"]
    draft.document["nodes"].append({"name": "twin", "mesh": 1, "scale": [-1.0, 1.0, 1.0]})
    draft.document["scenes"][0]["nodes"].append(len(draft.document["nodes"]) - 1)
    mesh = load(draft, tmp_path).mesh
    corners = mesh.positions[mesh.triangles]
    outward = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (np.sum(outward * mesh.normals[mesh.triangles[:, 0]], axis=1) > 0).all()


def test_missing_normals_are_computed(tmp_path: Path) -> None:
    draft = tiny_draft()
    for part in draft.document["meshes"][0]["primitives"]:
        part["attributes"].pop("NORMAL", None)
    np.testing.assert_allclose(
        load(draft, tmp_path).mesh.normals, tiny_rig().mesh.normals, atol=1e-5
    )


def test_texture_transforms_are_baked_into_the_coordinates(tmp_path: Path) -> None:
    draft = tiny_draft()
    info = draft.document["materials"][1]["pbrMetallicRoughness"]["baseColorTexture"]
    info["extensions"] = {"KHR_texture_transform": {"offset": [0.25, 0.5], "scale": [0.5, 2.0]}}
    rig = load(draft, tmp_path)
    part = next(part for part in rig.mesh.parts if rig.materials[part.material].name == "cloth")
    vertex = rig.mesh.triangles[part.first, 0]
    source = tiny_rig().mesh.uvs[tiny_rig().mesh.triangles[tiny_rig().mesh.parts[1].first, 0]]
    np.testing.assert_allclose(rig.mesh.uvs[vertex], source * (0.5, 2.0) + (0.25, 0.5), atol=1e-6)


def test_node_transforms_become_plain_rest_positions(tmp_path: Path) -> None:
    draft = tiny_draft()
    turn = quat_from_axis_angle((1.0, 0.0, 0.0), -math.pi / 2)
    draft.document["nodes"].append(
        {"name": "armature", "rotation": turn.tolist(), "scale": [100.0] * 3, "children": [0]}
    )
    draft.document["scenes"][0]["nodes"][0] = len(draft.document["nodes"]) - 1
    lifted = draft.node("hips")["translation"]
    x, y, z = lifted
    draft.node("hips")["translation"] = [x / 100, -z / 100, y / 100]
    back = quat_from_axis_angle((1.0, 0.0, 0.0), math.pi / 2)
    draft.node("hips").update(rotation=back.tolist(), scale=[0.01] * 3)
    rig = load(draft, tmp_path)
    head = rig.skeleton.rest_positions[rig.skeleton.humanoid["head"]]
    np.testing.assert_allclose(head, (0.0, 1.28, 0.0), atol=1e-5)
    np.testing.assert_allclose(rig.mesh.positions, tiny_rig().mesh.positions, atol=1e-5)


def test_a_node_may_have_a_matrix_told_by_columns(tmp_path: Path) -> None:
    draft = vrm1_draft()  # a VRM is not lifted to the floor
    x, y, z = draft.node("hips").pop("translation")
    draft.node("hips")["matrix"] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, y, z, 1]
    rig = load(draft, tmp_path)
    np.testing.assert_allclose(rig.mesh.positions, tiny_rig().mesh.positions, atol=1e-6)


@pytest.mark.parametrize(
    ("mode", "indices", "triangles"),
    [
        (5, [0, 1, 2, 3, 4], [[0, 1, 2], [2, 1, 3], [2, 3, 4]]),
        (6, [0, 1, 2, 3, 4], [[0, 1, 2], [0, 2, 3], [0, 3, 4]]),
    ],
    ids=["strip", "fan"],
)
def test_strips_and_fans_become_triangles(
    tmp_path: Path, mode: int, indices: list[int], triangles: list[list[int]]
) -> None:
    draft = tiny_draft()
    primitive(draft).update(mode=mode, indices=draft.accessor(np.array(indices, np.uint16)))
    mesh = load(draft, tmp_path).mesh
    found = mesh.triangles[: mesh.parts[0].count]
    assert [sorted(row) for row in found.tolist()] == [sorted(row) for row in triangles]
    assert [_cycle(row) for row in found.tolist()] == [_cycle(row) for row in triangles]


def _cycle(row: list[int]) -> list[int]:
    """Start a triangle at its lowest corner; its direction stays."""
    start = row.index(min(row))
    return row[start:] + row[:start]


def test_a_figure_in_centimetres_becomes_person_sized(tmp_path: Path) -> None:
    draft = tiny_draft()
    draft.document["nodes"].append({"name": "root", "scale": [100.0] * 3, "children": [0]})
    draft.document["scenes"][0]["nodes"][0] = len(draft.document["nodes"]) - 1
    rig = load(draft, tmp_path)
    assert landmark_space(rig).scale / 1.2 == pytest.approx(1.6, abs=0.05)


def test_a_figure_around_the_origin_is_put_on_the_floor(tmp_path: Path) -> None:
    draft = tiny_draft()
    draft.document["nodes"].append(
        {"name": "root", "translation": [0.0, -0.8, 0.0], "children": [0]}
    )
    draft.document["scenes"][0]["nodes"][0] = len(draft.document["nodes"]) - 1
    rig = load(draft, tmp_path)
    np.testing.assert_allclose(rig.mesh.positions, tiny_rig().mesh.positions, atol=1e-5)
    hips = rig.skeleton.rest_positions[rig.skeleton.humanoid["hips"]]
    np.testing.assert_allclose(hips, (0.0, 0.8, 0.0), atol=1e-5)


def test_a_figure_that_faces_back_is_turned(tmp_path: Path) -> None:
    draft = tiny_draft()
    half_turn = quat_from_axis_angle((0.0, 1.0, 0.0), math.pi)
    draft.document["nodes"].append(
        {"name": "root", "rotation": half_turn.tolist(), "children": [0]}
    )
    draft.document["scenes"][0]["nodes"][0] = len(draft.document["nodes"]) - 1
    rig = load(draft, tmp_path)
    np.testing.assert_allclose(rig.mesh.positions, tiny_rig().mesh.positions, atol=1e-5)


def test_feet_left_at_the_root_follow_the_legs(tmp_path: Path) -> None:
    draft = tiny_draft()
    foot = draft.node_index("leftFoot")
    draft.node("leftLowerLeg")["children"].remove(foot)
    draft.node("leftFoot")["translation"] = [0.08, 0.08, 0.0]
    draft.document["scenes"][0]["nodes"].append(foot)
    skeleton = load(draft, tmp_path).skeleton
    parent = skeleton.parents[skeleton.humanoid["leftFoot"]]
    assert parent == skeleton.humanoid["leftLowerLeg"]


def test_expressions_are_guessed_from_morph_target_names(tmp_path: Path) -> None:
    draft = tiny_draft()
    draft.document["meshes"][0]["extras"]["targetNames"] = ["eyeBlinkLeft", "Fcl_MTH_A"]
    rig = load(draft, tmp_path)
    assert [expression.name for expression in rig.expressions] == ["aa", "blinkLeft"]
    assert rig.expressions[0].morphs == ((1, 1.0),)


def test_gaze_drives_eye_bones_or_look_expressions_of_plain_models(tmp_path: Path) -> None:
    draft = tiny_draft()
    assert load(draft, tmp_path).look_at.kind == "bone"
    for part in draft.document["meshes"][0]["primitives"]:
        part["targets"] = part["targets"] * 2
    names = ["lookUp", "lookDown", "look_left", "look_right"]
    draft.document["meshes"][0]["extras"]["targetNames"] = names
    assert load(draft, tmp_path).look_at.kind == "expression"


def test_blended_materials_are_not_inked_unless_the_file_says_so(tmp_path: Path) -> None:
    draft = tiny_draft()
    skin, cloth = draft.document["materials"]
    skin["alphaMode"] = "BLEND"
    assert [material.inked for material in load(draft, tmp_path).materials] == [False, True]
    skin["extras"], cloth["extras"] = {"inked": True}, {"inked": False}
    assert [material.inked for material in load(draft, tmp_path).materials] == [True, False]


def test_an_unused_weight_may_name_any_joint(tmp_path: Path) -> None:
    draft, rig = tiny_draft(), tiny_rig()
    joints = np.where(rig.mesh.weights > 0.0, rig.mesh.joints, 60000).astype(np.uint16)
    for part in draft.document["meshes"][0]["primitives"]:
        part["attributes"]["JOINTS_0"] = draft.accessor(joints)
    np.testing.assert_allclose(load(draft, tmp_path).mesh.weights, rig.mesh.weights, atol=1e-6)
