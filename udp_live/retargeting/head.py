"""The head: tracked orientation, split over neck and head bones."""

from typing import NamedTuple

from udp_live.retargeting.limits import HEAD_MAX, limit_per_axis
from udp_live.retargeting.one_euro import OneEuroConfig, OneEuroQuaternion
from udp_live.retargeting.quaternion import (
    Quat,
    Vec,
    from_matrix,
    inverse,
    multiply,
    part_of,
    slerp,
    to_vec,
)
from udp_live.retargeting.rest_frame import PoseDraft
from udp_live.types import FaceTracking

NECK_SHARE = 0.4
FILTER = OneEuroConfig(min_cutoff_hz=2.0, beta=4.0)


class HeadReading(NamedTuple):
    """Orientation and place of the head, webcam axes, metres."""

    rotation: Quat
    position: Vec


class HeadReader:
    """Smooth the tracked head matrix."""

    def __init__(self) -> None:
        self._filter = OneEuroQuaternion(FILTER)

    def read(self, face: FaceTracking, dt_s: float) -> HeadReading:
        """Return the next moment, ``dt_s`` seconds after the one before."""
        rotation = self._filter.smooth(from_matrix(face.camera_from_head), dt_s)
        return HeadReading(rotation, to_vec(face.camera_from_head[:3, 3]))

    def forget(self) -> None:
        """Start anew with the next moment."""
        self._filter.forget()


def head_from_neutral(rotation: Quat, neutral: Quat) -> Quat:
    """Return the head's turn from the user's neutral, in the neutral head's own axes.

    A user who sits at an angle to the webcam still nods about the own left-right axis.
    """
    return limit_per_axis(multiply(inverse(neutral), rotation), HEAD_MAX)


def pose_head(draft: PoseDraft, tracked: Quat, idle: Quat, weight: float) -> None:
    """Set neck and head so that the head's orientation in the world is the tracked one.

    Args:
        draft: Trunk already set.
        tracked: Wanted turn from rest, world axes.
        idle: Turn relative to the trunk while nothing is tracked.
        weight: Presence of the face.
    """
    trunk = draft.parent_global("neck")
    wanted = slerp(idle, multiply(inverse(trunk), tracked), weight)
    neck = part_of(wanted, NECK_SHARE)
    draft.locals["neck"] = neck
    draft.locals["head"] = multiply(inverse(neck), wanted)
