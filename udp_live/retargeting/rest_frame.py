"""What retargeting asks of a rig: humanoid bones, their parents, where they point at rest."""

from udp_live.retargeting.quaternion import (
    IDENTITY,
    Y_AXIS,
    Z_AXIS,
    Quat,
    Vec,
    add,
    between,
    cross,
    length,
    multiply,
    normalize,
    perpendicular_part,
    rotate,
    subtract,
    to_vec,
)
from udp_live.rig.humanoid import HUMANOID_PARENTS, humanoid_parent
from udp_live.rig.rig import Rig

SIDES = ("left", "right")
SHORTEST_BONE_M = 1e-4


def side_sign(side: str) -> float:
    """Return +1 for the avatar's left (+X), -1 for its right."""
    return 1.0 if side == "left" else -1.0


class RestFrame:
    """Read-only facts about a rig's rest pose.

    Attributes:
        bones: Humanoid bone name to index in the skeleton.
        positions: Humanoid bone name to rest position, metres.
    """

    def __init__(self, rig: Rig) -> None:
        skeleton = rig.skeleton
        self.bones = {name: i for name, i in skeleton.humanoid.items() if name in HUMANOID_PARENTS}
        self.positions = {
            name: to_vec(skeleton.rest_positions[index]) for name, index in self.bones.items()
        }
        self._parents = {name: humanoid_parent(name, self.bones) for name in self.bones}

    def has(self, bone: str) -> bool:
        """Tell whether the rig has a humanoid bone."""
        return bone in self.bones

    def last_of(self, bones: tuple[str, ...]) -> str:
        """Return the last of some bones that the rig has; the first is required in VRM."""
        return next((bone for bone in reversed(bones) if bone in self.bones), bones[0])

    def parent(self, bone: str) -> str | None:
        """Return the nearest humanoid ancestor that the rig has."""
        return self._parents[bone]

    def direction(self, start: str, end: str, fallback: Vec) -> Vec:
        """Return the unit vector from one bone to another, or ``fallback``."""
        if start not in self.positions or end not in self.positions:
            return fallback
        apart = subtract(self.positions[end], self.positions[start])
        return fallback if length(apart) < SHORTEST_BONE_M else normalize(apart)

    def arm_frame(self, side: str) -> tuple[Vec, Vec]:
        """Return where the upper arm points and the axis about which its elbow bends.

        In a T-pose with palms down elbows bend forwards; other rest poses follow by the shortest
        turn.
        """
        outwards = (side_sign(side), 0.0, 0.0)
        along = self.direction(f"{side}UpperArm", f"{side}LowerArm", outwards)
        hinge = rotate(between(outwards, along), cross(outwards, Z_AXIS))
        return along, hinge

    def hand_frame(self, side: str) -> tuple[Vec, Vec]:
        """Return where the hand points, and across it from little finger to index finger."""
        arm = self.direction(f"{side}LowerArm", f"{side}Hand", (side_sign(side), 0.0, 0.0))
        along = self.direction(f"{side}Hand", f"{side}MiddleProximal", arm)
        across = self.direction(f"{side}LittleProximal", f"{side}IndexProximal", Z_AXIS)
        if length(perpendicular_part(across, along)) < 0.3:
            across = Z_AXIS if abs(along[2]) < 0.9 else Y_AXIS
        return along, normalize(perpendicular_part(across, along))

    def finger_directions(self, side: str, finger: str) -> tuple[Vec, Vec, Vec]:
        """Return where the three bones of a finger point; a missing tip goes straight on."""
        joints = ("Proximal", "Intermediate", "Distal")
        if finger == "Thumb":
            joints = ("Metacarpal", "Proximal", "Distal")
        names = [f"{side}{finger}{joint}" for joint in joints]
        along, _ = self.hand_frame(side)
        first = self.direction(names[0], names[1], along)
        second = self.direction(names[1], names[2], first)
        return first, second, second

    def span(self, start: str, end: str, fallback_m: float) -> float:
        """Return the distance between two bones at rest, metres."""
        if start not in self.positions or end not in self.positions:
            return fallback_m
        return max(length(subtract(self.positions[end], self.positions[start])), SHORTEST_BONE_M)


class PoseDraft:
    """A rig pose in the making: local rotations by humanoid name.

    Global rotations are relative to rest, in world axes, and follow from what is set so far, so
    parents are set before their children ask.
    """

    def __init__(self, frame: RestFrame) -> None:
        self._frame = frame
        self.locals: dict[str, Quat] = {}
        self.root: Vec = (0.0, 0.0, 0.0)

    def global_of(self, bone: str | None) -> Quat:
        """Return a bone's rotation in the world; a bone the rig lacks counts as its parent."""
        q = IDENTITY
        while bone is not None:
            if bone in self.locals:
                q = multiply(self.locals[bone], q)
            bone = self._frame.parent(bone) if self._frame.has(bone) else HUMANOID_PARENTS.get(bone)
        return q

    def position_of(self, bone: str) -> Vec:
        """Return where a bone that the rig has is now, metres, without the root's translation."""
        positions = self._frame.positions
        parent = self._frame.parent(bone)
        if parent is None:
            return positions[bone]
        offset = rotate(self.global_of(parent), subtract(positions[bone], positions[parent]))
        return add(self.position_of(parent), offset)

    def parent_global(self, bone: str) -> Quat:
        """Return the rotation in the world of what a bone hangs from."""
        return self.global_of(HUMANOID_PARENTS[bone])
