"""Which of several people in the pictures is followed."""

import numpy as np
from numpy.typing import NDArray

from udp_live.motion.openpose.keypoints import ALL_COUNT, BODY, FACE, SEEN_ABOVE

Float = NDArray[np.float32]

# Somebody who is farther from the last place than this, in heights of the person, is another one.
SAME_WITHIN = 0.5
# After so long a new person may be taken.
FORGET_S = 1.0


def choose_person(frames: list[Float], fps: float) -> Float:
    """Follow the most prominent person forwards and backwards from where they are largest.

    Args:
        frames: T arrays of ``[P, 137, 3]`` pixels and confidence.
        fps: Frames per second.

    Returns:
        ``[T, 137, 3]`` float32, zeros where the person is not seen.
    """
    chosen = np.zeros((len(frames), ALL_COUNT, 3), np.float32)
    best = [max(map(prominence, frame), default=0.0) for frame in frames]
    start = int(np.argmax(best))
    patience = max(round(FORGET_S * fps), 1)
    _follow(frames, chosen, range(start, len(frames)), patience)
    _follow(frames, chosen, range(start, -1, -1), patience)
    return chosen


def prominence(person: Float) -> float:
    """Return how large and how surely seen a person is."""
    points = person[_seen(person)]
    if len(points) < 2:
        return 0.0
    extent = np.ptp(points[:, :2], axis=0)
    return float(points[:, 2].sum() * np.hypot(extent[0], extent[1]))


def _follow(frames: list[Float], chosen: Float, order: range, patience: int) -> None:
    last: Float | None = None
    missing = 0
    for index in order:
        people = [person for person in frames[index] if prominence(person) > 0.0]
        if last is None or missing > patience:
            found = max(people, key=prominence, default=None)
        else:
            found = _nearest(people, last)
        if found is None:
            missing += 1
            continue
        chosen[index], last, missing = found, found, 0


def _nearest(people: list[Float], last: Float) -> Float | None:
    distances = [_distance(person, last) for person in people]
    if not distances or min(distances) > SAME_WITHIN:
        return None
    return people[int(np.argmin(distances))]


def _distance(person: Float, last: Float) -> float:
    """Return the mean way of what is seen in both, over the person's height then."""
    common = _seen(person) & _seen(last)
    height = max(float(np.hypot(*np.ptp(last[_seen(last)][:, :2], axis=0))), 1.0)
    if common.any():
        ways = np.linalg.norm(person[common, :2] - last[common, :2], axis=1)
        return float(np.median(ways)) / height
    apart = person[_seen(person), :2].mean(axis=0) - last[_seen(last), :2].mean(axis=0)
    return float(np.hypot(*apart)) / height


def _seen(person: Float) -> NDArray[np.bool_]:
    """Trust body and face alone: hands may belong to somebody else."""
    seen = np.zeros(ALL_COUNT, np.bool_)
    trusted = slice(BODY.start, FACE.stop)
    seen[trusted] = person[trusted, 2] > SEEN_ABOVE
    return seen
