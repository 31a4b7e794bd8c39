"""Loading VRM 0.x and 1.0: what their extensions say about a rig."""

import math
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.gltf_draft import GltfDraft, vrm0_draft, vrm1_draft
from tests.fakes.tiny_rig import tiny_rig
from udp_live.loaders import load_rig
from udp_live.rig import AlphaMode, Override, Rig, SpringBones, rest_pose


def load(draft: GltfDraft, folder: Path) -> Rig:
    return load_rig(draft.write_glb(folder / "tiny.vrm"))


def test_spring_colliders_grow_with_their_node(tmp_path: Path) -> None:
    draft = vrm1_draft()
    draft.document["nodes"].append({"name": "ball", "scale": [2.0, 2.0, 2.0]})
    draft.node("head").setdefault("children", []).append(len(draft.document["nodes"]) - 1)
    shape = {"sphere": {"radius": 0.1, "offset": [0.0, 0.0, 0.1]}}
    springs = draft.document["extensions"]["VRMC_springBone"]
    springs["colliders"][0] = {"node": len(draft.document["nodes"]) - 1, "shape": shape}
    ball = load(draft, tmp_path).colliders[0]
    assert ball.radius == pytest.approx(0.2)
    assert ball.offset == pytest.approx((0.0, 0.0, 0.2))


def test_vrm1_controls_are_read(tmp_path: Path) -> None:
    rig = load(vrm1_draft(), tmp_path)
    assert (rig.name, rig.author) == ("Tiny", "Ann, Bo")
    assert rig.licence == "https://vrm.dev/licenses/1.0/"
    happy = rig.expressions[rig.expression_index("happy")]
    assert happy.morphs == ((1, 0.5),)
    assert happy.is_binary
    assert happy.override_blink is Override.BLOCK
    assert happy.override_mouth is Override.BLEND
    assert rig.expression_index("wow") is not None
    assert rig.look_at.kind == "bone"
    assert rig.look_at.inner.output == pytest.approx(math.radians(9.0))
    assert [rig.skeleton.names[b] for b in rig.springs[0].bones][-1] == "tail.end"
    assert rig.springs[0].colliders == (1, 0)
    assert rig.colliders[1].tail == pytest.approx((0.0, 0.3, 0.0))


def test_vrm1_toon_shades_become_multipliers(tmp_path: Path) -> None:
    draft = vrm1_draft()
    draft.document["materials"][0]["extensions"] = {
        "KHR_materials_unlit": {},
        "VRMC_materials_mtoon": {"shadeColorFactor": [0.5, 0.25, 0.0]},
    }
    material = load(draft, tmp_path).materials[0]
    assert material.lit
    assert material.shade_color == pytest.approx((0.7354, 0.7303, 0.3), abs=1e-3)


def test_vrm0_is_turned_to_face_the_front(tmp_path: Path) -> None:
    rig, expected = load(vrm0_draft(), tmp_path), tiny_rig()
    np.testing.assert_allclose(rig.mesh.positions, expected.mesh.positions, atol=1e-5)
    left = rig.skeleton.rest_positions[rig.skeleton.humanoid["leftHand"]]
    assert left[0] > 0.5
    assert rig.colliders[0].offset == pytest.approx((-0.03, 0.1, 0.07))
    assert rig.look_at.offset_from_head == pytest.approx((0.0, 0.1, 0.08))


def test_vrm0_controls_get_their_vrm1_names(tmp_path: Path) -> None:
    rig = load(vrm0_draft(), tmp_path)
    assert [expression.name for expression in rig.expressions] == ["blink", "aa", "Surprised"]
    assert rig.expressions[1].morphs == ((1, 0.5),)
    assert rig.expressions[2].is_binary
    assert rig.look_at.kind == "expression"
    assert rig.look_at.outer.input_max_rad == pytest.approx(math.radians(60.0))
    assert (rig.name, rig.author, rig.licence) == ("Tiny", "Ann", "CC0")


@pytest.mark.parametrize("preset", ["", None])
def test_vrm0_expressions_without_a_preset_keep_their_own_name(
    tmp_path: Path, preset: str | None
) -> None:
    draft = vrm0_draft()
    groups = draft.document["extensions"]["VRM"]["blendShapeMaster"]["blendShapeGroups"]
    groups[2]["presetName"] = preset
    assert load(draft, tmp_path).expression_index("Surprised") == 2


def test_vrm0_thumbs_are_renamed_one_bone_inward(tmp_path: Path) -> None:
    draft = vrm0_draft()
    names = ("leftThumbProximal", "leftThumbIntermediate", "leftThumbDistal")
    for number, name in enumerate(names):
        draft.document["nodes"].append({"name": name, "translation": [0.02, 0.0, 0.0]})
        node = len(draft.document["nodes"]) - 1
        above = draft.node("leftHand") if number == 0 else draft.document["nodes"][node - 1]
        above["children"] = [node]
        draft.document["extensions"]["VRM"]["humanoid"]["humanBones"].append(
            {"bone": name, "node": node}
        )
    skeleton = load(draft, tmp_path).skeleton
    thumb = [f"leftThumb{part}" for part in ("Metacarpal", "Proximal", "Distal")]
    assert tuple(skeleton.names[skeleton.humanoid[bone]] for bone in thumb) == names


def test_vrm0_springs_follow_all_children_and_get_a_bare_end(tmp_path: Path) -> None:
    draft = vrm0_draft()
    draft.document["nodes"].append({"name": "fork", "translation": [0.1, 0.0, 0.0]})
    draft.node("tail.1")["children"].append(len(draft.document["nodes"]) - 1)
    rig = load(draft, tmp_path)
    chains = [[rig.skeleton.names[bone] for bone in spring.bones] for spring in rig.springs]
    assert chains == [
        ["tail.0", "tail.1", "tail.2", "tail.end", "tail.end end"],
        ["fork", "fork end"],
    ]
    assert rig.springs[0].stiffness == (2.0,) * 5


def test_vrm0_springs_that_overlap_share_their_bare_end(tmp_path: Path) -> None:
    draft = vrm0_draft()
    groups = draft.document["extensions"]["VRM"]["secondaryAnimation"]["boneGroups"]
    groups.append({**groups[0], "bones": [draft.node_index("tail.1")]})
    rig = load(draft, tmp_path)
    long, short = (spring.bones for spring in rig.springs)
    assert short == long[1:]
    assert long[-1] == rig.skeleton.bone_count - 1
    SpringBones(rig).step(rest_pose(rig), 0.0)


def test_vrm0_toon_properties_win_over_the_plain_material(tmp_path: Path) -> None:
    material = load(vrm0_draft(), tmp_path).materials[0]
    assert material.base_color == pytest.approx((1.0, 0.8, 0.6, 1.0))
    assert material.shade_color == pytest.approx((0.5, 0.5, 1.0))
    assert material.alpha_mode is AlphaMode.MASK
    assert material.alpha_cutoff == pytest.approx(0.4)
    assert material.double_sided


def test_an_expression_for_a_missing_morph_target_does_nothing(tmp_path: Path) -> None:
    draft = vrm1_draft()
    preset = draft.document["extensions"]["VRMC_vrm"]["expressions"]["preset"]
    preset["blink"]["morphTargetBinds"][0]["index"] = 99
    rig = load(draft, tmp_path)
    assert rig.expressions[rig.expression_index("blink")].morphs == ()
