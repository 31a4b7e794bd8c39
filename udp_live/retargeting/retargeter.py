"""From tracked motion to a rig pose of one avatar."""

import math
from dataclasses import dataclass, field

import numpy as np

from udp_live.retargeting.arms import ArmRetargeter
from udp_live.retargeting.body import (
    SPINE_BONES,
    TorsoAngles,
    TorsoReading,
    pose_torso,
    read_torso,
    seated_angles,
    standing_angles,
)
from udp_live.retargeting.body_view import BodyView, BodyViewer
from udp_live.retargeting.calibration import Calibration, Neutral, Observation
from udp_live.retargeting.expression_mapper import ExpressionMapper
from udp_live.retargeting.face import FaceControls, FaceSolver, read_face
from udp_live.retargeting.hands import FingerPoser, HandWatcher
from udp_live.retargeting.head import HeadReader, HeadReading, head_from_neutral, pose_head
from udp_live.retargeting.idle import (
    breathing_chest,
    breathing_lift,
    head_sway,
    idle_blink,
    idle_gaze,
    spine_sway,
)
from udp_live.retargeting.legs import LegRetargeter, RootPlacer
from udp_live.retargeting.mirror import PoseMirror
from udp_live.retargeting.presence import Presence, PresenceConfig
from udp_live.retargeting.quaternion import IDENTITY, Z_AXIS, Quat, about, multiply, rotate
from udp_live.retargeting.reach import HeadReach
from udp_live.retargeting.rest_frame import SIDES, PoseDraft, RestFrame, side_sign
from udp_live.rig.rig import Rig
from udp_live.types import RigPose, TrackedMotion

LONGEST_STEP_S = 0.25


@dataclass(frozen=True, slots=True)
class RetargeterConfig:
    """How motion is copied.

    Attributes:
        mirror: The avatar acts like a mirror image: the person's left moves the avatar's right.
        body_presence: Easing of trunk, arms and legs.
        face_presence: Easing of head and face; idle takes over within about a second.
        hand_presence: Easing of fingers and wrists.
    """

    mirror: bool = True
    body_presence: PresenceConfig = field(default_factory=PresenceConfig)
    face_presence: PresenceConfig = field(default_factory=lambda: PresenceConfig(0.35, 0.45))
    hand_presence: PresenceConfig = field(default_factory=lambda: PresenceConfig(0.15, 0.2))


class Retargeter:
    """Drive one avatar with one person.

    It remembers: filters, the user's neutral, how far each part is eased in. Times must not run
    backwards. Not free-threaded.
    """

    def __init__(self, rig: Rig, config: RetargeterConfig | None = None) -> None:
        self._config = config or RetargeterConfig()
        self._rig = rig
        self._frame = RestFrame(rig)
        self._mapper = ExpressionMapper(rig)
        self._mirror = PoseMirror(rig)
        self._calibration = Calibration()
        self._head_reader, self._face_solver = HeadReader(), FaceSolver()
        self._viewer = BodyViewer()
        config = self._config
        self._face_presence = Presence(config.face_presence)
        self._trunk_presence = Presence(config.body_presence)
        self._standing = Presence(config.body_presence)
        body = config.body_presence
        reach = HeadReach(rig, self._frame)
        self._arms = {side: ArmRetargeter(self._frame, side, body, reach) for side in SIDES}
        self._legs = {side: LegRetargeter(self._frame, side, body) for side in SIDES}
        self._root = RootPlacer(self._frame)
        self._hands = {side: HandWatcher(side, config.hand_presence) for side in SIDES}
        self._fingers = {side: FingerPoser(self._frame, side) for side in SIDES}
        self._time_s: float | None = None
        self._head_turn: Quat = IDENTITY
        self._controls = FaceControls()
        self._torso = TorsoAngles()
        self._shift_m = 0.0

    @property
    def neutral(self) -> Neutral:
        """The user's neutral that turns are measured from."""
        return self._calibration.neutral

    def calibrate(self) -> None:
        """Take the next calm second as the user's neutral."""
        self._calibration.ask()

    def idle(self, time_s: float) -> RigPose:
        """Return the pose while nothing is tracked; whatever was tracked eases out."""
        return self.retarget(TrackedMotion(image_size=(1, 1)), time_s)

    def retarget(self, motion: TrackedMotion, time_s: float) -> RigPose:
        """Return the avatar's pose for one moment.

        Args:
            motion: What the tracker saw.
            time_s: When, on any clock that does not run backwards.
        """
        dt_s = self._step(time_s)
        view = self._look_at_body(motion, dt_s)
        self._look_at_face(motion, view, dt_s)
        tracked = {"left": motion.left_hand, "right": motion.right_hand}
        draft = PoseDraft(self._frame)
        self._pose_trunk_and_head(draft, time_s)
        for side in SIDES:
            hand = self._hands[side].look(tracked[side], dt_s)
            lift = side_sign(side) * breathing_lift(time_s)
            draft.locals[f"{side}Shoulder"] = about(Z_AXIS, lift)
            self._arms[side].pose(draft, view, hand, dt_s)
            self._fingers[side].pose(draft, hand)
            self._legs[side].pose(draft, view, dt_s)
        self._root.place(draft, self._shift_m, min(leg.weight for leg in self._legs.values()))
        pose = self._finish(draft, time_s)
        return self._mirror.reflect(pose) if self._config.mirror else pose

    def _step(self, time_s: float) -> float:
        last, self._time_s = self._time_s, time_s
        return 0.0 if last is None else min(max(time_s - last, 0.0), LONGEST_STEP_S)

    def _look_at_body(self, motion: TrackedMotion, dt_s: float) -> BodyView | None:
        if self._trunk_presence.is_gone:
            self._viewer.forget()
        if motion.body is None:
            return None
        return self._viewer.view(motion.body, motion.image_size, dt_s)

    def _look_at_face(self, motion: TrackedMotion, view: BodyView | None, dt_s: float) -> None:
        torso = None
        if view is not None and view.pair_seen("shoulder") > 0.5:
            torso = read_torso(view)
        head = None
        if self._face_presence.is_gone:
            self._head_reader.forget()
        if motion.face is not None:
            head = self._head_reader.read(motion.face, dt_s)
            face = read_face(motion.face, motion.image_size)
            neutral = self._calibration.observe(Observation(head, torso, face), dt_s)
            self._head_turn = head_from_neutral(head.rotation, neutral.head.rotation)
            forward = rotate(head.rotation, Z_AXIS)
            yaw = math.atan2(forward[0], forward[2])
            self._controls = self._face_solver.solve(face, neutral.face, yaw, dt_s)
        self._face_presence.see(motion.face is not None, dt_s)
        self._look_at_trunk(torso, head, dt_s)

    def _look_at_trunk(
        self, torso: TorsoReading | None, head: HeadReading | None, dt_s: float
    ) -> None:
        self._trunk_presence.see(torso is not None or head is not None, dt_s)
        is_standing = torso is not None and torso.hips_seen > 0.5
        standing = self._standing.see(is_standing, dt_s)
        if torso is None and head is None:
            return
        neutral = self._calibration.neutral
        angles = seated_angles(torso, head, neutral.torso, neutral.head)
        if torso is not None and standing > 0.0:
            upright = standing_angles(torso, neutral.torso)
            pairs = zip(angles, upright, strict=True)
            angles = TorsoAngles(*(a + standing * (b - a) for a, b in pairs))
        self._torso = angles
        if torso is not None:
            zero = neutral.torso.hips_x if neutral.torso is not None else 0.0
            self._shift_m = torso.hips_x - zero

    def _pose_trunk_and_head(self, draft: PoseDraft, time_s: float) -> None:
        weight = self._trunk_presence.weight
        pose_torso(draft, self._frame, self._torso, spine_sway(time_s), weight)
        # Head and arms are posed in world axes afterwards, so breathing moves neither.
        chest = self._frame.last_of(SPINE_BONES)
        draft.locals[chest] = multiply(draft.locals[chest], breathing_chest(time_s))
        pose_head(draft, self._head_turn, head_sway(time_s), self._face_presence.weight)

    def _finish(self, draft: PoseDraft, time_s: float) -> RigPose:
        rotations = np.zeros((self._rig.skeleton.bone_count, 4), np.float32)
        rotations[:, 3] = 1.0
        for bone, rotation in draft.locals.items():
            index = self._frame.bones.get(bone)
            if index is not None:
                rotations[index] = rotation
        face = self._blend_face(time_s)
        return RigPose(
            bone_rotations=rotations,
            root_translation=np.array(draft.root, np.float32),
            expression_weights=self._mapper.weights(face),
            gaze=np.array(face.gaze, np.float32),
        )

    def _blend_face(self, time_s: float) -> FaceControls:
        """Ease between the tracked and the idle face."""
        weight = self._face_presence.weight
        tracked, blink, look = self._controls, idle_blink(time_s), idle_gaze(time_s)

        lids = weight * tracked.eye_detail
        # Whole blinks of its own until lids are read well, never half ones.
        blink *= min(2.0 * (1.0 - lids), 1.0)
        return FaceControls(
            blink_left=max(blink, lids * tracked.blink_left),
            blink_right=max(blink, lids * tracked.blink_right),
            gaze=(
                look[0] + lids * (tracked.gaze[0] - look[0]),
                look[1] + lids * (tracked.gaze[1] - look[1]),
            ),
            brow_up=weight * tracked.brow_up,
            brow_down=weight * tracked.brow_down,
            smile=weight * tracked.smile,
            aa=weight * tracked.aa,
            ih=weight * tracked.ih,
            ou=weight * tracked.ou,
            ee=weight * tracked.ee,
            oh=weight * tracked.oh,
        )
