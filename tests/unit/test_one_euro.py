import math

import numpy as np

from udp_live.retargeting.one_euro import OneEuroConfig, OneEuroFilter, OneEuroQuaternion
from udp_live.retargeting.quaternion import Y_AXIS, about, angle_of

STEP_S = 1 / 30


def test_noise_at_rest_is_calmed(rng: np.random.Generator) -> None:
    smoother = OneEuroFilter(OneEuroConfig(min_cutoff_hz=1.0, beta=1.0))
    noise = rng.normal(0.0, 0.01, (200, 2))

    calmed = np.array([smoother.smooth(value, STEP_S) for value in noise])

    assert calmed[50:].std() < 0.55 * noise[50:].std()


def test_a_quick_move_is_followed_within_two_frames() -> None:
    smoother = OneEuroFilter(OneEuroConfig(min_cutoff_hz=1.0, beta=40.0))
    for _ in range(30):
        smoother.smooth(np.zeros(2), STEP_S)

    smoother.smooth(np.ones(2), STEP_S)
    second = smoother.smooth(np.ones(2), STEP_S)

    assert second.min() > 0.95


def test_a_forgotten_value_does_not_pull_on_the_next() -> None:
    smoother = OneEuroFilter(OneEuroConfig())
    smoother.smooth(np.zeros(3), STEP_S)

    smoother.forget()

    assert smoother.smooth(np.full(3, 9.0), STEP_S).tolist() == [9.0, 9.0, 9.0]


def test_a_rotation_settles_where_it_is_sent() -> None:
    smoother = OneEuroQuaternion(OneEuroConfig(min_cutoff_hz=2.0, beta=4.0))
    smoother.smooth(about(Y_AXIS, 0.0), STEP_S)

    for _ in range(30):
        turned = smoother.smooth(about(Y_AXIS, 0.5), STEP_S)

    assert math.isclose(angle_of(turned), 0.5, abs_tol=0.005)
