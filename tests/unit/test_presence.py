from itertools import pairwise

import pytest

from udp_live.retargeting.presence import Presence, PresenceConfig, Sight

QUICK = PresenceConfig(hold_s=0.2, ease_s=0.3)


def weights(presence: Presence, is_seen: bool, frames: int) -> list[float]:
    return [presence.see(is_seen, 0.02) for _ in range(frames)]


def test_a_part_is_eased_in_and_out_within_its_time() -> None:
    presence = Presence(QUICK)

    rising = weights(presence, True, 16)
    falling = weights(presence, False, 27)

    assert rising == sorted(rising)
    assert rising[-1] == 1.0
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == 0.0
    assert presence.is_gone


def test_a_part_lost_for_a_moment_keeps_its_weight() -> None:
    presence = Presence(QUICK)
    weights(presence, True, 16)

    assert weights(presence, False, 9) == [1.0] * 9


def test_no_step_is_large() -> None:
    presence = Presence(QUICK)
    rising = [0.0, *weights(presence, True, 16)]

    assert max(b - a for a, b in pairwise(rising)) < 0.12


@pytest.mark.parametrize(
    ("visibility", "before", "after"), [(0.5, False, False), (0.5, True, True)]
)
def test_visibility_between_the_limits_changes_nothing(
    visibility: float, before: bool, after: bool
) -> None:
    sight = Sight()
    sight.judge(0.9 if before else 0.1)

    assert sight.judge(visibility) is after
