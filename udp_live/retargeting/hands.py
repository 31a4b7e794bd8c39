"""Hands: orientation of the palm, curl and spread of the fingers, the thumb's own way."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from udp_live.retargeting.limits import clamp, limit_angle
from udp_live.retargeting.one_euro import OneEuroConfig, OneEuroFilter
from udp_live.retargeting.presence import Presence, PresenceConfig
from udp_live.retargeting.quaternion import (
    Quat,
    Vec,
    about,
    add,
    between,
    cross,
    dot,
    inverse,
    length,
    multiply,
    normalize,
    perpendicular_part,
    rotate,
    scale,
    slerp,
    subtract,
    to_vec,
)
from udp_live.retargeting.rest_frame import PoseDraft, RestFrame, side_sign
from udp_live.rig.humanoid import FINGERS
from udp_live.types import HandTracking

# First of the four landmarks of each finger; 0 is the wrist.
FIRST_LANDMARK = {"Thumb": 1, "Index": 5, "Middle": 9, "Ring": 13, "Little": 17}
KNUCKLES = (5, 9, 13, 17)
THUMB_JOINTS = ("Metacarpal", "Proximal", "Distal")
FINGER_JOINTS = ("Proximal", "Intermediate", "Distal")

FLEX_RANGES = tuple(
    (math.radians(low), math.radians(high)) for low, high in ((-20, 92), (0, 105), (0, 80))
)
SPREAD_MAX = math.radians(22.0)
# Where the fingers of a flat relaxed hand point, towards the index finger's side positive.
FLAT_SPREAD = {"Index": 0.10, "Middle": 0.0, "Ring": -0.10, "Little": -0.22}
# A flat hand in front of the webcam is read with this much curl.
FLAT_FLEX = (math.radians(6.0), math.radians(8.0), math.radians(6.0))
THUMB_MAX = (math.radians(50.0), math.radians(55.0), math.radians(70.0))

RELAXED_FLEX = {
    "Index": (0.20, 0.32, 0.18),
    "Middle": (0.28, 0.40, 0.22),
    "Ring": (0.34, 0.45, 0.25),
    "Little": (0.38, 0.48, 0.26),
}
RELAXED_THUMB = 0.18

FILTER = OneEuroConfig(min_cutoff_hz=1.3, beta=14.0)


@dataclass(frozen=True, slots=True)
class HandReading:
    """A hand in the avatar's axes.

    Attributes:
        along: Unit vector from wrist to knuckles.
        across: Unit vector from the little finger's side to the index finger's.
        flex: Finger to the bend of its three joints, radians.
        spread: Finger to its angle in the palm's plane, towards the index finger's side positive.
        thumb: Unit directions of the thumb's three bones as (along, across, out of the back).
    """

    along: Vec
    across: Vec
    flex: dict[str, tuple[float, float, float]]
    spread: dict[str, float]
    thumb: tuple[Vec, Vec, Vec]


class HandReader:
    """Smooth one hand's landmarks and measure them."""

    def __init__(self, side: str) -> None:
        self._sign = side_sign(side)
        self._filter = OneEuroFilter(FILTER)

    def read(self, hand: HandTracking, dt_s: float) -> HandReading:
        """Return the next moment, ``dt_s`` seconds after the one before."""
        points = hand.world_landmarks * np.array([1.0, -1.0, -1.0])
        return read_hand(self._filter.smooth(points, dt_s), self._sign)

    def forget(self) -> None:
        """Start anew with the next moment."""
        self._filter.forget()


@dataclass(frozen=True, slots=True)
class HandState:
    """What is known of a hand: its last reading, how much that counts, whether it is seen now."""

    reading: HandReading | None
    weight: float
    is_seen: bool


class HandWatcher:
    """Follow one hand of the person through being seen and lost."""

    def __init__(self, side: str, presence: PresenceConfig) -> None:
        self._reader = HandReader(side)
        self._presence = Presence(presence)
        self._reading: HandReading | None = None

    def look(self, hand: HandTracking | None, dt_s: float) -> HandState:
        """Return the state after a moment in which ``hand`` was seen, or nothing was."""
        if self._presence.is_gone:
            self._reader.forget()
        if hand is not None:
            self._reading = self._reader.read(hand, dt_s)
        weight = self._presence.see(hand is not None, dt_s)
        return HandState(self._reading, weight, hand is not None)


def read_hand(points: NDArray[np.floating[Any]], sign: float) -> HandReading:
    """Measure a hand.

    Args:
        points: ``[21, 3]`` landmarks in the avatar's axes, metres.
        sign: +1 for a left hand, -1 for a right one.
    """
    p = [to_vec(row) for row in points.tolist()]
    knuckles = to_vec(points[list(KNUCKLES)].mean(axis=0))
    along = normalize(subtract(knuckles, p[0]))
    across = normalize(perpendicular_part(subtract(p[5], p[17]), along), (0.0, 0.0, 1.0))
    back = scale(cross(across, along), sign)
    flex, spread = {}, {}
    for finger in FINGERS:
        first = FIRST_LANDMARK[finger]
        bones = [normalize(subtract(p[i + 1], p[i]), along) for i in range(first, first + 3)]
        flex[finger], spread[finger] = _measure_finger(bones, along, across, back)
    thumb = [normalize(subtract(p[i + 1], p[i]), along) for i in (1, 2, 3)]
    in_palm = [(dot(t, along), dot(t, across), dot(t, back)) for t in thumb]
    return HandReading(along, across, flex, spread, (in_palm[0], in_palm[1], in_palm[2]))


def _measure_finger(
    bones: list[Vec], along: Vec, across: Vec, back: Vec
) -> tuple[tuple[float, float, float], float]:
    proximal = bones[0]
    forward, down = dot(proximal, along), -dot(proximal, back)
    knuckle = math.atan2(down, forward)
    spread = math.atan2(dot(proximal, across), math.hypot(forward, down))
    return (knuckle, _bend(bones[0], bones[1]), _bend(bones[1], bones[2])), spread


def _bend(first: Vec, second: Vec) -> float:
    return math.atan2(length(cross(first, second)), dot(first, second))


class FingerPoser:
    """Set the finger bones of one hand from a reading, by way of a relaxed hand."""

    def __init__(self, frame: RestFrame, side: str) -> None:
        self._side = side
        self._frame = frame
        self._along, self._across = frame.hand_frame(side)
        self._back = scale(cross(self._across, self._along), side_sign(side))
        self._rest = {
            finger: frame.finger_directions(side, finger) for finger in (*FINGERS, "Thumb")
        }
        self._relaxed = {
            **{finger: self._finger(finger, RELAXED_FLEX[finger], 0.0) for finger in FINGERS},
            "Thumb": self._relaxed_thumb(),
        }

    def pose(self, draft: PoseDraft, hand: HandState) -> None:
        """Write the local rotations of all fingers the rig has."""
        weight = hand.weight
        for finger, relaxed in self._relaxed.items():
            wanted = relaxed
            if hand.reading is not None and weight > 0.0:
                wanted = self._tracked(finger, hand.reading)
            joints = THUMB_JOINTS if finger == "Thumb" else FINGER_JOINTS
            for joint, rest, tracked in zip(joints, relaxed, wanted, strict=True):
                bone = f"{self._side}{finger}{joint}"
                if self._frame.has(bone):
                    draft.locals[bone] = slerp(rest, tracked, weight)

    def _tracked(self, finger: str, hand: HandReading) -> tuple[Quat, Quat, Quat]:
        if finger == "Thumb":
            return self._thumb(hand.thumb)
        return self._finger(
            finger,
            tuple(f - flat for f, flat in zip(hand.flex[finger], FLAT_FLEX, strict=True)),
            hand.spread[finger] - FLAT_SPREAD[finger],
        )

    def _finger(
        self, finger: str, flex: tuple[float, ...], spread: float
    ) -> tuple[Quat, Quat, Quat]:
        """Bend about the axis across the finger, spread about the palm's normal."""
        turns, rest = [], self._rest[finger]
        for direction, angle, (low, high) in zip(rest, flex, FLEX_RANGES, strict=True):
            axis = normalize(cross(direction, scale(self._back, -1.0)), self._across)
            turns.append(about(axis, clamp(angle, low, high)))
        sideways = normalize(cross(self._along, self._across))
        # Fingers of a fist cannot spread.
        room = SPREAD_MAX * max(math.cos(clamp(flex[0], 0.0, 0.5 * math.pi)), 0.0)
        turns[0] = multiply(about(sideways, clamp(spread, -room, room)), turns[0])
        return turns[0], turns[1], turns[2]

    def _thumb(self, directions: tuple[Vec, Vec, Vec]) -> tuple[Quat, Quat, Quat]:
        """Point each bone of the thumb as seen, within its joint's range."""
        parent: Quat = (0.0, 0.0, 0.0, 1.0)
        turns = []
        for seen, rest, largest in zip(directions, self._rest["Thumb"], THUMB_MAX, strict=True):
            target = add(
                add(scale(self._along, seen[0]), scale(self._across, seen[1])),
                scale(self._back, seen[2]),
            )
            turn = limit_angle(between(rest, rotate(inverse(parent), target)), largest)
            turns.append(turn)
            parent = multiply(parent, turn)
        return turns[0], turns[1], turns[2]

    def _relaxed_thumb(self) -> tuple[Quat, Quat, Quat]:
        """Let the thumb lean towards the palm."""
        turns = []
        for direction in self._rest["Thumb"]:
            axis = normalize(cross(direction, scale(self._back, -1.0)), self._across)
            turns.append(about(axis, RELAXED_THUMB))
        return turns[0], turns[1], turns[2]
