import numpy as np
import pytest

from tests.fakes.person import body_tracking, rig_with_hands, unit
from udp_live.retargeting.body_view import BodyView, BodyViewer
from udp_live.retargeting.quaternion import add, scale
from udp_live.retargeting.reach import HeadReach
from udp_live.retargeting.rest_frame import PoseDraft, RestFrame

Arm = tuple[tuple[float, float, float], tuple[float, float, float]]
AT_THE_TEMPLE: Arm = ((0.5, -0.55, 0.5), (-0.75, 1.0, 0.1))
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


def test_a_hand_beside_the_temple_comes_nearer_to_the_temple() -> None:
    view = view_of(AT_THE_TEMPLE)
    ears = 0.5 * (np.array(view.joints[7]) + np.array(view.joints[8]))
    wrist = np.array(view.joint("left", "wrist"))
    assert 0.02 < (wrist - ears)[0] < 0.2, "the made-up person has the hand beside the head"

    before, after = palm_before_and_after(AT_THE_TEMPLE)

    beside = np.array((0.14, 0.12))
    assert np.linalg.norm(after[:2] - beside) < np.linalg.norm(before[:2] - beside)


@pytest.mark.parametrize("arm", [AT_THE_TEMPLE, AT_THE_MOUTH], ids=["temple", "mouth"])
def test_limbs_are_bent_by_a_limited_angle(arm: Arm) -> None:
    rig = rig_with_hands()
    frame = RestFrame(rig)
    copied = tuple(tuple(unit(direction).tolist()) for direction in arm)

    adjusted = HeadReach(rig, frame).adjust(PoseDraft(frame), "left", view_of(arm), copied, 1.0)

    for before, after in zip(copied, adjusted, strict=True):
        assert np.linalg.norm(after) == pytest.approx(1.0)
        assert np.degrees(np.arccos(np.clip(np.dot(before, after), -1, 1))) < 40.0
