"""Ctrl-C, a kill or a closed terminal: the command ends cleanly and its files are whole."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import av
import pytest

from avatar_app.commands.live import STOP_SIGNALS

PROJECT_ROOT = Path(__file__).parents[2]
TIMEOUT_S = 30.0
SCRIPT = """
import sys
from pathlib import Path
from avatar_app.commands import cli, live_options
from avatar_app.engine import EngineParts, live_engine
from tests.fakes.engine_parts import FakeCamera, FakeParts

class Parts(FakeParts):
    def open_sink(self, address, config, *, realtime):
        return EngineParts.open_sink(self, address, config, realtime=realtime)

live_options.find_avatar = lambda name: Path("nowhere")
live_engine.EngineParts = lambda: Parts(camera=FakeCamera(wait_s=0.02))
arguments = cli.parse_arguments(["live", "--source", "webcam:0", "--size", "64", *sys.argv[1:]])
arguments.gl_backend, arguments.has_screen = None, False
sys.exit(cli.run_command(arguments))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, *STOP_SIGNALS])
def test_an_interrupted_recording_is_finished_and_playable(
    tmp_path: Path, number: signal.Signals
) -> None:
    outputs = [f"--output={tmp_path / 'o.mp4'}", f"--output={tmp_path}/frames/"]
    report = tmp_path / "r.json"
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *outputs, "--report", str(report)],
        cwd=PROJECT_ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    _wait_for(tmp_path / "frames" / "frame_000010.png", process)
    process.send_signal(number)
    process.send_signal(number)
    _, errors = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0
    assert b"Traceback" not in errors
    with av.open(str(tmp_path / "o.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) >= 10
    assert report.is_file()
    assert not list(tmp_path.glob(".*"))


def _wait_for(path: Path, process: "subprocess.Popen[bytes]") -> None:
    pause = threading.Event()
    for _ in range(round(TIMEOUT_S / 0.02)):
        if path.exists():
            return
        assert process.poll() is None
        pause.wait(0.02)
    pytest.fail(f"{path} did not appear")
