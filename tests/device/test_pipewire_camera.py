"""The virtual camera through PipeWire: another process reads back what the engine painted."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.engine import EngineConfig, LiveEngine, StageStats
from avatar_app.engine.config import SUPERSAMPLING
from avatar_app.errors import VirtualCameraUnavailableError
from avatar_app.output.pipewire_camera import PipeWireCamera
from tests.fakes.engine_parts import FakeCamera, FakePainter, FakeParts
from udp_live.types import RigPose

PROGRAMS = ("dbus-daemon", "pipewire", "wireplumber", "gst-launch-1.0", "pw-cli")
PROJECT_ROOT = Path(__file__).parents[2]
SIZE = 128
READ_AS_WEBCAM = f"""
import sys
from avatar_app.capture.opencv_camera import OpenCvCamera
camera = OpenCvCamera("0", size=({SIZE}, {SIZE}))
frames = [camera.read(1.0) for _ in range(10)]
camera.close()
sys.stdout.buffer.write(frames[-1].image.tobytes())
"""
FRAMES = 30
BITS = 8
START_TIMEOUT_S = 15.0
READ_TIMEOUT_S = 20.0
QUADRANTS = {  # (row, column) of a quadrant's centre to its colour
    (0.4, 0.25): (255, 0, 0),
    (0.4, 0.75): (0, 255, 0),
    (0.75, 0.25): (0, 0, 255),
    (0.75, 0.75): (255, 255, 255),
}


class CardPainter(FakePainter):
    """Paint a test card: four colours, and a count of pictures as a row of light and dark bits."""

    def paint(
        self, pose: RigPose, time_s: float, decode_size: int, supersampling: int = SUPERSAMPLING
    ) -> NDArray[np.uint8]:
        super().paint(pose, time_s, decode_size, supersampling)
        card = np.zeros((SIZE, SIZE, 4), np.uint8)
        card[..., 3] = 255
        half = SIZE // 2
        for (row, column), colour in QUADRANTS.items():
            rows = slice(SIZE // 4, half) if row < 0.5 else slice(half, SIZE)
            columns = slice(0, half) if column < 0.5 else slice(half, SIZE)
            card[rows, columns, :3] = colour
        width = SIZE // BITS
        for bit in range(BITS):
            if len(self.times_s) >> bit & 1:
                card[: SIZE // 4, bit * width : (bit + 1) * width, :3] = 255
        return card


class CardParts(FakeParts):
    """Fakes all around a real PipeWire camera."""

    def open_painter(self, config: EngineConfig, avatar: Any, stats: StageStats) -> FakePainter:
        self.painters.append(CardPainter(config))
        return self.painters[-1]

    def open_sink(self, address: str, config: EngineConfig, *, realtime: bool) -> PipeWireCamera:
        return PipeWireCamera(config.size, config.fps)


def eventually(condition: Callable[[], bool], what: str) -> None:
    pause = threading.Event()
    for _ in range(round(START_TIMEOUT_S / 0.1)):
        if condition():
            return
        pause.wait(0.1)
    pytest.fail(f"{what} did not come up")


@pytest.fixture
def pipewire_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run a message bus, PipeWire and its session manager of our own."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    for name in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "PIPEWIRE_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(runtime))
    bus = f"unix:path={runtime}/bus"
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus)
    with ExitStack() as stack:
        start(stack, "dbus-daemon", "--session", "--nofork", f"--address={bus}")
        eventually((runtime / "bus").exists, "the message bus")
        start(stack, "pipewire")
        eventually((runtime / "pipewire-0").exists, "PipeWire")
        start(stack, "wireplumber")
        eventually(lambda: b"WirePlumber" in listed("Client"), "WirePlumber")
        yield


def start(stack: ExitStack, *command: str) -> None:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.wait, 5.0)
    stack.callback(process.terminate)


def listed(kind: str) -> bytes:
    result = subprocess.run(
        ["pw-cli", "ls", kind], capture_output=True, check=False, timeout=READ_TIMEOUT_S
    )
    return result.stdout


def read_back(path: Path) -> NDArray[np.uint8]:
    """Let another program read frames from the camera; ``[N, SIZE, SIZE, 3]`` RGB."""
    command = (
        f"gst-launch-1.0 -q pipewiresrc num-buffers={FRAMES} ! videoconvert "
        f"! video/x-raw,format=RGB,width={SIZE},height={SIZE} ! filesink location={path}"
    )
    subprocess.run(command.split(), check=True, timeout=READ_TIMEOUT_S, env=os.environ.copy())
    return np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, SIZE, SIZE, 3)


def number(picture: NDArray[np.uint8]) -> int:
    width = SIZE // BITS
    bits = picture[SIZE // 8, width // 2 :: width].mean(axis=1) > 128
    return int(sum(1 << bit for bit in range(BITS) if bits[bit]))


@pytest.mark.usefixtures("pipewire_session")
def test_another_process_sees_colours_orientation_and_every_picture(tmp_path: Path) -> None:
    config = EngineConfig(avatar=Path("card"), size=SIZE, outputs=("virtual-camera",))
    engine = LiveEngine(config, CardParts(camera=FakeCamera(wait_s=1 / 30)))
    engine.start()
    try:
        eventually(lambda: b"kigurumi" in listed("Node"), "the camera node")
        pictures = read_back(tmp_path / "frames.rgb")
    finally:
        engine.stop()
    assert len(pictures) == FRAMES
    for (row, column), colour in QUADRANTS.items():
        seen = pictures[-1][round(row * SIZE), round(column * SIZE)]
        assert np.abs(seen.astype(int) - colour).max() <= 12
    steps = np.diff([number(picture) for picture in pictures[3:]])
    assert np.median(steps) == 1
    assert steps.min() >= 0
    assert steps.sum() == pytest.approx(len(steps), abs=6)


@pytest.mark.usefixtures("pipewire_session")
def test_the_webcam_adapter_reads_the_virtual_camera_unmirrored_and_in_rgb() -> None:
    if shutil.which("pw-v4l2") is None:
        pytest.skip("not installed: pw-v4l2")
    config = EngineConfig(avatar=Path("card"), size=SIZE, outputs=("virtual-camera",))
    engine = LiveEngine(config, CardParts(camera=FakeCamera(wait_s=1 / 30)))
    engine.start()
    try:
        eventually(lambda: b"kigurumi" in listed("Node"), "the camera node")
        result = subprocess.run(
            ["pw-v4l2", sys.executable, "-c", READ_AS_WEBCAM],
            capture_output=True,
            cwd=PROJECT_ROOT,
            timeout=READ_TIMEOUT_S,
            check=True,
        )
    finally:
        engine.stop()
    picture = np.frombuffer(result.stdout, np.uint8).reshape(SIZE, SIZE, 3)
    for (row, column), colour in QUADRANTS.items():
        seen = picture[round(row * SIZE), round(column * SIZE)]
        assert np.abs(seen.astype(int) - colour).max() <= 12


def test_without_pipewire_the_reason_and_the_remedy_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("gst-launch-1.0") is None:
        pytest.skip("not installed: gst-launch-1.0")
    for name in ("XDG_RUNTIME_DIR", "PIPEWIRE_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    with pytest.raises(
        VirtualCameraUnavailableError, match=r"no PipeWire camera: Failed to connect; start"
    ):
        PipeWireCamera(SIZE, 30)


def test_without_gstreamer_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(VirtualCameraUnavailableError, match=r"gstreamer1\.0-pipewire"):
        PipeWireCamera(SIZE, 30)
