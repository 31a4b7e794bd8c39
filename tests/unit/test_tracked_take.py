from pathlib import Path

import numpy as np
import pytest

from avatar_app.engine.frames import FrameStamp, TrackingFrame
from avatar_app.errors import TrackerError
from avatar_app.rendering.tracked_take import TrackedTake
from udp_live.types import HandTracking, TrackedMotion


def seen(number: int) -> TrackingFrame:
    return TrackingFrame(FrameStamp(number, 0, number / 10), TrackedMotion((64 + number, 48)))


def filled(folder: Path, count: int = 7, chunk: int = 3, overlap: int = 1) -> TrackedTake:
    take = TrackedTake(folder, chunk, overlap)
    for start in range(0, count, chunk):
        stop = min(start + chunk + overlap, count)
        take.write(start // chunk, [seen(n) for n in range(start, stop)])
    take.end(count)
    return take


def test_a_complete_take_is_read_as_one_in_order(tmp_path: Path) -> None:
    take = filled(tmp_path)
    assert take.is_complete
    frames = list(take.read())
    assert [frame.stamp.frame_id for frame in frames] == list(range(7))
    assert [frame.motion.image_size[0] for frame in frames] == [64 + n for n in range(7)]
    assert frames[6].stamp.media_s == 0.6


def test_a_take_is_not_complete_before_its_end_is_known(tmp_path: Path) -> None:
    take = TrackedTake(tmp_path, 3, 1)
    take.write(0, [seen(n) for n in range(4)])
    assert take.has(0)
    assert take.frames is None
    assert not take.is_complete


@pytest.mark.parametrize("keep", [0, 100, -30])
def test_a_damaged_chunk_counts_as_missing(tmp_path: Path, keep: int) -> None:
    take = filled(tmp_path)
    path = tmp_path / "motion_000001.npz"
    path.write_bytes(path.read_bytes()[:keep])
    assert not take.has(1)
    assert not take.is_complete
    with pytest.raises(TrackerError):
        list(take.read())


def test_a_short_chunk_counts_as_missing_unless_it_is_the_last(tmp_path: Path) -> None:
    take = filled(tmp_path)
    assert take.has(2)
    take.write(1, [seen(3)])
    assert not take.has(1)


def test_a_damaged_end_means_that_it_is_not_known(tmp_path: Path) -> None:
    take = filled(tmp_path)
    for content in (b"", b"[]", b'{"frames": "many"}', b'{"frames": -1}'):
        (tmp_path / "take.json").write_bytes(content)
        assert take.frames is None


def test_one_tracker_hands_over_to_the_next_little_by_little(tmp_path: Path) -> None:
    take = TrackedTake(tmp_path, chunk_frames=5, overlap_frames=3)
    take.write(0, [seen_at(n, 0.0) for n in range(8)])
    take.write(1, [seen_at(n, 1.0) for n in range(5, 10)])
    take.end(10)
    places = [float(hand_of(frame).landmarks[0, 0]) for frame in take.read()]
    assert places == [0, 0, 0, 0, 0, 0.25, 0.5, 0.75, 1, 1]


def seen_at(number: int, place: float) -> TrackingFrame:
    points = np.full((21, 3), place, np.float32)
    motion = TrackedMotion((64, 48), left_hand=HandTracking(points, points, 1.0))
    return TrackingFrame(FrameStamp(number, 0, number / 10), motion)


def hand_of(frame: TrackingFrame) -> HandTracking:
    assert frame.motion.left_hand is not None
    return frame.motion.left_hand
