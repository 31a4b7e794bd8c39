from pathlib import Path

import numpy as np
import pytest

from avatar_app.capture.clip_player import ClipPlayer
from avatar_app.capture.media_clock import MediaClock
from avatar_app.engine.frames import PoseFrame
from avatar_app.errors import SourceError
from tests.fakes.engine_parts import FakeClock
from tests.fakes.pmx_draft import VmdDraft
from tests.fakes.tiny_rig import tiny_rig
from udp_live.motion import MotionClip, save_vrma

RIG = tiny_rig()
SECONDS = 1.0


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """One second in which the gaze goes steadily from 0 to 0.5 rad."""
    frames = 31
    gaze = np.zeros((frames, 2), np.float32)
    gaze[:, 0] = np.linspace(0.0, 0.5, frames)
    rotations = np.zeros((frames, 1, 4), np.float32)
    rotations[..., 3] = 1.0
    motion = MotionClip(
        fps=30.0,
        bone_names=("hips",),
        rotations=rotations,
        hips_translation=np.zeros((frames, 3), np.float32),
        hips_height_m=0.8,
        expression_names=(),
        expression_weights=np.zeros((frames, 0), np.float32),
        gaze=gaze,
    )
    save_vrma(tmp_path / "look.vrma", motion, RIG.skeleton)
    return tmp_path / "look.vrma"


def read_all(player: ClipPlayer, limit: int = 200) -> list[PoseFrame]:
    frames = []
    while not player.ended and len(frames) < limit:
        frame = player.read(0.5)
        if frame is not None:
            frames.append(frame)
    return frames


def test_poses_come_at_the_output_rate_to_the_end(clip: Path) -> None:
    frames = read_all(ClipPlayer(clip, RIG, 60, realtime=False))
    assert len(frames) == 61
    assert [frame.stamp.frame_id for frame in frames] == list(range(61))
    gazes = [float(frame.rig_pose.gaze[0]) for frame in frames]
    assert gazes == pytest.approx(np.linspace(0.0, 0.5, 61), abs=1e-3)


def test_in_real_time_each_pose_waits_for_its_moment(clip: Path) -> None:
    clock = FakeClock()
    player = ClipPlayer(clip, RIG, 30, clock=MediaClock(clock.ns, clock.advance))
    begin_s = clock.now_s
    assert len(read_all(player)) == 31
    assert clock.now_s - begin_s == pytest.approx(SECONDS)


def test_a_slow_reader_skips_to_the_present(clip: Path) -> None:
    clock = FakeClock()
    player = ClipPlayer(clip, RIG, 30, clock=MediaClock(clock.ns, clock.advance))
    player.read(0.5)
    clock.advance(0.5)
    late = player.read(0.5)
    assert late is not None
    assert late.stamp.frame_id == 1
    assert late.stamp.media_s == pytest.approx(0.5, abs=0.02)


def test_a_loop_never_ends_and_begins_again(clip: Path) -> None:
    frames = read_all(ClipPlayer(clip, RIG, 30, loop=True, realtime=False), limit=100)
    assert len(frames) == 100
    gazes = [float(frame.rig_pose.gaze[0]) for frame in frames]
    assert max(gazes[35:65]) > 0.4
    assert min(gazes[35:65]) < 0.1


def test_a_broken_clip_is_a_source_error(tmp_path: Path) -> None:
    path = tmp_path / "bad.vrma"
    path.write_bytes(b"")
    with pytest.raises(SourceError, match=r"bad\.vrma"):
        ClipPlayer(path, RIG, 30)


@pytest.mark.parametrize("suffix", [".vmd", ".VMD"])
def test_a_motion_of_mikumikudance_plays(tmp_path: Path, suffix: str) -> None:
    draft = VmdDraft().key("頭", 0).key("頭", 15, rotation=(0.0, 0.6, 0.0, 0.8))
    path = draft.write(tmp_path / f"nod{suffix}")
    frames = read_all(ClipPlayer(path, RIG, 30.0, realtime=False))
    assert len(frames) == 16
    head = RIG.skeleton.humanoid["head"]
    first, last = (frames[place].rig_pose.bone_rotations[head] for place in (0, -1))
    assert np.abs(last - first).max() > 0.3
