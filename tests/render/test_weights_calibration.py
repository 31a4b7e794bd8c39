"""``weights calibrate`` on sequences that are drawn from the default avatar."""

from dataclasses import replace
from pathlib import Path

import moderngl
import numpy as np
import pytest

from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.paths import shipped_avatars_folder, weights_folder
from renderer.conr.landmarks.convention_file import read_convention
from renderer.conr.landmarks.landmark_convention import (
    LandmarkConvention,
    named_convention,
    rig_box,
)
from renderer.evaluation import random_pose
from udp_live.loaders import load_rig
from udp_live.rasterizer.udp_pass import UdpRasterizer
from udp_live.rig.framing import Framing, frame_viewpoint
from udp_live.rig.rig import Rig
from udp_live.types import UdpMap
from udp_live.udp_files import write_udp

FRAMES = 10
SIZE = (192, 192)
MIRRORED_AXES = LandmarkConvention("theirs", (1, 2, 0), (0.9, 1.6, -0.8), (0.05, -0.3, 0.9))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_DATA_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path


@pytest.fixture(scope="module")
def rig() -> Rig:
    return load_rig(shipped_avatars_folder() / "yuzu" / "proxy.glb")


@pytest.fixture
def frames(context: moderngl.Context, rig: Rig, rng: np.random.Generator) -> list[UdpMap]:
    """The avatar in random poses, seen from all around."""
    viewpoint = frame_viewpoint(rig, Framing.FULL)
    rasterizer = UdpRasterizer(context, rig, SIZE)
    try:
        return [
            rasterizer.draw(
                random_pose(rig, rng), replace(viewpoint, yaw_rad=2 * np.pi * index / FRAMES)
            )
            for index in range(FRAMES)
        ]
    finally:
        rasterizer.close()


def write_sequence(folder: Path, frames: list[UdpMap], convention: LandmarkConvention) -> None:
    folder.mkdir()
    for index, frame in enumerate(frames):
        write_udp(folder / f"{index}.npz", convention.apply_to_map(frame))


def run(*argv: str) -> int:
    return run_command(parse_arguments(["weights", "calibrate", *argv]))


def test_a_candidate_is_recognised_and_kept_by_name(
    home: Path, rig: Rig, frames: list[UdpMap], capsys: pytest.CaptureFixture[str]
) -> None:
    write_sequence(home / "udp", frames, named_convention("A'", rig_box(rig)))
    assert run(str(home / "udp"), "--write") == 0
    told = capsys.readouterr().out
    assert "result: candidate A'" in told
    assert "warning" not in told
    assert read_convention(weights_folder(), rig_box(rig)).name == "A'"


def test_axes_that_no_candidate_has_are_kept_as_fitted(
    home: Path, rig: Rig, frames: list[UdpMap], capsys: pytest.CaptureFixture[str]
) -> None:
    write_sequence(home / "udp", frames, MIRRORED_AXES)
    assert run(str(home / "udp")) == 0
    assert "nothing was kept; add --write" in capsys.readouterr().out
    assert not weights_folder().exists()
    assert run(str(home / "udp"), "--write") == 0
    found = read_convention(weights_folder())
    assert found.axes == MIRRORED_AXES.axes
    np.testing.assert_allclose(found.scale, MIRRORED_AXES.scale, rtol=0.05)
    np.testing.assert_allclose(found.offset, MIRRORED_AXES.offset, atol=0.03)


def test_what_is_no_figure_is_never_kept(
    home: Path, rng: np.random.Generator, capsys: pytest.CaptureFixture[str]
) -> None:
    xyzv = rng.random((128, 128, 4)).astype(np.float32)
    xyzv[..., 3] = 1.0
    for axis in (0, 1) * 6:
        xyzv = (xyzv + np.roll(xyzv, 1, axis)) / 2
    (home / "udp").mkdir()
    write_udp(home / "udp" / "1.npz", UdpMap(xyzv))
    assert run(str(home / "udp")) == 1
    assert "add --write" not in capsys.readouterr().out
    assert run(str(home / "udp"), "--write") == 1
    told = capsys.readouterr().out
    assert "does not look like a UDP sequence" in told
    assert "nothing was kept: the fit is not to be trusted" in told
    assert not weights_folder().exists()


def test_a_missing_or_empty_sequence_is_one_sentence(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert run(str(home / "gone")) == 1
    assert "does not exist" in caplog.text
    caplog.clear()
    (home / "udp").mkdir()
    write_udp(home / "udp" / "1.npz", UdpMap(np.zeros((32, 32, 4), np.float32)))
    assert run(str(home / "udp")) == 1
    assert "shows 0 points of a figure" in caplog.text
