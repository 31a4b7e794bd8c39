"""Arms: limb directions of the person in the picture, on the avatar's own bones."""

import math

from udp_live.retargeting.body_view import BodyView
from udp_live.retargeting.hands import HandReading, HandState
from udp_live.retargeting.limits import (
    FOREARM_TWIST_MAX,
    WRIST_SWING_MAX,
    clamp,
    limit_angle,
    smoothstep,
    split_twist,
)
from udp_live.retargeting.presence import Presence, PresenceConfig, Sight
from udp_live.retargeting.quaternion import (
    IDENTITY,
    Z_AXIS,
    Quat,
    Vec,
    about,
    between,
    between_frames,
    cross,
    dot,
    inverse,
    length,
    multiply,
    normalize,
    rotate,
    slerp,
    subtract,
    unit,
)
from udp_live.retargeting.reach import HeadReach
from udp_live.retargeting.rest_frame import PoseDraft, RestFrame, side_sign

# A relaxed arm, avatar's left: a little away from the body, elbow slightly bent to the front.
RELAXED_UPPER: Vec = (0.24, -0.97, -0.03)
RELAXED_LOWER: Vec = (0.12, -0.98, 0.16)

# The shoulder blade takes a share of what the arm rises above this elevation.
SHOULDER_FROM = math.radians(5.0)
SHOULDER_SHARE = 0.3
SHOULDER_MAX = math.radians(24.0)

# The upper arm only takes part of the turn that would bring the elbow's hinge into place: a skin
# without twist bones wrings out at the shoulder, and a round elbow bends about any axis.
UPPER_TWIST_SHARE = 0.55
UPPER_TWIST_MAX = math.radians(100.0)
FOREARM_TWIST_SHARE = 0.5
TWIST_EASE_S = 0.1


class ArmRetargeter:
    """One arm of the avatar, driven by the person's arm of the same side."""

    def __init__(
        self, frame: RestFrame, side: str, presence: PresenceConfig, reach: HeadReach
    ) -> None:
        self._frame = frame
        self._reach = reach
        self._side = side
        self._sign = side_sign(side)
        self._upper, self._hinge = frame.arm_frame(side)
        self._lower = frame.direction(f"{side}LowerArm", f"{side}Hand", self._upper)
        self._hand = frame.hand_frame(side)
        self._sights = {name: Sight() for name in ("shoulder", "elbow", "wrist")}
        self._upper_presence = Presence(presence)
        self._lower_presence = Presence(presence)
        self._directions = self._relaxed()
        self._upper_twist = 0.0
        self._forearm_twist = 0.0

    def pose(
        self,
        draft: PoseDraft,
        view: BodyView | None,
        hand: HandState,
        dt_s: float,
    ) -> None:
        """Set arm and hand bones, lift the shoulder; trunk and head are already set.

        Args:
            draft: Receives the rotations.
            view: The body now, None when it is not seen.
            hand: What is known of the hand.
            dt_s: Time since the last call.
        """
        weights = self._look(view, hand.is_seen, dt_s)
        upper, lower = self._blend(weights)
        self._pose_shoulder(draft, upper)
        if view is not None:
            upper, lower = self._reach.adjust(draft, self._side, view, (upper, lower), weights[1])
        ease = 1.0 - math.exp(-dt_s / TWIST_EASE_S) if dt_s > 0.0 else 1.0
        self._pose_upper(draft, upper, lower, ease)
        swing = self._swing(draft, "LowerArm", self._lower, lower)
        self._pose_hand(draft, swing, hand.reading, hand.weight * weights[1], ease)

    def _relaxed(self) -> tuple[Vec, Vec]:
        flip = (self._sign, 1.0, 1.0)
        upper, lower = (
            normalize((v[0] * flip[0], v[1], v[2])) for v in (RELAXED_UPPER, RELAXED_LOWER)
        )
        return upper, lower

    def _look(self, view: BodyView | None, is_hand_seen: bool, dt_s: float) -> tuple[float, float]:
        """Keep the last seen directions and return the weights of upper arm and forearm.

        At a desk the elbow is often below the picture while the hand is in it; the tracker's guess
        of the elbow is good enough then.
        """
        seen = {
            name: sight.judge(view.seen(self._side, name) if view else 0.0)
            for name, sight in self._sights.items()
        }
        has_hand = is_hand_seen and view is not None
        upper_seen = has_hand or (seen["shoulder"] and seen["elbow"])
        lower_seen = has_hand or (upper_seen and seen["wrist"])
        if view is not None:
            shoulder, elbow, wrist = (
                view.joint(self._side, name) for name in ("shoulder", "elbow", "wrist")
            )
            if upper_seen:
                direction = normalize(subtract(elbow, shoulder), self._directions[0])
                self._directions = (direction, self._directions[1])
            if lower_seen:
                direction = normalize(subtract(wrist, elbow), self._directions[1])
                self._directions = (self._directions[0], direction)
        return (
            self._upper_presence.see(upper_seen, dt_s),
            self._lower_presence.see(lower_seen, dt_s),
        )

    def _blend(self, weights: tuple[float, float]) -> tuple[Vec, Vec]:
        """Ease between the relaxed and the tracked directions."""
        relaxed = self._relaxed()
        upper = rotate(
            slerp(IDENTITY, between(relaxed[0], self._directions[0]), weights[0]), relaxed[0]
        )
        # A forearm out of sight hangs on from the upper arm.
        hanging = rotate(between(relaxed[0], upper), relaxed[1])
        lower = rotate(slerp(IDENTITY, between(hanging, self._directions[1]), weights[1]), hanging)
        return upper, lower

    def _pose_shoulder(self, draft: PoseDraft, upper: Vec) -> None:
        bone = f"{self._side}Shoulder"
        if not self._frame.has(bone):
            return
        in_trunk = rotate(inverse(draft.parent_global(bone)), upper)
        elevation = math.asin(clamp(in_trunk[1], -1.0, 1.0))
        lift = clamp(SHOULDER_SHARE * (elevation - SHOULDER_FROM), 0.0, SHOULDER_MAX)
        turn = about(Z_AXIS, self._sign * lift)
        draft.locals[bone] = multiply(turn, draft.locals.get(bone, IDENTITY))

    def _swing(self, draft: PoseDraft, bone: str, rest: Vec, target: Vec) -> Quat:
        """Set a bone's shortest turn that makes it point at ``target``; returns its global."""
        parent = draft.parent_global(self._side + bone)
        local = between(rest, rotate(inverse(parent), target))
        draft.locals[self._side + bone] = local
        return multiply(parent, local)

    def _pose_upper(self, draft: PoseDraft, upper: Vec, lower: Vec, ease: float) -> None:
        """Point the upper arm and turn it about itself towards where the elbow bends."""
        swing = self._swing(draft, "UpperArm", self._upper, upper)
        hinge = cross(upper, lower)
        twist = 0.0
        if length(hinge) > 1e-3:
            have = rotate(swing, self._hinge)
            twist = math.atan2(dot(upper, cross(have, hinge)), dot(have, hinge))
            # A stretched arm has no hinge, and one that bends backwards is a mistake of depth.
            sure = smoothstep(length(hinge), 0.15, 0.5)
            sure *= 1.0 - smoothstep(abs(twist), math.radians(125.0), math.radians(170.0))
            twist = sure * clamp(twist, -UPPER_TWIST_MAX, UPPER_TWIST_MAX)
        self._upper_twist += ease * (UPPER_TWIST_SHARE * twist - self._upper_twist)
        bone = f"{self._side}UpperArm"
        draft.locals[bone] = multiply(draft.locals[bone], about(self._upper, self._upper_twist))

    def _pose_hand(
        self, draft: PoseDraft, forearm: Quat, hand: HandReading | None, weight: float, ease: float
    ) -> None:
        """Turn the hand as seen; forearm and wrist share its turn about the forearm."""
        wanted = IDENTITY
        if hand is not None and weight > 0.0:
            palm = between_frames(self._hand, (hand.along, hand.across))
            wanted = slerp(IDENTITY, unit(multiply(inverse(forearm), palm)), weight)
        swing, twist = split_twist(wanted, self._lower)
        twist = clamp(twist, -FOREARM_TWIST_MAX, FOREARM_TWIST_MAX)
        self._forearm_twist += ease * (twist - self._forearm_twist)
        twist = self._forearm_twist
        bend = limit_angle(swing, WRIST_SWING_MAX)
        share = about(self._lower, FOREARM_TWIST_SHARE * twist)
        lower = f"{self._side}LowerArm"
        draft.locals[lower] = multiply(draft.locals[lower], share)
        whole = multiply(bend, about(self._lower, twist))
        draft.locals[f"{self._side}Hand"] = multiply(inverse(share), whole)
