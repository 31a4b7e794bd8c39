"""One of OpenPose's JSON files: the keypoints of all people in one picture."""

import json
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from udp_live.errors import MotionFormatError
from udp_live.motion.openpose.keypoints import (
    ALL_COUNT,
    BODY,
    BODY_COUNT,
    BODY_OF_COCO,
    COCO_COUNT,
    FACE,
    FACE_COUNT,
    HAND_COUNT,
    LEFT_HAND,
    MID_HIP,
    RIGHT_HAND,
    SEEN_ABOVE,
    SIDED,
)

Float = NDArray[np.float32]

MAX_FILE_BYTES = 8 << 20  # a thousand people
MAX_PEOPLE = 500
FARTHEST_PX = 1e5
PARTS = {
    "pose_keypoints_2d": (BODY, (BODY_COUNT, COCO_COUNT)),
    "face_keypoints_2d": (FACE, (FACE_COUNT,)),
    "hand_left_keypoints_2d": (LEFT_HAND, (HAND_COUNT,)),
    "hand_right_keypoints_2d": (RIGHT_HAND, (HAND_COUNT,)),
}


def read_people(path: Path) -> Float:
    """Read the people of one picture.

    Returns:
        ``[P, 137, 3]`` float32 as in KeypointClip, in whatever unit the file has; P may be 0.

    Raises:
        MotionFormatError: The file is not one of OpenPose's.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise MotionFormatError(f"cannot read {path}: {error.strerror or error}") from error
    if len(data) > MAX_FILE_BYTES:
        _refuse(path, f"larger than {MAX_FILE_BYTES >> 20} MiB")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise MotionFormatError(f"{path}: broken JSON ({reason}); write it again") from error
    people = content.get("people") if isinstance(content, dict) else None
    if not isinstance(people, list):
        _refuse(path, 'there is no list "people"')
    if len(people) > MAX_PEOPLE:
        _refuse(path, f"{len(people)} people are more than {MAX_PEOPLE}")
    rows = [_read_person(person, path) for person in people]
    return np.stack(rows) if rows else np.zeros((0, ALL_COUNT, 3), np.float32)


def _read_person(person: Any, path: Path) -> Float:
    if not isinstance(person, dict):
        _refuse(path, "a person is not an object")
    points = np.zeros((ALL_COUNT, 3), np.float32)
    for key, (part, counts) in PARTS.items():
        values = person.get(key)
        if values:  # absent or empty where OpenPose ran without that part
            points[part] = _read_part(values, counts, f"{path}: {key}")
    points[points[:, 2] <= SEEN_ABOVE] = 0.0
    return points


def _read_part(values: Any, counts: tuple[int, ...], where: str) -> Float:
    lengths = [3 * count for count in counts]
    if not isinstance(values, list) or len(values) not in lengths:
        found = f"{len(values)} numbers" if isinstance(values, list) else "no list"
        wanted = " or ".join(map(str, lengths))
        raise MotionFormatError(f"{where}: {found} where {wanted} are expected; use BODY_25")
    if any(type(value) not in (int, float) for value in values):
        raise MotionFormatError(f"{where}: not all values are numbers; write the file again")
    try:
        points = np.array(values, np.float64).reshape(-1, 3)
    except OverflowError as error:
        raise MotionFormatError(f"{where}: a number is too large") from error
    if not np.isfinite(points).all() or np.abs(points).max() > FARTHEST_PX:
        raise MotionFormatError(
            f"{where}: a number is not finite or beyond {FARTHEST_PX:g}; write the file again"
        )
    return (_to_body_25(points) if len(points) == COCO_COUNT else points).astype(np.float32)


def _to_body_25(coco: NDArray[np.float64]) -> NDArray[np.float64]:
    body = np.zeros((BODY_COUNT, 3))
    body[list(BODY_OF_COCO)] = coco
    hips = body[[SIDED["left"]["hip"], SIDED["right"]["hip"]]]
    if hips[:, 2].min() > SEEN_ABOVE:
        body[MID_HIP] = hips.mean(axis=0)
    return body


def _refuse(path: Path, reason: str) -> NoReturn:
    raise MotionFormatError(f"{path}: not OpenPose's keypoints: {reason}; see --write_json")
