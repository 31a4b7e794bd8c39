"""Every frame once, in the calling thread."""

from dataclasses import replace
from pathlib import Path

import pytest

from avatar_app.engine import EngineConfig, InlineRun, SourceConfig
from avatar_app.errors import OutputError, SourceError
from tests.fakes.engine_parts import FakeCamera, FakeParts, FakeSink
from udp_live.errors import GlContextError

CONFIG = EngineConfig(avatar=Path("nowhere"), size=64, outputs=("sink",))


@pytest.fixture
def parts() -> FakeParts:
    return FakeParts(camera=FakeCamera(count=20), sinks={"sink": FakeSink()})


def test_each_source_frame_is_sent_exactly_once_and_in_order(parts: FakeParts) -> None:
    run = InlineRun(CONFIG, parts)
    yielded = [frame.stamp.frame_id for frame in run.frames()]
    run.close()
    sent = [frame.stamp.frame_id for frame in parts.sinks["sink"].frames]
    assert yielded == sent == list(range(20))
    statistics = run.statistics()
    assert (statistics.frames_in, statistics.frames_out, statistics.dropped) == (20, 20, 0)


def test_time_is_the_sources_own_so_two_runs_are_alike(parts: FakeParts) -> None:
    run = InlineRun(CONFIG, parts)
    list(run.frames())
    run.close()
    expected = [number / 30 for number in range(20)]
    assert parts.retargeters[0].times_s == expected
    assert parts.painters[0].times_s == expected


def test_pictures_are_decoded_in_full_size(parts: FakeParts) -> None:
    run = InlineRun(CONFIG, parts)
    list(run.frames())
    run.close()
    assert set(parts.painters[0].decode_sizes) == {64}


def test_a_clip_is_painted_without_tracking(parts: FakeParts) -> None:
    run = InlineRun(replace(CONFIG, source=SourceConfig("clip:any")), parts)
    assert len(list(run.frames())) == 10
    run.close()
    assert parts.trackers_opened == 0


def test_a_part_that_cannot_be_opened_closes_those_before_it(parts: FakeParts) -> None:
    parts.painter_error = GlContextError("no OpenGL 3.3 context")
    with pytest.raises(GlContextError):
        InlineRun(CONFIG, parts)
    assert parts.camera.closed
    assert parts.tracker.closed


def test_a_source_that_cannot_be_opened_is_an_error(parts: FakeParts) -> None:
    parts.camera = SourceError("cannot read the video broken.mp4")
    with pytest.raises(SourceError, match=r"broken\.mp4"):
        InlineRun(CONFIG, parts)


def test_it_ends_when_the_only_output_is_lost(parts: FakeParts) -> None:
    parts.sinks["sink"].failure = OutputError("recording stopped: the disk is full")
    run = InlineRun(CONFIG, parts)
    with pytest.raises(OutputError, match="disk is full"):
        list(run.frames())
    run.close()
    assert run.statistics().frames_in == 1


def test_it_goes_on_while_one_output_works(parts: FakeParts) -> None:
    parts.sinks["full"] = FakeSink()
    parts.sinks["full"].failure = OutputError("recording stopped: the disk is full")
    run = InlineRun(replace(CONFIG, outputs=("full", "sink")), parts)
    assert len(list(run.frames())) == 20
    run.close()
    assert set(run.lost_outputs) == {"full"}
    assert any("disk is full" in sentence for sentence in run.notices)
