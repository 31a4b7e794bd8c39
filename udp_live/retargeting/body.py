"""The trunk: lean, bend and twist of the spine, turn and shift of the hips."""

import math
from typing import NamedTuple

from udp_live.retargeting.body_view import BodyView
from udp_live.retargeting.head import HeadReading
from udp_live.retargeting.limits import clamp, smoothstep
from udp_live.retargeting.quaternion import (
    IDENTITY,
    X_AXIS,
    Y_AXIS,
    Z_AXIS,
    Quat,
    about,
    inverse,
    multiply,
    part_of,
    slerp,
    subtract,
)
from udp_live.retargeting.rest_frame import PoseDraft, RestFrame

SPINE_BONES = ("spine", "chest", "upperChest")

LEAN_MAX = math.radians(40.0)
BEND_RANGE = (math.radians(-20.0), math.radians(70.0))
TWIST_MAX = math.radians(70.0)
TURNED_AWAY = (math.radians(110.0), math.radians(165.0))
# Depth from one picture is unsure: angles that need it are copied with less than their size.
BEND_GAIN = 0.8
TWIST_GAIN = 0.85
# At a desk the hips are guessed by the tracker. Then the trunk follows the head's shift over a
# seated trunk of this length.
SEATED_TRUNK_M = 0.55
SEATED_GAIN = 0.7
SEATED_TILT_SHARE = 0.5
HIPS_TWIST_SHARE = 0.5
HIPS_SEEN = 0.6


class TorsoReading(NamedTuple):
    """Angles of the trunk in radians, and where it is, metres in the picture's plane.

    Attributes:
        lean: Shoulders over hips, towards the person's right positive (about +Z).
        bend: Shoulders before hips (about +X).
        twist: Shoulder line, left shoulder backwards positive (about +Y).
        tilt: Shoulder line in the picture (about +Z).
        hips_twist: Hip line (about +Y).
        hips_x: Middle of the hips, from the middle of the picture.
        hips_seen: 1 where both hips are in the picture.
    """

    lean: float
    bend: float
    twist: float
    tilt: float
    hips_twist: float
    hips_x: float
    hips_seen: float


FACING = TorsoReading(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


class TorsoAngles(NamedTuple):
    """Turns from neutral, radians."""

    lean: float = 0.0
    bend: float = 0.0
    twist: float = 0.0
    hips_twist: float = 0.0


def read_torso(view: BodyView) -> TorsoReading:
    """Measure the trunk in one moment of the body."""
    up = subtract(view.centre("shoulder"), view.centre("hip"))
    shoulders, hips = view.line("shoulder"), view.line("hip")
    return TorsoReading(
        lean=math.atan2(-up[0], up[1]),
        bend=math.atan2(up[2], math.hypot(up[0], up[1])),
        twist=math.atan2(-shoulders[2], shoulders[0]),
        tilt=math.atan2(shoulders[1], abs(shoulders[0])),
        hips_twist=math.atan2(-hips[2], hips[0]),
        hips_x=view.centre("hip")[0],
        hips_seen=1.0 if view.pair_seen("hip") > HIPS_SEEN else 0.0,
    )


def standing_angles(reading: TorsoReading, neutral: TorsoReading | None) -> TorsoAngles:
    """Return the trunk's turns when the hips are in the picture."""
    zero = neutral or FACING
    return TorsoAngles(
        lean=clamp(reading.lean - zero.lean, -LEAN_MAX, LEAN_MAX),
        bend=clamp(BEND_GAIN * (reading.bend - zero.bend), *BEND_RANGE),
        twist=_twist(reading.twist - zero.twist),
        hips_twist=_twist(reading.hips_twist - zero.hips_twist),
    )


def seated_angles(
    reading: TorsoReading | None,
    head: HeadReading | None,
    neutral: TorsoReading | None,
    neutral_head: HeadReading,
) -> TorsoAngles:
    """Return the trunk's turns from shoulders and head alone."""
    lean = bend = 0.0
    if head is not None:
        shift = subtract(head.position, neutral_head.position)
        lean = -SEATED_GAIN * math.asin(clamp(shift[0] / SEATED_TRUNK_M, -0.6, 0.6))
        bend = SEATED_GAIN * math.asin(clamp(shift[2] / SEATED_TRUNK_M, -0.35, 0.6))
    if reading is None:
        return TorsoAngles(lean, bend)
    zero = neutral or FACING
    tilt = reading.tilt - zero.tilt
    twist = _twist(reading.twist - zero.twist)
    return TorsoAngles(lean + SEATED_TILT_SHARE * (tilt - lean), bend, twist)


def pose_torso(
    draft: PoseDraft, frame: RestFrame, angles: TorsoAngles, idle: Quat, weight: float
) -> None:
    """Set hips and spine; the spine's bones share the turn evenly."""
    hips = about(Y_AXIS, HIPS_TWIST_SHARE * angles.hips_twist)
    whole = multiply(
        about(Y_AXIS, angles.twist),
        multiply(about(X_AXIS, angles.bend), about(Z_AXIS, angles.lean)),
    )
    draft.locals["hips"] = slerp(IDENTITY, hips, weight)
    spine = slerp(idle, multiply(inverse(hips), whole), weight)
    bones = [bone for bone in SPINE_BONES if frame.has(bone)]
    for bone in bones:
        draft.locals[bone] = part_of(spine, 1.0 / len(bones))


def _twist(angle: float) -> float:
    wrapped = math.remainder(angle, 2.0 * math.pi)
    # Seen from behind, left and right are one: face the viewer rather than flip between both.
    fading = 1.0 - smoothstep(abs(wrapped), *TURNED_AWAY)
    return fading * clamp(TWIST_GAIN * wrapped, -TWIST_MAX, TWIST_MAX)
