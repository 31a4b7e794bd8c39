"""Yuzu's head: complete, closed, symmetrical where it should be, and honest behind her lids."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.default_avatar import eye_shape, mouth_shape
from avatar_app.default_avatar.eyes import TURN_CENTRE
from avatar_app.default_avatar.head import (
    enlarged,
    head_materials,
    head_parts,
    head_springs,
    modelled_parts,
)
from avatar_app.default_avatar.part import Part
from avatar_app.default_avatar.skeleton import CENTRE_BONES, LEFT_BONES
from avatar_app.default_avatar.skull import front_point
from avatar_app.default_avatar.surfaces import inside_polygon

MORPHS = {
    *("blinkLeft", "blinkRight", "aa", "ih", "ou", "ee", "oh", "smile"),
    *("happy", "angry", "sad", "relaxed", "surprised", "browUp", "browDown"),
}
SKIN = {"face", "lidsLeft", "lidsRight"}


@cache
def parts() -> dict[str, Part]:
    return {part.name: part for part in modelled_parts()}


def posed(part: Part, **weights: float) -> NDArray[np.float64]:
    positions = part.positions.astype(np.float64)
    for name, weight in weights.items():
        if name in part.morphs:
            positions = positions + weight * part.morphs[name]
    return positions


def nearest_along_z(
    points: NDArray[np.float64], positions: NDArray[np.float64], triangles: NDArray[np.uint32]
) -> NDArray[np.float64]:
    """Greatest z of the surface over each front-view point, -inf beside it."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    u, v = b[:, :2] - a[:, :2], c[:, :2] - a[:, :2]
    area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    area = np.where(np.abs(area) < 1e-14, 1e-14, area)
    p = points[:, None] - a[None, :, :2]
    s = (p[..., 0] * v[:, 1] - p[..., 1] * v[:, 0]) / area
    t = (u[:, 0] * p[..., 1] - u[:, 1] * p[..., 0]) / area
    z = a[:, 2] + s * (b[:, 2] - a[:, 2]) + t * (c[:, 2] - a[:, 2])
    return np.where((s >= -1e-6) & (t >= -1e-6) & (s + t <= 1 + 1e-6), z, -np.inf).max(axis=1)


def front_most(
    points: NDArray[np.float64], names: set[str], turned: float = 1.0, **weights: float
) -> NDArray[np.float64]:
    return np.max(
        [
            nearest_along_z(
                points * (turned, 1), posed(parts()[n], **weights) * (turned, 1, turned),
                parts()[n].triangles,
            )
            for n in names
        ],
        axis=0,
    )  # fmt: skip


def eye_samples() -> NDArray[np.float64]:
    grid = np.stack(np.meshgrid(np.linspace(-0.019, 0.021, 9), np.linspace(-0.018, 0.018, 9)), -1)
    return eye_shape.CENTRE + grid.reshape(-1, 2)


def test_head_stays_within_its_triangle_budget() -> None:
    assert sum(len(part.triangles) for part in parts().values()) <= 12_000


def test_every_expression_has_its_morph_target() -> None:
    assert {name for part in parts().values() for name in part.morphs} == MORPHS


def test_arrays_of_every_part_fit_together() -> None:
    for part in parts().values():
        count = len(part.positions)
        assert part.normals.shape == (count, 3)
        assert part.uvs.shape == (count, 2)
        assert part.triangles.max() < count
        assert np.isfinite(part.positions).all()
        np.testing.assert_allclose(np.linalg.norm(part.normals, axis=1), 1.0, atol=1e-4)
        assert all(offsets.shape == (count, 3) for offsets in part.morphs.values())


def test_weights_name_known_bones_and_sum_to_one() -> None:
    known = {*CENTRE_BONES, *LEFT_BONES, "rightEye"}
    known |= {name for chain in head_springs() for name in chain.names[:-1]}
    for part in parts().values():
        assert set(part.weights) <= known
        np.testing.assert_allclose(sum(part.weights.values()), 1.0, atol=1e-5)


def test_every_part_has_its_painted_material() -> None:
    materials = head_materials()
    assert {part.material for part in parts().values()} <= set(materials)
    for material in materials.values():
        assert material.image is not None
        assert material.image.dtype == np.uint8
        assert material.image.shape[2] == 4


def test_springs_hang_in_order_and_move_something() -> None:
    chains = head_springs()
    assert 8 <= len(chains) <= 14
    names = [name for chain in chains for name in chain.names]
    assert len(set(names)) == len(names)
    moved = {bone for part in parts().values() for bone in part.weights}
    for chain in chains:
        assert len(chain.names) == len(chain.positions)
        assert set(chain.names[:-1]) <= moved


def test_building_twice_gives_the_same_head() -> None:
    for again in head_parts():
        before = parts()[again.name]
        np.testing.assert_array_equal(again.positions, enlarged(before.positions))


def test_eyes_turn_about_their_bones() -> None:
    np.testing.assert_allclose(enlarged(TURN_CENTRE), LEFT_BONES["leftEye"][1], atol=2e-4)


def test_open_eye_shows_white_or_iris() -> None:
    points = eye_samples()
    eye = front_most(points, {"eyeWhiteLeft", "irisLeft"})
    assert (eye > front_most(points, SKIN)).mean() > 0.85


@pytest.mark.parametrize("weights", [{"blinkLeft": 1.0}, {"happy": 1.0}])
def test_closed_lids_hide_the_whole_eye(weights: dict[str, float]) -> None:
    points = eye_samples()
    eye = front_most(points, {"eyeWhiteLeft", "irisLeft"}, **weights)
    assert (front_most(points, SKIN, **weights) > eye).all()


def test_a_blink_moves_one_eye_only() -> None:
    assert np.abs(parts()["lidsLeft"].morphs["blinkLeft"]).max() > 0.02
    assert "blinkLeft" not in parts()["lidsRight"].morphs


@pytest.mark.parametrize("yaw_deg", [-20, 0, 20])
@pytest.mark.parametrize("pitch_deg", [-20, 0, 20])
def test_turned_iris_stays_behind_the_skin_and_before_the_white(
    yaw_deg: int, pitch_deg: int
) -> None:
    yaw, pitch = np.deg2rad([yaw_deg, -pitch_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    iris = parts()["irisLeft"].positions - TURN_CENTRE
    turned = iris @ (about_y @ about_x).T + TURN_CENTRE
    assert (turned[:, 2] < front_point(turned[:, :2])[:, 2] - 0.0009).all()
    opening = eye_shape.CENTRE + (eye_shape.opening() - eye_shape.CENTRE) * 0.93
    shown = turned[inside_polygon(turned[:, :2], opening)]
    white = nearest_along_z(
        shown[:, :2], posed(parts()["eyeWhiteLeft"]), parts()["eyeWhiteLeft"].triangles
    )
    assert len(shown) > 20
    assert (shown[:, 2] > white).all()


def test_closed_mouth_shows_no_inside() -> None:
    line = np.stack([np.linspace(-0.008, 0.008, 9), np.full(9, mouth_shape.CENTRE[1])], axis=1)
    points = np.concatenate([line + np.array([0.0, dy]) for dy in np.linspace(-0.004, 0.004, 9)])
    inside = front_most(points, {"mouthPocket", "tongue", "teeth"})
    assert (front_most(points, {"face", "lipLine"}) > inside).all()


@pytest.mark.parametrize("vowel", ["aa", "ih", "ou", "ee", "oh"])
def test_each_vowel_opens_the_mouth(vowel: str) -> None:
    upper, lower = mouth_shape.lips(vowel)
    middle = (upper + lower)[len(upper) // 2][None] / 2
    inside = front_most(middle, {"mouthPocket", "tongue", "teeth"}, **{vowel: 1.0})
    assert (inside > front_most(middle, {"face", "lipLine"}, **{vowel: 1.0})).all()


def test_hair_covers_the_skull_from_behind() -> None:
    hair = {name for name, part in parts().items() if part.material == "yuzu_hair"}
    grid = np.stack(np.meshgrid(np.linspace(-0.08, 0.08, 17), np.linspace(1.30, 1.50, 17)), -1)
    points = grid.reshape(-1, 2)
    skin = front_most(points, SKIN, turned=-1.0)
    assert (front_most(points, hair, turned=-1.0) > skin).all()


def test_face_is_symmetrical() -> None:
    face = parts()["face"].positions
    mirrored = face * (-1.0, 1.0, 1.0)
    gaps = np.linalg.norm(face[:, None] - mirrored[None], axis=2).min(axis=1)
    assert gaps.max() < 2e-4
