"""The command ``render`` with fake trackers and painters: what it makes, says and refuses."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import pytest

import avatar_app.engine
from avatar_app.commands import live_options
from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.engine import EngineConfig, EngineParts
from avatar_app.rendering import segments
from renderer.errors import WeightsError
from tests.fakes.engine_parts import FakeParts
from tests.fakes.video import write_film, write_video

PROJECT_ROOT = Path(__file__).parents[2]
TIMEOUT_S = 30.0
SEGMENT_FRAMES = 10
Run = Callable[..., int]

SCRIPT = """
import sys, threading
from pathlib import Path
import avatar_app.engine
from avatar_app.commands import cli, live_options
from avatar_app.rendering import segments
from tests.fakes.engine_parts import FakePainter
from tests.pipeline.test_render_command import SEGMENT_FRAMES, Parts

class SlowPainter(FakePainter):
    def paint(self, *arguments, **options):
        threading.Event().wait(0.01)
        return super().paint(*arguments, **options)

class SlowParts(Parts):
    def open_painter(self, config, avatar, stats):
        return SlowPainter(config)

segments.Segments.__init__.__defaults__ = (SEGMENT_FRAMES,)
live_options.find_avatar = lambda name: Path("nowhere")
avatar_app.engine.EngineParts = SlowParts
arguments = cli.parse_arguments(["render", *sys.argv[1:]])
arguments.gl_backend, arguments.has_screen = None, False
sys.exit(cli.run_command(arguments))
"""


class Parts(FakeParts):
    """Real videos, a fake tracker and a fake painter."""

    def open_camera(self, config: EngineConfig, *, realtime: bool) -> Any:
        return EngineParts.open_camera(self, config, realtime=realtime)


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, parts: Parts) -> Run:
    monkeypatch.setattr(live_options, "find_avatar", lambda name: Path("nowhere"))
    monkeypatch.setattr(avatar_app.engine, "EngineParts", lambda: parts)

    def render(*options: object) -> int:
        arguments = parse_arguments(["render", "--size", "64", *map(str, options)])
        arguments.gl_backend, arguments.has_screen = None, False
        return run_command(arguments)

    return render


def times_and_reds(path: Path) -> tuple[list[float], list[float]]:
    """Return the time of each picture, and its mean red."""
    times, reds = [], []
    with av.open(str(path)) as container:
        for picture in container.decode(video=0):
            times.append(picture.time)
            reds.append(float(picture.to_ndarray(format="rgb24")[..., 0].mean()))
    return times, reds


def test_a_video_becomes_a_film_with_its_frames_times_and_sound(
    tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_film(tmp_path / "in.mp4", frames=12, fps=10)
    assert run("--video", source, "--output", tmp_path / "out.mp4") == 0
    times, reds = times_and_reds(tmp_path / "out.mp4")
    assert times == pytest.approx([number / 10 for number in range(12)], abs=1e-3)
    assert reds == pytest.approx([20 * number for number in range(12)], abs=8)
    with av.open(str(tmp_path / "out.mp4")) as film:
        assert film.streams.audio[0].codec_context.name == "aac"
        assert film.duration / av.time_base == pytest.approx(1.2, abs=0.06)
    told = capsys.readouterr().out
    assert "a person was seen in 92% of the frames" in told  # the first picture is black
    assert "12 frames, with sound; fake decoder on cpu" in told
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "out.mp4"]


def test_sound_can_be_left_out(tmp_path: Path, run: Run) -> None:
    source = write_film(tmp_path / "in.mp4")
    assert run("--video", source, "--output", tmp_path / "out.webm", "--no-audio") == 0
    with av.open(str(tmp_path / "out.webm")) as film:
        assert not film.streams.audio


def test_a_folder_gets_one_picture_for_each_frame(tmp_path: Path, run: Run) -> None:
    source = write_video(tmp_path / "in.mp4", frames=5)
    assert run("--source", source, "--output", f"{tmp_path}/out/") == 0
    pictures = sorted((tmp_path / "out").glob("*.png"))
    assert [path.name for path in pictures] == [f"frame_{n:06d}.png" for n in range(5)]
    assert cv2.imread(str(pictures[0]), cv2.IMREAD_UNCHANGED).shape == (64, 64, 4)


def test_a_finished_folder_is_left_alone(tmp_path: Path, run: Run, parts: Parts) -> None:
    source = write_video(tmp_path / "in.mp4", frames=5)
    for _ in range(2):
        assert run("--source", source, "--output", f"{tmp_path}/out/") == 0
    assert len(parts.painters[0].times_s) == 5
    assert parts.painters[1].times_s == []


def test_a_folder_of_other_pictures_is_not_mixed_up(
    tmp_path: Path, run: Run, parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    source = write_video(tmp_path / "in.mp4", frames=3)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "frame_000001.png").write_bytes(b"somebody's")
    (tmp_path / "out" / "holiday.png").write_bytes(b"somebody's")
    for _ in range(2):
        assert run("--source", source, "--output", f"{tmp_path}/out/") == 1
        assert "holds pictures of another origin" in caplog.text
        assert parts.trackers_opened == 0
    assert run("--source", source, "--output", f"{tmp_path}/out/", "--restart") == 0
    assert (tmp_path / "out" / "holiday.png").read_bytes() == b"somebody's"
    assert cv2.imread(str(tmp_path / "out" / "frame_000001.png")) is not None


def test_a_clip_needs_no_tracking(tmp_path: Path, run: Run, parts: Parts) -> None:
    assert run("--source", "clip:hello", "--output", tmp_path / "out.mp4", "--fps", "20") == 0
    assert parts.trackers_opened == 0
    with av.open(str(tmp_path / "out.mp4")) as film:
        assert film.duration / av.time_base == pytest.approx(10 / 20 - 1 / 20 + 1 / 30, abs=0.2)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--source", "webcam:0", "--output", "o.mp4"], "a webcam never ends"),
        (["--source", "nowhere.mp4", "--output", "o.mp4"], "source not found"),
        (["--source", "clip:hello", "--output", "o.avi"], "output not understood: 'o.avi'"),
        (["--source", "clip:hello", "--output", "o.mp4", "--landmarks", "A"], "is for --udp"),
        (["--source", "clip:hello", "--output", "o.mp4", "--size", "63"], "unexpected size: 63"),
        (["--source", "clip:hello", "--output", "o.mp4", "--background", "x"], "background not"),
        (["--source", "clip:hello", "--output", "o.mp4", "--fps", "0"], "unexpected fps: 0"),
        (["--video", "v.mp4", "--output", "o.mp4", "--fps", "9"], "a video has a rate of its own"),
        (["--udp", "f", "--output", "o/", "--framing", "bust"], "--framing is for videos"),
        (["--udp", "f", "--output", "o/", "--no-mirror"], "--mirror is for videos"),
        (["--udp", "f", "--output", "o/", "--in-place"], "--in-place is for videos"),
    ],
)
def test_a_wrong_option_is_one_sentence(
    run: Run, caplog: pytest.LogCaptureFixture, options: list[str], sentence: str
) -> None:
    assert run(*options) == 2
    assert sentence in caplog.text


def test_a_video_is_not_rendered_over_itself(
    tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    source = write_video(tmp_path / "in.mp4")
    assert run("--video", source, "--output", source) == 2
    assert "is the source itself" in caplog.text


def test_a_damaged_video_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "in.mp4").write_bytes(b"no video")
    assert run("--video", tmp_path / "in.mp4", "--output", tmp_path / "out.mp4") == 1
    assert "cannot read the video" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


def test_what_cannot_be_painted_is_told_of_before_anything_is_tracked(
    tmp_path: Path, run: Run, parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    source = write_video(tmp_path / "in.mp4")
    parts.painter_error = WeightsError("CoNR weights not found")
    assert run("--video", source, "--output", tmp_path / "out.mp4") == 1
    assert "CoNR weights not found" in caplog.text
    assert parts.trackers_opened == 0
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_render_that_was_killed_goes_on_and_ends_as_one_that_was_not(
    tmp_path: Path,
    run: Run,
    parts: Parts,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
) -> None:
    source = write_film(tmp_path / "in.mp4", frames=60, fps=30)
    output = tmp_path / "out.mp4"
    process = start(source, output)
    wait_for(tmp_path / ".out.mp4.render" / "segment_000001.mp4", process)
    process.send_signal(number)
    process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == (-number if number is signal.SIGKILL else 130)
    assert not output.exists()
    monkeypatch.setattr(segments.Segments.__init__, "__defaults__", (SEGMENT_FRAMES,))
    assert run("--video", source, "--output", output) == 0
    assert parts.trackers_opened == 0
    assert len(parts.painters[0].times_s) <= 40
    assert run("--video", source, "--output", tmp_path / "whole.mp4") == 0
    assert output.read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def start(source: Path, output: Path) -> "subprocess.Popen[bytes]":
    options = ["--video", str(source), "--output", str(output), "--size", "64"]
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *options],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def wait_for(path: Path, process: "subprocess.Popen[bytes]") -> None:
    pause = threading.Event()
    for _ in range(round(TIMEOUT_S / 0.02)):
        if path.exists():
            return
        assert process.poll() is None
        pause.wait(0.02)
    pytest.fail(f"{path} did not appear")
