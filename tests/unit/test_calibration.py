import math
from itertools import pairwise

from udp_live.retargeting.calibration import Calibration, Observation
from udp_live.retargeting.face import TYPICAL
from udp_live.retargeting.head import HeadReading
from udp_live.retargeting.quaternion import IDENTITY, Y_AXIS, about, angle_of, inverse, multiply

STEP_S = 1 / 30


def looking(yaw_deg: float) -> Observation:
    turn = about(Y_AXIS, math.radians(yaw_deg))
    return Observation(HeadReading(turn, (0.0, 0.0, -0.6)), None, TYPICAL)


def observe(calibration: Calibration, yaws_deg: list[float]) -> None:
    for yaw_deg in yaws_deg:
        calibration.observe(looking(yaw_deg), STEP_S)


def error_deg(calibration: Calibration, yaw_deg: float) -> float:
    wanted = about(Y_AXIS, math.radians(yaw_deg))
    return math.degrees(angle_of(multiply(inverse(wanted), calibration.neutral.head.rotation)))


def test_the_first_calm_second_becomes_the_neutral_without_a_jump() -> None:
    calibration = Calibration()
    observe(calibration, [10.0] * 31)
    just_found = error_deg(calibration, 10.0)

    observe(calibration, [10.0] * 90)

    assert calibration.neutral.is_calibrated
    assert just_found > 5.0
    assert error_deg(calibration, 10.0) < 0.5


def test_a_head_away_from_the_middle_eases_in_without_a_jump() -> None:
    calibration = Calibration()
    beside = Observation(HeadReading(IDENTITY, (0.2, 0.0, -0.5)), None, TYPICAL)
    places = [calibration.observe(beside, STEP_S).head.position[0] for _ in range(150)]

    assert max(b - a for a, b in pairwise(places)) < 0.03
    assert places[-1] == 0.2


def test_what_comes_after_the_calm_second_changes_nothing() -> None:
    calibration = Calibration()
    observe(calibration, [5.0] * 150)

    observe(calibration, [20.0] * 150)

    assert error_deg(calibration, 5.0) < 0.5


def test_a_head_that_is_turned_away_is_not_taken_for_neutral() -> None:
    calibration = Calibration()

    observe(calibration, [45.0] * 300)

    assert not calibration.neutral.is_calibrated


def test_a_restless_user_is_taken_as_seen_on_average() -> None:
    calibration = Calibration()

    observe(calibration, [8.0 + 12.0 * math.sin(step) for step in range(200)])

    assert error_deg(calibration, 8.0) < 3.0


def test_asking_again_takes_a_new_neutral_even_a_turned_one() -> None:
    calibration = Calibration()
    observe(calibration, [0.0] * 120)

    calibration.ask()
    observe(calibration, [40.0] * 150)

    assert error_deg(calibration, 40.0) < 0.5
