"""A folder of keypoint files in the place of camera and tracker, through the engine's own parts."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from avatar_app.capture.keypoint_drawing import BODY_COLOUR, LONGEST_SIDE_PX, PANEL
from avatar_app.capture.keypoint_folder import KeypointFolder
from avatar_app.capture.media_clock import MediaClock
from avatar_app.engine import EngineConfig, EngineParts, SourceConfig
from avatar_app.engine.frames import CameraFrame, FrameStamp
from avatar_app.engine.keypoint_address import KeypointAddress
from avatar_app.engine.performance import perform
from avatar_app.errors import SourceError, TrackerError
from avatar_app.tracking.keypoint_tracker import KeypointTracker
from tests.fakes.known_motion import known_poses
from tests.fakes.openpose_files import SIZE, keypoints_of_pose, write_frames
from tests.fakes.person import rig_with_hands

COUNT = 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rig = rig_with_hands()
    poses = known_poses(rig, COUNT / 30)
    return write_frames(tmp_path / "dance", [[keypoints_of_pose(rig, pose)] for pose in poses])


def config(folder: Path, *, loop: bool = False, options: str = "") -> EngineConfig:
    source = SourceConfig(f"openpose:{folder}{options}", loop=loop)
    return EngineConfig(avatar=Path("nowhere"), source=source)


def read_all(camera: KeypointFolder, limit: int = 100) -> list[CameraFrame]:
    frames = []
    while not camera.ended and len(frames) < limit:
        frame = camera.read(1.0)
        if frame is not None:
            frames.append(frame)
    return frames


def test_each_file_is_a_frame_with_its_person(folder: Path) -> None:
    parts = EngineParts()
    chosen = config(folder, options=f"?fps=25&size={SIZE[0]}x{SIZE[1]}")
    with closing(parts.open_camera(chosen, realtime=False)) as camera:
        frames = read_all(camera)
    with closing(parts.open_tracker(chosen, realtime=False)) as tracker:
        motions = [tracker.track(frame).motion for frame in frames]

    assert [frame.stamp.frame_id for frame in frames] == list(range(COUNT))
    np.testing.assert_allclose([frame.stamp.media_s for frame in frames], np.arange(COUNT) / 25)
    assert {motion.image_size for motion in motions} == {SIZE}
    for motion in motions:
        assert motion.face is not None
        assert motion.body is not None
        assert motion.left_hand is not None
        assert motion.right_hand is not None


def test_pictures_show_the_keypoints_in_the_videos_shape(folder: Path) -> None:
    with closing(KeypointFolder(KeypointAddress(folder, 30.0, SIZE), realtime=False)) as camera:
        frame = camera.read(1.0)

    assert frame is not None
    shrink = LONGEST_SIDE_PX / SIZE[0]
    assert frame.image.shape == (round(shrink * SIZE[1]), LONGEST_SIDE_PX, 3)
    points = keypoints_of_pose(rig_with_hands(), known_poses(rig_with_hands(), 0.1)[0])
    for keypoint in (3, 6, 10):
        column, row = np.round(shrink * points[keypoint, :2]).astype(int)
        np.testing.assert_allclose(frame.image[row, column], BODY_COLOUR, atol=12)
    assert (frame.image[2, 2] == PANEL).all()


def test_a_loop_begins_again_with_the_first_file(folder: Path) -> None:
    address = KeypointAddress(folder)
    with closing(KeypointFolder(address, loop=True, realtime=False)) as camera:
        frames = read_all(camera, COUNT + 1)
        assert not camera.ended
    assert camera.ended
    tracker = KeypointTracker(address)
    first, again = (tracker.track(frames[place]).motion for place in (0, COUNT))

    np.testing.assert_array_equal(first.body.landmarks, again.body.landmarks)


def test_in_real_time_late_frames_are_skipped_but_never_the_last(folder: Path) -> None:
    times = iter((0, 0, 0, 200_000_000, 200_000_000, 10_000_000_000, 10_000_000_000))
    clock = MediaClock(clock_ns=lambda: next(times), sleep=lambda _: None)
    with closing(KeypointFolder(KeypointAddress(folder), clock=clock)) as camera:
        frames = read_all(camera)

    assert [round(frame.stamp.media_s * 30) for frame in frames] == [0, 6, COUNT - 1]


def test_broken_files_are_the_sources_and_the_trackers_error(folder: Path) -> None:
    (folder / "video_000000000003_keypoints.json").write_text("{", encoding="utf-8")
    address = KeypointAddress(folder)

    with pytest.raises(SourceError, match=r"000003_keypoints\.json: broken JSON"):
        KeypointFolder(address)
    with pytest.raises(TrackerError, match=r"000003_keypoints\.json: broken JSON"):
        KeypointTracker(address)


def test_a_moment_past_the_end_is_one_of_the_next_round(folder: Path) -> None:
    tracker = KeypointTracker(KeypointAddress(folder))
    picture = np.zeros((4, 4, 3), np.uint8)

    motions = [
        tracker.track(CameraFrame(FrameStamp(0, 0, tick / 30), picture)).motion
        for tick in (2, 2 + COUNT)
    ]

    np.testing.assert_array_equal(motions[0].face.landmarks, motions[1].face.landmarks)


def test_a_performance_of_keypoints_moves_a_rig(folder: Path) -> None:
    rig = rig_with_hands()

    frames = list(perform(config(folder), EngineParts(), rig))

    assert len(frames) == COUNT
    turned = [np.abs(frame.rig_pose.bone_rotations[:, :3]).max() for frame in frames]
    assert min(turned) > 0.1
