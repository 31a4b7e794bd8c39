"""A video is tracked in chunks that come out the same in whatever order they are made."""

from collections.abc import Callable
from pathlib import Path

import pytest

from avatar_app.engine import EngineConfig
from avatar_app.engine.frames import CameraFrame, TrackingFrame
from avatar_app.rendering.progress import Silence
from avatar_app.rendering.tracked_take import TrackedTake
from avatar_app.rendering.video_tracking import VideoTracking
from tests.fakes.engine_parts import FakeCamera, FakeParts
from udp_live.types import TrackedMotion

CONFIG = EngineConfig(avatar=Path("nowhere"), size=64)
COUNT, CHUNK, OVERLAP = 25, 10, 3


class RememberingTracker:
    """Answer with how many frames it has seen: a tracker that depends on where it began."""

    def __init__(self, watch: Callable[[int], None]) -> None:
        self._count = 0
        self._watch = watch

    def track(self, frame: CameraFrame) -> TrackingFrame:
        self._watch(frame.stamp.frame_id)
        self._count += 1
        return TrackingFrame(frame.stamp, TrackedMotion((self._count, frame.stamp.frame_id + 1)))

    def close(self) -> None:
        """Nothing to release."""


class Parts(FakeParts):
    """A video of 25 frames, and trackers that stop working at a given frame."""

    def __init__(self, fail_at: int | None = None) -> None:
        super().__init__(camera=FakeCamera(count=COUNT))
        self.tracked: list[int] = []
        self._fail_at = fail_at

    def open_tracker(self, config: EngineConfig, *, realtime: bool) -> RememberingTracker:
        assert not realtime
        return RememberingTracker(self._watch)

    def _watch(self, number: int) -> None:
        if number == self._fail_at:
            raise KeyboardInterrupt
        self.tracked.append(number)


def track(folder: Path, parts: Parts) -> TrackedTake:
    folder.mkdir(exist_ok=True)
    take = TrackedTake(folder, CHUNK, OVERLAP)
    VideoTracking(CONFIG, parts, take).run(Silence(), COUNT)
    return take


def sizes(take: TrackedTake) -> list[tuple[int, int]]:
    return [frame.motion.image_size for frame in take.read()]


def test_a_tracker_goes_on_until_the_next_has_taken_over(tmp_path: Path) -> None:
    parts = Parts()
    take = track(tmp_path / "take", parts)
    assert take.is_complete
    twice = [10, 10, 11, 11, 12, 12, *range(13, 20), 20, 20, 21, 21, 22, 22, 23, 24]
    assert parts.tracked == [*range(10), *twice]
    assert [frame.stamp.frame_id for frame in take.read()] == list(range(COUNT))


@pytest.mark.parametrize("fail_at", [0, 4, 12, 24])
def test_after_an_interruption_the_take_is_the_same(tmp_path: Path, fail_at: int) -> None:
    whole = sizes(track(tmp_path / "whole", Parts()))
    with pytest.raises(KeyboardInterrupt):
        track(tmp_path / "parts", Parts(fail_at))
    again = Parts()
    assert sizes(track(tmp_path / "parts", again)) == whole
    assert min(again.tracked) >= max(0, (fail_at - OVERLAP) // CHUNK * CHUNK)


def test_a_complete_take_is_not_tracked_again(tmp_path: Path) -> None:
    track(tmp_path / "take", Parts())
    again = Parts()
    track(tmp_path / "take", again)
    assert again.tracked == []
    assert again.cameras_opened == 0


def test_a_damaged_chunk_alone_is_tracked_again(tmp_path: Path) -> None:
    whole = sizes(track(tmp_path / "take", Parts()))
    (tmp_path / "take" / "motion_000001.npz").write_bytes(b"damaged")
    again = Parts()
    assert sizes(track(tmp_path / "take", again)) == whole
    assert again.tracked == list(range(10, 20 + OVERLAP))
