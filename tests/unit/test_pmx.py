"""PMX models: what becomes of bones, weights, morphs, materials and physics."""

import contextlib
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.fakes.gltf_draft import png
from tests.fakes.pmx_draft import PmxDraft, person_draft
from tests.fakes.tiny_rig import tiny_rig
from udp_live.errors import RigFormatError
from udp_live.loaders import load_rig
from udp_live.loaders.pmx_bones import folded_weights
from udp_live.loaders.tga_image import decode_tga
from udp_live.rig import Rig, SpringBones
from udp_live.rig.expressions import rest_pose
from udp_live.rig.rig import AlphaMode, Override
from udp_live.rig.skinning import skin_vertices


def load(draft: PmxDraft, folder: Path) -> Rig:
    return load_rig(draft.write(folder / "tiny.pmx"))


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return load(person_draft(), tmp_path)


def bones_of(rig: Rig, vertex: int) -> dict[str, float]:
    names = rig.skeleton.names
    rows = zip(rig.mesh.joints[vertex], rig.mesh.weights[vertex], strict=True)
    return {names[bone]: float(weight) for bone, weight in rows if weight > 0.0}


def test_a_model_lies_in_the_projects_space(rig: Rig) -> None:
    tiny = tiny_rig()
    np.testing.assert_allclose(rig.mesh.positions, tiny.mesh.positions, atol=1e-5)
    np.testing.assert_allclose(rig.mesh.normals, tiny.mesh.normals, atol=1e-5)
    np.testing.assert_array_equal(rig.mesh.triangles, tiny.mesh.triangles)
    for bone in ("head", "leftHand", "rightFoot"):
        found = rig.skeleton.rest_positions[rig.skeleton.humanoid[bone]]
        wanted = tiny.skeleton.rest_positions[tiny.skeleton.humanoid[bone]]
        np.testing.assert_allclose(found, wanted, atol=1e-5)
    assert rig.name == "ちび"
    assert rig.licence == "free to use"


def test_japanese_names_become_the_humanoid(rig: Rig) -> None:
    assert rig.skeleton.humanoid.keys() == tiny_rig().skeleton.humanoid.keys()
    assert rig.skeleton.names[rig.skeleton.humanoid["leftLowerArm"]] == "左ひじ"


def test_english_names_will_do(tmp_path: Path) -> None:
    draft = person_draft()
    draft.bone("左腕").update(name="", english="arm_L")
    draft.bone("頭").update(name="whatever", english="head")
    assert {"leftUpperArm", "head"} <= load(draft, tmp_path).skeleton.humanoid.keys()


def test_full_width_letters_are_letters(tmp_path: Path) -> None:
    draft = person_draft()
    draft.bone("上半身2")["name"] = "上半身２"
    assert "chest" in load(draft, tmp_path).skeleton.humanoid


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("is_utf8", [False, True])
def test_every_size_of_index_and_both_encodings_are_read(
    tmp_path: Path, size: int, is_utf8: bool
) -> None:
    draft = person_draft()
    keep_vertices = 200  # so that an index of one byte suffices
    draft.vertices = draft.vertices[:keep_vertices]
    draft.indices = [i for i in draft.indices if i < keep_vertices]
    draft.indices = draft.indices[: len(draft.indices) // 3 * 3]
    draft.materials = [{**draft.materials[0], "count": len(draft.indices)}]
    draft.morphs = draft.morphs[:-1]
    draft.sizes, draft.is_utf8, draft.uv_sets = dict.fromkeys(draft.sizes, size), is_utf8, 2
    rig = load(draft, tmp_path)
    assert rig.name == "ちび"
    assert len(rig.mesh.triangles) == len(draft.indices) // 3


def test_the_hips_lie_between_waist_and_legs_and_the_spine_follows_them(rig: Rig) -> None:
    skeleton = rig.skeleton
    hips, spine = skeleton.humanoid["hips"], skeleton.humanoid["spine"]
    assert skeleton.parents[spine] == hips
    assert skeleton.parents[hips] == -1
    assert skeleton.rest_positions[hips, 1] == pytest.approx(0.5 * (0.80 + 0.76), abs=1e-4)


def test_copies_of_the_leg_bones_are_the_leg(rig: Rig) -> None:
    used = {rig.skeleton.names[bone] for bone in np.unique(rig.mesh.joints)}
    assert {"左足", "左ひざ", "左足首"} <= used
    assert not any(name.endswith("D") for name in rig.skeleton.names)


def test_a_helper_with_half_a_rotation_shares_its_weights(tmp_path: Path) -> None:
    draft = person_draft()
    elbow, arm = draft.bone_index("左ひじ"), draft.bone_index("左腕")
    helper = draft.add_bone("helper", arm, draft.bones[elbow]["position"], append=(elbow, 0.25))
    draft.vertices[0].update(bones=[helper])
    found = bones_of(load(draft, tmp_path), 0)
    assert found == {"左ひじ": pytest.approx(0.25), "左腕": pytest.approx(0.75)}


def test_a_bone_that_ik_points_after_the_arm_is_the_arm(tmp_path: Path) -> None:
    draft = person_draft()
    arm, elbow = draft.bone_index("右腕"), draft.bone_index("右ひじ")
    follower = draft.add_bone("follower", draft.bone_index("上半身2"), draft.bones[arm]["position"])
    end = draft.add_bone("end", follower, draft.bones[elbow]["position"])
    draft.add_bone("goal", arm, draft.bones[elbow]["position"], ik=(end, [follower]))
    draft.vertices[0].update(bones=[follower])
    assert bones_of(load(draft, tmp_path), 0) == {"右腕": pytest.approx(1.0)}


@pytest.mark.parametrize(
    ("kind", "numbers", "shares"),
    [
        (1, [0.3], {"頭": 0.3, "首": 0.7}),
        (2, [0.5, 0.25, 0.25, 0.0], {"頭": 0.5, "首": 0.25, "上半身": 0.25}),
        (3, [0.6, *[0.0] * 9], {"頭": 0.6, "首": 0.4}),
        (4, [2.0, 1.0, 1.0, 0.0], {"頭": 1 / 3, "首": 1 / 3, "上半身": 1 / 3}),
    ],
)
def test_all_kinds_of_weights_are_read(
    tmp_path: Path, kind: int, numbers: list[float], shares: dict[str, float]
) -> None:
    draft = person_draft()
    bones = [draft.bone_index(name) for name in ("頭", "首", "上半身")]
    count = 2 if kind in (1, 3) else 4
    draft.vertices[0].update(kind=kind, bones=[*bones, -1][:count], weights=numbers)
    found = bones_of(load(draft, tmp_path), 0)
    assert found == {name: pytest.approx(share, abs=1e-5) for name, share in shares.items()}


def test_weights_of_one_bone_add_up_and_the_strongest_four_stay() -> None:
    shares = [((0, 1.0),), ((1, 1.0),), ((0, 0.5), (1, 0.5)), ((3, 0.5), (4, 0.5))]
    shares += [((4, 1.0),), ((5, 1.0),)]
    bones = np.array([[0, 1, 2, -1], [2, 3, 5, -1], [-1, -1, -1, -1]])
    weights = np.array([[0.2, 0.3, 0.5, 0.9], [0.5, 0.4, 0.1, 0.0], [0.0] * 4], np.float32)
    found, parts = folded_weights(bones, weights, shares)
    np.testing.assert_allclose(np.sum(parts, axis=1), 1.0, atol=1e-6)
    rows = [
        {int(b): float(w) for b, w in zip(row, part, strict=True) if w > 0}
        for row, part in zip(found, parts, strict=True)
    ]
    assert rows[0] == {0: pytest.approx(0.45), 1: pytest.approx(0.55)}
    assert rows[1].keys() == {0, 1, 3, 4}
    assert rows[2] == {0: 1.0}


def test_morphs_become_expressions(rig: Rig) -> None:
    pose = rest_pose(rig)
    pose.expression_weights[rig.expression_index("blink")] = 1.0
    moved = skin_vertices(rig, pose)[0] - rig.mesh.positions
    np.testing.assert_allclose(moved[0], (0.0, 0.08, 0.16), atol=1e-6)
    names = {expression.name for expression in rig.expressions}
    assert names == {"aa", "blink", "笑い", "にやり", "happy", "smile", "まとめ"}


def test_a_mood_is_made_of_eyes_and_mouth_and_keeps_blinks_away(rig: Rig) -> None:
    happy = rig.expressions[rig.expression_index("happy")]
    moved = {
        rig.mesh.morph_targets[index].name.split()[1]: weight for index, weight in happy.morphs
    }
    assert moved == {"笑い": 1.0, "にやり": pytest.approx(0.7)}
    assert happy.override_blink is Override.BLOCK


def test_a_group_morph_moves_its_members(rig: Rig) -> None:
    group = rig.expressions[rig.expression_index("まとめ")]
    assert [weight for _, weight in group.morphs] == [0.5, 1.0]


def test_colours_are_those_under_mmds_light(rig: Rig) -> None:
    assert rig.materials[0].base_color == pytest.approx((1.0, 0.5, 0.1, 1.0))
    assert rig.materials[0].inked
    assert not rig.materials[0].double_sided


def test_materials_without_alpha_are_left_out(tmp_path: Path) -> None:
    draft = person_draft()
    shown = draft.materials[0]["count"] // 3
    draft.materials[-1]["diffuse"] = (1.0, 1.0, 1.0, 0.0)
    rig = load(draft, tmp_path)
    assert len(rig.materials) == len(draft.materials) - 1
    assert shown <= len(rig.mesh.triangles) < len(draft.indices) // 3
    assert len(rig.mesh.positions) == len(np.unique(rig.mesh.triangles))


@pytest.mark.parametrize("name", ["tex\\Skin.PNG", "./TEX//skin.png"])
def test_textures_are_found_as_windows_finds_them(tmp_path: Path, name: str) -> None:
    (tmp_path / "tex").mkdir()
    image = np.full((2, 2, 4), (10, 20, 30, 255), np.uint8)
    (tmp_path / "tex" / "skin.png").write_bytes(png(image))
    draft = person_draft()
    draft.textures = [name]
    draft.materials[0]["texture"] = 0
    material = load(draft, tmp_path).materials[0]
    np.testing.assert_array_equal(material.image, image)
    assert material.alpha_mode is AlphaMode.OPAQUE


def test_a_bmp_will_do_and_holes_are_cut_out(tmp_path: Path) -> None:
    image = np.full((4, 4, 3), (30, 20, 10), np.uint8)
    (tmp_path / "a.bmp").write_bytes(cv2.imencode(".bmp", image)[1].tobytes())
    holes = np.full((4, 4, 4), 255, np.uint8)
    holes[:2, :, 3] = 0
    (tmp_path / "b.png").write_bytes(png(holes))
    draft = person_draft()
    draft.textures = ["a.bmp", "b.png"]
    for number, material in enumerate(draft.materials[:2]):
        material["texture"] = number
    for number, vertex in enumerate(draft.vertices):
        vertex["uv"] = (0.5, 0.1 if number % 8 < 4 else 0.9)
    first, second = load(draft, tmp_path).materials[:2]
    assert first.image is not None
    assert tuple(first.image[0, 0]) == (10, 20, 30, 255)
    assert second.alpha_mode is AlphaMode.MASK


@pytest.mark.parametrize(
    "name",
    [
        "../secret.png",
        "..\\secret.png",
        "C:\\secret.png",
        "\\\\host\\secret.png",
        "/etc/passwd",
        "",
    ],
)
def test_textures_outside_of_the_folder_are_not_read(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "secret.png").write_bytes(png(np.zeros((2, 2, 4), np.uint8)))
    folder = tmp_path / "model"
    folder.mkdir()
    draft = person_draft()
    draft.textures = [name]
    draft.materials[0]["texture"] = 0
    assert load(draft, folder).materials[0].image is None
    assert "colour stands in" in caplog.text


def test_a_link_out_of_the_folder_is_not_followed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "secret.png").write_bytes(png(np.zeros((2, 2, 4), np.uint8)))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "skin.png").symlink_to(tmp_path / "secret.png")
    draft = person_draft()
    draft.textures = ["skin.png"]
    draft.materials[0]["texture"] = 0
    assert load(draft, folder).materials[0].image is None
    assert "colour stands in" in caplog.text


def tga(kind: int, bits: int, descriptor: int, body: bytes, size: tuple[int, int]) -> bytes:
    return struct.pack("<BBBHHBHHHHBB", 0, 0, kind, 0, 0, 0, 0, 0, *size, bits, descriptor) + body


def test_tga_images_are_read_packed_and_plain() -> None:
    plain = tga(2, 24, 0, bytes((1, 2, 3, 4, 5, 6)), (1, 2))
    np.testing.assert_array_equal(decode_tga(plain)[:, 0], [(6, 5, 4, 255), (3, 2, 1, 255)])
    packed = tga(10, 32, 0x20, bytes((0x81, 1, 2, 3, 4, 0x00, 5, 6, 7, 8)), (3, 1))
    wanted = [(3, 2, 1, 4), (3, 2, 1, 4), (7, 6, 5, 8)]
    np.testing.assert_array_equal(decode_tga(packed)[0], wanted)
    with pytest.raises(ValueError, match="truncated"):
        decode_tga(plain[:-1])
    with pytest.raises(ValueError, match="unknown kind"):
        decode_tga(tga(1, 8, 0, b"", (1, 1)))


def test_dynamic_bodies_become_a_spring_that_rests_as_the_model_does(rig: Rig) -> None:
    (chain,) = rig.springs
    assert [rig.skeleton.names[bone] for bone in chain.bones] == [
        *("tail.0", "tail.1", "tail.2", "tail.end")
    ]
    assert chain.colliders == (0,)
    assert rig.skeleton.names[rig.colliders[0].bone] == "頭"
    posed = SpringBones(rig).step(rest_pose(rig), 0.0)
    moved = skin_vertices(rig, posed)[0] - rig.mesh.positions
    assert np.abs(moved).max() < 0.02


def test_a_collider_that_a_chain_touches_at_rest_is_spared(tmp_path: Path) -> None:
    draft = person_draft()
    draft.bodies[0].update(position=draft.bone("tail.1")["position"])
    assert load(draft, tmp_path).springs[0].colliders == ()


def test_groups_that_do_not_collide_do_not(tmp_path: Path) -> None:
    draft = person_draft()
    draft.bodies[0].update(mask=0xFFFD)
    assert load(draft, tmp_path).springs[0].colliders == ()


def hang_in_a_circle(draft: PmxDraft) -> None:
    draft.bone("全ての親")["parent"] = draft.bone_index("頭")


def claim(noun: str, count: int) -> Callable[[PmxDraft], bytes]:
    """Return a damage that writes an absurd count of what a section holds."""

    def damage(draft: PmxDraft) -> bytes:
        kept, things = getattr(draft, noun), [*getattr(draft, noun)]
        with_them = draft.data()
        setattr(draft, noun, [])
        start = next(
            i for i, (a, b) in enumerate(zip(with_them, draft.data(), strict=False)) if a != b
        )
        setattr(draft, noun, kept)
        assert struct.unpack_from("<i", with_them, start)[0] == len(things)
        return with_them[:start] + struct.pack("<i", count) + with_them[start + 4 :]

    return damage


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda d: d.bones.clear(), "no bones"),
        (hang_in_a_circle, "hangs from itself"),
        (lambda d: d.bone("左腕").update(name="羽"), "missing bones: leftUpperArm"),
        (lambda d: d.bone("頭").update(parent=500), "refers to bone 500"),
        (lambda d: d.bone("頭").update(append=(-2, 1.0)), "refers to bone -2"),
        (lambda d: d.bone("頭").update(position=(0, float("nan"), 0)), "is none"),
        (lambda d: d.vertices[3].update(position=(0, float("nan"), 0)), "absurd places"),
        (lambda d: d.vertices[3].update(position=(0, 1e30, 0)), "absurd places"),
        (lambda d: d.vertices[3].update(kind=7), "unknown kind 7"),
        (lambda d: d.vertices[3].update(bones=[900]), "weights beyond"),
        (lambda d: d.indices.__setitem__(4, 60000), "triangles beyond"),
        (lambda d: d.indices.pop(), "make no triangles"),
        (lambda d: d.materials[0].update(count=3), "materials for"),
        (lambda d: d.materials[0].update(texture=5), "refers to texture 5"),
        (lambda d: d.morphs[1].update(entries=[(60000, 0, 0, 0)]), "morph beyond"),
        (lambda d: d.morphs[1].update(entries=[(0, float("inf"), 0, 0)]), "no numbers"),
        (lambda d: d.morphs[4].update(entries=[(99, 1.0)]), "refers to morph 99"),
        (lambda d: d.morphs[1].update(kind=77, entries=[]), "unknown kind 77"),
        (lambda d: d.bodies[0].update(bone=900), "refers to bone 900"),
        (lambda d: d.joints[0].update(a=900), "refers to rigid body 900"),
        (lambda d: setattr(d, "version", 3.0), "version 3, expected"),
        (lambda d: d.sizes.update(bone=2, vertex=2) or setattr(d, "uv_sets", 9), "unknown form"),
        (
            lambda d: [m.update(diffuse=(0, 0, 0, 0)) for m in d.materials],
            "all its materials are transparent",
        ),
    ],
)
def test_broken_models_are_refused(
    tmp_path: Path, damage: Callable[[PmxDraft], None], reason: str
) -> None:
    draft = person_draft()
    damage(draft)
    with pytest.raises(RigFormatError, match=reason):
        load(draft, tmp_path)


@pytest.mark.parametrize("count", [-1, 2**31 - 1])
@pytest.mark.parametrize(
    "noun", ["vertices", "indices", "textures", "materials", "bones", "morphs", "bodies", "joints"]
)
def test_absurd_counts_are_refused_before_anything_is_allocated(
    tmp_path: Path, noun: str, count: int
) -> None:
    draft = person_draft()
    draft.textures = ["skin.png"]
    path = tmp_path / "absurd.pmx"
    path.write_bytes(claim(noun, count)(draft))
    with pytest.raises(RigFormatError, match="claims"):
        load_rig(path)


def test_a_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    data = person_draft().data()
    path = tmp_path / "cut.pmx"
    for end in [*range(1, 60, 7), *range(60, len(data), 997), len(data) - 1]:
        path.write_bytes(data[:end])
        with pytest.raises(RigFormatError):
            load_rig(path)


@pytest.mark.filterwarnings("error")
def test_random_damage_is_survived(tmp_path: Path, rng: np.random.Generator) -> None:
    data = np.frombuffer(person_draft().data(), np.uint8)
    path = tmp_path / "damaged.pmx"
    for _ in range(150):
        damaged = data.copy()
        places = rng.integers(4, len(data), 3)
        damaged[places] = rng.choice(np.array((0, 1, 127, 128, 255), np.uint8), 3)
        path.write_bytes(damaged.tobytes())
        with contextlib.suppress(RigFormatError):
            load_rig(path)


def test_gene_moves_in_all_parts(shared_data: Path) -> None:
    rig = load_rig(shared_data / "characters" / "gene" / "Gene_light.pmx")
    assert len(rig.skeleton.humanoid) == 53
    assert all(material.image is not None for material in rig.materials)
    names = {expression.name for expression in rig.expressions}
    assert {"aa", "blinkLeft", "blinkRight", "happy", "angry", "sad", "jawOpen"} <= names
    assert len(rig.springs) > 20
    assert np.ptp(rig.mesh.positions[:, 1]) == pytest.approx(1.6, abs=0.05)
    cloak = rig.skeleton.names.index("横クローク3_2")
    assert rig.skeleton.parents[cloak] == rig.skeleton.humanoid["rightUpperArm"]


def test_absurdly_many_bodies_take_no_absurd_time(tmp_path: Path) -> None:
    draft = person_draft()
    ball, link = draft.bodies[0], draft.bodies[1]
    above = draft.bone_index("頭")
    for number in range(300):
        above = draft.add_bone(f"link {number}", above, (0.0, 20.0 + 0.01 * number, 0.0))
        draft.bodies.append({**link, "bone": above})
    draft.vertices[0]["bones"] = [above]
    draft.bodies += [dict(ball) for _ in range(2000)]
    rig = load(draft, tmp_path)
    assert len(rig.colliders) == 128
    assert max(len(chain.bones) for chain in rig.springs) == 301
    assert all(len(chain.colliders) <= 24 for chain in rig.springs)
