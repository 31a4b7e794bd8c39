"""Face regions go to one expression at a time."""

import pytest

from renderer.guided.expression_choice import choose_expressions, shows_in

DRAWN = ("aa", "ih", "happy")


def test_a_resting_face_is_neutral() -> None:
    assert choose_expressions({}, "mouth", DRAWN) == {}
    assert choose_expressions({"aa": 0.3}, "mouth", DRAWN) == {}


def test_the_strongest_expression_takes_the_region() -> None:
    assert choose_expressions({"aa": 0.9, "ih": 0.4}, "mouth", DRAWN) == {"aa": 1.0}


@pytest.mark.parametrize("weight", [x / 50 for x in range(50)])
def test_shares_change_smoothly_with_the_weight(weight: float) -> None:
    before = choose_expressions({"aa": weight}, "mouth", DRAWN).get("aa", 0.0)
    after = choose_expressions({"aa": weight + 0.02}, "mouth", DRAWN).get("aa", 0.0)
    assert 0 <= after - before < 0.25


def test_shares_never_exceed_the_region() -> None:
    shares = choose_expressions({"aa": 0.8, "ih": 0.8, "happy": 0.79}, "mouth", DRAWN)
    assert sum(shares.values()) <= 1 + 1e-9
    assert set(shares) == set(DRAWN)


def test_a_blink_of_one_eye_uses_the_drawing_of_both() -> None:
    assert choose_expressions({"blinkLeft": 1.0}, "leftEye", ("blink",)) == {"blink": 1.0}
    assert choose_expressions({"blinkLeft": 1.0}, "rightEye", ("blink",)) == {}


def test_a_blink_of_both_eyes_uses_the_drawings_of_each() -> None:
    assert choose_expressions({"blink": 1.0}, "leftEye", ("blinkLeft",)) == {"blinkLeft": 1.0}


def test_mouth_shapes_say_nothing_about_eyes() -> None:
    assert shows_in("aa", "mouth")
    assert not shows_in("aa", "leftEye")
    assert not shows_in("blink", "mouth")
    assert not shows_in("blinkLeft", "rightEye")
    assert shows_in("happy", "rightEye")
