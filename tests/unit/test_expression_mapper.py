from dataclasses import replace

from tests.fakes.tiny_rig import tiny_rig
from udp_live.retargeting.expression_mapper import ExpressionMapper
from udp_live.retargeting.face import FaceControls
from udp_live.rig.rig import Expression, Override, Rig


def rig_with(*expressions: Expression) -> Rig:
    return replace(tiny_rig(), expressions=expressions)


def weights(rig: Rig, face: FaceControls) -> dict[str, float]:
    found = ExpressionMapper(rig).weights(face).tolist()
    return dict(zip((e.name for e in rig.expressions), found, strict=True))


def test_each_eye_has_its_own_expression_where_the_rig_offers_it() -> None:
    rig = rig_with(*(Expression(name, ()) for name in ("blink", "blinkRight", "blinkLeft")))

    found = weights(rig, FaceControls(blink_left=1.0, blink_right=0.25))

    assert found == {"blink": 0.0, "blinkRight": 0.25, "blinkLeft": 1.0}


def test_a_rig_with_one_blink_does_not_close_both_eyes_on_a_wink() -> None:
    rig = rig_with(Expression("blink", ()))

    assert weights(rig, FaceControls(blink_left=1.0, blink_right=0.0)) == {"blink": 0.0}


def test_a_custom_smile_is_preferred_to_a_whole_mood() -> None:
    rig = rig_with(Expression("happy", ()), Expression("smile", ()))

    assert weights(rig, FaceControls(smile=1.0)) == {"happy": 0.0, "smile": 1.0}


def test_a_mood_stands_in_at_part_strength_unless_it_takes_over_the_eyes() -> None:
    free = rig_with(Expression("happy", ()))
    greedy = rig_with(Expression("happy", (), override_blink=Override.BLOCK))

    assert 0.3 < weights(free, FaceControls(smile=1.0))["happy"] < 0.8
    assert weights(greedy, FaceControls(smile=1.0))["happy"] == 0.0


def test_weights_stay_between_zero_and_one() -> None:
    rig = rig_with(Expression("aa", ()))

    assert weights(rig, FaceControls(aa=1.7))["aa"] == 1.0
