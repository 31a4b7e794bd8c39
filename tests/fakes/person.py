"""A made-up person whose tracked motion is known exactly."""

import math

import numpy as np

from tests.fakes.tiny_rig import tiny_rig
from udp_live.retargeting.blendshapes import BLENDSHAPE_INDEX
from udp_live.rig.rig import Expression, Rig, Skeleton
from udp_live.types import BodyTracking, FaceTracking, HandTracking, TrackedMotion

IMAGE_SIZE = (640, 480)
PIXELS_PER_M = 220.0
DOWN = (0.05, -1.0, 0.0)
ARM_ENDS = ("Arm", "Hand", "Proximal", "Intermediate", "Distal", "Metacarpal")

# Side, first landmark of shoulder, elbow, wrist; hip, knee, ankle.
ARM_LANDMARKS = {"left": (11, 13, 15), "right": (12, 14, 16)}
LEG_LANDMARKS = {"left": (23, 25, 27), "right": (24, 26, 28)}


def rotation(axis: str, degrees: float) -> np.ndarray:
    """Return a [3, 3] rotation about x, y or z."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = -s, s
    return matrix


def unit(vector: tuple[float, float, float]) -> np.ndarray:
    return np.array(vector) / np.linalg.norm(vector)


def face_tracking(
    head: np.ndarray | None = None,
    blendshapes: dict[str, float] | None = None,
    position: tuple[float, float, float] = (0.0, 0.0, -0.6),
) -> FaceTracking:
    """Return a face that looks ahead with open eyes, turned by ``head``."""
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3] = np.eye(3) if head is None else head
    matrix[:3, 3] = position
    values = np.zeros(52, np.float32)
    values[[BLENDSHAPE_INDEX["eyeBlinkLeft"], BLENDSHAPE_INDEX["eyeBlinkRight"]]] = 0.1
    for name, value in (blendshapes or {}).items():
        values[BLENDSHAPE_INDEX[name]] = value
    points = _face_points() @ matrix[:3, :3].T.astype(np.float64)
    width, height = IMAGE_SIZE
    landmarks = points * (1.0 / width, -1.0 / height, -1.0 / width) + (0.5, 0.4, 0.0)
    return FaceTracking(landmarks.astype(np.float32), values, matrix)


def _face_points() -> np.ndarray:
    """Return [478, 3] pixels in head axes; only eyes, brows and lips are placed."""
    points = np.zeros((478, 3))
    for sign, outer, inner, iris, upper, lower, brow in (
        (1.0, 263, 362, 473, (386, 385, 387), (374, 380, 373), (282, 295, 283)),
        (-1.0, 33, 133, 468, (159, 158, 160), (145, 153, 144), (52, 65, 53)),
    ):
        points[outer], points[inner] = (sign * 50, 0, 0), (sign * 20, 0, 0)
        points[iris] = (sign * 35, 0.75, 0)
        points[list(upper)], points[list(lower)] = (sign * 35, 4, 0), (sign * 35, -4, 0)
        points[list(brow)] = (sign * 35, 22, 0)
    points[13], points[14] = (0, -49.5, 0), (0, -51, 0)
    points[61], points[291] = (-29, -51, 0), (29, -51, 0)
    return points


def body_tracking(
    arms: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] | None = None,
    legs: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] | None = None,
    hidden: tuple[int, ...] = (),
    shift_m: float = 0.0,
) -> BodyTracking:
    """Return a body whose limbs point in given directions (+X its left, +Y up, +Z to the webcam).

    Args:
        arms: Side to directions of upper arm and forearm; hanging where absent.
        legs: Side to directions of thigh and shin; legs are out of the picture where absent.
        hidden: Landmarks that are not visible.
        shift_m: Place of the hips, to the person's left.
    """
    points = np.zeros((33, 3))
    visibility = np.full(33, 0.95, np.float32)
    points[0] = (0.0, 0.75, 0.1)
    points[7], points[8] = (0.08, 0.75, 0.0), (-0.08, 0.75, 0.0)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder, elbow, wrist = ARM_LANDMARKS[side]
        hip, knee, ankle = LEG_LANDMARKS[side]
        upper, lower = (arms or {}).get(side, ((sign * 0.2, -1, 0), (sign * 0.1, -1, 0.1)))
        points[shoulder] = (sign * 0.18, 0.5, 0.0)
        points[elbow] = points[shoulder] + 0.28 * unit(upper)
        points[wrist] = points[elbow] + 0.25 * unit(lower)
        thigh, shin = (legs or {}).get(side, (DOWN, DOWN))
        points[hip] = (sign * 0.1, 0.0, 0.0)
        points[knee] = points[hip] + 0.4 * unit(thigh)
        points[ankle] = points[knee] + 0.4 * unit(shin)
        heel = {"left": 29, "right": 30}[side]
        points[heel] = points[ankle] + (0.0, -0.05, -0.04)
        points[heel + 2] = points[ankle] + (0.0, -0.05, 0.16)
    if legs is None:
        visibility[23:] = 0.1
    visibility[list(hidden)] = 0.05
    width, height = IMAGE_SIZE
    pixels = (points + np.array((shift_m, 0.0, 0.0))) * PIXELS_PER_M
    landmarks = pixels * (1.0 / width, -1.0 / height, -1.0 / width) + (0.5, 0.55, 0.0)
    return BodyTracking(
        landmarks=landmarks.astype(np.float32),
        world_landmarks=(points * (1.0, -1.0, -1.0)).astype(np.float32),
        visibility=visibility,
    )


def hand_tracking(
    side: str,
    along: tuple[float, float, float],
    back: tuple[float, float, float],
    curl_deg: float = 0.0,
) -> HandTracking:
    """Return a hand that points ``along``, the back of the hand facing ``back``.

    All three joints of each finger bend by ``curl_deg``.
    """
    sign = 1.0 if side == "left" else -1.0
    forward, normal = unit(along), unit(back)
    across = sign * np.cross(forward, normal)
    points = np.zeros((21, 3))
    for first, offset in ((5, 0.03), (9, 0.01), (13, -0.01), (17, -0.03)):
        points[first] = 0.09 * forward + offset * across
        for joint in range(3):
            angle = math.radians(curl_deg * (joint + 1))
            bone = math.cos(angle) * forward - math.sin(angle) * normal
            points[first + joint + 1] = points[first + joint] + 0.025 * bone
    thumb = unit(tuple(0.6 * forward + 0.8 * across))
    for joint in range(4):
        points[1 + joint] = 0.02 * forward + 0.02 * across + 0.03 * joint * thumb
    in_webcam = (points * (1.0, -1.0, -1.0)).astype(np.float32)
    return HandTracking(in_webcam * 0.3 + 0.5, in_webcam, 0.9)


def motion(**parts: object) -> TrackedMotion:
    return TrackedMotion(IMAGE_SIZE, **parts)


def rig_with_hands(arm_drop_deg: float = 0.0) -> Rig:
    """Return the tiny rig with fingers and sided blinks, arms lowered to an A-pose at rest."""
    base = tiny_rig()
    names, parents = list(base.skeleton.names), list(base.skeleton.parents)
    positions = list(base.skeleton.rest_positions)
    humanoid = dict(base.skeleton.humanoid)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        chains = [
            (finger, ("Proximal", "Intermediate", "Distal"), (0.64, 1.18, z), (0.03, 0.0, 0.0))
            for finger, z in (("Index", 0.03), ("Middle", 0.01), ("Ring", -0.01), ("Little", -0.03))
        ]
        thumb = ("Metacarpal", "Proximal", "Distal")
        chains.append(("Thumb", thumb, (0.57, 1.17, 0.02), (0.018, -0.004, 0.02)))
        for finger, joints, start, step in chains:
            parent = humanoid[f"{side}Hand"]
            for index, joint in enumerate(joints):
                name = f"{side}{finger}{joint}"
                place = np.array(start) + index * np.array(step)
                humanoid[name] = len(names)
                names.append(name)
                parents.append(parent)
                positions.append((place * (sign, 1.0, 1.0)).astype(np.float32))
                parent = humanoid[name]
    placed = np.array(positions, np.float32)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        pivot = placed[humanoid[f"{side}UpperArm"]].copy()
        turn = rotation("z", -sign * arm_drop_deg).astype(np.float32)
        for name, index in humanoid.items():
            if name.startswith(side) and name.endswith(ARM_ENDS):
                placed[index] = turn @ (placed[index] - pivot) + pivot
    skeleton = Skeleton(tuple(names), np.array(parents, np.int32), placed, humanoid)
    expressions = (
        *base.expressions,
        *(Expression(name, ()) for name in ("blinkLeft", "blinkRight", "oh", "browUp", "smile")),
    )
    return Rig("tiny", skeleton, base.mesh, base.materials, expressions, base.look_at)
