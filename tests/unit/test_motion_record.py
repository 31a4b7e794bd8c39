import numpy as np
import pytest

from avatar_app.engine.frames import FrameStamp, TrackingFrame
from avatar_app.errors import TrackerError
from avatar_app.tracking.motion_record import motion_to_record, record_to_motion
from avatar_app.tracking.replay_tracker import ReplayTracker, record_motion
from tests.fakes.person import body_tracking, face_tracking, hand_tracking, motion
from udp_live.types import TrackedMotion

EVERYTHING = motion(
    face=face_tracking(blendshapes={"jawOpen": 0.5}),
    body=body_tracking(),
    left_hand=hand_tracking("left", (0, 1, 0), (0, 0, 1)),
    right_hand=hand_tracking("right", (0, 1, 0), (0, 0, 1)),
)


@pytest.mark.parametrize(
    "seen", [EVERYTHING, motion(), motion(body=body_tracking())], ids=["all", "nobody", "body"]
)
def test_a_record_gives_back_what_was_seen(seen: TrackedMotion) -> None:
    again = record_to_motion(motion_to_record(seen))

    assert again.image_size == seen.image_size
    for part in ("face", "body", "left_hand", "right_hand"):
        before, after = getattr(seen, part), getattr(again, part)
        assert (before is None) == (after is None)
        if before is not None:
            np.testing.assert_array_equal(before.landmarks, after.landmarks)
    if seen.face is not None and again.face is not None:
        np.testing.assert_array_equal(seen.face.blendshapes, again.face.blendshapes)
        np.testing.assert_array_equal(seen.face.camera_from_head, again.face.camera_from_head)


def test_a_face_without_blendshapes_stays_without() -> None:
    face = face_tracking()
    bare = motion(face=type(face)(face.landmarks, None, face.camera_from_head))

    again = record_to_motion(motion_to_record(bare))

    assert again.face is not None
    assert again.face.blendshapes is None


@pytest.mark.parametrize("damage", ["short", "nan", "no size"])
def test_a_damaged_record_is_refused(damage: str) -> None:
    record = motion_to_record(EVERYTHING).copy()
    if damage == "short":
        record = record[:-1]
    else:
        record[0] = np.nan if damage == "nan" else 0.0

    with pytest.raises(ValueError, match="unexpected"):
        record_to_motion(record)


def test_a_file_that_is_no_recording_is_one_clear_error(tmp_path) -> None:
    (tmp_path / "broken.npz").write_bytes(b"not a zip")

    with pytest.raises(TrackerError, match=r"broken\.npz"):
        ReplayTracker(tmp_path / "broken.npz")
    with pytest.raises(TrackerError, match=r"missing\.npz"):
        ReplayTracker(tmp_path / "missing.npz")


def test_pickled_objects_in_a_recording_are_never_loaded(tmp_path) -> None:
    np.savez(tmp_path / "evil.npz", version=np.array([{"a": 1}], dtype=object))

    with pytest.raises(TrackerError, match=r"evil\.npz"):
        ReplayTracker(tmp_path / "evil.npz")


def test_recording_replaces_the_old_file_and_leaves_nothing_else(tmp_path) -> None:
    path = tmp_path / "motion.npz"
    for count in (3, 1):
        stamps = [FrameStamp(i, i, i / 30) for i in range(count)]
        record_motion(path, [TrackingFrame(stamp, EVERYTHING) for stamp in stamps])

    assert [entry.name for entry in tmp_path.iterdir()] == ["motion.npz"]
    with np.load(path, allow_pickle=False) as archive:
        assert len(archive["records"]) == 1
