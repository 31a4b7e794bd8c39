import math

import pytest

from udp_live.retargeting.limits import limit_angle, limit_per_axis, smoothstep, split_twist
from udp_live.retargeting.quaternion import (
    X_AXIS,
    Y_AXIS,
    about,
    angle_of,
    multiply,
    to_rotation_vector,
)


def test_a_turn_within_its_limit_is_left_alone() -> None:
    turn = about(Y_AXIS, 0.4)

    assert limit_angle(turn, 0.5) == turn
    assert limit_per_axis(turn, (0.1, 0.5, 0.1)) == turn


def test_a_turn_beyond_its_limit_stops_there_on_the_same_axis() -> None:
    limited = limit_angle(about(Y_AXIS, 2.0), 0.5)

    assert to_rotation_vector(limited) == pytest.approx((0.0, 0.5, 0.0))


def test_each_axis_has_its_own_limit() -> None:
    limited = limit_per_axis(about(X_AXIS, -1.5), (1.0, 0.1, 0.1))

    assert to_rotation_vector(limited) == pytest.approx((-1.0, 0.0, 0.0))


def test_swing_times_twist_is_the_whole() -> None:
    whole = multiply(about(Y_AXIS, 0.6), about(X_AXIS, 0.9))

    swing, twist = split_twist(whole, X_AXIS)

    assert twist == pytest.approx(0.9)
    assert angle_of(swing) == pytest.approx(0.6)
    assert multiply(swing, about(X_AXIS, twist)) == pytest.approx(whole)


def test_smoothstep_is_flat_outside_and_half_in_the_middle() -> None:
    assert [smoothstep(x, 1.0, 3.0) for x in (0.0, 1.0, 2.0, 3.0, 9.0)] == [0, 0, 0.5, 1, 1]
    assert math.isclose(smoothstep(2.5, 1.0, 3.0), 0.84375)
