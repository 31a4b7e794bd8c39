from pathlib import Path

import av
import pytest

from avatar_app.errors import SourceError
from avatar_app.rendering.sound import Sound, Soundtrack, sound_start
from tests.fakes.video import write_film, write_video


def carry(source: Path, target: Path, shift_s: float = 0.0) -> bool:
    """Move a file's sound into a file of its own; tells whether it was copied."""
    with (
        av.open(str(target), "w") as film,
        Sound(Soundtrack(source, shift_s), target.suffix) as sound,
    ):
        sound.join(film)
        for packet in sound.packets():
            film.mux(packet)
        return sound.is_copied


def codec_and_span(path: Path) -> tuple[str, float, float]:
    """Return codec, start and end in seconds of what is heard."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        last = frames[-1]
        end_s = float(last.pts * last.time_base) + last.samples / last.sample_rate
        return stream.codec_context.name, float(frames[0].time), end_s


@pytest.mark.parametrize(
    ("sound", "suffix", "copied", "codec"),
    [
        ("aac", ".mp4", True, "aac"),
        ("libopus", ".webm", True, "opus"),
        ("libopus", ".mp4", True, "opus"),
        ("aac", ".webm", False, "opus"),
        ("pcm_s16le", ".mp4", False, "aac"),
    ],
)
def test_sound_is_copied_where_the_container_takes_it_and_else_encoded(
    tmp_path: Path, sound: str, suffix: str, copied: bool, codec: str
) -> None:
    source = write_film(tmp_path / "source.mkv", frames=15, fps=10, sound=sound)
    assert carry(source, tmp_path / f"out{suffix}") is copied
    found, start_s, end_s = codec_and_span(tmp_path / f"out{suffix}")
    assert found == codec
    assert start_s == pytest.approx(0.0, abs=0.03)
    assert end_s == pytest.approx(1.5, abs=0.06)


def test_a_shift_moves_all_of_it(tmp_path: Path) -> None:
    source = write_film(tmp_path / "source.mkv", frames=10, fps=10)
    carry(source, tmp_path / "out.mp4", shift_s=0.5)
    _, start_s, end_s = codec_and_span(tmp_path / "out.mp4")
    assert start_s == pytest.approx(0.5, abs=0.03)
    assert end_s == pytest.approx(1.5, abs=0.06)


def test_a_silent_video_has_no_start_of_sound(tmp_path: Path) -> None:
    silent = write_video(tmp_path / "a.mp4")
    assert sound_start(silent) is None
    with pytest.raises(SourceError, match="no sound in"):
        Sound(Soundtrack(silent, 0.0), ".mp4")


def test_the_run_up_of_a_codec_does_not_count_as_sound(tmp_path: Path) -> None:
    assert sound_start(write_film(tmp_path / "a.mkv", sound="libopus")) == 0.0
