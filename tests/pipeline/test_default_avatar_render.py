"""``render`` with the shipped avatar, its springs, OpenGL and decoder."""

from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.rendering import segments
from tests.fakes.known_motion import known_poses
from tests.fakes.openpose_files import SIZE as SIZE_PX
from tests.fakes.openpose_files import keypoints_of_pose, write_frames
from tests.fakes.person import rig_with_hands
from udp_live.udp_files import open_udp_folder

SIZE = 96
SEGMENT_FRAMES = 4


@pytest.fixture(autouse=True)
def _short_segments(default_avatar: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments.Segments.__init__, "__defaults__", (SEGMENT_FRAMES,))


def run(*options: object) -> None:
    arguments = parse_arguments([*map(str, options), "--size", str(SIZE)])
    arguments.gl_backend, arguments.has_screen = None, False
    assert run_command(arguments) == 0


def film_pictures(path: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as film:
        return [picture.to_ndarray(format="rgb24") for picture in film.decode(video=0)]


class PowerLossError(Exception):
    """Nothing of ours would raise it."""


def test_springs_swing_on_over_an_interruption(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = ("render", "--source", "clip:hello", "--fps", "2", "--device", "cpu", "--output")
    write = segments.Segments.write

    def write_two(parts: segments.Segments, segment: int, pictures: Any) -> None:
        if segment == 2:
            raise PowerLossError
        write(parts, segment, pictures)

    run(*clip, tmp_path / "whole.mp4")
    with monkeypatch.context() as patch:
        patch.setattr(segments.Segments, "write", write_two)
        with pytest.raises(PowerLossError):
            run(*clip, tmp_path / "parts.mp4")
    run(*clip, tmp_path / "parts.mp4")
    whole = film_pictures(tmp_path / "whole.mp4")
    assert len(whole) > 3 * SEGMENT_FRAMES
    for ours, theirs in zip(film_pictures(tmp_path / "parts.mp4"), whole, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_udp_sequence_of_the_avatar_looks_like_the_avatar(tmp_path: Path) -> None:
    clip = ("--source", "clip:hello", "--fps", "2", "--frames", "3")
    run("udp", *clip, "--output", tmp_path / "udp")
    run("render", "--udp", tmp_path / "udp", "--device", "cpu", "--output", f"{tmp_path}/out/")
    names = [path.stem for path in sorted((tmp_path / "udp").glob("*.npz"))]
    assert [path.stem for path in sorted((tmp_path / "out").glob("*.png"))] == names
    for name in names:
        image = cv2.imread(str(tmp_path / "out" / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        assert image.shape == (SIZE, SIZE, 4)
        figure = image[image[..., 3] > 200][:, :3]
        assert 0.05 < len(figure) / SIZE**2 < 0.5
        assert figure.std(axis=0).min() > 40  # hair, skin and clothes


def test_keypoints_become_a_film_and_a_sequence_of_the_moving_avatar(tmp_path: Path) -> None:
    rig = rig_with_hands()
    poses = known_poses(rig)[20::20]
    write_frames(tmp_path / "dance ü", [[keypoints_of_pose(rig, pose)] for pose in poses])
    source = ("--source", f"openpose:{tmp_path}/dance ü?fps=4&size={SIZE_PX[0]}x{SIZE_PX[1]}")
    run("render", *source, "--device", "cpu", "--output", tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as film:
        assert float(film.duration / av.time_base) == pytest.approx(len(poses) / 4, abs=0.01)
    pictures = film_pictures(tmp_path / "out.mp4")
    assert len(pictures) == len(poses)
    assert np.abs(pictures[0].astype(int) - pictures[3]).mean() > 3.0
    run("udp", *source, "--output", tmp_path / "udp")
    sequence = open_udp_folder(tmp_path / "udp")
    assert len(sequence) == len(poses)
    assert sequence.notes is not None
    assert sequence.notes.fps == 4.0
    assert all((udp.xyzv[..., 3] > 0.5).mean() > 0.04 for _, udp in sequence)
