import pytest

from tests.fakes.person import (
    ARM_LANDMARKS,
    body_tracking,
    face_tracking,
    motion,
    rig_with_hands,
    rotation,
)
from udp_live.retargeting.calibration import Neutral
from udp_live.retargeting.imitation import Imitation
from udp_live.retargeting.retargeter import Retargeter, RetargeterConfig
from udp_live.rig.expressions import rest_pose
from udp_live.types import TrackedMotion

WAVE = ((1.0, -0.2, 0.1), (0.3, 1.0, 0.2))


def imitate(seen: TrackedMotion, *, mirror: bool) -> dict[str, float | int | None]:
    rig = rig_with_hands()
    retargeter = Retargeter(rig, RetargeterConfig(mirror=mirror))
    imitation = Imitation(rig, mirror=mirror)
    for step in range(90):
        pose = retargeter.retarget(seen, step / 30)
    imitation.add(seen, pose, retargeter.neutral)
    return dict(imitation.report())


@pytest.mark.parametrize("mirror", [False, True])
def test_a_good_imitation_has_small_errors_mirrored_or_not(mirror: bool) -> None:
    seen = motion(face=face_tracking(rotation("y", 8.0)), body=body_tracking({"left": WAVE}))

    report = imitate(seen, mirror=mirror)

    assert report["frames"] == 1
    assert report["upper_arm_deg"] < 1.0
    assert report["forearm_deg"] < 1.0
    assert report["head_deg"] < 1.0


def test_an_avatar_that_does_nothing_is_found_out() -> None:
    rig = rig_with_hands()
    imitation = Imitation(rig, mirror=False)
    raised = ((0.0, 1.0, 0.0), (0.0, 1.0, 0.0))
    body = body_tracking({"left": raised, "right": raised})
    seen = motion(face=face_tracking(rotation("y", 30.0)), body=body)

    imitation.add(seen, rest_pose(rig), Neutral())

    report = imitation.report()
    assert report["upper_arm_deg"] == pytest.approx(90.0, abs=0.5)
    assert report["forearm_deg"] == pytest.approx(90.0, abs=0.5)
    assert report["head_deg"] == pytest.approx(30.0, abs=0.5)


def test_only_what_is_visible_counts() -> None:
    rig = rig_with_hands()
    imitation = Imitation(rig, mirror=False)
    hidden = (*ARM_LANDMARKS["left"], *ARM_LANDMARKS["right"])

    imitation.add(motion(body=body_tracking(hidden=hidden)), rest_pose(rig), Neutral())

    assert imitation.report() == {
        "upper_arm_deg": None,
        "forearm_deg": None,
        "head_deg": None,
        "frames": 1,
    }
