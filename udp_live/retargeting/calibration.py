"""The user's neutral: how a relaxed person in front of this webcam is seen."""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from udp_live.retargeting.body import FACING, TorsoReading
from udp_live.retargeting.face import FaceReading
from udp_live.retargeting.head import HeadReading
from udp_live.retargeting.quaternion import (
    IDENTITY,
    Quat,
    add,
    angle_of,
    inverse,
    multiply,
    scale,
    slerp,
    subtract,
    unit,
)

CALM_S = 1.0
CALM_TURN = math.radians(5.0)  # of the head, from where it was when the second began
# A head turned farther than this from the webcam is not taken for a neutral one by itself.
AUTOMATIC_RANGE = math.radians(28.0)
# A user who never holds still is taken as seen on average.
PATIENCE_S = 2.5
EASE_S = 0.35
EASED_AFTER_S = 2.5  # the rest is too little to see


@dataclass(frozen=True, slots=True)
class Neutral:
    """Readings of a person at rest; None means not known yet."""

    head: HeadReading = field(default_factory=lambda: HeadReading(IDENTITY, (0.0, 0.0, -0.6)))
    torso: TorsoReading | None = None
    face: FaceReading | None = None
    is_calibrated: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """The readings of one moment."""

    head: HeadReading
    torso: TorsoReading | None
    face: FaceReading


class Calibration:
    """Collect calm moments into a neutral, by itself once and then whenever asked."""

    def __init__(self) -> None:
        self.neutral = Neutral()
        self._target: Neutral | None = None
        self._approached_s = 0.0
        self._is_wanted = True
        self._is_asked = False
        self._calm: list[Observation] = []
        self._calm_s = 0.0
        self._waiting: list[Observation] = []
        self._waited_s = 0.0

    def ask(self) -> None:
        """Take the next calm second as the new neutral."""
        self._is_wanted = self._is_asked = True
        self._start_over()

    def observe(self, moment: Observation, dt_s: float) -> Neutral:
        """Advance by ``dt_s`` and return the neutral to measure from."""
        if self._is_wanted and self._is_plausible(moment):
            self._collect(moment, dt_s)
        if self._target is not None:
            self._approach(dt_s)
        return self.neutral

    def _is_plausible(self, moment: Observation) -> bool:
        return self._is_asked or angle_of(moment.head.rotation) <= AUTOMATIC_RANGE

    def _collect(self, moment: Observation, dt_s: float) -> None:
        if self._calm and _turn(self._calm[0], moment) > CALM_TURN:
            self._calm, self._calm_s = [], 0.0
        self._calm.append(moment)
        self._waiting.append(moment)
        self._calm_s += dt_s
        self._waited_s += dt_s
        if self._calm_s >= CALM_S:
            self._settle(self._calm)
        elif self._waited_s >= PATIENCE_S:
            self._settle(self._waiting)

    def _settle(self, moments: list[Observation]) -> None:
        self._target, self._approached_s = _summarise(moments), 0.0
        self._is_wanted = self._is_asked = False
        self._start_over()

    def _start_over(self) -> None:
        self._calm, self._calm_s = [], 0.0
        self._waiting, self._waited_s = [], 0.0

    def _approach(self, dt_s: float) -> None:
        """Move the neutral towards its target, so that the avatar does not jump."""
        target = self._target
        if target is None:
            return
        share = 1.0 - math.exp(-dt_s / EASE_S)
        self.neutral = replace(
            target,
            head=self._head_towards(target.head, share),
            torso=self._torso_towards(target.torso, share),
        )
        self._approached_s += dt_s
        if self._approached_s > EASED_AFTER_S:
            self.neutral, self._target = target, None

    def _head_towards(self, target: HeadReading, share: float) -> HeadReading:
        rotation, position = self.neutral.head
        way = scale(subtract(target.position, position), share)
        return HeadReading(slerp(rotation, target.rotation, share), add(position, way))

    def _torso_towards(self, target: TorsoReading | None, share: float) -> TorsoReading | None:
        if target is None:
            return None
        pairs = zip(self.neutral.torso or FACING, target, strict=True)
        return TorsoReading(*(a + share * (b - a) for a, b in pairs))


def _turn(first: Observation, second: Observation) -> float:
    return angle_of(multiply(inverse(first.head.rotation), second.head.rotation))


def _summarise(moments: list[Observation]) -> Neutral:
    torsos = [moment.torso for moment in moments if moment.torso is not None]
    positions = np.median([moment.head.position for moment in moments], axis=0)
    return Neutral(
        head=HeadReading(
            _mean_rotation([moment.head.rotation for moment in moments]),
            (float(positions[0]), float(positions[1]), float(positions[2])),
        ),
        torso=TorsoReading(*_median(torsos)) if 2 * len(torsos) > len(moments) else None,
        face=FaceReading(*_median([moment.face for moment in moments])),
        is_calibrated=True,
    )


def _median(rows: list[TorsoReading] | list[FaceReading]) -> list[float]:
    values: list[float] = np.median(np.array(rows, np.float64), axis=0).tolist()
    return values


def _mean_rotation(rotations: list[Quat]) -> Quat:
    """Average rotations that lie close together."""
    first = rotations[0]
    near = [unit(multiply(inverse(first), rotation)) for rotation in rotations]
    x, y, z, w = np.mean(near, axis=0).tolist()
    return unit(multiply(first, unit((x, y, z, w))))
