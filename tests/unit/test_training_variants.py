"""Variants of a character keep its rig in one piece."""

from dataclasses import replace

import numpy as np
import pytest

from renderer.training.material_cells import cell_name, with_material_cells
from renderer.training.patterns import PATTERNS, TILE_PX, pattern_image
from renderer.training.proportions import Proportions, with_proportions
from renderer.training.recolouring import ColourMap, recoloured, skin_share
from renderer.training.surface_pieces import surface_pieces
from renderer.training.swapped_parts import common_things, with_swapped_parts
from renderer.training.variants import make_variant
from tests.fakes.tiny_rig import tiny_rig
from udp_live.rig.landmarks import canonical_landmarks
from udp_live.rig.reference_poses import canonical_pose
from udp_live.rig.rig import Material, Mesh, MeshPart, Rig
from udp_live.rig.skinning import skin_vertices


def _bone(rig: Rig, name: str) -> np.ndarray:
    return rig.skeleton.rest_positions[rig.skeleton.humanoid[name]]


def _length(rig: Rig, bone: str, target: str) -> float:
    return float(np.linalg.norm(_bone(rig, target) - _bone(rig, bone)))


def _corners(mesh: Mesh) -> np.ndarray:
    """Return all triangles' corners in an order that does not depend on the mesh's."""
    corners = mesh.positions[mesh.triangles].reshape(-1, 9).round(5)
    return corners[np.lexsort(corners.T)]


def test_own_proportions_change_nothing() -> None:
    rig = tiny_rig()
    same = with_proportions(rig, Proportions())
    np.testing.assert_allclose(same.mesh.positions, rig.mesh.positions, atol=1e-6)
    np.testing.assert_allclose(same.mesh.normals, rig.mesh.normals, atol=1e-6)


def test_bones_get_the_asked_lengths() -> None:
    rig = tiny_rig()
    other = with_proportions(rig, Proportions(arm_length=1.2, leg_length=0.8, girth=1.1))
    assert _length(other, "leftUpperArm", "leftLowerArm") == pytest.approx(
        1.2 * _length(rig, "leftUpperArm", "leftLowerArm"), rel=1e-4
    )
    assert _length(other, "rightUpperLeg", "rightLowerLeg") == pytest.approx(
        0.8 * _length(rig, "rightUpperLeg", "rightLowerLeg"), rel=1e-4
    )


def test_a_larger_head_takes_its_expressions_along() -> None:
    rig = tiny_rig()
    other = with_proportions(rig, Proportions(head=1.5))
    for target, larger in zip(rig.mesh.morph_targets, other.mesh.morph_targets, strict=True):
        on_head = rig.mesh.joints[target.vertices, 0] != rig.skeleton.humanoid["neck"]
        expected = np.where(on_head[:, None], 1.5, 1.0) * target.position_offsets
        np.testing.assert_allclose(larger.position_offsets, expected, atol=1e-5)


def test_other_proportions_still_have_a_canonical_pose() -> None:
    other = with_proportions(tiny_rig(), Proportions(0.8, 1.1, 1.2, 0.9, 1.2, 1.3, 0.8))
    landmarks = canonical_landmarks(other)
    assert np.isfinite(landmarks).all()
    assert landmarks[:, 1].max() - landmarks[:, 1].min() == pytest.approx(1 / 1.2, abs=0.02)


def _swatched_rig() -> Rig:
    """Return the tiny rig with one material whose image holds two swatches."""
    rig = tiny_rig()
    image = np.full((64, 64, 4), 255, np.uint8)
    image[:, :32, :3], image[:, 32:, :3] = (200, 40, 40), (40, 60, 200)
    parts = tuple(replace(part, material=0) for part in rig.mesh.parts)
    uvs = np.full_like(rig.mesh.uvs, 0.25)
    cloth = parts[1]
    uvs[rig.mesh.triangles[cloth.first : cloth.first + cloth.count]] = 0.75
    return replace(
        rig,
        mesh=replace(rig.mesh, parts=parts, uvs=uvs),
        materials=(Material("palette", image=image),),
    )


def test_swatches_become_materials_that_share_no_vertices() -> None:
    rig = _swatched_rig()
    split = with_material_cells(rig)
    cells = [cell_name(material) for material in split.materials]
    assert [cell.part for cell in cells if cell] == ["skin", "cloth"]
    users = [
        set(split.mesh.triangles[p.first : p.first + p.count].ravel()) for p in split.mesh.parts
    ]
    assert not users[0] & users[1]
    np.testing.assert_array_equal(_corners(split.mesh), _corners(rig.mesh))


def test_cells_keep_expressions() -> None:
    rig, split = tiny_rig(), with_material_cells(tiny_rig())
    pose = replace(canonical_pose(rig), expression_weights=np.ones(3, np.float32))
    whole = skin_vertices(rig, pose)[0][rig.mesh.triangles].reshape(-1, 9).round(4)
    cut = skin_vertices(split, pose)[0][split.mesh.triangles].reshape(-1, 9).round(4)
    assert {tuple(row) for row in whole} == {tuple(row) for row in cut}


def test_skin_follows_the_map_of_skin_and_cloth_the_other() -> None:
    image = np.full((8, 16, 4), 255, np.uint8)
    image[:, :8, :3], image[:, 8:, :3] = (230, 180, 150), (40, 60, 200)
    changed = recoloured(Material("all", image=image), ColourMap(turn_deg=120), ColourMap())
    assert changed.image is not None
    assert np.abs(changed.image[0, 0, :3].astype(int) - (230, 180, 150)).max() < 12
    assert changed.image[0, 15, 0] > 150 > changed.image[0, 15, 2]
    assert 0.4 < skin_share(Material("all", image=image)) < 0.6


def test_a_mouth_keeps_its_colours() -> None:
    mouth = Material("mouth_mat", base_color=(0.7, 0.1, 0.1, 1.0))
    assert recoloured(mouth, ColourMap(90), ColourMap(90)) is mouth


@pytest.mark.parametrize("kind", list(PATTERNS))
def test_patterns_have_two_colours_and_no_seam(kind: str) -> None:
    image = pattern_image(kind, np.zeros(3, np.float32), np.ones(3, np.float32), 0.5)[..., :3]
    assert image.shape == (TILE_PX, TILE_PX, 3)
    assert image.min() < 30
    assert image.max() > 225
    steps = np.abs(np.diff(image.astype(int), axis=1)).mean(axis=(0, 2))
    seam = np.abs(image[:, 0].astype(int) - image[:, -1]).mean()
    assert seam <= max(steps.max(), 1) + 1


def _named_rig(name: str) -> Rig:
    """Return the tiny rig in three things, without expressions."""
    rig = tiny_rig()
    cloth = rig.mesh.parts[1]
    half = cloth.count // 2
    parts = (
        replace(rig.mesh.parts[0], name=f"{name}_Head"),
        MeshPart(f"{name}_Body", cloth.first, half, 1),
        MeshPart(f"{name}_LegLeft", cloth.first + half, cloth.count - half, 1),
    )
    mesh = replace(rig.mesh, parts=parts, morph_targets=())
    return replace(rig, name=name, mesh=mesh, expressions=())


def test_parts_are_swapped_between_rigs_that_share_bones(rng: np.random.Generator) -> None:
    rig, donor = _named_rig("Anna"), _named_rig("Bert")
    assert common_things(rig, donor) == ("body", "head", "leg")
    mixed = with_swapped_parts(rig, donor, rng)
    names = [part.name for part in mixed.mesh.parts]
    assert {name.split("_")[0] for name in names} == {"Anna", "Bert"}
    np.testing.assert_array_equal(_corners(mixed.mesh), _corners(rig.mesh))


def test_nothing_is_swapped_between_different_bones(rng: np.random.Generator) -> None:
    rig = _named_rig("Anna")
    tall = with_proportions(_named_rig("Bert"), Proportions(leg_length=1.3))
    assert common_things(rig, tall) == ()
    assert with_swapped_parts(rig, tall, rng) is rig


def test_every_box_of_the_figure_is_a_piece() -> None:
    rig = tiny_rig()
    assert np.bincount(surface_pieces(rig.mesh)).min() >= 12
    assert surface_pieces(rig.mesh).max() > 5


def test_variant_zero_is_the_rig_itself() -> None:
    rig = tiny_rig()
    assert make_variant(rig, 0) is rig
