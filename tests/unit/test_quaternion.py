import math

import numpy as np
import pytest

from udp_live import linalg
from udp_live.retargeting import quaternion as q


def random_quats(rng: np.random.Generator, count: int) -> np.ndarray:
    return linalg.vec_normalize(rng.normal(size=(count, 4)))


def same_turn(a: q.Quat, b: np.ndarray) -> bool:
    return abs(float(np.dot(a, b))) > 1.0 - 1e-6


def test_products_and_turns_agree_with_the_array_functions(rng: np.random.Generator) -> None:
    for a, b in zip(random_quats(rng, 50), random_quats(rng, 50), strict=True):
        vector = rng.normal(size=3)

        np.testing.assert_allclose(
            q.multiply(tuple(a), tuple(b)), linalg.quat_multiply(a, b), atol=1e-12
        )
        np.testing.assert_allclose(
            q.rotate(tuple(a), tuple(vector)), linalg.quat_rotate(a, vector), atol=1e-12
        )
        assert same_turn(q.slerp(tuple(a), tuple(b), 0.3), linalg.quat_slerp(a, b, 0.3))
        assert same_turn(q.from_matrix(linalg.quat_to_matrix(a)), a)


def test_the_turn_between_frames_meets_the_first_direction_and_then_the_second() -> None:
    turn = q.between_frames((q.X_AXIS, q.Y_AXIS), (q.Z_AXIS, (1.0, 0.0, 0.5)))

    assert q.rotate(turn, q.X_AXIS) == pytest.approx(q.Z_AXIS, abs=1e-9)
    assert q.rotate(turn, q.Y_AXIS) == pytest.approx(q.X_AXIS, abs=1e-9)


@pytest.mark.parametrize("axis", [q.X_AXIS, q.Y_AXIS, q.Z_AXIS])
def test_opposite_directions_are_half_a_turn_apart(axis: q.Vec) -> None:
    turn = q.between(axis, q.scale(axis, -1.0))

    assert q.rotate(turn, axis) == pytest.approx(q.scale(axis, -1.0), abs=1e-6)


def test_the_twist_about_an_axis_ignores_the_swing() -> None:
    turned = q.multiply(q.about(q.Y_AXIS, 0.7), q.about(q.X_AXIS, -1.1))

    assert q.twist_angle(turned, q.X_AXIS) == pytest.approx(-1.1)


def test_a_share_of_a_turn_has_the_same_axis() -> None:
    part = q.part_of(q.about(q.Z_AXIS, 1.2), 0.25)

    assert part == pytest.approx(q.about(q.Z_AXIS, 0.3))
    assert q.angle_of(part) == pytest.approx(0.3)
    assert math.isclose(q.length(part[:3]) ** 2 + part[3] ** 2, 1.0)
