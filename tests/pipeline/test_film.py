"""From a painting to a film, with interruptions."""

import signal
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.errors import OutputError
from avatar_app.output.compositor import Compositor
from avatar_app.output.disk_file import DiskFile
from avatar_app.rendering import segments
from avatar_app.rendering.film import Film
from avatar_app.rendering.progress import Silence
from avatar_app.rendering.sound import Soundtrack
from tests.fakes.swinging_painting import SwingingPainting
from tests.fakes.video import write_film

WHITE = Compositor("#ffffff", 32)


@pytest.fixture(autouse=True)
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    init = segments.Segments.__init__
    monkeypatch.setattr(init, "__defaults__", (6,))


def make(
    path: Path, painting: SwingingPainting, sound: Soundtrack | None = None
) -> SwingingPainting:
    """Paint and finish a film; segments lie in a folder beside it."""
    folder = path.with_suffix(".job")
    folder.mkdir(exist_ok=True)
    film = Film(path, folder, painting, sound)
    film.paint(WHITE, Silence())
    film.finish()
    return painting


def pictures(path: Path, codec: str | None = None) -> tuple[list[float], list[NDArray[np.uint8]]]:
    times, images = [], []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = av.CodecContext.create(codec, "r") if codec else stream.codec_context
        for packet in container.demux(stream):
            for picture in context.decode(packet):
                times.append(float(picture.pts * stream.time_base))
                images.append(picture.to_ndarray(format="rgba"))
    return times, images


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_film_has_every_picture_at_its_time(tmp_path: Path, suffix: str) -> None:
    times_s = [0.5 + number / 10 + 0.03 * (number % 3) for number in range(20)]  # variable rate
    path = tmp_path / f"out{suffix}"
    make(path, SwingingPainting(times_s=times_s))
    times, images = pictures(path)
    assert times == pytest.approx(times_s, abs=1e-3)
    assert len(images) == 20


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_an_interrupted_film_ends_as_an_uninterrupted_one_picture_for_picture(
    tmp_path: Path, suffix: str
) -> None:
    whole, parts = tmp_path / f"whole{suffix}", tmp_path / f"parts{suffix}"
    make(whole, SwingingPainting())
    broken = SwingingPainting()
    broken.fail_at = 15
    with pytest.raises(KeyboardInterrupt):
        make(parts, broken)
    assert not parts.exists()
    again = make(parts, SwingingPainting())
    assert again.painted == list(range(12, 20))
    for ours, theirs in zip(pictures(parts)[1], pictures(whole)[1], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_interrupt_inside_of_ffmpeg_is_neither_lost_nor_harmful(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, write = tmp_path / "out.mp4", DiskFile.write

    def interrupted(file: DiskFile, data: bytes) -> int:
        signal.raise_signal(signal.SIGINT)
        return write(file, data)

    with monkeypatch.context() as patch:
        patch.setattr(DiskFile, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            make(path, SwingingPainting())
    make(path, SwingingPainting())
    assert len(pictures(path)[0]) == 20


def test_only_a_lost_segment_is_painted_again(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    make(path, SwingingPainting())
    expected = pictures(path)[1]
    (tmp_path / "out.job" / "segment_000001.mp4").write_bytes(b"damaged")
    assert make(path, SwingingPainting()).painted == list(range(6, 12))
    for ours, theirs in zip(pictures(path)[1], expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_webm_keeps_alpha_over_all_segments(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    film = Film(tmp_path / "out.webm", folder, SwingingPainting())
    film.paint(Compositor("transparent", 32), Silence())
    film.finish()
    _, images = pictures(tmp_path / "out.webm", codec="libvpx-vp9")
    assert len(images) == 20
    for image in images:
        assert image[:, :12, 3].min() > 230
        assert image[:, 20:, 3].max() < 25


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_sound_goes_along_from_start_to_end(tmp_path: Path, suffix: str) -> None:
    source = write_film(tmp_path / "source.mkv", frames=20, fps=10)
    path = tmp_path / f"out{suffix}"
    make(path, SwingingPainting(), Soundtrack(source, 0.0))
    with av.open(str(path)) as container:
        heard = [frame.time for frame in container.decode(audio=0)]
        assert float(container.duration / av.time_base) == pytest.approx(2.0, abs=0.06)
    assert heard[0] == pytest.approx(0.0, abs=0.03)
    assert heard[-1] == pytest.approx(2.0, abs=0.06)
    assert len(pictures(path)[0]) == 20


def test_the_index_of_an_mp4_comes_before_its_pictures(tmp_path: Path) -> None:
    source = write_film(tmp_path / "source.mkv", frames=20, fps=10)
    make(tmp_path / "out.mp4", SwingingPainting(), Soundtrack(source, 0.0))
    content = (tmp_path / "out.mp4").read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")
    assert [path.name for path in (tmp_path / "out.job").glob("film*")] == []


def test_the_last_picture_is_shown_until_the_end(tmp_path: Path) -> None:
    painting = SwingingPainting()
    painting.end_s = 2.4
    make(tmp_path / "out.mp4", painting)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert float(container.duration / av.time_base) == pytest.approx(2.4, abs=2e-3)


def test_a_full_disk_keeps_what_was_painted(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    path, folder = tmp_path / "out.mp4", tmp_path / "out.job"
    folder.mkdir()
    film = Film(path, folder, SwingingPainting())
    film.paint(WHITE, Silence())
    (folder / "film.mp4").symlink_to("/dev/full")
    with pytest.raises(OutputError, match="the disk is full"):
        film.finish()
    assert not path.exists()
    (folder / "film.mp4").unlink()
    assert make(path, SwingingPainting()).painted == []
    assert path.is_file()
