"""What every output promises, real or fake."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from avatar_app.engine.frames import AvatarFrame, FrameStamp
from avatar_app.output.base import FrameSink
from avatar_app.output.null_sink import NullSink
from avatar_app.output.png_recording import PngRecording
from avatar_app.output.video_recording import VideoRecording
from tests.fakes.engine_parts import FakeSink

SIZE = 64
SINKS: dict[str, Callable[[Path], FrameSink]] = {
    "fake": lambda folder: FakeSink(),
    "none": lambda folder: NullSink(),
    "mp4": lambda folder: VideoRecording(folder / "out.mp4", SIZE, 30),
    "webm": lambda folder: VideoRecording(folder / "out.webm", SIZE, 30),
    "folder": lambda folder: PngRecording(folder / "frames"),
}


@pytest.fixture(params=SINKS)
def sink(request: pytest.FixtureRequest, tmp_path: Path) -> FrameSink:
    return SINKS[request.param](tmp_path)


def frames(count: int) -> list[AvatarFrame]:
    image = np.zeros((SIZE, SIZE, 4), np.uint8)
    image[16:48, 16:48] = (120, 60, 30, 255)
    return [
        AvatarFrame(FrameStamp(number, round(number * 1e9 / 30), number / 30), image)
        for number in range(count)
    ]


def test_frames_are_not_changed_by_sending(sink: FrameSink) -> None:
    sent = frames(3)
    before = sent[0].image.copy()
    for frame in sent:
        sink.send(frame)
    sink.close()
    assert np.array_equal(sent[0].image, before)


def test_it_can_be_closed_twice_and_without_frames(sink: FrameSink) -> None:
    sink.close()
    sink.close()


def test_it_says_who_it_is_and_what_it_wants(sink: FrameSink) -> None:
    assert sink.name
    assert isinstance(sink.keeps_alpha, bool)
    assert isinstance(sink.wants_repeats, bool)
    sink.close()
