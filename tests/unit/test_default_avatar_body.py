"""Yuzu's body and outfit: budgets, layers, and how they bend."""

import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.default_avatar import assembly
from avatar_app.default_avatar.body import body_parts
from avatar_app.default_avatar.body_textures import body_materials
from avatar_app.default_avatar.hands import FINGERS, hand_parts
from avatar_app.default_avatar.hood import hood_parts, hood_springs
from avatar_app.default_avatar.hoodie import hoodie_parts
from avatar_app.default_avatar.keyframes import turned
from avatar_app.default_avatar.legs import leg_parts
from avatar_app.default_avatar.part import Part
from avatar_app.default_avatar.shoes import shoe_parts
from avatar_app.default_avatar.skirt import skirt_parts, skirt_springs
from avatar_app.default_avatar.tail import tail_parts, tail_springs
from udp_live.linalg import quat_identity, quat_rotate
from udp_live.rig.rig import Skeleton
from udp_live.rig.skinning import posed_joints
from udp_live.types import RigPose


@pytest.fixture(scope="module")
def parts() -> dict[str, Part]:
    made = [
        *body_parts(), *hand_parts(), *leg_parts(), *shoe_parts(), *skirt_parts(),
        *hoodie_parts(), *hood_parts(), *tail_parts(),
    ]  # fmt: skip
    return {part.name: part for part in made}


@pytest.fixture(scope="module")
def skeleton() -> Skeleton:
    return assembly.assemble_skeleton([*hood_springs(), *skirt_springs(), *tail_springs()])


def posed(
    part: Part, skeleton: Skeleton, turns: dict[str, NDArray[np.float64]]
) -> NDArray[np.float32]:
    """Return the part's vertices with some bones turned."""
    rotations = quat_identity(skeleton.bone_count)
    for bone, turn in turns.items():
        rotations[skeleton.names.index(bone)] = turn
    still = np.zeros(3, np.float32)
    pose = RigPose(rotations, still, np.zeros(0, np.float32), np.zeros(2, np.float32))
    body = posed_joints(skeleton, pose)
    moved = np.zeros_like(part.positions)
    for name, share in part.weights.items():
        bone = skeleton.names.index(name)
        offsets = part.positions - skeleton.rest_positions[bone]
        turned_offsets = quat_rotate(body.rotations[bone], offsets)
        moved += share[:, None] * (turned_offsets + body.positions[bone])
    return moved


def arms_down() -> dict[str, NDArray[np.float64]]:
    return {"leftUpperArm": turned(("z", -70.0)), "rightUpperArm": turned(("z", 70.0))}


def test_the_body_stays_within_its_triangle_budget(parts: dict[str, Part]) -> None:
    assert sum(len(part.triangles) for part in parts.values()) <= 14_000


def test_every_part_has_a_painted_material(parts: dict[str, Part]) -> None:
    materials = body_materials()
    assert {part.material for part in parts.values()} == set(materials)
    assert all(material.image is not None for material in materials.values())


def test_textures_are_addressed_inside_their_images(parts: dict[str, Part]) -> None:
    for part in parts.values():
        assert part.uvs.min() >= 0.0
        assert part.uvs.max() <= 1.0


def test_weights_of_each_vertex_add_up_to_one(parts: dict[str, Part]) -> None:
    for part in parts.values():
        total = np.sum(list(part.weights.values()), axis=0)
        np.testing.assert_allclose(total, 1.0, atol=2e-3, err_msg=part.name)


def test_triangles_face_the_way_their_normals_point(parts: dict[str, Part]) -> None:
    for part in parts.values():
        a, b, c = (part.positions[part.triangles[:, k]] for k in range(3))
        faces = np.cross(b - a, c - a)
        agrees = np.sum(faces * part.normals[part.triangles[:, 0]], axis=1) > 0
        assert agrees.mean() > 0.97, part.name


def test_the_skin_below_the_sleeves_is_left_out(parts: dict[str, Part]) -> None:
    for part in parts.values():
        if part.material in ("Skin", "HandSkin"):
            reach = np.abs(part.positions[:, 0])
            assert not np.any((reach > 0.14) & (reach < 0.47)), part.name


def test_no_two_parts_lie_on_each_other_at_rest(parts: dict[str, Part]) -> None:
    centres = {name: part.positions[part.triangles].mean(axis=1) for name, part in parts.items()}
    for first, second in (("top", "neck"), ("socks", "thighs"), ("hood", "hoodie")):
        gaps = np.linalg.norm(centres[first][:, None] - centres[second][None], axis=2)
        assert gaps.min() > 2e-4, (first, second)


def test_both_halves_mirror_each_other(parts: dict[str, Part]) -> None:
    for name in ("hands", "hoodie", "socks", "shoes"):
        points = np.round(parts[name].positions, 5)
        mirrored = np.round(parts[name].positions * np.float32((-1, 1, 1)), 5)
        assert {tuple(p) for p in points + 0.0} == {tuple(p) for p in mirrored + 0.0}, name


@pytest.mark.parametrize("finger", [*FINGERS, "Thumb"])
def test_a_finger_bends_alone(parts: dict[str, Part], skeleton: Skeleton, finger: str) -> None:
    hands = parts["hands"]
    moved = posed(hands, skeleton, {f"left{finger}Proximal": turned(("z", -60.0), ("y", 20.0))})
    shift = np.linalg.norm(moved - hands.positions, axis=1)
    own = np.sum(
        [share for bone, share in hands.weights.items() if bone.startswith(f"left{finger}")],
        axis=0,
    )
    assert shift[own > 0.99].max() > 0.015
    assert shift[own < 0.01].max() < 1e-3


def test_shoulders_keep_their_volume_when_the_arms_hang(
    parts: dict[str, Part], skeleton: Skeleton
) -> None:
    hoodie = parts["hoodie"]
    ring = np.flatnonzero(np.abs(hoodie.positions[:, 0] - 0.196) < 0.004)
    moved = posed(hoodie, skeleton, arms_down())

    def girth(points: NDArray[np.float32]) -> float:
        return float(np.linalg.norm(points - points.mean(axis=0), axis=1).mean())

    assert girth(moved[ring]) > 0.8 * girth(hoodie.positions[ring])


def test_hanging_arms_leave_a_rounded_shoulder(parts: dict[str, Part], skeleton: Skeleton) -> None:
    hoodie = parts["hoodie"]
    moved = posed(hoodie, skeleton, arms_down())
    crest = moved[(moved[:, 0] > 0.10) & (moved[:, 0] < 0.14)]
    assert crest[:, 1].max() > 1.17


def test_a_bent_elbow_does_not_pinch_the_sleeve(parts: dict[str, Part], skeleton: Skeleton) -> None:
    hoodie = parts["hoodie"]
    ring = np.flatnonzero(np.abs(hoodie.positions[:, 0] - 0.302) < 0.004)
    moved = posed(hoodie, skeleton, {"leftLowerArm": turned(("y", -140.0))})
    height = np.ptp(moved[ring, 1])
    assert height > 0.95 * np.ptp(hoodie.positions[ring, 1])


def test_the_skirt_rises_with_the_thigh(parts: dict[str, Part], skeleton: Skeleton) -> None:
    skirt = parts["skirt"]
    hem = (skirt.positions[:, 1] < 0.63) & (skirt.positions[:, 2] > 0.12)
    hem &= np.abs(skirt.positions[:, 0] - 0.07) < 0.03
    moved = posed(skirt, skeleton, {"leftUpperLeg": turned(("x", -60.0))})
    assert (moved[hem, 1] - skirt.positions[hem, 1]).min() > 0.05


def test_the_skirt_hangs_on_eight_to_ten_chains() -> None:
    assert 8 <= len(skirt_springs()) <= 10
