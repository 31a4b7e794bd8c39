"""The command ``udp``: any motion becomes UDP files, one for each source frame."""

import logging
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import avatar_app.engine
from avatar_app.capture.clip_player import ClipPlayer
from avatar_app.commands import udp
from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.engine import EngineConfig, EngineParts, StageStats
from avatar_app.engine.avatar_rasterizer import AvatarRasterizer
from avatar_app.engine.frames import CameraFrame
from avatar_app.errors import SourceError
from avatar_app.paths import find_avatar, find_clip
from avatar_app.rendering import landmark_choice
from avatar_app.rendering.landmark_choice import CANONICAL, CONR
from avatar_app.tracking.replay_tracker import read_recorded_motion
from renderer.conr.landmarks.convention_file import write_convention
from renderer.conr.landmarks.landmark_convention import (
    CONVENTION_NAMES,
    LandmarkConvention,
    named_convention,
)
from tests.fakes.engine_parts import FakeCamera, FakeParts, FakeRetargeter
from tests.fakes.openpose_files import keypoints_of, write_frames
from tests.fakes.video import write_video
from udp_live.errors import GlContextError
from udp_live.rasterizer.gl_context import open_context
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, TrackedMotion, UdpMap
from udp_live.udp_files import SequenceNotes, open_udp_folder

SIZE = 64
RECORDED = Path(__file__).parents[1] / "data" / "hello_tracked.npz"
FLOAT16 = 5e-4  # half a step below 1


class InterruptedCamera(FakeCamera):
    """Ctrl-C after three frames."""

    def read(self, timeout_s: float) -> CameraFrame | None:
        if self.delivered == 3:
            raise KeyboardInterrupt
        return super().read(timeout_s)


class Walker(FakeRetargeter):
    """Walk to the avatar's left by one step in each frame, rising a little."""

    def __init__(self, rig: Rig, step_m: float) -> None:
        super().__init__(rig, mirror=False)
        self._step_m = step_m

    def retarget(self, motion: TrackedMotion, time_s: float) -> RigPose:
        pose = super().retarget(motion, time_s)
        place = np.array((self._step_m * 30 * time_s, 0.05 * 30 * time_s, 0.0), np.float32)
        return replace(pose, root_translation=place)


@pytest.fixture(autouse=True)
def opengl() -> None:
    try:
        open_context().release()
    except GlContextError as error:
        pytest.skip(str(error))


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeParts:
    """A tiny rig, a camera of five frames; ``someone.mp4`` is there but not looked at."""
    fakes = FakeParts(camera=FakeCamera(count=5))
    monkeypatch.setattr(avatar_app.engine, "EngineParts", lambda: fakes)
    (tmp_path / "avatar").mkdir()
    (tmp_path / "avatar" / "avatar.toml").write_text('name = "Fake"\n', encoding="utf-8")
    write_video(tmp_path / "someone.mp4", frames=1)
    return fakes


def run(*options: str) -> int:
    arguments = parse_arguments(["udp", "--size", str(SIZE), *options])
    arguments.gl_backend, arguments.has_screen = None, False
    return run_command(arguments)


def run_in(folder: Path, *options: str) -> Path:
    """Run on the fakes; returns the folder that was written."""
    source, avatar = str(folder / "someone.mp4"), str(folder / "avatar")
    output = folder / "out"
    options = ("--source", source, "--avatar", avatar, "--output", str(output), *options)
    assert run(*options) == 0
    return output


def drawn_maps(count: int, fps: float) -> list[UdpMap]:
    """What the rasterizer draws of the shipped avatar and clip, without a detour over files."""
    config = EngineConfig(find_avatar("yuzu"), size=SIZE, framing="half")
    rig = EngineParts().load_avatar(config).rig
    with (
        closing(ClipPlayer(find_clip("hello"), rig, fps, realtime=False)) as clip,
        closing(AvatarRasterizer(rig, config, StageStats())) as rasterizer,
    ):
        frames = [frame for frame in (clip.read(1.0) for _ in range(count)) if frame is not None]
        return [rasterizer.draw(f.rig_pose, f.stamp.media_s, SIZE) for f in frames]


@pytest.mark.parametrize("file_format", ["npz", "exr"])
def test_a_clip_is_written_as_the_rasterizer_draws_it(
    tmp_path: Path, file_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path / "out")
    options = ("--output", output, "--format", file_format, "--frames", "4", "--fps", "5")
    options += ("--framing", "half")
    assert run("--source", "clip:hello", *options) == 0
    sequence = open_udp_folder(tmp_path / "out")
    assert sequence.names == ("0001", "0002", "0003", "0004")
    assert sequence.size == (SIZE, SIZE)
    assert sequence.notes == SequenceNotes(5.0, "canonical", "Yuzu", "clip:hello", "half")
    for (_, written), drawn in zip(sequence, drawn_maps(4, 5.0), strict=True):
        assert 0.05 < drawn.xyzv[..., 3].mean() < 0.9
        np.testing.assert_allclose(written.xyzv, drawn.xyzv, atol=FLOAT16, rtol=0)
    assert f"wrote {output}: 4 UDP files for 5 fps" in capsys.readouterr().out


def test_keypoints_of_a_person_become_maps_of_the_avatar_in_motion(tmp_path: Path) -> None:
    _, motions = read_recorded_motion(RECORDED)
    keypoints = [[keypoints_of(motion)] for motion in motions[:90:30]]
    source = f"openpose:{write_frames(tmp_path / 'keypoints', keypoints)}?fps=10"
    assert run("--source", source, "--output", str(tmp_path / "out")) == 0
    sequence = open_udp_folder(tmp_path / "out")
    assert sequence.notes == SequenceNotes(10.0, "canonical", "Yuzu", "keypoints?fps=10", "full")
    maps = [udp_map.xyzv for _, udp_map in sequence]
    assert len(maps) == 3
    assert all(0.05 < xyzv[..., 3].mean() < 0.9 for xyzv in maps)
    assert not np.array_equal(maps[0], maps[2])


def test_every_frame_of_a_video_becomes_one_file_at_the_videos_rate(
    tmp_path: Path, parts: FakeParts
) -> None:
    sequence = open_udp_folder(run_in(tmp_path))
    assert len(sequence) == 5
    assert sequence.notes == SequenceNotes(30.0, "canonical", "fake", "someone.mp4", "full")
    assert parts.retargeters[0].times_s == [number / 30 for number in range(5)]
    assert not parts.retargeters[0].mirror
    assert parts.tracker.closed
    assert parts.camera.closed


@pytest.mark.parametrize(
    ("limit", "count"), [(("--frames", "2"), 2), (("--seconds", "0.1"), 3), (("--frames", "99"), 5)]
)
def test_a_limit_ends_it_and_the_source_is_never_begun_again(
    tmp_path: Path, parts: FakeParts, limit: tuple[str, str], count: int
) -> None:
    assert len(open_udp_folder(run_in(tmp_path, *limit))) == count


def boxes_of_a_walk(
    folder: Path, parts: FakeParts, step_m: float, *options: str
) -> list[tuple[int, int, int, int]]:
    """Write a walk of five steps; returns the box of each frame."""
    parts.camera = FakeCamera(count=5)
    parts.make_retargeter = lambda config, rig: Walker(rig, step_m)  # type: ignore[method-assign]
    sequence = open_udp_folder(run_in(folder, "--overwrite", *options))
    boxes = [replace(sequence, files=(path,)).figure_box() for path in sequence.files]
    return [box for box in boxes if box is not None]


def test_a_full_figure_stays_in_the_picture_all_the_while(tmp_path: Path, parts: FakeParts) -> None:
    boxes = boxes_of_a_walk(tmp_path, parts, 0.2)
    lefts, tops, rights, bottoms = np.array(boxes).T
    assert len(boxes) == 5
    assert lefts[4] > lefts[0] + 4
    assert tops[4] < tops[0]
    assert min(lefts.min(), tops.min()) > 0
    assert max(rights.max(), bottoms.max()) < SIZE
    assert max(rights.max() - lefts.min(), bottoms.max() - tops.min()) > 0.8 * SIZE


def test_a_figure_that_walks_far_is_kept_in_place(
    tmp_path: Path, parts: FakeParts, capsys: pytest.CaptureFixture[str]
) -> None:
    boxes = boxes_of_a_walk(tmp_path, parts, 2.0)
    assert "walks 8.0 m and is kept in place" in capsys.readouterr().out
    lefts, tops, _, _ = np.array(boxes).T
    assert np.ptp(lefts) <= 1
    assert tops[4] < tops[0]


def test_whether_it_stays_in_place_can_be_chosen(tmp_path: Path, parts: FakeParts) -> None:
    still = np.array(boxes_of_a_walk(tmp_path, parts, 0.2, "--in-place"))
    assert np.ptp(still[:, 0]) <= 1
    walking = np.array(boxes_of_a_walk(tmp_path, parts, 2.0, "--no-in-place"))
    assert walking[4, 0] > walking[0, 2]


def test_a_figure_may_walk_to_the_horizon(tmp_path: Path, parts: FakeParts) -> None:
    assert boxes_of_a_walk(tmp_path, parts, 10.0, "--no-in-place", "--zoom", "0.2")


def test_landmarks_are_those_of_the_convention_asked_for(tmp_path: Path, parts: FakeParts) -> None:
    (_, ours), *_ = open_udp_folder(run_in(tmp_path, "--frames", "1"))
    parts.camera = FakeCamera(count=5)
    sequence = open_udp_folder(run_in(tmp_path, "--frames", "1", "--landmarks", "A", "--overwrite"))
    (_, theirs), *_ = sequence
    expected = named_convention("A").apply_to_map(ours)
    np.testing.assert_allclose(theirs.xyzv, expected.xyzv, atol=10 * FLOAT16, rtol=0)
    assert not np.allclose(theirs.xyzv, ours.xyzv, atol=0.1)
    assert sequence.notes is not None
    assert sequence.notes.landmarks == "A"


def test_every_named_convention_can_be_asked_for() -> None:
    assert (CANONICAL, CONR, *CONVENTION_NAMES) == udp.LANDMARKS


def test_landmarks_of_the_weights_are_as_their_folder_says(
    tmp_path: Path, parts: FakeParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted = LandmarkConvention("fitted", (2, 0, 1), (1.0, -1.0, 0.5), (0.0, 1.0, 0.25))
    write_convention(tmp_path, fitted)
    monkeypatch.setattr(landmark_choice, "weights_folder", lambda: tmp_path)
    (_, ours), *_ = open_udp_folder(run_in(tmp_path, "--frames", "1"))
    parts.camera = FakeCamera(count=5)
    options = ("--frames", "1", "--landmarks", "conr", "--overwrite")
    sequence = open_udp_folder(run_in(tmp_path, *options))
    expected = fitted.apply_to_map(ours).xyzv
    np.testing.assert_allclose(sequence.read(0).xyzv, expected, atol=2 * FLOAT16, rtol=0)
    assert sequence.notes is not None
    assert sequence.notes.landmarks == "fitted"


def test_ctrl_c_keeps_what_is_written(
    tmp_path: Path, parts: FakeParts, caplog: pytest.LogCaptureFixture
) -> None:
    parts.camera = InterruptedCamera(count=5)
    sequence = open_udp_folder(run_in(tmp_path))
    assert len(sequence) == 3
    assert sequence.notes is not None
    assert "interrupted" in caplog.text


def test_a_source_that_cannot_be_read_costs_no_older_sequence(
    tmp_path: Path, parts: FakeParts, caplog: pytest.LogCaptureFixture
) -> None:
    run_in(tmp_path)
    parts.camera = SourceError("cannot read the video someone.mp4")
    source, avatar = str(tmp_path / "someone.mp4"), str(tmp_path / "avatar")
    out = str(tmp_path / "out")
    options = ("--source", source, "--avatar", avatar, "--output", out, "--overwrite")
    assert run(*options) == 1
    assert "cannot read the video" in caplog.text
    assert len(open_udp_folder(tmp_path / "out")) == 5


def test_a_source_without_frames_is_an_error(
    tmp_path: Path, parts: FakeParts, caplog: pytest.LogCaptureFixture
) -> None:
    parts.camera = FakeCamera(count=0)
    source, avatar = str(tmp_path / "someone.mp4"), str(tmp_path / "avatar")
    options = ("--source", source, "--avatar", avatar, "--output", str(tmp_path / "out"))
    assert run(*options) == 1
    assert "has no frames" in caplog.text


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--source", "nobody.mp4"), "source not found: 'nobody.mp4'"),
        (("--source", "clip:nothing"), "clip not found"),
        (("--source", "clip:hello", "--size", "63"), "unexpected size: 63"),
        (("--source", "clip:hello", "--frames", "0"), "unexpected frames: 0"),
        (("--source", "clip:hello", "--fps", "nan"), "unexpected fps"),
    ],
)
def test_a_wrong_option_is_one_sentence(
    tmp_path: Path, options: tuple[str, ...], sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    assert run("--output", str(tmp_path / "out"), *options) == 2
    assert sentence in caplog.text
    assert not (tmp_path / "out").exists()
