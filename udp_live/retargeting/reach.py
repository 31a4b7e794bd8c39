"""Hands near the face: an avatar's large head and short arms would put them in the wrong place.

Copied limb angles bring a hand that touches the person's temple in front of the avatar's eye, and
one at the mouth below the chin. Near the head the hand's place relative to the head counts as well,
so the arm is bent a little towards the same place on the avatar's head.
"""

import math
from dataclasses import dataclass

import numpy as np

from udp_live.retargeting.body_view import BodyView
from udp_live.retargeting.limits import clamp, smoothstep
from udp_live.retargeting.quaternion import (
    Vec,
    add,
    length,
    middle,
    normalize,
    perpendicular_part,
    rotate,
    scale,
    subtract,
)
from udp_live.retargeting.rest_frame import PoseDraft, RestFrame
from udp_live.rig.rig import Rig

EARS = (7, 8)
EARS_SEEN = 0.6


@dataclass(frozen=True, slots=True)
class HeadSize:
    """Extents of a head from the point between the eyes, metres."""

    half_width: float
    above: float
    below: float
    front: float


PERSON = HeadSize(half_width=0.085, above=0.115, below=0.115, front=0.09)
PERSON_PALM_M = 0.075
# The arm reaches for the head when the palm is this near its outline, metres.
NEAR_M, FAR_M = 0.05, 0.20
# Angles are bent by no more than a shift of this share of the forearm allows.
SHIFT_SHARE = 0.45
CLEARANCE_M = 0.02


class HeadReach:
    """Adjusts the directions of one rig's arms near its head."""

    def __init__(self, rig: Rig, frame: RestFrame) -> None:
        self._frame = frame
        self._size, self._eyes = _measure_head(rig, frame)

    def adjust(
        self,
        draft: PoseDraft,
        side: str,
        view: BodyView,
        directions: tuple[Vec, Vec],
        amount: float,
    ) -> tuple[Vec, Vec]:
        """Return directions of upper arm and forearm that bring the palm where the person's is.

        Args:
            draft: Trunk and head set.
            side: Which arm.
            view: The person now.
            directions: Upper arm and forearm as copied, unit vectors.
            amount: Presence of the forearm.
        """
        offset = self._person_offset(view, side)
        if offset is None:
            return directions
        amount *= 1.0 - smoothstep(_outside(offset, PERSON), NEAR_M, FAR_M)
        if amount <= 0.0:
            return directions
        upper_m = self._frame.span(f"{side}UpperArm", f"{side}LowerArm", 0.25)
        lower_m = self._frame.span(f"{side}LowerArm", f"{side}Hand", 0.22)
        palm_m = self._frame.span(f"{side}Hand", f"{side}MiddleProximal", 0.3 * lower_m)
        shoulder = draft.position_of(f"{side}UpperArm")
        elbow = add(shoulder, scale(directions[0], upper_m))
        wrist = add(elbow, scale(directions[1], lower_m))
        palm = add(wrist, scale(directions[1], palm_m))
        wish = subtract(self._place(draft, offset, palm), palm)
        limit = SHIFT_SHARE * lower_m
        shift = scale(wish, amount * min(1.0, limit / max(length(wish), 1e-6)))
        return _bend_to(shoulder, elbow, add(wrist, shift), upper_m, lower_m)

    def _person_offset(self, view: BodyView, side: str) -> Vec | None:
        if min(view.visibility[ear] for ear in EARS) < EARS_SEEN:
            return None
        elbow, wrist = view.joint(side, "elbow"), view.joint(side, "wrist")
        along = normalize(subtract(wrist, elbow))
        palm = add(wrist, scale(along, PERSON_PALM_M))
        return subtract(palm, middle(view.joints[EARS[0]], view.joints[EARS[1]]))

    def _place(self, draft: PoseDraft, offset: Vec, palm: Vec) -> Vec:
        """Return where the avatar's palm belongs; depth only keeps it out of the face."""
        eyes = add(draft.position_of("head"), rotate(draft.global_of("head"), self._eyes))
        size = self._size
        x = _map_width(offset[0], PERSON.half_width, size.half_width)
        if offset[1] >= 0.0:
            y = _map_extent(offset[1], PERSON.above, size.above)
        else:
            y = _map_extent(offset[1], PERSON.below, size.below)
        z = palm[2]
        if _outside(offset, PERSON) <= 0.0:
            z = max(z, eyes[2] + size.front + CLEARANCE_M)
        return (eyes[0] + x, eyes[1] + y, z)


def _map_extent(value: float, person: float, avatar: float) -> float:
    """Scale within the head, keep distances outside of it."""
    inside = clamp(value, -person, person)
    return inside * avatar / person + (value - inside)


def _map_width(value: float, person: float, avatar: float) -> float:
    """Scale towards the sides; in the middle hands that touch must go on touching."""
    inside = clamp(value, -person, person)
    share = (inside / person) ** 2
    return inside * (1.0 + (avatar / person - 1.0) * share) + (value - inside)


def _outside(offset: Vec, size: HeadSize) -> float:
    """Return how far a point lies outside of the head's outline in the picture, metres."""
    high = size.above if offset[1] >= 0.0 else size.below
    across = max(abs(offset[0]) - size.half_width, 0.0)
    return math.hypot(across, max(abs(offset[1]) - high, 0.0))


def _bend_to(
    shoulder: Vec, elbow: Vec, wrist: Vec, upper_m: float, lower_m: float
) -> tuple[Vec, Vec]:
    """Return limb directions that reach ``wrist``, the elbow as near as can be to where it was."""
    apart = subtract(wrist, shoulder)
    reach = clamp(
        length(apart), abs(upper_m - lower_m) + 0.02 * upper_m, 0.999 * (upper_m + lower_m)
    )
    line = normalize(apart)
    along = (upper_m**2 - lower_m**2 + reach**2) / (2.0 * reach)
    aside = math.sqrt(max(upper_m**2 - along**2, 0.0))
    bow = normalize(perpendicular_part(subtract(elbow, shoulder), line), (0.0, -1.0, 0.0))
    new_elbow = add(scale(line, along), scale(bow, aside))
    return normalize(new_elbow), normalize(subtract(scale(line, reach), new_elbow))


def _measure_head(rig: Rig, frame: RestFrame) -> tuple[HeadSize, Vec]:
    """Measure the head's mesh at rest; returns the size and the eyes relative to the head bone."""
    head = frame.positions["head"]
    mesh, bone = rig.mesh, frame.bones["head"]
    strongest = np.take_along_axis(mesh.joints, mesh.weights.argmax(axis=1)[:, None], axis=1)[:, 0]
    points = mesh.positions[strongest == bone].astype(np.float64) - np.array(head)
    if len(points) < 8:
        points = np.array([(-0.1, 0.0, -0.1), (0.1, 0.24, 0.1)] * 4)
    low, high = np.percentile(points, 2, axis=0), np.percentile(points, 97, axis=0)
    if frame.has("leftEye"):
        eye = subtract(frame.positions["leftEye"], head)
        height = eye[1]
    else:
        height = 0.45 * float(high[1])
    height = clamp(height, 0.1 * float(high[1]), 0.9 * float(high[1]))
    size = HeadSize(
        half_width=0.5 * float(high[0] - low[0]),
        above=float(high[1]) - height,
        below=max(height - min(float(low[1]), 0.0), 0.02),
        front=max(float(high[2]), 0.02),
    )
    return size, (0.0, height, 0.0)
