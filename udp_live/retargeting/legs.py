"""Legs, feet and the body's place, when the whole body is in the picture."""

from itertools import pairwise

from udp_live.retargeting.body_view import BodyView
from udp_live.retargeting.limits import FOOT_SWING_MAX, clamp, limit_angle
from udp_live.retargeting.presence import Presence, PresenceConfig, Sight
from udp_live.retargeting.quaternion import (
    IDENTITY,
    Quat,
    Vec,
    add,
    between,
    inverse,
    multiply,
    normalize,
    rotate,
    slerp,
    subtract,
)
from udp_live.retargeting.rest_frame import SIDES, PoseDraft, RestFrame

SHIFT_GAIN = 0.8
SHIFT_MAX_M = 0.8
LEG_OF_A_PERSON_M = 0.85
DOWN: Vec = (0.0, -1.0, 0.0)


class LegRetargeter:
    """One leg of the avatar, driven by the person's leg of the same side."""

    def __init__(self, frame: RestFrame, side: str, presence: PresenceConfig) -> None:
        self._side = side
        self._rest = (
            frame.direction(f"{side}UpperLeg", f"{side}LowerLeg", DOWN),
            frame.direction(f"{side}LowerLeg", f"{side}Foot", DOWN),
        )
        self._toes = frame.direction(f"{side}Foot", f"{side}Toes", (0.0, -0.4, 0.9))
        self._sights = {name: Sight() for name in ("hip", "knee", "ankle", "toes")}
        self._presence = Presence(presence)
        self._directions = self._rest
        self._toes_seen: Vec | None = None

    @property
    def weight(self) -> float:
        """Presence of the leg."""
        return self._presence.weight

    def pose(self, draft: PoseDraft, view: BodyView | None, dt_s: float) -> None:
        """Set leg and foot bones; the hips are already set."""
        self._look(view, dt_s)
        self._swing(draft, "UpperLeg", 0)
        lower = self._swing(draft, "LowerLeg", 1)
        foot = self._foot(draft, lower)
        draft.locals[f"{self._side}Foot"] = slerp(IDENTITY, foot, self.weight)

    def _look(self, view: BodyView | None, dt_s: float) -> None:
        seen = {
            name: sight.judge(view.seen(self._side, name) if view else 0.0)
            for name, sight in self._sights.items()
        }
        is_seen = seen["hip"] and seen["knee"] and seen["ankle"]
        self._presence.see(is_seen, dt_s)
        if view is None or not is_seen:
            return
        hip, knee, ankle = (view.joint(self._side, name) for name in ("hip", "knee", "ankle"))
        self._directions = (
            normalize(subtract(knee, hip), DOWN),
            normalize(subtract(ankle, knee), DOWN),
        )
        if seen["toes"]:
            toes = subtract(view.joint(self._side, "toes"), view.joint(self._side, "heel"))
            self._toes_seen = normalize(toes, self._toes)

    def _swing(self, draft: PoseDraft, bone: str, index: int) -> Quat:
        name = self._side + bone
        parent = draft.parent_global(name)
        target = rotate(inverse(parent), self._directions[index])
        local = slerp(IDENTITY, between(self._rest[index], target), self.weight)
        draft.locals[name] = local
        return multiply(parent, local)

    def _foot(self, draft: PoseDraft, lower: Quat) -> Quat:
        """Keep the sole level, turned with the hips, unless the toes are seen to do otherwise."""
        flat = multiply(inverse(lower), draft.global_of("hips"))
        if self._toes_seen is None:
            return limit_angle(flat, FOOT_SWING_MAX)
        target = rotate(inverse(lower), self._toes_seen)
        level = rotate(flat, self._toes)
        # Depth of a toe is a guess: half way between level and seen.
        return limit_angle(
            multiply(slerp(IDENTITY, between(level, target), 0.5), flat), FOOT_SWING_MAX
        )


class RootPlacer:
    """Keep the lower foot on the ground and follow the person sideways."""

    def __init__(self, frame: RestFrame) -> None:
        self._frame = frame
        self._size = frame.span("leftUpperLeg", "leftFoot", 0.7) / LEG_OF_A_PERSON_M
        self._chains = {
            side: [f"{side}UpperLeg", f"{side}LowerLeg", f"{side}Foot"] for side in SIDES
        }

    def place(self, draft: PoseDraft, shift_m: float, weight: float) -> None:
        """Set the root translation; the legs are already set.

        Args:
            draft: Hips and legs set.
            shift_m: The person's way to the side from neutral, metres.
            weight: Presence of the legs.
        """
        drops = [self._ankle_height(draft, side) for side in SIDES]
        sideways = clamp(SHIFT_GAIN * self._size * shift_m, -SHIFT_MAX_M, SHIFT_MAX_M)
        draft.root = (weight * sideways, -min(drops), 0.0)

    def _ankle_height(self, draft: PoseDraft, side: str) -> float:
        """Return how far the ankle has risen above its place at rest."""
        names = self._chains[side]
        positions = self._frame.positions
        hips = positions["hips"]
        point = add(hips, rotate(draft.global_of("hips"), subtract(positions[names[0]], hips)))
        for start, end in pairwise(names):
            bone = subtract(positions[end], positions[start])
            point = add(point, rotate(draft.global_of(start), bone))
        return point[1] - positions[names[-1]][1]
