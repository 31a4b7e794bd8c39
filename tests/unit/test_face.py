import math
from dataclasses import replace

import pytest

from tests.fakes.person import IMAGE_SIZE, face_tracking, rotation
from udp_live.retargeting.blinks import EyeLids
from udp_live.retargeting.face import (
    FaceControls,
    FaceReading,
    FaceSolver,
    read_face,
    solve_vowels,
)
from udp_live.types import FaceTracking

STEP_S = 1 / 30


def reading(face: FaceTracking) -> FaceReading:
    return read_face(face, IMAGE_SIZE)


def with_lids(face: FaceTracking, *, left: float, right: float) -> FaceTracking:
    """Scale the opening of each eye and forget the blendshapes."""
    landmarks = face.landmarks.copy()
    for scale, lids in (
        (left, (386, 385, 387, 374, 380, 373)),
        (right, (159, 158, 160, 145, 153, 144)),
    ):
        centre = landmarks[lids, 1].mean()
        landmarks[lids, 1] = centre + scale * (landmarks[lids, 1] - centre)
    return replace(face, landmarks=landmarks, blendshapes=None)


def solve_after_calm(
    then: FaceTracking, calm: FaceTracking | None = None, frames: int = 3
) -> FaceControls:
    """Return the controls of ``then`` after a second of a calm face."""
    solver = FaceSolver()
    rest = reading(calm or face_tracking())
    for _ in range(30):
        solver.solve(rest, None, 0.0, STEP_S)
    for _ in range(frames):
        controls = solver.solve(reading(then), None, 0.0, STEP_S)
    return controls


def test_open_eyes_do_not_blink() -> None:
    controls = solve_after_calm(face_tracking())

    assert controls.blink_left == controls.blink_right == 0.0


def test_a_blink_shuts_both_eyes() -> None:
    shut = face_tracking(blendshapes={"eyeBlinkLeft": 0.65, "eyeBlinkRight": 0.6})

    controls = solve_after_calm(shut)

    assert controls.blink_left > 0.95
    assert controls.blink_right > 0.95


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_wink_leaves_the_other_eye_open_though_its_lid_is_pulled_down(side: str) -> None:
    other = "right" if side == "left" else "left"
    wink = {f"eyeBlink{side.title()}": 0.65, f"eyeBlink{other.title()}": 0.3}

    controls = solve_after_calm(face_tracking(blendshapes=wink))

    assert getattr(controls, f"blink_{side}") > 0.9
    assert getattr(controls, f"blink_{other}") < 0.1


def test_a_user_whose_open_eyes_read_half_closed_still_opens_and_shuts_them() -> None:
    narrow = face_tracking(blendshapes={"eyeBlinkLeft": 0.35, "eyeBlinkRight": 0.35})
    shut = face_tracking(blendshapes={"eyeBlinkLeft": 0.7, "eyeBlinkRight": 0.7})

    assert solve_after_calm(narrow, calm=narrow).blink_left < 0.05
    assert solve_after_calm(shut, calm=narrow).blink_left > 0.9


def test_without_blendshapes_the_lids_tell() -> None:
    face = face_tracking()
    calm = with_lids(face, left=1.0, right=1.0)

    wink = solve_after_calm(with_lids(face, left=0.2, right=0.9), calm=calm)

    assert wink.blink_left > 0.9
    assert wink.blink_right < 0.1


def test_the_eye_that_a_turned_head_hides_follows_the_visible_one() -> None:
    lids = EyeLids()
    lids.close((0.1, 0.1), 0.6, yaw=0.0, detail=1.0, dt_s=STEP_S)

    left, right = lids.close((0.7, 0.1), 0.6, yaw=math.radians(45.0), detail=1.0, dt_s=STEP_S)

    assert left == right == 0.0


def test_squinting_fades_and_a_long_wink_stays() -> None:
    squint, wink = EyeLids(), EyeLids()
    for lids in (squint, wink):
        lids.close((0.1, 0.1), 0.6, yaw=0.0, detail=1.0, dt_s=STEP_S)

    for _ in range(60):
        squinting = squint.close((0.35, 0.35), 0.6, yaw=0.0, detail=1.0, dt_s=STEP_S)
        winking = wink.close((0.62, 0.2), 0.6, yaw=0.0, detail=1.0, dt_s=STEP_S)

    assert max(squinting) < 0.05
    assert winking[0] > 0.9
    assert winking[1] < 0.05


def test_a_face_too_small_to_read_does_not_wink() -> None:
    tiny = reading(face_tracking(blendshapes={"eyeBlinkLeft": 0.7}))._replace(size_px=20.0)
    solver = FaceSolver()
    for _ in range(5):
        controls = solver.solve(tiny, None, 0.0, STEP_S)

    assert controls.blink_left == controls.blink_right
    assert controls.eye_detail == 0.0


def looking(face: FaceTracking, *, right_px: float, up_px: float) -> FaceTracking:
    landmarks = face.landmarks.copy()
    landmarks[[468, 473], 0] += right_px / IMAGE_SIZE[0]
    landmarks[[468, 473], 1] -= up_px / IMAGE_SIZE[1]
    return replace(face, landmarks=landmarks)


def test_gaze_follows_the_irises_to_the_persons_left_and_up() -> None:
    controls = solve_after_calm(looking(face_tracking(), right_px=4.0, up_px=2.0), frames=10)

    assert controls.gaze[0] > math.radians(10.0)
    assert controls.gaze[1] > math.radians(4.0)


def test_gaze_is_held_while_the_lids_cover_the_irises() -> None:
    solver = FaceSolver()
    left = reading(looking(face_tracking(), right_px=4.0, up_px=0.0))
    for _ in range(10):
        before = solver.solve(left, None, 0.0, STEP_S).gaze
    shut = face_tracking(blendshapes={"eyeBlinkLeft": 0.7, "eyeBlinkRight": 0.7})

    during = solver.solve(reading(looking(shut, right_px=-6.0, up_px=-5.0)), None, 0.0, STEP_S).gaze

    assert during == pytest.approx(before, abs=0.01)


def test_turning_the_head_does_not_turn_the_gaze() -> None:
    turned = reading(face_tracking(rotation("y", 25.0)))

    assert turned.gaze_yaw == pytest.approx(0.0, abs=0.03)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((0.0, 0.0, 0.0), None),
        ((0.0, 0.0, 1.0), None),
        ((0.9, 0.0, 0.0), "aa"),
        ((0.2, 0.0, 0.8), "ee"),
        ((0.05, 0.9, 0.0), "ou"),
        ((0.6, 0.8, 0.0), "oh"),
    ],
    ids=["closed", "closed smile", "aa", "ee", "ou", "oh"],
)
def test_each_mouth_shape_has_its_vowel(
    shape: tuple[float, float, float], expected: str | None
) -> None:
    weights = dict(zip(("aa", "ih", "ou", "ee", "oh"), solve_vowels(*shape), strict=True))

    assert sum(weights.values()) <= 1.0 + 1e-9
    if expected is None:
        assert max(weights.values()) < 0.05
    else:
        assert max(weights, key=weights.__getitem__) == expected


def test_a_smile_smiles_and_raised_brows_rise() -> None:
    smile = {"mouthSmileLeft": 0.7, "mouthSmileRight": 0.7, "browInnerUp": 0.8}

    controls = solve_after_calm(face_tracking(blendshapes=smile))

    assert controls.smile > 0.8
    assert controls.brow_up > 0.8
    assert controls.brow_down == 0.0
    assert controls.aa == 0.0
