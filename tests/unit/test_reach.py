import numpy as np
import pytest

from tests.fakes.person import body_tracking, rig_with_hands, unit
from udp_live.retargeting.body_view import BodyView, BodyViewer
from udp_live.retargeting.quaternion import add, scale
from udp_live.retargeting.reach import HeadReach
from udp_live.retargeting.rest_frame import PoseDraft, RestFrame

Arm = tuple[tuple[float, float, float], tuple[float, float, float]]
BESIDE_THE_HEAD: Arm = ((0.9, 0.2, 0.3), (-1.0, 0.8, 0.1))
AT_THE_MOUTH: Arm = ((0.25, -1.0, 0.4), (-0.75, 1.0, 0.4))
WAVING_FAR_AWAY: Arm = ((1.0, 0.1, 0.0), (0.4, 1.0, 0.0))


def view_of(arm: Arm) -> BodyView:
    return BodyViewer().view(body_tracking({"left": arm}), (640, 480), 0.0)


def palm_before_and_after(arm: Arm) -> tuple[np.ndarray, np.ndarray]:
    """Return where the avatar's palm is relative to its head bone, copied and adjusted."""
    rig = rig_with_hands()
    frame = RestFrame(rig)
    draft = PoseDraft(frame)
    copied = tuple(tuple(unit(direction).tolist()) for direction in arm)
    adjusted = HeadReach(rig, frame).adjust(draft, "left", view_of(arm), copied, 1.0)
    palms = []
    for upper, lower in (copied, adjusted):
        elbow = add(draft.position_of("leftUpperArm"), scale(upper, 0.22))
        palms.append(np.array(add(elbow, scale(lower, 0.30))) - draft.position_of("head"))
    return palms[0], palms[1]


def test_a_hand_far_from_the_head_is_left_alone() -> None:
    before, after = palm_before_and_after(WAVING_FAR_AWAY)

    np.testing.assert_array_equal(before, after)


def test_a_hand_at_the_mouth_does_not_sink_into_the_face() -> None:
    _, after = palm_before_and_after(AT_THE_MOUTH)

    assert after[2] > 0.12


def test_a_hand_beside_the_head_does_not_end_up_in_front_of_it() -> None:
    before, after = palm_before_and_after(BESIDE_THE_HEAD)

    half_width_of_the_tiny_head = 0.12
    assert before[0] < half_width_of_the_tiny_head < after[0]


@pytest.mark.parametrize("arm", [BESIDE_THE_HEAD, AT_THE_MOUTH], ids=["beside", "mouth"])
def test_limbs_are_bent_by_a_limited_angle(arm: Arm) -> None:
    rig = rig_with_hands()
    frame = RestFrame(rig)
    copied = tuple(tuple(unit(direction).tolist()) for direction in arm)

    adjusted = HeadReach(rig, frame).adjust(PoseDraft(frame), "left", view_of(arm), copied, 1.0)

    for before, after in zip(copied, adjusted, strict=True):
        assert np.linalg.norm(after) == pytest.approx(1.0)
        assert np.degrees(np.arccos(np.clip(np.dot(before, after), -1, 1))) < 40.0
