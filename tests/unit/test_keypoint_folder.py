"""OpenPose's files: what is understood, and which sentence answers what is not."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes.openpose_files import person_json, write_frames
from udp_live.errors import MotionFormatError
from udp_live.motion.openpose import list_keypoint_files, load_openpose
from udp_live.motion.openpose.keypoint_file import MAX_FILE_BYTES, read_people
from udp_live.motion.openpose.keypoints import BODY, MID_HIP, SIDED


def person(scale: float = 1.0, shift: float = 0.0) -> np.ndarray:
    """Return somebody whose keypoints all lie in a box of 400 x 300 pixels times ``scale``."""
    points = np.random.default_rng(1).uniform(0.1, 1.0, (137, 3))
    points[:, 0] = shift + scale * 400.0 * points[:, 0]
    points[:, 1] *= scale * 300.0
    return points


def write(path: Path, content: Any) -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def one_person(**parts: Any) -> dict[str, Any]:
    return {"people": [person_json(person()) | parts]}


def test_all_parts_are_read_into_one_table(tmp_path: Path) -> None:
    points = person()
    write_frames(tmp_path, [[points]])

    clip = load_openpose(tmp_path, fps=25.0)

    assert clip.fps == 25.0
    assert clip.points.dtype == np.float32
    np.testing.assert_allclose(clip.points[0], points, atol=1e-2)


def test_files_come_in_natural_order(tmp_path: Path) -> None:
    for number in (10, 9, 100):
        content = {"people": [person_json(person(shift=float(number)))]}
        write(tmp_path / f"v_{number}_keypoints.json", content)
    write(tmp_path / "settings.json", {"net_resolution": "-1x368"})

    names = [path.name for path in list_keypoint_files(tmp_path)]

    assert names == [f"v_{number}_keypoints.json" for number in (9, 10, 100)]


def test_coco_is_read_as_body_25_with_a_middle_of_the_hips(tmp_path: Path) -> None:
    coco = np.arange(54, dtype=float).reshape(18, 3) + 1.0
    coco[:, 2] = 0.9
    path = write(tmp_path / "a.json", one_person(pose_keypoints_2d=coco.ravel().tolist()))

    body = read_people(path)[0][BODY]

    left, right = SIDED["left"], SIDED["right"]
    np.testing.assert_allclose(body[left["hip"]], coco[11])
    np.testing.assert_allclose(body[right["ear"]], coco[16])
    np.testing.assert_allclose(body[MID_HIP], 0.5 * (coco[8] + coco[11]))
    assert body[left["heel"], 2] == 0.0


@pytest.mark.parametrize("parts", [{"face_keypoints_2d": []}, {"hand_left_keypoints_2d": None}])
def test_a_part_that_openpose_left_out_is_not_seen(tmp_path: Path, parts: dict[str, Any]) -> None:
    found = read_people(write(tmp_path / "a.json", one_person(**parts)))

    assert found.shape == (1, 137, 3)
    assert (found[0, :, 2] == 0.0).any()


def test_a_point_that_was_not_found_has_no_place(tmp_path: Path) -> None:
    points = person()
    points[4, 2] = 0.0

    found = read_people(write(tmp_path / "a.json", {"people": [person_json(points)]}))

    assert (found[0, 4] == 0.0).all()


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0)])
def test_coordinates_scaled_to_the_picture_become_pixels(
    tmp_path: Path, low: float, high: float
) -> None:
    pixels = person(scale=1.5)
    scaled = pixels.copy()
    scaled[:, :2] = low + (high - low) * pixels[:, :2] / (800.0, 600.0)
    write_frames(tmp_path, [[scaled]])

    clip = load_openpose(tmp_path, image_size=(800, 600))

    np.testing.assert_allclose(clip.points[0, :, :2], pixels[:, :2], atol=0.5)


@pytest.mark.parametrize(("scale", "size"), [(1.0, (640, 360)), (3.0, (1920, 1080)), (30, None)])
def test_the_size_of_the_picture_is_guessed_from_what_lies_in_it(
    tmp_path: Path, scale: float, size: tuple[int, int] | None
) -> None:
    write_frames(tmp_path, [[person(scale)]])

    guessed = load_openpose(tmp_path).image_size

    assert guessed == size if size else min(guessed) > 8000


def test_frames_without_people_stay_empty(tmp_path: Path) -> None:
    write_frames(tmp_path, [[], [person()], []])

    clip = load_openpose(tmp_path)

    assert clip.frame_count == 3
    assert [bool(frame[:, 2].any()) for frame in clip.points] == [False, True, False]


BROKEN = {
    "half a file": ('{"people": [', "broken JSON"),
    "no people": ({"version": 1.3}, 'no list "people"'),
    "a list": ([1, 2], 'no list "people"'),
    "a person that is none": ({"people": [7]}, "not an object"),
    "too few numbers": (one_person(pose_keypoints_2d=[1.0] * 74), "74 numbers where 75 or 54"),
    "no list of numbers": (one_person(face_keypoints_2d={"x": 1}), "no list where 210"),
    "words": (one_person(hand_left_keypoints_2d=["1"] * 63), "not all values are numbers"),
    "truth values": (one_person(hand_left_keypoints_2d=[True] * 63), "not all values are numbers"),
    "nothing": (one_person(hand_left_keypoints_2d=[None] * 63), "not all values are numbers"),
    "not a number": (one_person(hand_left_keypoints_2d=[float("nan")] * 63), "not finite"),
    "infinite": (one_person(hand_left_keypoints_2d=[float("inf")] * 63), "not finite"),
    "far away": (one_person(hand_left_keypoints_2d=[1e30] * 63), "not finite or beyond"),
    "endless digits": (one_person(hand_left_keypoints_2d=[10**400] * 63), "too large"),
    "deep": ("[" * 200_000, "nested too deeply"),
    "a crowd": ({"people": [{}] * 501}, "501 people are more than 500"),
    "no text": ("\x00\x01", "broken JSON"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_named_with_what_is_wrong(tmp_path: Path, kind: str) -> None:
    content, message = BROKEN[kind]
    write(tmp_path / "v_0_keypoints.json", content)

    with pytest.raises(MotionFormatError, match=message) as caught:
        load_openpose(tmp_path)

    assert "v_0_keypoints.json" in str(caught.value)


def test_bytes_that_are_no_text_are_broken_json(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00\xd8")

    with pytest.raises(MotionFormatError, match="broken JSON"):
        load_openpose(tmp_path)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.json").open("wb") as stream:
        stream.truncate(MAX_FILE_BYTES + 1)

    with pytest.raises(MotionFormatError, match="larger than 8 MiB"):
        load_openpose(tmp_path)


def test_a_folder_that_ends_in_json_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()

    with pytest.raises(MotionFormatError, match="cannot read"):
        load_openpose(tmp_path)


@pytest.mark.parametrize(
    ("frames", "message"), [([], "no .json file"), ([[], []], "nobody to follow")]
)
def test_a_folder_with_nobody_says_so(
    tmp_path: Path, frames: list[list[np.ndarray]], message: str
) -> None:
    write_frames(tmp_path, frames)

    with pytest.raises(MotionFormatError, match=message):
        load_openpose(tmp_path)


def test_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(MotionFormatError, match="cannot read"):
        load_openpose(tmp_path / "nowhere")


def test_an_impossible_rate_is_refused(tmp_path: Path) -> None:
    write_frames(tmp_path, [[person()]])

    with pytest.raises(MotionFormatError, match="unexpected fps"):
        load_openpose(tmp_path, fps=0.0)
