from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.errors import OutputError
from avatar_app.output.video_encoding import TIME_BASE
from avatar_app.rendering.segments import Segments, to_ticks

SIDE = 32


def segments(folder: Path, count: int = 10, suffix: str = ".mp4") -> Segments:
    ticks = [number * 3000 for number in range(count)]
    return Segments(folder, suffix, ticks, (SIDE, SIDE), segment_frames=4)


def pictures(count: int) -> list[NDArray[np.uint8]]:
    return [
        np.full((SIDE, SIDE, 4), (20 * number, 90, 60, 255), np.uint8) for number in range(count)
    ]


def test_the_last_segment_takes_what_is_left(tmp_path: Path) -> None:
    parts = segments(tmp_path)
    assert [list(parts.places(at)) for at in range(len(parts))] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9],
    ]


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_segment_holds_one_packet_for_each_picture_in_their_order(
    tmp_path: Path, suffix: str
) -> None:
    parts = segments(tmp_path, suffix=suffix)
    parts.write(1, pictures(4))
    assert parts.has(1)
    assert not parts.has(0)
    with av.open(str(parts.path(1))) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert len(packets) == 4
    assert packets[0].is_keyframe
    assert [packet.pts for packet in packets] == sorted(packet.pts for packet in packets)


def test_a_segment_of_another_length_or_a_damaged_one_counts_as_missing(tmp_path: Path) -> None:
    parts = segments(tmp_path)
    parts.write(0, pictures(4))
    data = parts.path(0).read_bytes()
    parts.path(2).write_bytes(data)
    assert not parts.has(2)
    parts.path(1).write_bytes(data[: len(data) // 2])
    assert not parts.has(1)
    parts.path(1).write_bytes(b"")
    assert not parts.has(1)


def test_a_segment_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    def interrupted():  # type: ignore[no-untyped-def]
        yield pictures(1)[0]
        raise KeyboardInterrupt

    parts = segments(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        parts.write(0, interrupted())
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / ".segment_000000.mp4.part").symlink_to("/dev/full")
    with pytest.raises(OutputError, match="the disk is full"):
        segments(tmp_path).write(0, pictures(4))


def test_times_become_ticks_that_always_rise() -> None:
    assert to_ticks([0.0, 1 / 30, 1 / 30, 0.1]) == [0, 3000, 3001, 9000]
    assert to_ticks([1001 / 30000])[0] * TIME_BASE == pytest.approx(1001 / 30000)
