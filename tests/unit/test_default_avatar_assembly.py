"""The assembled default avatar, and the VRM file that it is written to."""

from pathlib import Path

import numpy as np
import pytest

from avatar_app.default_avatar.assembly import EXPRESSIONS, build_rig
from avatar_app.default_avatar.colliders import COLLIDERS, collider_group
from avatar_app.default_avatar.vrm_writer import vrm_bytes, write_vrm
from udp_live.loaders import load_rig
from udp_live.rig.humanoid import HUMANOID_PARENTS
from udp_live.rig.rig import Override, Rig

MAX_PROXY_BYTES = 6_000_000


@pytest.fixture(scope="module")
def rig() -> Rig:
    return build_rig()


@pytest.fixture(scope="module")
def loaded(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Rig:
    path = tmp_path_factory.mktemp("avatar") / "proxy.glb"
    write_vrm(rig, path)
    return load_rig(path)


def test_building_twice_gives_identical_bytes(rig: Rig) -> None:
    assert vrm_bytes(build_rig()) == vrm_bytes(rig)


def test_the_file_stays_small(rig: Rig) -> None:
    assert len(vrm_bytes(rig)) <= MAX_PROXY_BYTES


def test_all_humanoid_bones_but_the_jaw_are_there(rig: Rig) -> None:
    assert set(rig.skeleton.humanoid) == set(HUMANOID_PARENTS) - {"jaw"}


def test_she_is_about_one_metre_and_sixty_with_her_soles_on_the_floor(rig: Rig) -> None:
    heights = rig.mesh.positions[:, 1]
    assert abs(float(heights.min())) < 0.002
    assert 1.5 < float(heights.max()) < 1.75


def test_parts_cover_all_triangles_once(rig: Rig) -> None:
    ends = [part.first + part.count for part in rig.mesh.parts]
    assert [part.first for part in rig.mesh.parts] == [0, *ends[:-1]]
    assert ends[-1] == len(rig.mesh.triangles)


def test_every_expression_moves_something(rig: Rig) -> None:
    assert tuple(expression.name for expression in rig.expressions) == EXPRESSIONS
    assert all(expression.morphs for expression in rig.expressions)


def test_closed_happy_eyes_block_blinks(rig: Rig) -> None:
    index = rig.expression_index("happy")
    assert index is not None
    assert rig.expressions[index].override_blink is Override.BLOCK


def test_springs_of_hair_meet_the_head_and_springs_of_the_skirt_meet_the_legs() -> None:
    def met(root: str) -> set[str]:
        return {COLLIDERS[index].name for index in collider_group(root)}

    assert "head" in met("anyHair0")
    assert "leg" in met("skirt0_0")
    assert "head" not in met("skirt0_0")


def test_spring_chains_run_from_parent_to_child(rig: Rig) -> None:
    for spring in rig.springs:
        for parent, child in zip(spring.bones, spring.bones[1:], strict=False):
            assert rig.skeleton.parents[child] == parent


def test_bones_survive_the_file(rig: Rig, loaded: Rig) -> None:
    assert set(loaded.skeleton.names) == set(rig.skeleton.names)
    order = [loaded.skeleton.names.index(name) for name in rig.skeleton.names]
    np.testing.assert_allclose(
        loaded.skeleton.rest_positions[order], rig.skeleton.rest_positions, atol=1e-5
    )
    assert dict(rig.skeleton.humanoid).keys() == dict(loaded.skeleton.humanoid).keys()


def test_the_surface_survives_the_file(rig: Rig, loaded: Rig) -> None:
    assert len(loaded.mesh.triangles) == len(rig.mesh.triangles)
    ours = rig.mesh.positions[rig.mesh.triangles].mean(axis=1)
    theirs = loaded.mesh.positions[loaded.mesh.triangles].mean(axis=1)
    np.testing.assert_allclose(theirs, ours, atol=1e-5)


def test_weights_survive_the_file(rig: Rig, loaded: Rig) -> None:
    order = np.array([loaded.skeleton.names.index(name) for name in rig.skeleton.names])

    def shares(mesh_rig: Rig, names: np.ndarray) -> np.ndarray:
        corners = mesh_rig.mesh.triangles[:, 0]
        table = np.zeros((len(corners), mesh_rig.skeleton.bone_count))
        joints = names[mesh_rig.mesh.joints[corners]]
        np.add.at(table, (np.arange(len(corners))[:, None], joints), mesh_rig.mesh.weights[corners])
        return table

    np.testing.assert_allclose(
        shares(loaded, np.arange(loaded.skeleton.bone_count)), shares(rig, order), atol=1e-4
    )


def test_expressions_survive_the_file(rig: Rig, loaded: Rig) -> None:
    assert [e.name for e in loaded.expressions] == [e.name for e in rig.expressions]
    for ours, theirs in zip(rig.expressions, loaded.expressions, strict=True):
        assert theirs.override_blink is ours.override_blink
        assert _reach(loaded, theirs.name) == pytest.approx(_reach(rig, ours.name), abs=1e-5)


def _reach(rig: Rig, name: str) -> float:
    """Return the farthest that an expression moves a vertex, metres."""
    index = rig.expression_index(name)
    assert index is not None
    targets = [rig.mesh.morph_targets[morph] for morph, _ in rig.expressions[index].morphs]
    return max(float(np.linalg.norm(t.position_offsets, axis=1).max()) for t in targets)


def test_materials_survive_the_file(rig: Rig, loaded: Rig) -> None:
    assert [m.name for m in loaded.materials] == [m.name for m in rig.materials]
    for ours, theirs in zip(rig.materials, loaded.materials, strict=True):
        assert (theirs.lit, theirs.inked, theirs.double_sided) == (
            ours.lit, ours.inked, ours.double_sided,
        )  # fmt: skip
        np.testing.assert_allclose(theirs.base_color, ours.base_color, atol=1e-4)
        if ours.lit:
            np.testing.assert_allclose(theirs.shade_color, ours.shade_color, atol=1e-4)
        if ours.image is not None and theirs.image is not None:
            np.testing.assert_array_equal(theirs.image, ours.image)


def test_springs_colliders_and_gaze_survive_the_file(rig: Rig, loaded: Rig) -> None:
    assert len(loaded.springs) == len(rig.springs)
    for ours, theirs in zip(rig.springs, loaded.springs, strict=True):
        assert [loaded.skeleton.names[b] for b in theirs.bones] == [
            rig.skeleton.names[b] for b in ours.bones
        ]
        assert theirs.colliders == ours.colliders
        assert theirs.stiffness == pytest.approx(ours.stiffness)
    assert [c.radius for c in loaded.colliders] == pytest.approx([c.radius for c in rig.colliders])
    assert rig.look_at is not None
    assert loaded.look_at is not None
    assert loaded.look_at.inner.output == pytest.approx(rig.look_at.inner.output)


def test_name_author_and_licence_survive_the_file(rig: Rig, loaded: Rig) -> None:
    assert (loaded.name, loaded.author, loaded.licence) == (rig.name, rig.author, rig.licence)


def test_a_written_file_is_a_whole_glb(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "proxy.glb"
    write_vrm(rig, path)
    data = path.read_bytes()
    assert data[:4] == b"glTF"
    assert int.from_bytes(data[8:12], "little") == len(data)
