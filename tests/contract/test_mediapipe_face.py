"""The face at any distance, on real pictures that only developers have."""

from pathlib import Path

import numpy as np
import pytest

from udp_live.types import FaceTracking

mediapipe_face = pytest.importorskip("avatar_app.tracking.mediapipe_face")


def first_pictures(path: Path, count: int) -> list[np.ndarray]:
    from av import open as open_container

    with open_container(str(path)) as container:
        frames = zip(range(count), container.decode(video=0), strict=False)
        return [frame.to_ndarray(format="rgb24") for _, frame in frames]


def track_all(pictures: list[np.ndarray], model: Path | None) -> list[FaceTracking | None]:
    face = mediapipe_face.MediapipeFace(model)
    try:
        return [face.track(picture, 33) for picture in pictures]
    finally:
        face.close()


@pytest.mark.parametrize("with_model", [False, True], ids=["wheel", "task model"])
def test_a_small_face_is_found_in_every_frame(shared_data: Path, with_model: bool) -> None:
    pictures = first_pictures(shared_data / "media" / "webcam" / "book.mkv", 10)
    model = shared_data / "models" / "face_landmarker.task" if with_model else None

    found = track_all(pictures, model)

    assert all(face is not None for face in found)
    for face in found:
        eyes = face.landmarks[[33, 263], :2]
        assert 0.40 < eyes[0, 0] < eyes[1, 0] < 0.55, "the person's left eye is at our right"
        assert (face.blendshapes is not None) == with_model


def test_a_face_that_moves_out_of_the_searched_window_is_followed(shared_data: Path) -> None:
    picture = first_pictures(shared_data / "media" / "webcam" / "book.mkv", 1)[0]
    moved = [np.roll(picture, 12 * step, axis=1) for step in range(20)]

    found = track_all(moved, None)

    noses = [face.landmarks[4, 0] * 640 for face in found if face is not None]
    assert len(noses) >= 19
    assert noses[-1] - noses[0] == pytest.approx(12 * 19, abs=12)


def test_nobody_in_the_picture_is_no_face() -> None:
    assert track_all([np.full((120, 160, 3), 90, np.uint8)] * 2, None) == [None, None]


def test_a_broken_model_file_is_one_clear_error(tmp_path: Path) -> None:
    from avatar_app.errors import TrackerError

    (tmp_path / "face_landmarker.task").write_bytes(b"not a model")

    with pytest.raises(TrackerError, match=r"face_landmarker\.task"):
        mediapipe_face.MediapipeFace(tmp_path / "face_landmarker.task")
    with pytest.raises(TrackerError, match="missing"):
        mediapipe_face.MediapipeFace(tmp_path / "missing")
